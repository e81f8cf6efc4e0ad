package card

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
)

// Retire removes every signature certificate and key pair from the token but
// those under keep, of which key pair and signature certificate have to be
// there as a whole (ErrKeyMissing, and nothing is removed). What serves
// authentication or deciphering stays, and so does what cannot be told; which
// is which the usage of certificates and keys decides, never a label. It needs a Login (ErrReset).
// Of each pair the certificate goes first: the card never shows one without
// its key. removed is the number of certificates that went, also of a call
// that failed. It may be repeated, and finishes what a call before it left
// half-done. Errors: those of the card, and ErrNoWrite, *ModuleError.
func (s *Session) Retire(ctx context.Context, keep []byte) (removed int, err error) {
	var gone atomic.Int64 // a call given up goes on in the lane
	_, err = inSession(ctx, s, "retire certificates", s.r.cfg.KeyPatience, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.retire(ctx, keep, &gone)
	})
	return int(gone.Load()), err
}

// retire is Retire; in the lane.
func (s *Session) retire(ctx context.Context, keep []byte, gone *atomic.Int64) error {
	if !s.r.loggedIn(s.reader, s.insertion) {
		return fmt.Errorf("no login: %w", ErrReset)
	}
	all, err := s.inventory()
	if err != nil {
		return err
	}
	kept := slices.IndexFunc(all, func(f *family) bool { return bytes.Equal(f.id, keep) })
	if kept < 0 || !all[kept].complete() {
		return fmt.Errorf("to be kept: %w", ErrKeyMissing)
	}
	for i, f := range all {
		if i == kept || f.role() != RoleSignature {
			continue
		}
		for _, o := range f.objects() {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := s.r.module.lib.DestroyObject(s.handle, o); err != nil {
				return moduleError("C_DestroyObject", err)
			}
			if slices.Contains(f.certificates, o) {
				gone.Add(1)
			}
		}
	}
	return nil
}
