// Package backup writes everything an authority needs to go on into one
// encrypted file, and makes an authority of it again, on whatever machine.
//
// The file is an age file (https://age-encryption.org/v1) for the keys of the
// recipients, around a tar archive: manifest.json first, which names every
// other file with its SHA-256 and holds the inventory that was taken of the
// copy, then the files. Keys on tokens are not in it, and the keys of a
// demonstration are.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"time"

	"filippo.io/age"

	"salter/ca/authority"
)

var (
	// ErrBackup is wrapped when a file is no backup, is cut or was changed, or
	// does not hold what it says.
	ErrBackup = errors.New("not a good backup")
	// ErrExists is returned where something is already.
	ErrExists = errors.New("there is something already")
)

// Limits of what is read back.
const (
	maxManifest = 16 << 20
	maxFile     = 1 << 20 // of all files but the database
	manifest    = "manifest.json"
	database    = "ca.db"
)

// Manifest says what is in a backup.
type Manifest struct {
	Version   int                 `json:"version"` // 1
	At        time.Time           `json:"at"`
	Files     []File              `json:"files"`
	Inventory authority.Inventory `json:"inventory"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"` // path in the authority's folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// fileName is what a backup may hold: nothing else is ever written.
var fileName = regexp.MustCompile(`^(ca\.db|policy\.json|(pki|profiles)/[A-Za-z0-9][A-Za-z0-9.-]*)$`)

// Source is where a copy of an authority comes from.
type Source interface {
	// Snapshot copies the authority into a new folder, which Write removes.
	Snapshot(ctx context.Context) (folder string, err error)
}

// Write takes a snapshot, verifies it and writes it to out, which must not
// exist, for the recipients. When it returns nil the file is complete and on
// stable storage.
func Write(ctx context.Context, from Source, recipients []age.Recipient, out string, now time.Time) (m Manifest, err error) {
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("write backup: %s: %w", out, errors.Join(ErrExists, err))
	}
	folder, err := from.Snapshot(ctx)
	if err != nil {
		return m, fmt.Errorf("write backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	m = Manifest{Version: 1, At: now.UTC().Truncate(time.Second)}
	if m.Inventory, err = authority.TakeInventory(ctx, folder); err != nil {
		return m, fmt.Errorf("write backup: %w", err)
	}
	if m.Files, err = list(folder); err != nil {
		return m, fmt.Errorf("write backup: %w", err)
	}
	if err := seal(folder, m, recipients, out); err != nil {
		return m, fmt.Errorf("write backup: %w", err)
	}
	return m, nil
}

// list names every file below folder.
func list(folder string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if !fileName.MatchString(name) || !d.Type().IsRegular() {
			return fmt.Errorf("%s does not belong to an authority; move it away", name)
		}
		size, sum, err := hash(path)
		files = append(files, File{Name: name, Size: size, SHA256: sum})
		return err
	})
	return files, err
}

func hash(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// seal writes the file beside its place and gives it its name when it is
// complete.
func seal(folder string, m Manifest, recipients []age.Recipient, out string) (err error) {
	f, err := os.OpenFile(out+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(out + ".new") // the error that matters is there
		}
	}()
	err = archive(f, folder, m, recipients)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link, unlike a new name, never replaces what came there meanwhile.
	if err := os.Link(out+".new", out); err != nil {
		return err
	}
	return errors.Join(os.Remove(out+".new"), syncFolder(filepath.Dir(out)))
}

func archive(w io.Writer, folder string, m Manifest, recipients []age.Recipient) error {
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return err
	}
	t := tar.NewWriter(sealed)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: manifest, Mode: 0o600, Size: int64(len(text)), ModTime: m.At}); err != nil {
		return err
	}
	if _, err := t.Write(text); err != nil {
		return err
	}
	for _, file := range m.Files {
		if err := t.WriteHeader(&tar.Header{Name: file.Name, Mode: 0o600, Size: file.Size, ModTime: m.At}); err != nil {
			return err
		}
		if err := copyInto(t, filepath.Join(folder, filepath.FromSlash(file.Name))); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), sealed.Close())
}

func copyInto(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Restore makes the authority of a backup in dir, which must not exist. The
// folder gets its name only when every file has been compared with the
// manifest, and a new inventory with the one that was taken when the backup
// was made.
func Restore(ctx context.Context, in string, identities []age.Identity, dir string) (m Manifest, err error) {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("restore: %s: %w", dir, errors.Join(ErrExists, err))
	}
	tmp := dir + ".new"
	if err := errors.Join(os.RemoveAll(tmp), os.Mkdir(tmp, 0o700)); err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
	}()
	if m, err = open(in, identities, tmp); err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	inventory, err := authority.TakeInventory(ctx, tmp)
	if err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	if !reflect.DeepEqual(inventory, m.Inventory) {
		return m, fmt.Errorf("restore: %w: it holds something else than when it was made", ErrBackup)
	}
	for _, name := range []string{"pki", "profiles", ""} {
		if err := syncFolder(filepath.Join(tmp, name)); err != nil {
			return m, fmt.Errorf("restore: %w", err)
		}
	}
	if err := os.Rename(tmp, dir); err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	return m, syncFolder(filepath.Dir(dir))
}

// open takes the files out of a backup and compares them with the manifest.
func open(in string, identities []age.Identity, to string) (m Manifest, err error) {
	f, err := os.Open(in)
	if err != nil {
		return m, err
	}
	defer f.Close()
	plain, err := age.Decrypt(f, identities...)
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	t := tar.NewReader(plain)
	h, err := t.Next()
	if err != nil || h.Name != manifest || h.Size > maxManifest {
		return m, fmt.Errorf("%w: it does not begin with its manifest", ErrBackup)
	}
	text, err := io.ReadAll(t)
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Version != 1 {
		return m, fmt.Errorf("%w: manifest cannot be read, or is of another version", ErrBackup)
	}
	for _, want := range m.Files {
		if err := take(t, want, to); err != nil {
			return m, err
		}
	}
	if _, err := t.Next(); err != io.EOF {
		return m, fmt.Errorf("%w: it holds more than its manifest says", ErrBackup)
	}
	return m, nil
}

// take writes the next file of the archive, which must be the one wanted.
func take(t *tar.Reader, want File, to string) error {
	h, err := t.Next()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrBackup, err)
	case h.Name != want.Name || h.Size != want.Size || h.Typeflag != tar.TypeReg || !fileName.MatchString(want.Name):
		return fmt.Errorf("%w: another file than the manifest says", ErrBackup)
	case want.Name != database && want.Size > maxFile:
		return fmt.Errorf("%w: %s has %d bytes", ErrBackup, want.Name, want.Size)
	}
	path := filepath.Join(to, filepath.FromSlash(want.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), t)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBackup, want.Name, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%w: %s was changed", ErrBackup, want.Name)
	}
	return nil
}
