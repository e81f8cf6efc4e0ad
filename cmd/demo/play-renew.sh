# play-renew.sh: the certificate of the contract's day has expired; the citizen
# gets a new one with a new key on the same card, and the old one goes.
#
# The first certificate is real, with a validity of seconds: the authority
# issues it by a profile for demonstrations, and gets its own profile back
# before the renewal.
profile=$RUN/ca/profiles/citizen-sign.json
stop_authority
cp "$profile" "$RUN/log/profile.json"
sed -i 's/"minRemainingDays": [0-9]*/"minRemainingDays": 0, "demoSeconds": 90/' "$profile"
grep -q demoSeconds "$profile" || die "the profile of the authority has another form than this script knows"
serve_authority
start_salter
issue mihailo.stojanovic@example.rs
stop_salter
check_certificate
first=$SERIAL
cp "$RUN/log/profile.json" "$profile"
stop_authority
serve_authority

wait_for 120 "the end of the first certificate" sh -c "! openssl x509 -in '$RUN/certificate.pem' -checkend 0"
next_visit
start_salter
open_case
# The second certificate on one card in one day: a supervisor decides.
supervisor 'Prvi sertifikat je istekao istog dana'
knows_pin
papers 1 mihailo.stojanovic@example.rs
content
turn; pin; thanks
if [ "${TIMING:-real}" = real ]; then page 'Израда сертификата'; shot work; fi
hand_over 2
shot end
stop_salter

check_certificate
[ "$SERIAL" != "$first" ] || die "the certificate is still the first one"
check_status "$SERIAL" active
check_events retired 1
openssl x509 -in "$RUN/certificate.pem" -noout -checkend 86400 >/dev/null || die "the new certificate ends today"
proved="renewed after $first had expired: the new certificate is the only one on the chip, read back equal by two readers"
