CREATE TABLE pending_change(
  id             TEXT PRIMARY KEY,
  serial         TEXT NOT NULL REFERENCES issuance(serial),
  op             TEXT NOT NULL,
  reason         INTEGER NOT NULL,
  case_id        TEXT NOT NULL,
  read_back      TEXT NOT NULL,
  received_at    INTEGER NOT NULL,
  clerk          TEXT NOT NULL,
  clerk_jws      TEXT NOT NULL,
  workstation    TEXT NOT NULL,
  at             INTEGER NOT NULL,
  request_sha256 BLOB NOT NULL UNIQUE CHECK(length(request_sha256)=32),
  state          TEXT NOT NULL CHECK(state IN ('pending','approved','rejected')),
  office         TEXT NOT NULL,
  expires        INTEGER NOT NULL,
  claimed_by     TEXT,
  claim_ends     INTEGER,
  CHECK((claimed_by IS NULL) = (claim_ends IS NULL))
) STRICT;
CREATE INDEX pending_change_open ON pending_change(office, expires) WHERE state = 'pending';
CREATE TRIGGER pending_change_final BEFORE UPDATE ON pending_change WHEN OLD.state <> 'pending'
  OR NEW.id IS NOT OLD.id OR NEW.serial IS NOT OLD.serial OR NEW.op IS NOT OLD.op OR NEW.clerk_jws IS NOT OLD.clerk_jws
  OR NEW.request_sha256 IS NOT OLD.request_sha256
  BEGIN SELECT RAISE(ABORT, 'a decision is final'); END;
CREATE TRIGGER pending_change_kept BEFORE DELETE ON pending_change
  BEGIN SELECT RAISE(ABORT, 'requests are kept'); END;

CREATE TABLE approval(
  id             TEXT PRIMARY KEY,
  request_sha256 BLOB NOT NULL REFERENCES pending_change(request_sha256),
  decision       TEXT NOT NULL CHECK(decision IN ('claim','approve','reject')),
  comment        TEXT NOT NULL,
  clerk          TEXT NOT NULL,
  clerk_jws      TEXT NOT NULL,
  workstation    TEXT NOT NULL,
  at             INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_request ON approval(request_sha256);
