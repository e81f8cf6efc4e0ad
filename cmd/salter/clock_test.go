package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// clock is the time of a counter and its authority: the real one, and so much
// ahead of it as the test has moved it. Certificates expire without waiting.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// dates puts the authority's time into its answers, as a server does.
func (c *clock) dates(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", c.now().UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

// shortLife is how long certificates last after shortLived; untilAgain is from
// one visit of a citizen to his next: not on the same day, when a supervisor
// would have to decide.
const (
	shortLife  = time.Hour
	untilAgain = 26 * time.Hour
)

// shortLived has the authority issue certificates that expire soon, by its
// profile for demonstrations.
func (v *visit) shortLived() {
	v.t.Helper()
	path := filepath.Join(v.server.Dir, "profiles", "citizen-sign.json")
	file, err := os.ReadFile(path)
	v.do("read profile", err)
	text := strings.Replace(string(file), `"capAtCard"`, `"demoSeconds": 3600, "capAtCard"`, 1)
	v.server.Stop()
	v.write(path, []byte(text))
	v.server.Start()
}
