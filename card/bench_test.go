//go:build linux

package card

import (
	"testing"

	"salter/card/sod"
	"salter/card/virtual"
)

// BenchmarkReadIdentity reads identity and portrait of a card as fast as the
// machine, through the real service, and reports the commands that went over
// the wire beside the fewest that the sizes of the files allow, and beside what
// a real card would take for them.
func BenchmarkReadIdentity(b *testing.B) {
	s := newStation(b)
	card := makeCard(b, virtual.Citizen)
	s.insert(card)
	id, err := s.ReadIdentity(b.Context(), s.name)
	if err != nil {
		b.Fatal(err)
	}
	files, err := sod.ParseBundle(id.Files)
	if err != nil {
		b.Fatal(err)
	}
	portrait, err := s.ReadPortrait(b.Context(), s.name)
	if err != nil {
		b.Fatal(err)
	}
	start := card.Stats().Total
	for b.Loop() {
		if _, err := s.ReadIdentity(b.Context(), s.name); err != nil {
			b.Fatal(err)
		}
		if _, err := s.ReadPortrait(b.Context(), s.name); err != nil {
			b.Fatal(err)
		}
	}
	whole := make([]byte, len(portrait)+2*fileHeader)
	fewest := minimum(files.Document, files.Personal, files.SOD) + minimum(whole)
	b.ReportMetric(float64(card.Stats().Total-start)/float64(b.N), "commands/op")
	b.ReportMetric(float64(fewest), "fewest-commands/op")
}

// BenchmarkIdentityRealCard reads identity and portrait at the speed of a real
// card and reports how much of the time was not the card's.
func BenchmarkIdentityRealCard(b *testing.B) {
	s := newStation(b)
	card := makeCard(b, virtual.Citizen)
	card.SetTiming(virtual.RealTiming())
	s.insert(card)
	start := card.Stats().Modeled
	for b.Loop() {
		if _, err := s.ReadIdentity(b.Context(), s.name); err != nil {
			b.Fatal(err)
		}
		if _, err := s.ReadPortrait(b.Context(), s.name); err != nil {
			b.Fatal(err)
		}
	}
	modelled := (card.Stats().Modeled - start).Seconds()
	b.ReportMetric(100*(b.Elapsed().Seconds()-modelled)/modelled, "%-over-card")
	b.ReportMetric(modelled/float64(b.N), "card-s/op")
}

// BenchmarkReadChip reads the PKI part.
func BenchmarkReadChip(b *testing.B) {
	s := newStation(b)
	card := makeCard(b, virtual.Citizen)
	s.insert(card)
	start := card.Stats().Total
	for b.Loop() {
		if _, err := s.ReadChip(b.Context(), s.name); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(card.Stats().Total-start)/float64(b.N), "commands/op")
}
