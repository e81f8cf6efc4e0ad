-- When the signed form of a change reached the counter; 0: no form.
ALTER TABLE status_change ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE status ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;

-- Whom a request names. Rows for requests of before are made at the next start.
CREATE TABLE holder(
  csr_sha256      BLOB PRIMARY KEY REFERENCES issuance(csr_sha256),
  personal_number TEXT NOT NULL,
  card_number     TEXT NOT NULL
) STRICT;
CREATE INDEX holder_person ON holder(personal_number);
CREATE TRIGGER holder_fixed BEFORE UPDATE ON holder
  BEGIN SELECT RAISE(ABORT, 'a holder is never changed'); END;
