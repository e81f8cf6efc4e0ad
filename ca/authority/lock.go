package authority

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"salter/ca/authority/db"
)

// lockFolder takes the folder for this process, where the database itself lets
// several in: socket and heads belong to one. The lock ends with the process,
// or when the file is closed.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder: %w", err)
	}
	held, err := tryLock(f)
	if held {
		err = db.ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock folder: %w", err), f.Close())
	}
	return f, nil
}
