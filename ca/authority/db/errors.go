package db

import "errors"

var (
	// ErrSuperseded is returned by PutCRL for a list that is not the next.
	ErrSuperseded = errors.New("another list has this number")
	// ErrNotFound is returned by look-ups that find nothing.
	ErrNotFound = errors.New("not found")
	// ErrText is returned for a text that is not UTF-8, or has a NUL character
	// in it.
	ErrText = errors.New("text is not UTF-8, or holds a NUL character")
	// ErrEmpty is returned by OpenPostgres for a database that no authority has
	// used.
	ErrEmpty = errors.New("database is empty")
	// ErrNotEmpty is returned by CopyTo for a database that holds something.
	ErrNotEmpty = errors.New("database is not empty")
	// ErrUnsafe is wrapped by OpenPostgres for a server that does not keep what
	// it has confirmed, or cannot hold every text.
	ErrUnsafe = errors.New("server is not safe to use")
	// ErrInUse is returned by OpenSQLite while another process holds the file.
	ErrInUse = errors.New("database is in use by another process")
	// ErrDamaged is wrapped by Check when the file is not what was written.
	ErrDamaged = errors.New("database is damaged")
	// ErrNewer is returned for a database written by a later version.
	ErrNewer = errors.New("database was written by a newer version")
)
