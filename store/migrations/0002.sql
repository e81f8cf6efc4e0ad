-- Version 2: the list of cases, and the terms by which a case is found. Both
-- are derived: from the events, and from the contents of sealed parts.

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

INSERT INTO cases (opened, case_id, last, events, opened_at, last_at, kind, clerk)
  SELECT f.seq, f.case_id, l.seq, g.n, f.at, l.at, l.kind, coalesce(CAST(f.body AS TEXT) ->> '$.clerk', '')
  FROM (SELECT min(seq) AS first, max(seq) AS last, count(*) AS n FROM event WHERE case_id <> '' GROUP BY case_id) g
  JOIN event f ON f.seq = g.first
  JOIN event l ON l.seq = g.last;

CREATE INDEX event_case ON event (case_id) WHERE case_id <> '';

CREATE TABLE term (
  token   BLOB NOT NULL CHECK (length(token) = 16), -- of field and value, under the index key
  case_id TEXT NOT NULL,
  part    INTEGER NOT NULL,                    -- id of the sealed part it is from, and erased with; 0: from an event
  PRIMARY KEY (token, case_id, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX term_part ON term (part) WHERE part > 0;

CREATE TABLE search (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  todo INTEGER NOT NULL CHECK (todo >= 0)      -- the terms of the events up to here are still to be stored; 0: none
) STRICT;

INSERT INTO search SELECT 1, coalesce(max(seq), 0) FROM event;

CREATE INDEX person_sealed ON person (id) WHERE sealed IS NOT NULL;

CREATE TRIGGER cases_delete BEFORE DELETE ON cases BEGIN SELECT RAISE(ABORT, 'cases is append-only'); END;
CREATE TRIGGER cases_update BEFORE UPDATE ON cases
  WHEN NEW.opened IS NOT OLD.opened OR NEW.case_id IS NOT OLD.case_id OR NEW.last <= OLD.last
    OR NEW.events IS NOT OLD.events + 1 OR NEW.opened_at IS NOT OLD.opened_at OR NEW.clerk IS NOT OLD.clerk
  BEGIN SELECT RAISE(ABORT, 'case out of sequence'); END;
CREATE TRIGGER search_delete BEFORE DELETE ON search BEGIN SELECT RAISE(ABORT, 'search is one row'); END;
