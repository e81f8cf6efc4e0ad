package db

import "errors"

var (
	// ErrSuperseded is returned by PutCRL for a list that is not the next.
	ErrSuperseded = errors.New("another list has this number")
	// ErrNotFound is returned by look-ups that find nothing.
	ErrNotFound = errors.New("not found")
	// ErrInUse is returned by OpenSQLite while another process holds the file.
	ErrInUse = errors.New("database is in use by another process")
	// ErrDamaged is wrapped by Check when the file is not what was written.
	ErrDamaged = errors.New("database is damaged")
	// ErrNewer is returned for a database written by a later version.
	ErrNewer = errors.New("database was written by a newer version")
)
