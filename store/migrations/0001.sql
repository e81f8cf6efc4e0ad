-- Version 1 of the journal. The triggers guard against mistakes in Salter, not
-- against whoever can write the file; that is what the tree is for.

PRAGMA application_id = 1397511250; -- "SLTR"

CREATE TABLE journal (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  origin TEXT NOT NULL                         -- first line of its checkpoints
) STRICT;

CREATE TABLE event (
  seq     INTEGER PRIMARY KEY,                 -- 1, 2, 3, … without gaps
  body    BLOB NOT NULL,                       -- the bytes that are hashed and shipped
  case_id TEXT NOT NULL,                       -- these three repeat the body's header
  kind    TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;

CREATE TABLE node (
  idx  INTEGER PRIMARY KEY,                    -- stored hash index, 0, 1, 2, … without gaps
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  note BLOB NOT NULL,                          -- countersigned by the authority
  at   INTEGER NOT NULL                        -- when it came, local Unix milliseconds
) STRICT;

CREATE TABLE sync (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  acked INTEGER NOT NULL CHECK (acked >= 0)    -- the authority holds the events up to here
) STRICT;

CREATE TABLE person (
  id         INTEGER PRIMARY KEY,
  case_id    TEXT NOT NULL,
  part       TEXT NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  seq        INTEGER NOT NULL REFERENCES event (seq), -- the event that commits to it
  commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
  key_id     INTEGER NOT NULL,
  sealed     BLOB,                             -- nonce, opening under AES-256-GCM, tag; NULL: erased
  held       INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)), -- the authority has the opening
  UNIQUE (case_id, part, version)
) STRICT;

CREATE INDEX person_unheld ON person (seq) WHERE held = 0;

CREATE TRIGGER journal_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal is fixed'); END;
CREATE TRIGGER journal_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal is fixed'); END;

CREATE TRIGGER event_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;
CREATE TRIGGER event_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;
CREATE TRIGGER event_insert BEFORE INSERT ON event
  WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM event), 0) + 1
  BEGIN SELECT RAISE(ABORT, 'event out of sequence'); END;

CREATE TRIGGER node_update BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'node is append-only'); END;
CREATE TRIGGER node_delete BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'node is append-only'); END;
CREATE TRIGGER node_insert BEFORE INSERT ON node
  WHEN NEW.idx IS NOT coalesce((SELECT max(idx) FROM node), -1) + 1
  BEGIN SELECT RAISE(ABORT, 'node out of sequence'); END;

CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;

CREATE TRIGGER sync_delete BEFORE DELETE ON sync BEGIN SELECT RAISE(ABORT, 'sync is one row'); END;

-- A part changes in two ways only: the authority comes to hold it, or lost it;
-- and what it holds may be erased.
CREATE TRIGGER person_delete BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'person is append-only'); END;
CREATE TRIGGER person_update BEFORE UPDATE ON person
  WHEN NEW.id IS NOT OLD.id OR NEW.case_id IS NOT OLD.case_id OR NEW.part IS NOT OLD.part
    OR NEW.version IS NOT OLD.version OR NEW.seq IS NOT OLD.seq OR NEW.commitment IS NOT OLD.commitment
    OR NEW.key_id IS NOT OLD.key_id
    OR NEW.sealed IS NOT OLD.sealed AND (NEW.sealed IS NOT NULL OR OLD.held = 0)
  BEGIN SELECT RAISE(ABORT, 'person is sealed'); END;
