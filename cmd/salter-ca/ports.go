package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/api"
	"salter/ca/authority/metrics"
)

// shutdownTime is how long requests in work may take after an interrupt.
const shutdownTime = 10 * time.Second

// ports are the network side of a running authority.
type ports struct {
	api, public net.Listener
	bootstrap   net.Listener // nil: closed
	metrics     net.Listener // nil: closed

	servers []*http.Server
	serving sync.WaitGroup
}

// start serves every port that is open; the first failure goes to failed.
func (p *ports) start(a *authority.Authority, log *slog.Logger, failed chan<- error) {
	m := metrics.New(a.Numbers, log)
	p.serve(p.api, api.Server(m.Observe("api", api.New(a, log, api.Limits{})), a.TLS(), log), failed)
	p.serve(p.public, api.Server(m.Observe("public", api.Public(a, log)), nil, log), failed)
	if p.bootstrap != nil {
		p.serve(p.bootstrap, api.Server(m.Observe("bootstrap", api.Bootstrap(a, log)), a.BootstrapTLS(), log), failed)
	}
	if p.metrics != nil {
		p.serve(p.metrics, api.Server(m.Handler(), nil, log), failed)
	}
}

// serve runs one server on its listener.
func (p *ports) serve(l net.Listener, server *http.Server, failed chan<- error) {
	p.servers = append(p.servers, server)
	p.serving.Go(func() {
		var err error
		if server.TLSConfig != nil {
			err = server.ServeTLS(l, "", "")
		} else {
			err = server.Serve(l)
		}
		if errors.Is(err, http.ErrServerClosed) {
			return
		}
		select {
		case failed <- err:
		default: // another was first, and everything stops already
		}
	})
}

// shutdown takes no more requests and waits for those in work, but not for
// ever.
func (p *ports) shutdown(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, shutdownTime)
	defer stop()
	errs := make([]error, len(p.servers))
	var stopping sync.WaitGroup
	for i, server := range p.servers {
		stopping.Go(func() {
			if errs[i] = server.Shutdown(ctx); errs[i] != nil {
				errs[i] = errors.Join(errs[i], server.Close())
			}
		})
	}
	stopping.Wait()
	p.serving.Wait()
	return errors.Join(errs...)
}

// close closes what is open; a listener that was served is closed already.
func (p *ports) close() {
	for _, l := range []net.Listener{p.api, p.public, p.bootstrap, p.metrics} {
		if l != nil {
			_ = l.Close()
		}
	}
}
