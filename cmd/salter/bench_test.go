package main

import (
	"testing"
	"time"

	"salter/app/procedure"
	"salter/card/virtual"
)

// BenchmarkCase issues one certificate with a card as slow as a real one and
// people who answer at once. What is left of the time when the card's own is
// taken off is the machine's: it is reported in ms and in percent of the
// card's time, with and without the key generation.
func BenchmarkCase(b *testing.B) {
	var machine, modelled, keygen time.Duration
	for b.Loop() {
		v := newVisit(b, seams{})
		v.reader.Eject()
		v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
		v.card.SetTiming(virtual.RealTiming())
		v.reader.Insert(v.card)
		v.await("the card", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderCard })
		before, start := v.card.Stats(), time.Now()
		v.toPIN()
		v.do("enter PIN", v.enterPIN(virtual.PresetPIN))
		v.await("the hand-over", inPhase(procedure.PhaseHandOver))
		elapsed, after := time.Since(start), v.card.Stats()
		modelled += after.Modeled - before.Modeled
		keygen += after.KeyGen - before.KeyGen
		machine += elapsed - (after.Modeled - before.Modeled)
		v.close()
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // setting up is not part of it
	b.ReportMetric(float64(machine.Milliseconds())/n, "machine-ms/case")
	b.ReportMetric(float64(modelled.Milliseconds())/n, "card-ms/case")
	b.ReportMetric(100*float64(machine)/float64(modelled), "%-of-card")
	b.ReportMetric(100*float64(machine)/float64(modelled-keygen), "%-of-card-without-keygen")
}

// BenchmarkVerdict measures from the card's arrival at the engine to the
// verdict on the screen, at a real card's speed.
func BenchmarkVerdict(b *testing.B) {
	v := newVisit(b, seams{})
	v.card.SetTiming(virtual.RealTiming())
	var spent time.Duration
	for b.Loop() {
		v.reader.Eject()
		v.await("the empty reader", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderEmpty })
		v.reader.Insert(v.card)
		v.await("the card", func(s procedure.Snapshot) bool { return s.Reader.State == procedure.ReaderCard })
		start := time.Now()
		s := v.await("the verdict", func(s procedure.Snapshot) bool { return s.Reader.Verdict != nil })
		spent += time.Since(start)
		if s.Reader.Portrait != nil {
			b.Fatal("the portrait was fetched before the verdict")
		}
	}
	b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "ms-to-verdict")
}
