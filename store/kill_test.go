package store

import (
	"bufio"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/store/evidence"
)

// torture makes the fault tests ten times as long.
func torture() int {
	if os.Getenv("SALTER_TORTURE") != "" {
		return 10
	}
	return 1
}

// childVariable makes the test binary a child: its value says what to do.
const childVariable = "SALTER_STORE_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		if err := child(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child works on the journal that the standard input names. Told to "hold", it
// keeps it open; told to "append", it appends at random and acknowledges each
// event on standard output; both end by being killed, or when their parent is
// gone. Told to "record", it does the work that the power-cut test records.
func child(what string) error {
	in := bufio.NewReader(os.Stdin)
	var lines [4]string
	for i := range lines {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		lines[i] = strings.TrimSuffix(line, "\n")
	}
	signer, err := note.NewSigner(lines[2])
	if err != nil {
		return err
	}
	authority, err := evidence.NewVerifier(lines[3])
	if err != nil {
		return err
	}
	config := Config{Workstation: testWorkstation, KeyFile: lines[1], Signer: signer, Authority: authority}
	if what == "record" {
		return workRecorded(lines[0], config)
	}
	j, err := Open(context.Background(), lines[0], config)
	if err != nil {
		return err
	}
	fmt.Println("OPEN")
	if what == "append" {
		go appendForever(j)
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// appendForever appends random events and moves the log into the file now and
// then.
func appendForever(j *Journal) {
	ctx := context.Background()
	for {
		e, parts := randomEvent()
		err := j.Append(ctx, [][]byte{e}, parts)
		if err == nil && rand.IntN(20) == 0 {
			err = j.do(ctx, flush)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println("ACK", j.SyncState().Total, evidence.Leaf(e))
	}
}

// randomEvent makes an event of 250 to 1,750 bytes, one in four with a part.
func randomEvent() ([]byte, []Part) {
	var parts []Part
	if rand.IntN(4) == 0 {
		p := Part{Case: caseA, Name: "record", Opening: make([]byte, 32+rand.IntN(20_000))}
		for i := range p.Opening {
			p.Opening[i] = byte(rand.Uint32())
		}
		parts = []Part{p}
	}
	return event("step", caseA, strings.Repeat("x", rand.IntN(1500)), parts...), parts
}

// process is a running child.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	err strings.Builder
}

// start runs a child on the journal and waits until it has it open.
func start(t *testing.T, b *bench, what, signer, authority string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), childVariable+"="+what)
	p.cmd.Stderr = &p.err
	var err error
	p.in, err = p.cmd.StdinPipe()
	fatal(t, err)
	out, err := p.cmd.StdoutPipe()
	fatal(t, err)
	fatal(t, p.cmd.Start())
	p.out = bufio.NewScanner(out)
	fmt.Fprintf(p.in, "%s\n%s\n%s\n%s\n", b.path, b.config.KeyFile, signer, authority)
	if !p.out.Scan() || p.out.Text() != "OPEN" {
		p.kill()
		t.Fatalf("child says %q: %s", p.out.Text(), p.err.String())
	}
	return p
}

// kill ends the child as a power switch would end the program.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait() // reports the kill
}

// childKeys makes keys that can be handed to a child as text.
func childKeys(t *testing.T) (signer, authority string) {
	t.Helper()
	signer, _, err := note.GenerateKey(crand.Reader, evidence.Origin(testWorkstation))
	fatal(t, err)
	_, authority, err = evidence.GenerateCosigner(crand.Reader, "ca.example/journal")
	fatal(t, err)
	return signer, authority
}

// TestKill kills a process that appends, again and again, on one journal. Every
// event it acknowledged must be there afterwards, at most one more, and the
// journal must verify.
func TestKill(t *testing.T) {
	b := newBench(t)
	signer, authority := childKeys(t)
	acked := make(map[int64]string)
	var size, unacked int64
	var done harm
	kills := 30 * torture()
	for n := range kills {
		p := start(t, b, "append", signer, authority)
		timer := time.AfterFunc(time.Duration(rand.IntN(120))*time.Millisecond, func() { p.cmd.Process.Kill() })
		last := size
		for p.out.Scan() {
			var hash string
			if k, _ := fmt.Sscanf(p.out.Text(), "ACK %d %s", &last, &hash); k == 2 {
				acked[last] = hash
			}
		}
		timer.Stop()
		p.kill()
		if p.err.Len() > 0 {
			t.Fatalf("child: %s", p.err.String())
		}

		j := b.open()
		if n%5 == 4 {
			fatal(t, j.Verify(context.Background()))
		}
		events := replay(t, j)
		fatal(t, j.Close())
		for seq, hash := range acked {
			switch {
			case seq > int64(len(events)):
				done.lost++
			case evidence.Leaf(events[seq-1]).String() != hash:
				done.undetected++
			}
		}
		size = int64(len(events))
		extra := size - last
		done.duplicated += int(max(0, extra-1))
		if done != (harm{}) {
			done.tell(t, "kills", n+1)
			t.Fatalf("kill %d: %d events, %d acknowledged", n, size, last)
		}
		if extra == 1 {
			unacked++
			acked[size] = evidence.Leaf(events[size-1]).String()
		}
	}
	done.tell(t, "kills", kills)
	t.Logf("%d kills, %d events; %d committed without acknowledgement", kills, size, unacked)
	if size == 0 {
		t.Error("no event was ever acknowledged")
	}
}

// TestDoubleStart opens a journal that another process has open.
func TestDoubleStart(t *testing.T) {
	b := newBench(t)
	signer, authority := childKeys(t)
	p := start(t, b, "hold", signer, authority)
	_, err := Open(context.Background(), b.path, b.config)
	if !errors.Is(err, ErrInUse) {
		t.Errorf("Open beside another process = %v, want ErrInUse", err)
	}
	p.kill()
	fill(t, b.open(), 1) // the lock dies with the process
}
