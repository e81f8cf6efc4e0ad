-- Version 2: the list of cases, and the terms by which a case is found. Both
-- are derived: from the events, and from the contents of sealed parts. The list
-- follows the events when it is asked for, so that an append pays nothing for it.

CREATE TABLE cases (
  opened    INTEGER PRIMARY KEY,               -- number of the case's first event
  case_id   TEXT NOT NULL UNIQUE,
  last      INTEGER NOT NULL,                  -- number of its last event
  events    INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,                  -- of the first event, Unix milliseconds
  last_at   INTEGER NOT NULL,
  kind      TEXT NOT NULL,                     -- of the last event
  clerk     TEXT NOT NULL                      -- of the first event
) STRICT;

CREATE TABLE case_event (
  case_id TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (case_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE term (
  token   BLOB NOT NULL CHECK (length(token) = 16), -- of field and value, under the index key
  case_id TEXT NOT NULL,
  part    INTEGER NOT NULL,                    -- id of the sealed part it is from, and erased with; 0: from an event
  PRIMARY KEY (token, case_id, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX term_part ON term (part) WHERE part > 0;

CREATE TABLE search (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  listed INTEGER NOT NULL CHECK (listed >= 0), -- the events up to here are in the list of cases
  todo   INTEGER NOT NULL CHECK (todo >= 0)    -- the terms of the events up to here are still to be stored; 0: none
) STRICT;

INSERT INTO search SELECT 1, 0, coalesce(max(seq), 0) FROM event;

CREATE INDEX person_sealed ON person (id) WHERE sealed IS NOT NULL;

CREATE TRIGGER cases_delete BEFORE DELETE ON cases BEGIN SELECT RAISE(ABORT, 'cases is append-only'); END;
CREATE TRIGGER cases_update BEFORE UPDATE ON cases
  WHEN NEW.opened IS NOT OLD.opened OR NEW.case_id IS NOT OLD.case_id OR NEW.last <= OLD.last
    OR NEW.events <= OLD.events OR NEW.opened_at IS NOT OLD.opened_at OR NEW.clerk IS NOT OLD.clerk
  BEGIN SELECT RAISE(ABORT, 'case out of sequence'); END;
CREATE TRIGGER case_event_update BEFORE UPDATE ON case_event BEGIN SELECT RAISE(ABORT, 'case_event is append-only'); END;
CREATE TRIGGER case_event_delete BEFORE DELETE ON case_event BEGIN SELECT RAISE(ABORT, 'case_event is append-only'); END;
CREATE TRIGGER search_delete BEFORE DELETE ON search BEGIN SELECT RAISE(ABORT, 'search is one row'); END;
