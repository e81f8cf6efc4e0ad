-- The order of changes, so that a list of revoked certificates knows which it holds.
ALTER TABLE status_change ADD COLUMN seq INTEGER;
UPDATE status_change SET seq = rowid;
CREATE UNIQUE INDEX status_change_seq ON status_change(seq);
CREATE INDEX status_bad ON status(state) WHERE state <> 'active';

-- The present list of each issuer.
CREATE TABLE crl(
  label       TEXT PRIMARY KEY,
  number      INTEGER NOT NULL CHECK(number > 0),
  changes     INTEGER NOT NULL,
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL,
  der         BLOB NOT NULL
) STRICT;
CREATE TRIGGER crl_number BEFORE UPDATE ON crl
  WHEN NEW.number IS NOT OLD.number + 1 OR NEW.changes < OLD.changes OR NEW.label IS NOT OLD.label
  BEGIN SELECT RAISE(ABORT, 'numbers of lists are gapless'); END;
CREATE TRIGGER crl_first BEFORE INSERT ON crl WHEN NEW.number <> 1
  AND NOT EXISTS(SELECT 1 FROM crl WHERE label = NEW.label)
  BEGIN SELECT RAISE(ABORT, 'the first list has number 1'); END;
CREATE TRIGGER crl_kept BEFORE DELETE ON crl
  BEGIN SELECT RAISE(ABORT, 'the last list is kept'); END;
