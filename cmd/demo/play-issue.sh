# play-issue.sh: the citizen gets his first certificate.
start_salter
issue mihailo.stojanovic@example.rs
shot end
stop_salter

check_certificate
check_status "$SERIAL" active
proved="issued to $(holder); read back equal by pkcs11-tool and by Salter's own reader"
