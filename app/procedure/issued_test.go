package procedure_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	h.must("SyncNow", h.e.SyncNow(ctx)) // which erases what the authority holds
	erased, err := procedure.LastIssued(ctx, h.Journal)
	h.must("LastIssued after the purge", err)
	sum := sha256.Sum256(want.DER)
	if erased.Chain != nil || erased.Serial != want.Serial || erased.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("after the purge: %+v, want number and hash alone", erased)
	}
}
