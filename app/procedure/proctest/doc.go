// Package proctest holds small working fakes of what the procedure needs: a
// reader with cards, an authority that issues real certificates, a journal in
// memory, a clerk. They keep their state like the real ones, so a test can
// break an engine off, start another over the same world, and look at what is
// on the card and in force at the authority in the end.
//
// Start with NewWorld, insert a card, and use World.Engine:
//
//	w := proctest.NewWorld()
//	w.Reader.Insert(w.Card)
//	desk := w.Start(t)
//	_ = desk.SignIn(t.Context(), []byte(proctest.Password))
//
// Every fake asks World.Faults before and after each effect. A fault before it
// means "failed and did not happen", a fault after it "failed and happened".
//
// It is imported by tests only.
package proctest
