package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// smallDiskVariable names a small file system that the test may fill.
const smallDiskVariable = "SALTER_STORE_SMALL_DISK"

// megabyte is a part of a case that takes about a mebibyte.
var megabyte = strings.Repeat("x", 1<<20)

// TestSpace counts the ballast, finds it again, and wants what is configured.
func TestSpace(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	j := b.open()
	s, err := j.Space(ctx)
	fatal(t, err)
	if !s.Ballast || s.Free <= 0 || s.MinFree != 200<<20 || !s.Enough() {
		t.Errorf("Space = %+v, want the reserve and room", s)
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(b.path), "journal.ballast"))
	fatal(t, err)
	if info.Size() != 32<<20 || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("reserve has %d bytes and mode %v", info.Size(), info.Mode())
	}
	fatal(t, j.Close())

	b.config.MinFree = 1 << 60
	j = b.open()
	if s, err = j.Space(ctx); err != nil || !s.Ballast || s.Enough() {
		t.Errorf("Space = %+v, %v, want the reserve and too little room", s, err)
	}
	if !j.releaseBallast() || j.releaseBallast() {
		t.Error("the reserve is released once")
	}
	if s, err = j.Space(ctx); err != nil || s.Ballast || s.Enough() {
		t.Errorf("Space = %+v, %v, want no reserve where there is no room for it", s, err)
	}
	fatal(t, j.Close())
	b.config.MinFree = 1
	fatal(t, os.WriteFile(filepath.Join(filepath.Dir(b.path), "journal.ballast"), []byte("cut"), 0o600))
	j = b.open()
	if s, err = j.Space(ctx); err != nil || !s.Enough() {
		t.Errorf("Space = %+v, %v, want the reserve whole again", s, err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := j.Space(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("Space = %v, want context.Canceled", err)
	}
}

// TestBallastReleased: the first full disk takes the reserve. The limit stays
// here, so the append fails all the same, and nothing happened twice.
func TestBallastReleased(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	b.config.MinFree = 1
	j := b.open()
	fill(t, j, 3)
	_, err := j.Space(ctx)
	fatal(t, err)
	limit := func(pages int) error {
		return j.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			_, err := pragmaInt(ctx, conn, fmt.Sprintf("max_page_count(%d)", pages))
			return err
		})
	}
	fatal(t, limit(1))
	p := part(t, caseA, "record", megabyte)
	e := event("card-read", caseA, "", p)
	if err := j.Append(ctx, [][]byte{e}, []Part{p}); !errors.Is(err, ErrFull) {
		t.Fatalf("Append on a full disk = %v, want ErrFull", err)
	}
	if _, err := os.Stat(j.ballastPath()); !notThere(err) {
		t.Errorf("the reserve is still there: %v", err)
	}
	fatal(t, limit(1<<30))
	fatal(t, j.Append(ctx, [][]byte{e}, []Part{p}))
	if got := len(replay(t, j)); got != 4 {
		t.Errorf("%d events, want 4", got)
	}
	fatal(t, j.Verify(ctx))
}

// TestFullDisk fills a real file system of 44 MiB, mounted in a mount namespace
// of its own.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(smallDiskVariable); dir != "" {
		fillDisk(t, dir)
		return
	}
	dir := t.TempDir()
	const script = `mount -t tmpfs -o size=44m tmpfs "$0" && exec "$1" -test.run='^TestFullDisk$' -test.v`
	namespace := "-m"
	if os.Getuid() != 0 {
		namespace = "-rm"
	}
	if out, err := exec.Command("unshare", namespace, "mount", "-t", "tmpfs", "tmpfs", dir).CombinedOutput(); err != nil {
		if torture() > 1 {
			t.Fatalf("no file system can be mounted, and SALTER_TORTURE is set: %v: %s", err, out)
		}
		t.Skipf("no file system can be mounted: %v: %s", err, out)
	}
	cmd := exec.Command("unshare", namespace, "sh", "-c", script, dir, os.Args[0])
	cmd.Env = append(os.Environ(), smallDiskVariable+"="+dir, "TMPDIR="+dir)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("on the small disk: %v", err)
	}
}

// fillDisk appends until the disk is full: no append fails before the reserve is
// used up as well.
func fillDisk(t *testing.T, dir string) {
	ctx := context.Background()
	b := newBench(t)
	b.config.MinFree = 4 << 20
	j := b.open()
	if s, err := j.Space(ctx); err != nil || !s.Enough() {
		t.Fatalf("Space = %+v, %v, want enough", s, err)
	}
	var acked, released int
	for err := error(nil); err == nil; {
		p := part(t, caseA, "record", megabyte)
		if err = j.Append(ctx, [][]byte{event("card-read", caseA, "", p)}, []Part{p}); err == nil {
			acked++
		} else if !errors.Is(err, ErrFull) {
			t.Fatalf("Append = %v, want ErrFull", err)
		}
		s, spaceErr := j.Space(ctx)
		fatal(t, spaceErr)
		if !s.Ballast && released == 0 {
			released = acked
			if err != nil {
				t.Error("the append that found the disk full did not use the reserve")
			}
		}
		if s.Enough() && released > 0 {
			t.Errorf("Space = %+v, enough without reserve", s)
		}
	}
	t.Logf("%d appends of 1 MiB before the reserve was given up, %d after", released, acked-released)
	if released == 0 || acked-released < 8 {
		t.Errorf("%d appends before the reserve was given up, %d after", released, acked-released)
	}
	if got := len(replay(t, j)); got != acked {
		t.Errorf("%d events, %d acknowledged", got, acked)
	}
	_ = j.Close() // the log may not fit into the file
	j = b.open()
	fatal(t, j.Verify(ctx))
	if got := len(replay(t, j)); got != acked {
		t.Errorf("%d events after a restart on the full disk, %d acknowledged", got, acked)
	}
	out, err := exec.Command("mount", "-o", "remount,size=200m", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("enlarge the disk: %v: %s", err, out)
	}
	if s, err := j.Space(ctx); err != nil || !s.Enough() {
		t.Errorf("Space = %+v, %v after the disk was cleared, want enough", s, err)
	}
	fill(t, j, 1)
}
