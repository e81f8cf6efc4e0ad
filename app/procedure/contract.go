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
	// ChipFiles is the SHA-256 of the opening that holds the raw card files, as
	// in EnrolRequest: the authority reads from them whose contract it is. The
	// event that commits to them must have been synced.
	ChipFiles [32]byte
}

// ContractEnd ends a contract at the authority.
type ContractEnd struct {
	ID       string
	Case     CaseID
	Number   string
	Received time.Time // of the request for it
}

// ContractIntent is the intent to register the contract that was concluded.
type ContractIntent struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Day    Date   `json:"day"`
	Text   string `json:"text"` // SHA-256 of the template, hex
}

// ContractEndIntent is the intent to end a contract.
type ContractEndIntent struct {
	ID       string `json:"id"`
	Number   string `json:"number"`
	Received int64  `json:"received"`      // Unix milliseconds
	Why      Code   `json:"why,omitempty"` // of a refused case
}
