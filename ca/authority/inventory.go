package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/store/evidence"
)

// ErrInventory is wrapped when an authority's folder contradicts itself.
var ErrInventory = errors.New("folder of the authority contradicts itself")

// Inventory is what an authority holds, by numbers that another copy of it can
// be compared by. It holds no personal data.
type Inventory struct {
	Authority    string         `json:"authority"`
	Certificates int64          `json:"certificates"` // issued; also the number of the last
	Changes      int64          `json:"changes"`      // of status; also the number of the last
	Journals     []JournalTotal `json:"journals"`
}

// JournalTotal is how far the journal of one workstation is held.
type JournalTotal struct {
	Workstation string `json:"workstation"`
	Size        int64  `json:"size"`
	Root        string `json:"root"` // hex
}

// TakeInventory reads the folder of an authority that nobody serves, and
// verifies on the way everything that can be verified without secret keys: the
// database itself, every certificate against its issuer, its to-be-signed
// bytes and its status, and every journal, event by event, against the last
// checkpoint that the workstation and the authority signed.
func TakeInventory(ctx context.Context, dir string) (inventory Inventory, err error) {
	v, err := newInspector(filepath.Join(dir, "pki"))
	if err != nil {
		return inventory, fmt.Errorf("take inventory: %w", err)
	}
	url, err := serverURL(dir)
	if err != nil {
		return inventory, fmt.Errorf("take inventory: %w", err)
	}
	d, err := openDatabase(ctx, dir, url, false)
	if err != nil {
		return inventory, fmt.Errorf("take inventory: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return v.take(ctx, d)
}

// take takes the inventory of an open database.
func (v *inspector) take(ctx context.Context, d db.DB) (inventory Inventory, err error) {
	if err := d.Check(ctx); err != nil {
		return inventory, fmt.Errorf("take inventory: %w", err)
	}
	if err := d.Do(ctx, func(tx db.Tx) (err error) {
		inventory, err = v.inspect(tx)
		return err
	}); err != nil {
		return inventory, fmt.Errorf("take inventory: %w", err)
	}
	return inventory, nil
}

// inspector knows the public half of an authority.
type inspector struct {
	id       string
	issuers  map[string]*x509.Certificate // by label
	verifier note.Verifier                // of the authority's checkpoint key
}

func newInspector(pkiDir string) (*inspector, error) {
	var who identity
	text, err := os.ReadFile(filepath.Join(pkiDir, "authority.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &who); err != nil {
		return nil, err
	}
	v := &inspector{id: who.ID, issuers: make(map[string]*x509.Certificate)}
	for _, label := range labels() {
		if v.issuers[label], err = loadCertificate(pkiDir, issuerPurpose(label)); err != nil {
			return nil, err
		}
	}
	if v.issuers[ca.LabelInterop], err = loadCertificate(pkiDir, issuerPurpose(ca.LabelInterop)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	vkey, err := os.ReadFile(filepath.Join(pkiDir, "checkpoint.pub"))
	if err != nil {
		return nil, err
	}
	v.verifier, err = evidence.NewVerifier(string(trimLine(vkey)))
	return v, err
}

func (v *inspector) inspect(tx db.Tx) (Inventory, error) {
	id, err := tx.Meta(metaAuthority)
	if err != nil || id != v.id {
		return Inventory{}, errors.Join(fmt.Errorf("%w: database of %q, keys of %q", ErrInventory, id, v.id), err)
	}
	inventory := Inventory{Authority: id, Journals: []JournalTotal{}}
	if inventory.Changes, err = tx.LastChange(); err != nil {
		return Inventory{}, err
	}
	for more := true; more; {
		rows, err := tx.IssuedAfter(inventory.Certificates, certificatesPage)
		if err != nil {
			return Inventory{}, err
		}
		for _, row := range rows {
			if row.Seq != inventory.Certificates+1 {
				return Inventory{}, fmt.Errorf("%w: certificate %d follows %d", ErrInventory, row.Seq, inventory.Certificates)
			}
			if err := v.certificate(tx, row); err != nil {
				return Inventory{}, err
			}
			inventory.Certificates++
		}
		more = len(rows) == certificatesPage
	}
	workstations, err := tx.Workstations()
	if err != nil {
		return Inventory{}, err
	}
	for _, w := range workstations {
		total, err := v.journal(tx, w)
		if err != nil {
			return Inventory{}, err
		}
		inventory.Journals = append(inventory.Journals, total)
	}
	return inventory, nil
}

// certificate verifies one row of the register.
func (v *inspector) certificate(tx db.Tx, row db.Issuance) error {
	cert, err := x509.ParseCertificate(row.Certificate)
	if err != nil {
		return fmt.Errorf("%w: certificate %s cannot be read", ErrInventory, row.Serial)
	}
	issuer := v.issuers[row.Label]
	if issuer == nil || cert.CheckSignatureFrom(issuer) != nil {
		return fmt.Errorf("%w: certificate %s is not signed by the issuer of %s", ErrInventory, row.Serial, row.Label)
	}
	key := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	if !bytes.Equal(cert.RawTBSCertificate, row.TBS) || cert.SerialNumber.Text(16) != row.Serial || key != row.SPKI {
		return fmt.Errorf("%w: certificate %s is not what was prepared", ErrInventory, row.Serial)
	}
	if _, err := tx.Status(row.Serial); err != nil {
		return fmt.Errorf("%w: certificate %s: %w", ErrInventory, row.Serial, err)
	}
	return nil
}

// journal builds the tree over the events that are held and compares it with
// the last checkpoint.
func (v *inspector) journal(tx db.Tx, w db.Workstation) (JournalTotal, error) {
	wrong := func(format string, args ...any) (JournalTotal, error) {
		return JournalTotal{}, fmt.Errorf("%w: journal of %s: %w", ErrInventory, w.Name, fmt.Errorf(format, args...))
	}
	size, err := tx.JournalSize(w.Name)
	if err != nil {
		return JournalTotal{}, err
	}
	total := JournalTotal{Workstation: w.Name, Size: size}
	if size == 0 {
		return total, nil
	}
	var tree evidence.Tree
	for seq := int64(1); seq <= size; seq++ {
		event, err := tx.Event(w.Name, seq)
		if err != nil {
			return wrong("event %d: %w", seq, err)
		}
		first := tree.NextNode()
		for i, node := range tree.Append(evidence.Leaf(event)) {
			held, err := tx.Nodes(w.Name, []int64{first + int64(i)})
			if err != nil || tlog.Hash(held[0]) != node {
				return wrong("node %d differs from its events", first+int64(i))
			}
		}
	}
	last, err := tx.LastCheckpoint(w.Name)
	if err != nil {
		return wrong("%w", err)
	}
	keys, err := checkpointKeys(tx, w)
	if err != nil {
		return wrong("%w", err)
	}
	signed, err := openCheckpoint(keys, w.Name, last.Note, v.verifier)
	if err != nil {
		return wrong("%w", err)
	}
	if signed.Size != size || signed.Root != tree.Root() {
		return wrong("checkpoint of size %d does not fit %d events", signed.Size, size)
	}
	root := tree.Root()
	total.Root = hex.EncodeToString(root[:])
	return total, nil
}
