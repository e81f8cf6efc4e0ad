CREATE TABLE contract(
  id              TEXT PRIMARY KEY,
  number          TEXT NOT NULL UNIQUE,
  concluded       TEXT NOT NULL,
  text_sha256     BLOB NOT NULL CHECK(length(text_sha256)=32),
  case_id         TEXT NOT NULL,
  chip_files      BLOB NOT NULL CHECK(length(chip_files)=32),
  personal_number TEXT NOT NULL,
  card_number     TEXT NOT NULL,
  clerk           TEXT NOT NULL,
  clerk_jws       TEXT NOT NULL,
  workstation     TEXT NOT NULL,
  at              INTEGER NOT NULL,
  state           TEXT NOT NULL CHECK(state IN ('valid','terminated','superseded')),
  superseded_by   TEXT REFERENCES contract(id),
  ended_at        INTEGER,
  CHECK((state = 'superseded') = (superseded_by IS NOT NULL)),
  CHECK((state = 'valid') = (ended_at IS NULL))
) STRICT;
CREATE INDEX contract_person ON contract(personal_number);
CREATE TRIGGER contract_final BEFORE UPDATE ON contract WHEN OLD.state <> 'valid'
  OR NEW.id IS NOT OLD.id OR NEW.number IS NOT OLD.number OR NEW.concluded IS NOT OLD.concluded
  OR NEW.text_sha256 IS NOT OLD.text_sha256 OR NEW.case_id IS NOT OLD.case_id OR NEW.chip_files IS NOT OLD.chip_files
  OR NEW.personal_number IS NOT OLD.personal_number OR NEW.card_number IS NOT OLD.card_number
  OR NEW.clerk_jws IS NOT OLD.clerk_jws
  BEGIN SELECT RAISE(ABORT, 'a contract only ends, once'); END;
CREATE TRIGGER contract_kept BEFORE DELETE ON contract
  BEGIN SELECT RAISE(ABORT, 'contracts are kept'); END;

CREATE TABLE contract_end(
  id          TEXT PRIMARY KEY,
  contract    TEXT NOT NULL UNIQUE REFERENCES contract(id),
  case_id     TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  clerk       TEXT NOT NULL,
  clerk_jws   TEXT NOT NULL,
  workstation TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;

CREATE TABLE contract_search(
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id     TEXT NOT NULL,
  terms       TEXT NOT NULL,
  found       TEXT NOT NULL,
  clerk       TEXT NOT NULL,
  clerk_jws   TEXT NOT NULL,
  workstation TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE TRIGGER contract_search_fixed BEFORE UPDATE ON contract_search
  BEGIN SELECT RAISE(ABORT, 'records of searches are never changed'); END;
CREATE TRIGGER contract_search_kept BEFORE DELETE ON contract_search
  BEGIN SELECT RAISE(ABORT, 'records of searches are kept'); END;
