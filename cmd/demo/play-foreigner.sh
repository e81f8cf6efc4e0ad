# play-foreigner.sh: a foreigner's first certificate: names in Latin as on his
# card, from the issuer for foreigners.
start_salter
issue jana.novakova@example.org
shot end
stop_salter

check_certificate
check_status "$SERIAL" active
name=$(holder)
[ "$name" = 'JANA NOVÁKOVÁ' ] || die "the certificate is for «$name», want the Latin name of the card"
"$BIN/salter-ca" certificate list -dir "$RUN/ca" | awk -F'\t' -v s="$SERIAL" '$2 == s && $4 == "foreigner-sign" {found = 1} END {exit !found}' ||
  die "the certificate was not issued under the label for foreigners"
check_paper 'Information for the holder'
proved="issued to $name by the issuer for foreigners; read back equal by two readers"
