package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"salter/store/evidence"
)

// KindDataKey is the kind of the event that says from when on parts are sealed
// with another data key. Its body names the key: {"key":2}.
const KindDataKey = "data-key"

// renewKey makes a new data key if the newest one is older than Config.KeyAge.
// The former ones stay: they open what they sealed, and find what they indexed.
// First the new key is kept, for the account and for recovery, then the event
// says so; a key whose event is missing gets it at the next call. The caller
// owns the journal.
func (j *Journal) renewKey(ctx context.Context, conn *sql.Conn) error {
	if j.config.KeyAge == 0 || j.tree.Size() == 0 {
		return nil
	}
	since, told, err := newestKey(ctx, conn)
	if err != nil {
		return err
	}
	switch {
	case told > j.keys.newest: // another key must not get the number of a lost one
		return fmt.Errorf("%w: key %d is missing in the key file, which ends with %d", ErrKey, told, j.keys.newest)
	case told == j.keys.newest && j.config.Now().Sub(since) < j.config.KeyAge:
		return nil
	case told == j.keys.newest:
		if err := addDataKey(j.config, told+1); err != nil {
			return err
		}
		if j.keys, err = loadKeys(j.config.KeyFile); err != nil {
			return err
		}
	}
	event, err := j.ownEvent(ctx, conn, KindDataKey, fmt.Appendf(nil, `{"key":%d}`, j.keys.newest))
	if err != nil {
		return err
	}
	return j.commit(ctx, conn, []record{event}, nil)
}

// newestKey tells which data key the journal names last, and since when that is
// the newest. The first key is as old as the journal.
func newestKey(ctx context.Context, conn *sql.Conn) (since time.Time, id int64, err error) {
	rows, err := conn.QueryContext(ctx, selectKeyEvents)
	if err != nil {
		return since, 0, fmt.Errorf("read data keys: %w", err)
	}
	events, err := scanEvents(rows, 0)
	if err != nil {
		return since, 0, fmt.Errorf("read data keys: %w", err)
	}
	var at int64
	if err := conn.QueryRowContext(ctx, "SELECT at FROM event ORDER BY seq LIMIT 1").Scan(&at); err != nil {
		return since, 0, fmt.Errorf("read data keys: %w", err)
	}
	id = 1
	for _, e := range events {
		if e.Kind != KindDataKey {
			continue
		}
		var told struct {
			Body struct {
				Key int64 `json:"key"`
			} `json:"body"`
		}
		if err := json.Unmarshal(e.Body, &told); err != nil {
			return since, 0, tampered(e.Seq, "names no data key")
		}
		id, at = told.Body.Key, e.At
	}
	return time.UnixMilli(at), id, nil
}

// addDataKey adds a fresh key to the key file, after it was sealed for recovery
// together with the others.
func addDataKey(config Config, id int64) error {
	key := make([]byte, keySize)
	defer clear(key)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	line := fmt.Appendf(nil, "%d %x\n", id, key)
	defer clear(line)
	plain, _, err := readKeyFile(config.KeyFile)
	if err != nil {
		return err
	}
	defer clear(plain)
	all := bytes.Join([][]byte{plain, line}, nil)
	defer clear(all)
	if len(config.Recovery) > 0 {
		if _, err := sealForRecovery(config.KeyFile, all, config.Recovery); err != nil {
			return err
		}
	}
	// The lines of before stay as they are.
	text, err := os.ReadFile(config.KeyFile)
	if err != nil {
		return err
	}
	defer clear(text)
	added, err := protectLines(line)
	if err != nil {
		return err
	}
	defer clear(added)
	whole := bytes.Join([][]byte{text, added}, nil)
	defer clear(whole)
	return replaceFile(config.KeyFile, whole)
}

// ownEvent makes an event of the journal itself, of a run of its own.
func (j *Journal) ownEvent(ctx context.Context, conn *sql.Conn, kind string, body []byte) (record, error) {
	run, err := lastRun(ctx, conn)
	if err != nil {
		return record{}, err
	}
	event := fmt.Appendf(nil, `{"v":1,"kind":%q,"case":"","at":%d,"run":%d,"mono":0,"clerk":"","commits":{},"body":%s}`,
		kind, j.config.Now().UnixMilli(), run+1, body)
	header, err := evidence.ParseHeader(event)
	return record{event, header}, err
}

// lastRun is the number of the run that wrote the last event; 0 if there is
// none.
func lastRun(ctx context.Context, conn *sql.Conn) (int64, error) {
	var body []byte
	err := conn.QueryRowContext(ctx, "SELECT body FROM event ORDER BY seq DESC LIMIT 1").Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read last event: %w", err)
	}
	h, err := evidence.ParseHeader(body)
	return h.Run, err
}
