package procedure_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"salter/app/procedure"
)

// TestFirstVersion: a journal of the first version, which knew issuing only,
// is read for ever: what it closed and refused counts, and what it left
// unfinished is brought to its end.
func TestFirstVersion(t *testing.T) {
	h := testHarness(t)
	raw, err := os.ReadFile("testdata/first-version/events.jsonl")
	h.must("read events", err)
	var events [][]byte
	for line := range bytes.Lines(raw) {
		events = append(events, bytes.TrimSpace(line))
	}
	raw, err = os.ReadFile("testdata/first-version/parts.jsonl")
	h.must("read parts", err)
	var parts []procedure.Part
	for line := range bytes.Lines(raw) {
		var p procedure.Part
		h.must("decode part", json.Unmarshal(line, &p))
		parts = append(parts, p)
	}
	h.Journal.Restore(events, parts)
	h.restart()
	s := h.e.Snapshot()
	if s.Today.Issued != 1 || s.Today.Refused != 1 || s.Today.Open != 1 || len(s.Waiting) != 1 {
		t.Fatalf("today %+v, waiting %+v", s.Today, s.Waiting)
	}
	h.insert(h.other) // whose case it is
	h.must("OpenCase", h.e.OpenCase(ctx))
	if v := h.view(); v.ID != s.Waiting[0].ID || v.Phase != procedure.PhaseContent || v.Action != procedure.ActionIssue {
		t.Fatalf("case %s at %s, action %q", v.Number, v.Phase, v.Action)
	}
	for range 20 {
		if !h.step() {
			break
		}
	}
	h.phase(procedure.PhaseClosed)
	h.settled()
	if c := h.Authority.Contracts()[h.view().Contract.Number]; c.State != procedure.ContractValid {
		t.Errorf("contract %+v", c)
	}
	h.must("ParkCase", h.e.ParkCase(ctx))
	h.insert(h.Card)
	h.must("OpenCase", h.e.OpenCase(ctx))
	if got := h.view().Number; got != "BG-017-03-2026-000004" {
		t.Errorf("the next case is %s", got)
	}
}
