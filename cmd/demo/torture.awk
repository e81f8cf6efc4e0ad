# torture.awk: what the long fault tests counted, from the output of go test -v:
# one line for each message of a test that begins with a number or with "places",
# then the verdict on each package.
/^=== (RUN|NAME|CONT)/ { test = $3; next }
/^[ \t]+[a-z0-9_]+_test\.go:[0-9]+: ([0-9]|places)/ {
	message = $0
	sub(/^[ \t]+[a-z0-9_]+_test\.go:[0-9]+: /, "", message)
	printf "%-44s %s\n", test, message
	next
}
/^[ \t]*--- FAIL/ || /^(FAIL|panic:)/ { print; next }
/^ok / { printf "%-44s %s\n", $2, "all of it holds" }
