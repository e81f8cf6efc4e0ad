# torture.awk: what the long fault tests counted, from the output of go test -v:
# one line for each message of a test that begins with a number or with "places",
# the verdict on each package, and at the end one table of all that struck. It
# fails if a kind of fault is missing from the table, or did harm.
BEGIN {
	kinds = split("kills,power cuts,network faults,card tears,bit flips", kind, ",")
}
/^=== (RUN|NAME|CONT)/ { test = $3; next }
# torture: kills 300, lost 0, duplicated 0, undetected 0
/^[ \t]+[a-z0-9_]+_test\.go:[0-9]+: torture: / {
	message = $0
	sub(/^.*: torture: /, "", message)
	n = split(message, word, /, /)
	for (i = 1; i <= n; i++) {
		what = count = word[i]
		sub(/ [0-9]+$/, "", what)
		sub(/^.* /, "", count)
		if (i == 1) {
			fault = what
			struck[fault] += count
		} else {
			harm[fault, what] += count
			looked[fault, what] = 1
		}
	}
	next
}
/^[ \t]+[a-z0-9_]+_test\.go:[0-9]+: ([0-9]|places)/ {
	message = $0
	sub(/^[ \t]+[a-z0-9_]+_test\.go:[0-9]+: /, "", message)
	printf "%-44s %s\n", test, message
	next
}
/^[ \t]*--- FAIL/ || /^(FAIL|panic:)/ { print; failed = 1; next }
/^ok / { printf "%-44s %s\n", $2, "all of it holds" }

function cell(fault, what) { return looked[fault, what] ? harm[fault, what] : "-" }

END {
	printf "\n%-16s %10s %10s %12s %12s\n", "", "struck", "lost", "duplicated", "undetected"
	for (i = 1; i <= kinds; i++) {
		k = kind[i]
		printf "%-16s %10d %10s %12s %12s\n", k, struck[k], cell(k, "lost"), cell(k, "duplicated"), cell(k, "undetected")
		if (!struck[k] || harm[k, "lost"] + harm[k, "duplicated"] + harm[k, "undetected"] > 0)
			failed = 1
	}
	if (failed)
		print "something failed, or a kind of fault never struck: see build/torture.txt"
	exit failed
}
