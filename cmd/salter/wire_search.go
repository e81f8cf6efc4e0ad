package main

import (
	"salter/app/procedure"
	"salter/app/serbian"
	"salter/store"
)

// The fields by which a case is found in the journal.
const (
	termPersonalNumber = "personal-number"
	termCard           = "card"
	termContract       = "contract"
	termCaseNumber     = "case-number"
)

// recordTerms are the words by which the record of a case is found. Names are
// found by the beginning of either, in whichever alphabet they are typed.
func recordTerms(content []byte) store.Terms {
	w := procedure.RecordWords(content)
	var t store.Terms
	for _, exact := range []store.Term{
		{Field: termPersonalNumber, Value: string(w.PersonalNumber)},
		{Field: termCard, Value: string(w.CardNumber)},
		{Field: termContract, Value: w.Contract},
	} {
		if exact.Value != "" {
			t.Exact = append(t.Exact, exact)
		}
	}
	if w.Surname+w.GivenName != "" {
		t.Names = []string{
			serbian.SearchKey(w.Surname + " " + w.GivenName),
			serbian.SearchKey(w.GivenName + " " + w.Surname),
		}
	}
	return t
}

// caseTerms are the words by which a case is found after its record was erased:
// its number, and that of its contract.
func caseTerms(kind string, event []byte) []store.Term {
	if k := procedure.Kind(kind); k != procedure.KindCaseOpened && k != procedure.KindActionChosen {
		return nil
	}
	e, err := procedure.DecodeEvent(event)
	if err != nil {
		return nil // of a newer version: its number is none that we could read
	}
	switch b := e.Body.(type) {
	case *procedure.CaseOpened:
		return []store.Term{{Field: termCaseNumber, Value: b.Number}}
	case *procedure.ActionChosen:
		if b.Contract != "" {
			return []store.Term{{Field: termContract, Value: b.Contract}}
		}
	}
	return nil
}
