package authority

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// handoverFile holds the age identity that opens the files of counters whose
// network stays down. No token keeps such a key: it protects a file on its way
// and nothing that the authority signs, and lies in the folder, mode 0600, on
// every authority.
const handoverFile = "handover.identity"

// loadHandover reads the identity. A new hierarchy has none yet, nor has one of
// before there were such files.
func loadHandover(dir string) (*age.X25519Identity, error) {
	path := filepath.Join(dir, handoverFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeHandover(path)
	}
	if err != nil {
		return nil, fmt.Errorf("load key for files of counters: %w", err)
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, errors.New("load key for files of counters: it is no age identity") // the cause could quote it
	}
	return identity, nil
}

// makeHandover makes the identity, all of it or nothing.
func makeHandover(path string) (*age.X25519Identity, error) {
	identity, err := age.GenerateX25519Identity()
	if err == nil {
		err = replaceFile(path, []byte(identity.String()+"\n"), 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("make key for files of counters: %w", err)
	}
	return identity, nil
}

// HandOverRecipient is whom a counter seals the file for with which it hands
// over its journal ("age1…"). It stands in every trust bundle.
func (a *Authority) HandOverRecipient(context.Context) (string, error) {
	return a.pki.handover.Recipient().String(), nil
}

// TakenIn says what a file of a counter held, and what came of it.
type TakenIn struct {
	Workstation string `json:"workstation"`
	From        int64  `json:"from"`  // number of the first event in the file
	To          int64  `json:"to"`    // of the last; less than From: there was none
	New         int64  `json:"new"`   // events that were not held before
	Parts       int    `json:"parts"` // openings in the file
	// Missing reports that openings of the journal are still not held.
	Missing bool `json:"missing"`
	// Checkpoint is the last countersigned checkpoint, byte for byte what the
	// head of the journal is answered with; empty: nothing was ever taken in.
	Checkpoint []byte `json:"checkpoint"`
}

// ImportJournal takes in the file with which a counter whose network stays down
// hands over what the authority does not hold (store.Journal.HandOver), by the
// rule of Push: what is held must be the same, what follows is stored, and the
// tree must have the root of each checkpoint. Taking in the same file again
// does no harm, and neither does a file that turns out to be cut: what came
// before the cut stands.
//
// The administrator decides that a file is taken in. A revoked workstation is
// no obstacle: what it has to show is signed by its own key and is evidence
// like any other; refused, it would be lost.
func (a *Authority) ImportJournal(ctx context.Context, r io.Reader) (TakenIn, error) {
	in, err := a.importJournal(ctx, r)
	if err != nil {
		return in, fmt.Errorf("import journal: %w", err)
	}
	a.log.Info("journal imported", "workstation", in.Workstation, "from", in.From, "to", in.To, "new", in.New, "parts", in.Parts)
	return in, nil
}

func (a *Authority) importJournal(ctx context.Context, r io.Reader) (TakenIn, error) {
	clear, err := age.Decrypt(r, a.pki.handover)
	if err != nil {
		return TakenIn{}, fmt.Errorf("open file: %w", err)
	}
	file, err := evidence.NewExportReader(clear)
	if err != nil {
		return TakenIn{}, err
	}
	name, ok := strings.CutPrefix(file.Origin, evidence.Origin(""))
	if !ok {
		return TakenIn{}, fmt.Errorf("%w: %q is no journal of a counter", ErrRegister, file.Origin)
	}
	in := TakenIn{Workstation: name, From: file.From, To: file.From - 1}
	admit := func(tx db.Tx) (db.Workstation, error) { return a.registered(tx, name) }
	push := func(from int64, events [][]byte, checkpoint []byte) error {
		stored, _, err := a.push(ctx, name, admit, ca.JournalPush{From: from, Events: events, Checkpoint: string(checkpoint)})
		in.New, in.To = in.New+stored, from+int64(len(events))-1
		return err
	}
	put := func(opening []byte) error {
		in.Parts++
		return a.db.Do(ctx, func(tx db.Tx) error {
			if _, err := a.registered(tx, name); err != nil {
				return err
			}
			_, err := tx.PutBlob(sha256.Sum256(opening), opening, name, a.now())
			return err
		})
	}
	if err := file.Each(push, put); err != nil {
		return in, err
	}
	return in, a.db.Do(ctx, func(tx db.Tx) error { return closeImport(tx, &in) })
}

// registered finds a workstation by its name, whatever its state.
func (a *Authority) registered(tx db.Tx, name string) (db.Workstation, error) {
	w, err := tx.Workstation(name)
	if errors.Is(err, db.ErrNotFound) {
		return w, fmt.Errorf("%w: no workstation %q", ErrRegister, name)
	}
	return w, err
}

// closeImport adds what there is to answer.
func closeImport(tx db.Tx, in *TakenIn) error {
	missing, err := tx.MissingBlobs(in.Workstation, 1)
	if err != nil {
		return err
	}
	in.Missing = len(missing) > 0
	last, err := tx.LastCheckpoint(in.Workstation)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	in.Checkpoint = last.Note
	return err
}

// exportPage is how many events one transaction reads for an export; others
// wait meanwhile.
const exportPage = 256

// ExportJournal writes the whole journal of a workstation as far as it is
// countersigned, in the format of evidence.ExportWriter: all events, and every
// countersigned checkpoint behind the last event that it covers. It holds no
// openings. An export that fails lacks its last line.
func (a *Authority) ExportJournal(ctx context.Context, workstation string, w io.Writer) error {
	if err := a.exportJournal(ctx, workstation, w); err != nil {
		return fmt.Errorf("export journal: %w", err)
	}
	a.log.Info("journal exported", "workstation", workstation)
	return nil
}

func (a *Authority) exportJournal(ctx context.Context, workstation string, w io.Writer) error {
	var end int64
	err := a.db.Do(ctx, func(tx db.Tx) error {
		if _, err := a.registered(tx, workstation); err != nil {
			return err
		}
		last, err := tx.LastCheckpoint(workstation)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		end = last.Size
		return err
	})
	if err != nil {
		return err
	}
	out := evidence.NewExportWriter(w, evidence.Origin(workstation), 1)
	for from := int64(1); from <= end; from += exportPage {
		to := min(from+exportPage-1, end)
		var events [][]byte
		var checkpoints []db.Checkpoint
		err := a.db.Do(ctx, func(tx db.Tx) (err error) {
			if events, err = tx.Events(workstation, from, to); err == nil {
				checkpoints, err = tx.Checkpoints(workstation, from, to)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := writePage(out, from, events, checkpoints); err != nil {
			return err
		}
	}
	return out.Close()
}

// writePage writes events from the one numbered from on, each checkpoint behind
// the event that it ends at.
func writePage(out *evidence.ExportWriter, from int64, events [][]byte, checkpoints []db.Checkpoint) error {
	for i, body := range events {
		if err := out.Event(body); err != nil {
			return err
		}
		for len(checkpoints) > 0 && checkpoints[0].Size == from+int64(i) {
			if err := out.Checkpoint(checkpoints[0].Note); err != nil {
				return err
			}
			checkpoints = checkpoints[1:]
		}
	}
	return nil
}
