-- What a case is found by. Rows for cases of before are made at the next start.
CREATE TABLE case_file(
  case_id         TEXT PRIMARY KEY,
  workstation     TEXT NOT NULL,
  surname         TEXT NOT NULL,
  given_name      TEXT NOT NULL,
  personal_number TEXT NOT NULL,
  card_number     TEXT NOT NULL,
  contract        TEXT NOT NULL,
  at              INTEGER NOT NULL
) STRICT;
CREATE INDEX case_file_person ON case_file(personal_number);
CREATE INDEX case_file_card ON case_file(card_number);
CREATE INDEX case_file_contract ON case_file(contract) WHERE contract <> '';
CREATE TRIGGER case_file_fixed BEFORE UPDATE ON case_file WHEN OLD.contract <> ''
  OR NEW.case_id IS NOT OLD.case_id OR NEW.personal_number IS NOT OLD.personal_number OR NEW.card_number IS NOT OLD.card_number
  OR NEW.surname IS NOT OLD.surname OR NEW.given_name IS NOT OLD.given_name
  BEGIN SELECT RAISE(ABORT, 'a case is about one person'); END;

-- Folded forms of a name, both ways round; the newest case of a name first.
CREATE TABLE case_name(
  key     TEXT NOT NULL,
  case_id TEXT NOT NULL REFERENCES case_file(case_id),
  PRIMARY KEY(key, case_id DESC)
) STRICT, WITHOUT ROWID;

-- The number that the first event of a case gives it.
CREATE TABLE case_number(
  number      TEXT NOT NULL,
  workstation TEXT NOT NULL,
  case_id     TEXT NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY(number, workstation, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_number_case ON case_number(case_id);
INSERT OR IGNORE INTO case_number(number, workstation, case_id, at)
  SELECT number, workstation, case_id, at FROM (
    SELECT workstation, text ->> '$.body.number' AS number, text ->> '$.case' AS case_id, text ->> '$.at' AS at, text ->> '$.kind' AS kind
    FROM (SELECT workstation, CASE WHEN json_valid(CAST(body AS TEXT)) THEN CAST(body AS TEXT) ELSE '{}' END AS text FROM journal_event)
  ) WHERE kind = 'case-opened' AND typeof(number) = 'text' AND length(number) BETWEEN 1 AND 64 AND typeof(case_id) = 'text'
    AND length(case_id) = 36 AND typeof(at) = 'integer';
