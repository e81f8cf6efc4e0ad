-- Codes with which a new workstation enrols itself, once.
CREATE TABLE enrolment_code(
  sha256      bytea PRIMARY KEY CHECK(length(sha256)=32),
  workstation text COLLATE "C" NOT NULL,
  expires     bigint NOT NULL,
  used_by     bytea CHECK(length(used_by)=32),
  at          bigint NOT NULL
);
CREATE TRIGGER enrolment_code_once BEFORE UPDATE ON enrolment_code FOR EACH ROW WHEN (OLD.used_by IS NOT NULL
  OR NEW.sha256 <> OLD.sha256 OR NEW.workstation <> OLD.workstation OR NEW.expires <> OLD.expires)
  EXECUTE FUNCTION refuse('a code is used once');

-- What was done to the authority without a workstation or a clerk: by whom, and to what.
CREATE TABLE operation(
  seq      bigint PRIMARY KEY,
  operator text COLLATE "C" NOT NULL,
  action   text COLLATE "C" NOT NULL,
  subject  text COLLATE "C" NOT NULL,
  at       bigint NOT NULL
);
CREATE TRIGGER operation_fixed BEFORE UPDATE ON operation FOR EACH ROW EXECUTE FUNCTION refuse('operations are never changed');
CREATE TRIGGER operation_kept BEFORE DELETE OR TRUNCATE ON operation EXECUTE FUNCTION refuse('operations are kept');

-- Since when a workstation is refused, for the list of its CA. NULL in rows of before.
ALTER TABLE workstation ADD COLUMN revoked_at bigint;
