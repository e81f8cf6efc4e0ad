package procedure

// Next decides what to do next for a case, from the journal's facts, the card
// and the authority alone. It is the whole of the recovery: after a restart,
// a pulled card or a lost answer the facts are gathered anew and Next is asked
// again. It is pure and answers every combination.
//
// A case runs through stages: facts, person, papers, then, as its action asks
// for them, e-mail and content, the unblock, the certificate, the removal of
// the old one, or the change of status; at last the hand-over.
func Next(c Case, card CardFacts, ca AuthorityFacts) Move {
	switch {
	case c.Over():
		return MoveNone
	case c.Withdrawn != "":
		return nextWithdrawn(c, ca)
	case c.Active():
		return nextActive(c, card)
	case c.undecided():
		return nextLearn(c, card)
	case !c.PersonDone:
		return MoveAskPerson
	case !c.PapersDone:
		return MoveAskPapers
	case c.Action.ChangesStatus():
		return nextStatus(c, ca)
	case c.Action.Certifies() && !c.EmailDone:
		return MoveAskEmail
	case c.Action.Certifies() && !c.ContentDone:
		return MoveAskContent
	case c.unblockPending():
		return nextPIN(c, card)
	case !c.Action.Certifies():
		return MoveAskHandOver
	}
	return nextAttempt(c, card, ca)
}

// nextLearn needs the card for what lies on the chip.
func nextLearn(c Case, card CardFacts) Move {
	if c.NoCard || card.Presence == CardSame {
		return MoveLearn
	}
	return waitForCard(card)
}

func waitForCard(card CardFacts) Move {
	if card.Presence == CardOther {
		return MoveWaitOtherCard
	}
	return MoveWaitCard
}

// nextPIN leads to the citizen's page, if the card allows a try. As long as an
// unblock is due, no try has to be left.
func nextPIN(c Case, card CardFacts) Move {
	switch {
	case card.Presence != CardSame:
		return waitForCard(card)
	case c.PUKRefused && c.resetDue():
		return MoveWaitPUK
	case card.Tries == 0 && !c.resetDue():
		return MoveWaitUnblock
	}
	return MoveAskPIN
}

// nextAttempt decides within one attempt: first what needs no card, because
// the citizen's card must not be waited for when the authority can be asked.
func nextAttempt(c Case, card CardFacts, ca AuthorityFacts) Move {
	a := c.Attempt
	switch {
	case a.Revoked && a.Why == CodeKeyMissing:
		return MoveNewAttempt // lost on our side; the request was in order
	case a.Revoked, a.Refused != "":
		return MoveAskRetry
	case a.RevokeID != "", a.Unusable:
		return nextRevoke(ca)
	case a.ReadBack != "":
		return MoveActivate
	case a.CSR != "" && a.Certificate == "":
		return nextRequest(c, ca)
	case card.Presence != CardSame:
		return waitForCard(card)
	case a.Written && card.Session && c.retireFirst():
		return MoveRetire
	case a.WriteBegun:
		return MoveReadBack // look first: the write may have happened
	case card.Session:
		return nextInSession(a, card.Key)
	}
	return nextPIN(c, card)
}

// nextRequest registers the contract before the request that names it.
func nextRequest(c Case, ca AuthorityFacts) Move {
	switch {
	case c.contractDue():
		return MoveContract
	case ca == RequestNew, ca == RequestBlind:
		return MoveSend
	case ca == RequestPending:
		return MoveWaitAuthority
	case ca == RequestOperator:
		return MoveWaitOperator
	}
	return MoveLookup
}

// nextRevoke leaves to the operator what the authority does not take over the
// network.
func nextRevoke(ca AuthorityFacts) Move {
	if ca == RequestOperator {
		return MoveWaitOperator
	}
	return MoveRevoke
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
			return MoveRevoke // its intent comes first, whoever does it then
		}
		return MoveGenerate // nothing was asked for under that key
	}
	return MoveFindKey
}

// nextActive ends a case whose certificate is in force: what is left of the
// old one goes from the chip, if that did not happen within the session. The
// clerk may leave it there.
func nextActive(c Case, card CardFacts) Move {
	switch {
	case !c.retireDue():
		return MoveAskHandOver
	case card.Presence == CardSame && card.Session:
		return MoveRetire
	}
	return nextPIN(c, card)
}

// nextStatus changes the status, and ends the contract if that was asked for.
func nextStatus(c Case, ca AuthorityFacts) Move {
	switch {
	case c.StatusRefused != "":
		return MoveAskRetry
	case c.StatusAt.IsZero() && ca == RequestPending:
		return MoveWaitAuthority
	case c.StatusAt.IsZero():
		return MoveChangeStatus
	case c.Status.EndContract && !c.ContractEnded:
		return MoveEndContract
	}
	return MoveAskHandOver
}

// nextWithdrawn ends a case without leaving a certificate or a contract
// behind. Where the authority cannot be asked, sending once more would make the
// certificate that nobody wants.
func nextWithdrawn(c Case, ca AuthorityFacts) Move {
	a := c.Attempt
	switch {
	case a.CSR == "", a.Revoked, a.Refused != "":
	case a.Certificate != "":
		return nextRevoke(ca)
	case ca == RequestNew:
	case ca == RequestBlind, ca == RequestOperator:
		return MoveWaitOperator
	case ca == RequestPending:
		return MoveWaitAuthority
	default:
		return MoveLookup
	}
	if c.contractPerhaps() {
		return MoveEndContract
	}
	return MoveRefuse
}
