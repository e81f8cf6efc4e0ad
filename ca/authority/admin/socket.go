package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"salter/ca/authority"
)

// maxMessage bounds a request and an answer.
const maxMessage = 16 << 20

// codeRequest is the argument of EnrolmentCode.
type codeRequest struct {
	Workstation string        `json:"workstation"`
	Life        time.Duration `json:"life"`
}

// callTime is how long a command waits for its answer: lists and snapshots of a
// large register take minutes.
const callTime = 15 * time.Minute

// none is the argument or the result of an operation that has none.
type none struct{}

// operation makes a handler of one method of Admin: JSON in, JSON out, an
// error as 400 with its text.
func operation[In, Out any](do func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(io.LimitReader(r.Body, maxMessage)).Decode(&in); err != nil {
			http.Error(w, "argument cannot be read", http.StatusBadRequest)
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the command is gone if this fails
	}
}

// list and act fit methods without argument or without result to operation.
func list[Out any](do func(context.Context) (Out, error)) http.HandlerFunc {
	return operation(func(ctx context.Context, _ none) (Out, error) { return do(ctx) })
}

func act[In any](do func(context.Context, In) error) http.HandlerFunc {
	return operation(func(ctx context.Context, in In) (none, error) { return none{}, do(ctx, in) })
}

func handler(a Admin) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /workstation/sign", operation(a.SignWorkstation))
	mux.Handle("POST /workstation/list", list(a.Workstations))
	mux.Handle("POST /workstation/revoke", act(a.RevokeWorkstation))
	mux.Handle("POST /workstation/code", operation(func(ctx context.Context, r codeRequest) (authority.NewCode, error) {
		return a.EnrolmentCode(ctx, r.Workstation, r.Life)
	}))
	mux.Handle("POST /clerk/add", operation(a.AddClerk))
	mux.Handle("POST /clerk/list", list(a.Clerks))
	mux.Handle("POST /clerk/revoke", act(a.RevokeClerk))
	mux.Handle("POST /anchor/add", act(a.AddAnchor))
	mux.Handle("POST /anchor/list", list(a.Anchors))
	mux.Handle("POST /certificate/list", operation(a.Certificates))
	mux.Handle("POST /certificate/get", operation(a.Certificate))
	mux.Handle("POST /certificate/revoke", act(a.RevokeCertificate))
	mux.Handle("POST /operation/list", operation(a.Operations))
	mux.Handle("POST /journal/export", exportJournal(a))
	mux.Handle("POST /journal/import", importJournal(a))
	mux.Handle("POST /journal/accept", act(a.AcceptJournal))
	mux.Handle("POST /clock/accept", operation(a.AcceptClock))
	mux.Handle("POST /status", list(a.Overview))
	mux.Handle("POST /journal/recipient", list(a.HandOverRecipient))
	mux.Handle("POST /snapshot", list(a.Snapshot))
	mux.Handle("POST /crl/publish", act(func(ctx context.Context, _ none) error { return a.PublishCRLs(ctx) }))
	mux.Handle("POST /crl/root", act(a.PutRootCRL))
	return mux
}

// Listen opens the socket; from then on commands reach it, and wait for Serve.
// A socket left by a process that is gone is replaced: the lock on the database,
// or on the folder, has shown that there is no other.
func Listen(ctx context.Context, socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("serve administration: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("serve administration: %w", err)
	}
	// The folder is 0700 already; this is for one that was made by hand.
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("serve administration: %w", err), l.Close())
	}
	return l, nil
}

// Serve serves a on the socket that Listen opened until ctx ends. Who is at the
// other end is asked of the kernel: root or the account that serves, and what
// they do is recorded under their names.
func Serve(ctx context.Context, l net.Listener, a Admin) error {
	server := &http.Server{Handler: knownPeer(handler(a)), ConnContext: withPeer, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve administration: %w", err)
	}
	return nil
}

// withPeer notes the account at the other end of a connection.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	uid, err := peer(conn)
	if err != nil || uid != 0 && uid != os.Geteuid() {
		return ctx
	}
	return authority.WithOperator(context.WithValue(ctx, peerKey{}, true), fmt.Sprintf("uid %d", uid))
}

// peerKey marks the context of a connection whose other end may administer.
type peerKey struct{}

// knownPeer refuses everybody else. The socket's mode keeps them out already;
// a folder that was opened by hand would not.
func knownPeer(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if known, _ := r.Context().Value(peerKey{}).(bool); !known {
			http.Error(w, "this account may not administer the authority", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}
