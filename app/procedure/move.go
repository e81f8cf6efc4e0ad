package procedure

// CardPresence is the card in the reader as a case sees it.
type CardPresence int

// The presences.
const (
	CardAbsent CardPresence = iota // none, or not read yet
	CardSame                       // the card of the case
	CardOther                      // another card
)

// KeyFact is what is known of the attempt's key pair on the card.
type KeyFact int

// The facts about the key pair; it can be seen only after a login.
const (
	KeyUnknown KeyFact = iota
	KeyThere           // under its id, with the journalled public key
	KeyGone            // missing, or another key under its id
)

// CardFacts are the facts about the card on which Next decides.
type CardFacts struct {
	Presence CardPresence
	Tries    int  // left; −1 unknown
	Session  bool // opened and logged in
	Key      KeyFact
}

// AuthorityFacts is what is known of the case's request at the authority: of
// the attempt's, or of the change of status.
type AuthorityFacts int

// The facts about a request. The zero value is the careful one: ask first.
const (
	RequestUnclear  AuthorityFacts = iota // perhaps sent: look up
	RequestNew                            // proven: the authority has not got it
	RequestPending                        // the authority has it and has not decided
	RequestBlind                          // the authority cannot be asked: the same bytes sent again are the look-up
	RequestOperator                       // nor is that of use: its operator has to be asked
)

// Move is the next thing to do for a case.
type Move string

// The moves. Those that wait name whom they wait for; the others are done by
// the engine without asking.
const (
	MoveNone Move = "none" // the case is over

	MoveAskPerson   Move = "ask-person"
	MoveAskPapers   Move = "ask-papers"
	MoveAskEmail    Move = "ask-email"
	MoveAskContent  Move = "ask-content"
	MoveAskRetry    Move = "ask-retry" // the attempt ended without a certificate: the clerk decides
	MoveAskHandOver Move = "ask-hand-over"

	MoveAskPIN        Move = "ask-pin"
	MoveWaitCard      Move = "wait-card"
	MoveWaitOtherCard Move = "wait-other-card" // another card lies in the reader
	MoveWaitUnblock   Move = "wait-unblock"    // no try is left
	MoveWaitPUK       Move = "wait-puk"        // the chip refused the unblock: choose without it, or refuse
	MoveWaitAuthority Move = "wait-authority"
	MoveWaitOperator  Move = "wait-operator" // the clerk asks the authority's operator, and says so

	MoveLearn        Move = "learn" // ask for the facts
	MoveGenerate     Move = "generate"
	MoveFindKey      Move = "find-key"
	MoveSubmit       Move = "submit"
	MoveContract     Move = "contract" // register it
	MoveLookup       Move = "lookup"
	MoveSend         Move = "send"
	MoveWrite        Move = "write"
	MoveRetire       Move = "retire" // remove the old certificate and its key
	MoveReadBack     Move = "read-back"
	MoveActivate     Move = "activate"
	MoveRevoke       Move = "revoke"
	MoveNewAttempt   Move = "new-attempt"
	MoveChangeStatus Move = "change-status"
	MoveEndContract  Move = "end-contract"
	MoveRefuse       Move = "refuse" // nothing is left at the authority: the case may end
)

// Waits says who has to act before the move is over; WaitsForNothing for what
// the engine does itself.
func (m Move) Waits() WaitsFor {
	switch m {
	case MoveAskPerson, MoveAskPapers, MoveAskEmail, MoveAskContent, MoveAskRetry, MoveAskHandOver, MoveWaitUnblock, MoveWaitPUK,
		MoveWaitOperator:
		return WaitsForClerk
	case MoveAskPIN:
		return WaitsForCitizen
	case MoveWaitCard, MoveWaitOtherCard:
		return WaitsForCard
	case MoveWaitAuthority:
		return WaitsForAuthority
	}
	return WaitsForNothing
}
