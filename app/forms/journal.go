package forms

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strconv"

	"salter/app/procedure"
)

// journalOrigin is the first line of the checkpoints of a counter's journal,
// before the name of the counter.
const journalOrigin = "mup.gov.rs/counter/"

func (v values) addJournal(h procedure.Head, counter string) {
	v["journal_size"], v["journal_code"], v["journal_proof"] = "", "", ""
	if h.Size == 0 {
		return
	}
	v["journal_size"] = strconv.FormatInt(h.Size, 10)
	v["journal_code"] = JournalCode(h)
	v["journal_proof"] = JournalProof(counter, h)
}

// JournalCode is the short form of a journal head for human eyes: the first
// 40 bits of the root as 8 letters and digits of base32 (RFC 4648 section 6).
// It can be ground out with effort; JournalProof holds the whole root.
func JournalCode(h procedure.Head) string {
	return base32.StdEncoding.EncodeToString(h.Root[:5])
}

// JournalProof is the content of the second code of the receipt: the text of
// an unsigned checkpoint (C2SP tlog-checkpoint) with origin, size and root.
func JournalProof(counter string, h procedure.Head) string {
	return fmt.Sprintf("%s%s\n%d\n%s\n", journalOrigin, counter, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
}
