package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"salter/store/evidence"
)

// HandedOver is what a file for the authority holds.
type HandedOver struct {
	From, To int64 // numbers of the first and the last event; To < From: none
	Parts    int   // openings
}

// HandOver writes everything that the authority is not known to hold to w, for a
// counter whose network stays down: the events behind the cursor in batches as
// Sync would send them, each with a checkpoint, and the openings. It is sealed
// with age for the authority's recipients ("age1…"): to nobody else does the
// file say anything but its size. Inside is an export (evidence.ExportReader,
// Each), which the authority takes in by the same rule as a push.
//
// Nothing changes here. The cursor moves when the counter hears from the
// authority again; until then another file holds the same and more, and neither
// the authority nor the counter minds what comes twice.
func (j *Journal) HandOver(ctx context.Context, w io.Writer, recipients ...string) (HandedOver, error) {
	h, err := j.handOver(ctx, w, recipients)
	if err != nil {
		return h, fmt.Errorf("hand over journal: %w", err)
	}
	return h, nil
}

// handOver does the work of HandOver.
func (j *Journal) handOver(ctx context.Context, w io.Writer, list []string) (h HandedOver, err error) {
	recipients, err := parseRecipients(list)
	if err != nil {
		return h, err
	}
	head, err := j.Head(ctx)
	if err != nil {
		return h, err
	}
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return h, fmt.Errorf("seal for the authority: %w", err)
	}
	h = HandedOver{From: j.SyncState().Acked + 1, To: head.Size}
	out := evidence.NewExportWriter(sealed, j.origin(), h.From)
	for next := h.From; next <= h.To; {
		b, err := j.batchFrom(ctx, next, h.To)
		if err != nil {
			return h, err
		}
		for _, e := range b.events {
			if err := out.Event(e); err != nil {
				return h, err
			}
		}
		if err := out.Checkpoint(b.checkpoint); err != nil {
			return h, err
		}
		next += int64(len(b.events))
	}
	if h.Parts, err = j.handOverParts(ctx, out, h.To); err != nil {
		return h, err
	}
	return h, errors.Join(out.Close(), sealed.Close())
}

// handOverParts writes the openings, of events up to the given one, that the
// authority is not known to hold. Each is read in a turn of its own.
func (j *Journal) handOverParts(ctx context.Context, out *evidence.ExportWriter, to int64) (n int, err error) {
	for last := int64(0); ; n++ {
		var p sealedPart
		var opening []byte
		err := j.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
			p, opening, err = j.nextUnheld(ctx, conn, last, to)
			return err
		})
		if errors.Is(err, sql.ErrNoRows) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		last = p.id
		err = out.Opening(opening)
		clear(opening)
		if err != nil {
			return n, err
		}
	}
}
