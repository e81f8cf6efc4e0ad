package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"salter/store/evidence"
)

// statements are what every append runs, prepared once: to SQLite, reading a
// statement is more work than running one of these.
type statements struct {
	begin, commit, rollback, event, node *sql.Stmt
}

// prepare makes the statements of a connection, to be closed before it.
func prepare(ctx context.Context, conn *sql.Conn) (*statements, error) {
	s := new(statements)
	for _, p := range [...]struct {
		statement **sql.Stmt
		text      string
	}{
		{&s.begin, "BEGIN IMMEDIATE"},
		{&s.commit, "COMMIT"},
		{&s.rollback, "ROLLBACK"},
		{&s.event, "INSERT INTO event (seq, body, case_id, kind, at) VALUES (?, ?, ?, ?, ?)"},
		{&s.node, "INSERT INTO node (idx, hash) VALUES (?, ?)"},
	} {
		prepared, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), s.close())
		}
		*p.statement = prepared
	}
	return s, nil
}

// close closes the statements; none were made if s is nil.
func (s *statements) close() error {
	if s == nil {
		return nil
	}
	var errs []error
	for _, statement := range [...]*sql.Stmt{s.begin, s.commit, s.rollback, s.event, s.node} {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	return errors.Join(errs...)
}

// inTransaction is the function of that name with prepared statements.
func (s *statements) inTransaction(ctx context.Context, fn func() error) error {
	run := func(statement *sql.Stmt) func() error {
		return func() error { _, err := statement.ExecContext(ctx); return err }
	}
	return transact(run(s.begin), run(s.commit), run(s.rollback), fn)
}

// insertEvent writes one event and the nodes it adds to the tree, two of them
// on average. There is a transaction on the connection.
func (s *statements) insertEvent(ctx context.Context, tree *evidence.Tree, r record) error {
	idx := tree.NextNode()
	nodes := tree.Append(evidence.Leaf(r.body))
	_, err := s.event.ExecContext(ctx, tree.Size(), r.body, r.header.Case, r.header.Kind, r.header.At)
	if err != nil {
		return fmt.Errorf("insert event: %w", err)
	}
	for i, hash := range nodes {
		if _, err := s.node.ExecContext(ctx, idx+int64(i), hash[:]); err != nil {
			return fmt.Errorf("insert node: %w", err)
		}
	}
	return nil
}
