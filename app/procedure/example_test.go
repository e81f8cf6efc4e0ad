package procedure_test

import (
	"context"
	"fmt"

	"salter/app/procedure"
	"salter/app/procedure/proctest"
)

// After a crash in the middle of a write the journal says "perhaps". What to
// do depends on the card in the reader.
func ExampleNext() {
	c := procedure.Case{
		Action: procedure.ActionIssue, PersonDone: true, PapersDone: true, EmailDone: true, ContentDone: true, PINVerified: 1,
		Attempt: procedure.Attempt{Number: 1, PublicKey: "0a", CSR: "0b", Certificate: "0c", WriteBegun: true},
	}
	fmt.Println(procedure.Next(c, procedure.CardFacts{Presence: procedure.CardAbsent}, procedure.RequestUnclear))
	fmt.Println(procedure.Next(c, procedure.CardFacts{Presence: procedure.CardOther}, procedure.RequestUnclear))
	fmt.Println(procedure.Next(c, procedure.CardFacts{Presence: procedure.CardSame}, procedure.RequestUnclear))
	// Output:
	// wait-card
	// wait-other-card
	// read-back
}

// A counter in miniature: sign in, insert a card, open a case.
func ExampleEngine() {
	w := proctest.NewWorld()
	engine, err := procedure.New(w.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx) }()

	opened := make(chan struct{})
	engine.Subscribe(ctx, func(s procedure.Snapshot) {
		if s.Reader.Portrait != nil && s.Case == nil && s.Clerk != nil && !s.Reader.Reading && s.Busy == "" {
			fmt.Println("card may be served:", s.Reader.Verdict.Eligible)
			if err := engine.OpenCase(ctx); err != nil {
				fmt.Println(err)
			}
			fmt.Println("case", engine.Snapshot().Case.Number)
			close(opened)
			cancel()
		}
	})
	if err := engine.SignIn(ctx, []byte(proctest.Password)); err != nil {
		fmt.Println(err)
	}
	w.Reader.Insert(w.Card)
	<-opened
	fmt.Println(<-ended)
	// Output:
	// card may be served: true
	// case BG-017-03-2026-000001
	// <nil>
}
