package procedure

import "time"

// ContractEntry registers a contract concluded at the counter. ID is a UUIDv7
// journalled with the intent.
type ContractEntry struct {
	ID     string
	Case   CaseID
	Number string
	Day    Date
	Text   [32]byte // SHA-256 of the template of the text
}

// ContractEnd ends a contract at the authority.
type ContractEnd struct {
	ID       string
	Case     CaseID
	Number   string
	Received time.Time // of the request for it
}
