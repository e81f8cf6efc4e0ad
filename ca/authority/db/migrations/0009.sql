-- Codes with which a new workstation enrols itself, once.
CREATE TABLE enrolment_code(
  sha256      BLOB PRIMARY KEY CHECK(length(sha256)=32),
  workstation TEXT NOT NULL,
  expires     INTEGER NOT NULL,
  used_by     BLOB CHECK(length(used_by)=32),
  at          INTEGER NOT NULL
) STRICT;
CREATE TRIGGER enrolment_code_once BEFORE UPDATE ON enrolment_code WHEN OLD.used_by IS NOT NULL
  OR NEW.sha256 IS NOT OLD.sha256 OR NEW.workstation IS NOT OLD.workstation OR NEW.expires IS NOT OLD.expires
  BEGIN SELECT RAISE(ABORT, 'a code is used once'); END;

-- What was done to the authority without a workstation or a clerk: by whom, and to what.
CREATE TABLE operation(
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  operator TEXT NOT NULL,
  action   TEXT NOT NULL,
  subject  TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT;
CREATE TRIGGER operation_fixed BEFORE UPDATE ON operation
  BEGIN SELECT RAISE(ABORT, 'operations are never changed'); END;
CREATE TRIGGER operation_kept BEFORE DELETE ON operation
  BEGIN SELECT RAISE(ABORT, 'operations are kept'); END;

-- Since when a workstation is refused, for the list of its CA. NULL in rows of before.
ALTER TABLE workstation ADD COLUMN revoked_at INTEGER;
