package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// SyncState returns how far the journal has reached the authority. It never
// waits.
func (j *Journal) SyncState() SyncState {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state
}

// loadSyncState reads the numbers of the state from the file.
func (j *Journal) loadSyncState(ctx context.Context, conn *sql.Conn) error {
	var total, acked, at int64
	err := conn.QueryRowContext(ctx, "SELECT (SELECT coalesce(max(seq), 0) FROM event), acked,"+
		" coalesce((SELECT at FROM checkpoint ORDER BY size DESC LIMIT 1), 0) FROM sync").Scan(&total, &acked, &at)
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Total, j.state.Acked = total, acked
	if at > 0 && j.state.LastSuccess.IsZero() {
		j.state.LastSuccess = time.UnixMilli(at)
	}
	return nil
}

// setTotal records the size of the journal.
func (j *Journal) setTotal(size int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Total = size
}

// setAcked records a countersignature.
func (j *Journal) setAcked(size int64) {
	now := j.config.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Acked, j.state.LastSuccess = size, now
}

// setOutcome records how a call of Sync ended.
func (j *Journal) setOutcome(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Err = err
	if err == nil {
		j.state.Attempts = 0
		return
	}
	j.state.Attempts++
}
