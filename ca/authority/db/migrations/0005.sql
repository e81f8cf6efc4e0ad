-- The contract that a request named. NULL in rows of before, until the next start.
ALTER TABLE holder ADD COLUMN contract TEXT;
DROP TRIGGER holder_fixed;
CREATE TRIGGER holder_fixed BEFORE UPDATE ON holder WHEN OLD.contract IS NOT NULL
  OR NEW.csr_sha256 IS NOT OLD.csr_sha256 OR NEW.personal_number IS NOT OLD.personal_number
  OR NEW.card_number IS NOT OLD.card_number
  BEGIN SELECT RAISE(ABORT, 'a holder is never changed'); END;

-- A supervisor's signature over a change; empty: none.
ALTER TABLE status_change ADD COLUMN override TEXT NOT NULL DEFAULT '';
ALTER TABLE pending_change ADD COLUMN override TEXT NOT NULL DEFAULT '';

-- Searches are for certificates, too.
ALTER TABLE contract_search RENAME TO search;
