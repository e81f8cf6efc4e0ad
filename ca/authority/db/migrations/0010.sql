-- The events by which counters changed the key of their checkpoints; what the
-- keys are stands in the events.
CREATE TABLE journal_key(
  workstation TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  PRIMARY KEY(workstation, seq),
  FOREIGN KEY(workstation, seq) REFERENCES journal_event(workstation, seq)
) STRICT, WITHOUT ROWID;
