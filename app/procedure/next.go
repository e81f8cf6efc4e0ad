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

// AuthorityFacts is what is known of the attempt's request at the authority.
type AuthorityFacts int

// The facts about a request. The zero value is the careful one: ask first.
const (
	RequestUnclear AuthorityFacts = iota // perhaps sent: look up
	RequestNew                           // proven: the authority has not got it
	RequestPending                       // the authority has it and has not decided
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
	MoveWaitAuthority Move = "wait-authority"

	MoveGenerate   Move = "generate"
	MoveFindKey    Move = "find-key"
	MoveSubmit     Move = "submit"
	MoveLookup     Move = "lookup"
	MoveSend       Move = "send"
	MoveWrite      Move = "write"
	MoveReadBack   Move = "read-back"
	MoveActivate   Move = "activate"
	MoveRevoke     Move = "revoke"
	MoveNewAttempt Move = "new-attempt"
	MoveRefuse     Move = "refuse" // nothing is left at the authority: the case may end
)

// Waits says who has to act before the move is over; WaitsForNothing for what
// the engine does itself.
func (m Move) Waits() WaitsFor {
	switch m {
	case MoveAskPerson, MoveAskPapers, MoveAskEmail, MoveAskContent, MoveAskRetry, MoveAskHandOver, MoveWaitUnblock:
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

// Next decides what to do next for a case, from the journal's facts, the card
// and the authority alone. It is the whole of the recovery: after a restart,
// a pulled card or a lost answer the facts are gathered anew and Next is asked
// again. It is pure and answers every combination.
func Next(c Case, card CardFacts, ca AuthorityFacts) Move {
	switch {
	case c.Over():
		return MoveNone
	case c.Withdrawn != "":
		return nextWithdrawn(c, ca)
	case c.Active():
		return MoveAskHandOver
	case !c.PersonDone:
		return MoveAskPerson
	case !c.PapersDone:
		return MoveAskPapers
	case !c.EmailDone:
		return MoveAskEmail
	case !c.ContentDone:
		return MoveAskContent
	}
	return nextAttempt(c.Attempt, card, ca)
}

// nextAttempt decides within one attempt: first what needs no card, because
// the citizen's card must not be waited for when the authority can be asked.
func nextAttempt(a Attempt, card CardFacts, ca AuthorityFacts) Move {
	switch {
	case a.Revoked && a.Why == CodeKeyMissing:
		return MoveNewAttempt // lost on our side; the request was in order
	case a.Revoked, a.Refused != "":
		return MoveAskRetry
	case a.RevokeID != "", a.Unusable:
		return MoveRevoke
	case a.ReadBack != "":
		return MoveActivate
	case a.CSR != "" && a.Certificate == "":
		return nextRequest(ca)
	case card.Presence == CardOther:
		return MoveWaitOtherCard
	case card.Presence != CardSame:
		return MoveWaitCard
	case a.WriteBegun:
		return MoveReadBack // look first: the write may have happened
	case card.Session:
		return nextInSession(a, card.Key)
	case card.Tries == 0:
		return MoveWaitUnblock
	}
	return MoveAskPIN
}

func nextRequest(ca AuthorityFacts) Move {
	switch ca {
	case RequestNew:
		return MoveSend
	case RequestPending:
		return MoveWaitAuthority
	}
	return MoveLookup
}

func nextInSession(a Attempt, key KeyFact) Move {
	if a.PublicKey == "" {
		return MoveGenerate // an intent without result leaves an orphan at most
	}
	switch key {
	case KeyThere:
		if a.Certificate != "" {
			return MoveWrite
		}
		return MoveSubmit
	case KeyGone:
		if a.Certificate != "" {
			return MoveRevoke
		}
		return MoveGenerate // nothing was asked for under that key
	}
	return MoveFindKey
}

// nextWithdrawn ends a case without leaving a certificate behind.
func nextWithdrawn(c Case, ca AuthorityFacts) Move {
	a := c.Attempt
	switch {
	case a.CSR == "", a.Revoked, a.Refused != "":
		return MoveRefuse
	case a.Certificate != "":
		return MoveRevoke
	case ca == RequestNew:
		return MoveRefuse
	case ca == RequestPending:
		return MoveWaitAuthority
	}
	return MoveLookup
}
