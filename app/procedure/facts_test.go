package procedure_test

import (
	"time"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

func statusNamed(s string) proctest.Status { return proctest.Status(s) }

// endOld puts a contract of the register into another state.
func (h *harness) endOld(number string, state procedure.ContractState) {
	c := h.Authority.Contracts()[number]
	c.State = state
	h.Authority.AddContract(c)
}

// contractFrom is a contract of the citizen for his card.
func contractFrom(h *harness, number string, day time.Time) proctest.Contract {
	return proctest.Contract{
		Number: number, Day: procedure.Today(day), State: procedure.ContractValid,
		Person: h.Card.Identity.PersonalNumber, Card: h.Card.Identity.CardNumber,
	}
}

// earlierCard is an earlier card of the same citizen.
func earlierCard(h *harness) *proctest.Card {
	c := proctest.NewCard()
	c.Identity.CardNumber, c.Identity.DocSerial, c.Token = "001111111", "0000000001", "1111"
	return c
}
