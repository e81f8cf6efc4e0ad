CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE workstation(
  name     TEXT PRIMARY KEY,
  uri      TEXT NOT NULL UNIQUE,
  verifier TEXT NOT NULL,
  state    TEXT NOT NULL CHECK(state IN ('active','revoked')),
  at       INTEGER NOT NULL
) STRICT;
CREATE TABLE workstation_key(
  spki_sha256 BLOB PRIMARY KEY CHECK(length(spki_sha256)=32),
  workstation TEXT NOT NULL REFERENCES workstation(name),
  certificate BLOB NOT NULL,
  not_after   INTEGER NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE TABLE clerk(
  cert_sha256 BLOB PRIMARY KEY CHECK(length(cert_sha256)=32),
  number      TEXT NOT NULL,
  name        TEXT NOT NULL,
  office      TEXT NOT NULL,
  roles       TEXT NOT NULL,
  certificate BLOB NOT NULL,
  state       TEXT NOT NULL CHECK(state IN ('active','revoked')),
  demo        INTEGER NOT NULL CHECK(demo IN (0,1)),
  at          INTEGER NOT NULL
) STRICT;
CREATE TABLE anchor(
  sha256      BLOB PRIMARY KEY CHECK(length(sha256)=32),
  certificate BLOB NOT NULL,
  at          INTEGER NOT NULL
) STRICT;

CREATE TABLE issuance(
  csr_sha256  BLOB PRIMARY KEY CHECK(length(csr_sha256)=32),
  case_id     TEXT NOT NULL,
  attempt     INTEGER NOT NULL CHECK(attempt > 0),
  label       TEXT NOT NULL,
  state       TEXT NOT NULL CHECK(state IN ('prepared','issued','refused')),
  serial      TEXT UNIQUE,
  spki_sha256 BLOB NOT NULL CHECK(length(spki_sha256)=32),
  csr         BLOB NOT NULL,
  tbs         BLOB,
  certificate BLOB,
  problem     BLOB,
  workstation TEXT NOT NULL,
  clerk       TEXT NOT NULL,
  chip_files  BLOB NOT NULL CHECK(length(chip_files)=32),
  seq         INTEGER UNIQUE,
  at          INTEGER NOT NULL,
  UNIQUE(case_id, attempt),
  CHECK((state = 'refused') = (serial IS NULL)),
  CHECK((state = 'refused') = (tbs IS NULL)),
  CHECK((state = 'issued') = (certificate IS NOT NULL)),
  CHECK((state = 'issued') = (seq IS NOT NULL))
) STRICT;
-- One certificate per key. A refused key was never certified.
CREATE UNIQUE INDEX issuance_key ON issuance(spki_sha256) WHERE state <> 'refused';
CREATE INDEX issuance_prepared ON issuance(state) WHERE state = 'prepared';
CREATE TRIGGER issuance_final BEFORE UPDATE ON issuance WHEN OLD.state <> 'prepared'
  OR NEW.csr_sha256 IS NOT OLD.csr_sha256 OR NEW.tbs IS NOT OLD.tbs OR NEW.serial IS NOT OLD.serial
  BEGIN SELECT RAISE(ABORT, 'an issuance is final'); END;
CREATE TRIGGER issuance_kept BEFORE DELETE ON issuance
  BEGIN SELECT RAISE(ABORT, 'issuances are kept'); END;

CREATE TABLE assertion(
  id          TEXT PRIMARY KEY,
  csr_sha256  BLOB NOT NULL,
  jws         TEXT NOT NULL,
  workstation TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX assertion_csr ON assertion(csr_sha256);

CREATE TABLE status(
  serial TEXT PRIMARY KEY REFERENCES issuance(serial),
  state  TEXT NOT NULL CHECK(state IN ('hold','active','suspended','revoked')),
  reason INTEGER NOT NULL,
  at     INTEGER NOT NULL
) STRICT;
CREATE TRIGGER status_revoked BEFORE UPDATE ON status WHEN OLD.state = 'revoked'
  BEGIN SELECT RAISE(ABORT, 'revoked is final'); END;
CREATE TABLE status_change(
  id          TEXT PRIMARY KEY,
  serial      TEXT NOT NULL REFERENCES issuance(serial),
  op          TEXT NOT NULL,
  reason      INTEGER NOT NULL,
  case_id     TEXT NOT NULL,
  read_back   TEXT NOT NULL,
  result      TEXT NOT NULL,
  clerk       TEXT NOT NULL,
  clerk_jws   TEXT NOT NULL,
  workstation TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX status_change_serial ON status_change(serial);

CREATE TABLE journal_event(
  workstation TEXT NOT NULL REFERENCES workstation(name),
  seq         INTEGER NOT NULL,
  body        BLOB NOT NULL,
  PRIMARY KEY(workstation, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER journal_event_gapless BEFORE INSERT ON journal_event
  WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM journal_event WHERE workstation = NEW.workstation), 0) + 1
  BEGIN SELECT RAISE(ABORT, 'events are gapless'); END;
CREATE TRIGGER journal_event_fixed BEFORE UPDATE ON journal_event
  BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER journal_event_kept BEFORE DELETE ON journal_event
  BEGIN SELECT RAISE(ABORT, 'events are kept'); END;
CREATE TABLE journal_node(
  workstation TEXT NOT NULL,
  idx         INTEGER NOT NULL,
  hash        BLOB NOT NULL CHECK(length(hash)=32),
  PRIMARY KEY(workstation, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint(
  workstation TEXT NOT NULL,
  size        INTEGER NOT NULL,
  note        BLOB NOT NULL,
  PRIMARY KEY(workstation, size)
) STRICT;
CREATE TABLE commitment(
  workstation TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  name        TEXT NOT NULL,
  case_id     TEXT NOT NULL,
  sha256      BLOB NOT NULL CHECK(length(sha256)=32),
  held        INTEGER NOT NULL CHECK(held IN (0,1)),
  PRIMARY KEY(workstation, seq, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX commitment_sum ON commitment(sha256);
CREATE INDEX commitment_missing ON commitment(workstation, seq) WHERE held = 0;

CREATE TABLE blob(
  sha256      BLOB PRIMARY KEY CHECK(length(sha256)=32),
  content     BLOB NOT NULL,
  workstation TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
