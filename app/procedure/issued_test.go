package procedure_test

import (
	"bytes"
	"testing"

	"salter/app/procedure"
)

func TestLastIssued(t *testing.T) {
	h := testHarness(t)
	_, err := procedure.LastIssued(ctx, h.Journal)
	h.wants("LastIssued of an empty journal", err, procedure.CodeNoCase)
	h.toHandOver()
	_, err = procedure.LastIssued(ctx, h.Journal)
	h.wants("LastIssued before the hand-over", err, procedure.CodeNoCase)
	h.close()
	h.insert(h.other)
	h.must("OpenCase", h.e.OpenCase(ctx))
	h.must("RefuseCase", h.e.RefuseCase(ctx, procedure.CodeFace))

	got, err := procedure.LastIssued(ctx, h.Journal)
	h.must("LastIssued", err)
	want := h.Authority.Certificates()[0]
	if got.Serial != want.Serial || got.Number != "BG-017-03-2026-000001" || !bytes.Equal(got.Chain[0], want.DER) {
		t.Errorf("serial %s of case %s, want %s", got.Serial, got.Number, want.Serial)
	}
}
