# check.sh, sourced: what a play must have left behind. Readers that know
# nothing of each other look at the chip; the authority and the auditor's tool
# say what was recorded.

der() { openssl x509 -in "$1" -inform "${2:-PEM}" -outform DER 2>/dev/null | sha256sum; }

# chip_certificates: the hashes of the signing certificates that pkcs11-tool
# finds on the chip.
chip_certificates() {
  local id
  for id in $(pkcs11-tool --module "$MODULE" --list-objects --type cert 2>/dev/null | awk '$1 == "ID:" {print $2}'); do
    pkcs11-tool --module "$MODULE" --read-object --type cert --id "$id" --output-file "$RUN/log/pkcs11-$id.der" >/dev/null 2>&1 || continue
    der "$RUN/log/pkcs11-$id.der" DER
  done
}

# holder: the name in the certificate.
holder() {
  openssl x509 -in "$RUN/certificate.pem" -noout -subject -nameopt multiline,utf8,-esc_msb | sed -n 's/ *commonName *= //p'
}

# check_certificate: the certificate of the case closed last is the one of which
# the journal has the hash, the same at the authority and, for both readers, on the chip, where it is the
# only one; sets SERIAL.
check_certificate() {
  local want chip
  "$BIN/salter" -config "$settings" export -out "$RUN" >"$RUN/log/export.txt"
  "$BIN/salter" -config "$settings" card -certificate "$RUN/log/chip.pem" >"$RUN/log/chip.txt"
  SERIAL=$(sed -n 's/.*certificate \([0-9a-f]*\),.*/\1/p' "$RUN/log/export.txt")
  "$BIN/salter-ca" certificate export -dir "$RUN/ca" -out "$RUN/log/authority.pem" "$SERIAL" >/dev/null
  want=$(der "$RUN/log/authority.pem")
  [ "$(sed -n 's/.*SHA-256 \([0-9a-f]*\).*/\1  -/p' "$RUN/log/export.txt")" = "$want" ] || die "the certificate in the journal is not the one that the authority issued"
  cp "$RUN/log/authority.pem" "$RUN/certificate.pem"
  [ "$(der "$RUN/log/chip.pem")" = "$want" ] || die "the certificate on the chip (CardEdge view) is not the one that the authority issued"
  chip=$(chip_certificates)
  [ "$chip" = "$want" ] || die "pkcs11-tool finds $(grep -c . <<<"$chip" || true) certificates on the chip, want the one that the authority issued"
  [ "$(grep -c ': signature,' "$RUN/log/chip.txt")" = 1 ] || die "the chip shows more than one signing certificate"
}

# check_status SERIAL STATUS: at the authority.
check_status() {
  local is
  is=$("$BIN/salter-ca" certificate list -dir "$RUN/ca" | awk -F'\t' -v s="$1" '$2 == s {print $3}')
  [ "$is" = "$2" ] || die "certificate $1 is ${is:-unknown} at the authority, want $2"
}

# check_events KIND N: so many events of the kind are in the journal.
check_events() {
  local n
  n=$("$BIN/salter-journal" list -kind "$1" "$RUN/journal.db" | grep -c . || true)
  [ "$n" = "$2" ] || die "the journal holds $n events of the kind $1, want $2"
}

check_journal() {
  "$BIN/salter-journal" verify "$RUN/journal.db" >"$RUN/log/journal.txt" || die "the journal does not hold; see $RUN/log/journal.txt"
}

# check_paper TEXT: one of the print jobs says it.
check_paper() {
  local f
  for f in "$RUN"/papers/*.pdf; do
    ! pdftotext -layout "$f" - | grep -F "$1" >/dev/null || return 0
  done
  die "no paper says «$1»"
}

# report TEXT…: what there is, after what was proved.
report() {
  printf '%-26s %7d ms\n' 'whole play' $((($(now) - began) / 1000000)) >>"$RUN/timing.txt"
  [ ! -s "$RUN/log/export.txt" ] || cat "$RUN/log/export.txt"
  printf '%s\n' "$@"
  cat <<EOT
  $RUN/screens/          $(ls "$RUN/screens" | wc -l) pictures, one for each step
  $RUN/papers/           $(ls "$RUN/papers" | wc -l) print jobs
  $RUN/journal.db, card/, ca/${DBDIR:+
  $DBDIR/  the database of the authority}
  $RUN/timing.txt        how long each step took
EOT
}
