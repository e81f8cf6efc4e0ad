package card

import (
	"context"
	"fmt"
)

// CheckModule says whether the PKCS#11 module can be loaded and started,
// without touching a card, and what it says of itself, for instance "OpenSC
// smartcard framework 0.25": nil, or an error that wraps ErrNoModule; ErrBusy if
// the module does not come back in time. A module that is in use is not
// disturbed.
func (r *Readers) CheckModule(ctx context.Context) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Patience)
	defer cancel()
	type answer struct {
		version string
		err     error
	}
	started := make(chan answer, 1)
	r.cfg.Go(func() { // a foreign library may hang
		err := r.module.start()
		started <- answer{r.module.version(), err}
	})
	select {
	case a := <-started:
		return a.version, a.err
	case <-ctx.Done():
		return "", fmt.Errorf("load module: %w", ErrBusy)
	}
}
