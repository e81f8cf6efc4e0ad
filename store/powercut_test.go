package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// The power-cut tests record what the journal does to the disk, once, and then
// make the disks that a power cut could have left at any moment of it.
//
// They assume: one writer; sectors of 512 bytes that are written whole or not at
// all (SQLite assumes the same: "powersafe overwrite"); what was synced is
// there; of what was written since, any part may be there. A file that was
// created is there for sure once its directory was synced, and one that was
// removed may come back until then. After a sync that failed, what was to be
// written is lost for good with probability ½, sector by sector, although the
// program goes on reading it from memory and the next sync succeeds: so Linux
// does it. A disk that says it has written and has not defeats every setting.

const sectorSize = 512

// disk is what is on the disk for sure, and what may be.
type disk struct {
	random  *rand.Rand
	entries map[string]*diskFile // what the directory holds for the program
	synced  map[string]*diskFile // what it holds for sure
}

// diskFile is one file, whatever its name.
type diskFile struct {
	data    []byte     // for sure
	pending []diskCall // writes and truncations since the last sync
}

// newDisk is a disk that holds one file.
func newDisk(seed uint64, name string, data []byte) *disk {
	f := &diskFile{data: bytes.Clone(data)}
	return &disk{
		random:  rand.New(rand.NewPCG(seed, 0)),
		entries: map[string]*diskFile{name: f},
		synced:  map[string]*diskFile{name: f},
	}
}

// do runs one recorded call.
func (d *disk) do(c diskCall) {
	f := d.entries[c.name]
	switch {
	case c.kind == callCreate && f == nil:
		d.entries[c.name] = new(diskFile)
	case c.kind == callUnlink:
		delete(d.entries, c.name)
	case c.kind == callWrite || c.kind == callTruncate:
		f.pending = append(f.pending, c)
	case c.kind == callSync && c.name != "":
		if c.failed {
			f.pending = d.sectors(f.pending)
		}
		f.data, f.pending = apply(f.data, f.pending), nil
	case c.kind == callSync && !c.failed:
		clear(d.synced)
		for name, f := range d.entries {
			d.synced[name] = f
		}
	}
}

// cut returns the files that a power cut leaves at this moment.
func (d *disk) cut() map[string][]byte {
	files := make(map[string][]byte)
	for _, name := range [...]string{"journal.db", "journal.db-wal"} {
		f := d.entries[name]
		if d.random.IntN(2) == 0 {
			f = d.synced[name]
		}
		if f == nil {
			continue
		}
		pending := f.pending
		switch d.random.IntN(4) {
		case 0:
			pending = nil
		case 1:
			pending = pending[:d.random.IntN(len(pending)+1)]
		case 2:
			pending = d.sectors(pending)
		}
		files[name] = apply(bytes.Clone(f.data), pending)
	}
	if d.random.IntN(8) == 0 {
		files["journal.db-shm"] = bytes.Repeat([]byte{byte(d.random.Uint32())}, 32<<10)
	}
	return files
}

// sectors draws half of the sectors of the writes, and half of the truncations.
func (d *disk) sectors(pending []diskCall) []diskCall {
	var drawn []diskCall
	for _, c := range pending {
		if c.kind == callTruncate {
			if d.random.IntN(2) == 0 {
				drawn = append(drawn, c)
			}
			continue
		}
		for start := 0; start < len(c.data); {
			// Sectors lie on the disk, not in the write.
			end := min(len(c.data), start+sectorSize-int((c.offset+int64(start))%sectorSize))
			if d.random.IntN(2) == 0 {
				drawn = append(drawn, diskCall{kind: callWrite, offset: c.offset + int64(start), data: c.data[start:end]})
			}
			start = end
		}
	}
	return drawn
}

// apply runs writes and truncations on data.
func apply(data []byte, calls []diskCall) []byte {
	for _, c := range calls {
		end := c.offset
		if c.kind == callWrite {
			end += int64(len(c.data))
		}
		if grow := end - int64(len(data)); grow > 0 {
			data = append(data, make([]byte, grow)...)
		}
		if c.kind == callTruncate {
			data = data[:end]
			continue
		}
		copy(data[c.offset:], c.data)
	}
	return data
}

// cutCounts is what a series of power cuts came to.
type cutCounts struct {
	states, events, inDoubt, failedSyncs int
	harm                                 harm
}

// fewestStates are looked at even where there is no time left.
const fewestStates = 20

// cutPower makes the disks of that many power cuts and opens the journal on
// each. Every event acknowledged before the cut must be there, and at most one
// more.
func cutPower(t *testing.T, b *bench, empty []byte, calls []diskCall, states int) (n cutCounts) {
	t.Helper()
	var acked [][]byte
	for _, c := range calls {
		if c.kind == callAck {
			acked = append(acked, c.data)
			if c.offset != int64(len(acked)) {
				t.Fatalf("recording is incomplete: event %d acknowledged after %d", c.offset, len(acked)-1)
			}
		}
		if c.kind == callSync && c.failed {
			n.failedSyncs++
		}
	}
	b.path = filepath.Join(memoryDir(t), "journal.db")
	for seed := range uint64(states) {
		if n.states >= fewestStates && outOfTime() {
			break
		}
		d := newDisk(seed, "journal.db", empty)
		cut := d.random.IntN(len(calls) + 1)
		known := 0
		for _, c := range calls[:cut] {
			if c.kind == callAck {
				known++
			} else {
				d.do(c)
			}
		}
		fatal(t, removeDatabase(b.path))
		for name, data := range d.cut() {
			fatal(t, os.WriteFile(filepath.Join(filepath.Dir(b.path), name), data, 0o600))
		}
		events, err := eventsAfterCut(b, seed%10 == 0)
		found := len(events)
		n.harm.compare(events, acked[:known], 1)
		if found == known+1 && (found > len(acked) || !bytes.Equal(events[known], acked[known])) {
			n.harm.undetected++
		}
		if err != nil || n.harm != (harm{}) {
			t.Fatalf("seed %d, cut at call %d of %d: %d events, %d acknowledged, %+v, %v",
				seed, cut, len(calls), found, known, n.harm, err)
		}
		n.states++
		n.events += known
		n.inDoubt += found - known
	}
	return n
}

// eventsAfterCut opens the journal and returns its events; if thorough, it
// verifies everything.
func eventsAfterCut(b *bench, thorough bool) (events [][]byte, err error) {
	ctx := context.Background()
	j, err := Open(ctx, b.path, b.config)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	if thorough {
		if err := j.Verify(ctx); err != nil {
			return nil, err
		}
	}
	err = j.Replay(ctx, func(_ int64, event []byte) error {
		events = append(events, event)
		return nil
	})
	return events, err
}

// memoryDir is a directory for the test, in memory where that can be had: each
// state is a disk of its own, and what happens to it afterwards is not tested.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "salter-store-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestPowerCut cuts the power over a recording of a disk without faults and over
// recordings of disks that fail. SALTER_TORTURE makes it two hundred times
// as long.
func TestPowerCut(t *testing.T) {
	needStrace(t)
	tests := []struct {
		name   string
		inject string
		states int
	}{
		{"sound disk", "", 100},
		{"sync fails", "fsync,fdatasync:error=EIO:when=20+11", 60},
		{"every seventh sync fails", "fsync,fdatasync:error=EIO:when=9+7", 30},
		{"write fails", "pwrite64:error=EIO:when=50+61", 20},
		{"every 37th write fails", "pwrite64:error=EIO:when=30+37", 20},
		{"writes and syncs fail", "pwrite64,fsync,fdatasync:error=EIO:when=40+47", 20},
		{"disk full now and then", "pwrite64:error=ENOSPC:when=50+61", 25},
	}
	inDoubt := 0
	recordings, states := 1, 1
	if torture() > 1 {
		recordings, states = 5, 40
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sum cutCounts
			recorded := 0
			for ; recorded < recordings; recorded++ {
				if sum.states > 0 && outOfTime() {
					break
				}
				b := newBench(t)
				empty, err := os.ReadFile(b.path)
				fatal(t, err)
				calls := recordTrace(t, b, tt.inject)
				n := cutPower(t, b, empty, calls, tt.states*states)
				sum.states += n.states
				sum.events += n.events
				sum.inDoubt += n.inDoubt
				sum.failedSyncs += n.failedSyncs
				sum.harm.add(n.harm)
			}
			inDoubt += sum.inDoubt
			sum.harm.tell(t, "power cuts", sum.states)
			t.Logf("%d recordings with %d failed syncs, %d power cuts, %d acknowledged events looked for; %d cuts with an event more",
				recorded, sum.failedSyncs, sum.states, sum.events, sum.inDoubt)
			if sum.events == 0 {
				t.Error("the cuts did not fall where something happens")
			}
		})
	}
	if inDoubt == 0 && !outOfTime() {
		t.Error("no cut fell between a commit and its acknowledgement")
	}
}

// TestParseTrace: a call during which another thread does something comes in two
// lines, and the second, being short, has its result in another column. A sync
// lost here would look like one that never happened.
func TestParseTrace(t *testing.T) {
	const journal = "/j/journal.db"
	db, dir := hexPath(journal), hexPath("/j")
	tests := []struct {
		name, text string
		want       []diskCall // nil: refused
	}{
		{"whole", "7 fsync(3<" + db + ">) = 0\n", []diskCall{{kind: callSync, name: "journal.db"}}},
		{"in two", "7 fsync(3<" + db + "> <unfinished ...>\n8 +++ exited with 0 +++\n7 <... fsync resumed>)            = 0\n",
			[]diskCall{{kind: callSync, name: "journal.db"}}},
		{"failed, in two", "7  fdatasync(3<" + db + "> <unfinished ...>\n8 +++ exited with 0 +++\n7  <... fdatasync resumed>)     = -1 EIO (Input/output error) (INJECTED)\n",
			[]diskCall{{kind: callSync, name: "journal.db", failed: true}}},
		{"write in two", "7 pwrite64(3<" + db + `>, "\x41\x42", 2, 9 <unfinished ...>` + "\n7 <... pwrite64 resumed>)   = 2\n",
			[]diskCall{{kind: callWrite, name: "journal.db", offset: 9, data: []byte("AB")}}},
		{"directory", "7 fsync(3<" + dir + ">) = 0\n", []diskCall{{kind: callSync}}},
		{"another file", "7 fsync(3<" + hexPath("/k") + ">) = 0\n8 +++ exited with 0 +++\n", []diskCall{}},
		{"end without beginning", "7 <... fsync resumed>) = 0\n", nil},
		{"no result", "7 fsync(3<" + db + ">)\n", nil},
		{"two at a time", "7 fsync(3<" + db + "> <unfinished ...>\n8 fsync(4<" + db + ">) = 0\n7 <... fsync resumed>) = 0\n", nil},
		{"short write", "7 pwrite64(3<" + db + `>, "\x41\x42", 2, 9) = 1` + "\n", nil},
		{"unknown call", "7 pwritev(3<" + db + ">, 1) = 1\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTrace(tt.text, journal)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v", err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("%d calls, want %d", len(got), len(tt.want))
			}
			for i, c := range got {
				if !reflect.DeepEqual(c, tt.want[i]) {
					t.Errorf("call %d is %+v, want %+v", i, c, tt.want[i])
				}
			}
		})
	}
}
