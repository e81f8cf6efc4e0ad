-- When a workstation was last heard of, to some minutes.
CREATE TABLE contact(
  workstation TEXT PRIMARY KEY REFERENCES workstation(name),
  at          INTEGER NOT NULL
) STRICT;

-- What somebody should look at. One open alarm of a kind per workstation.
CREATE TABLE alarm(
  workstation TEXT NOT NULL REFERENCES workstation(name),
  kind        TEXT NOT NULL,
  detail      TEXT NOT NULL,
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  times       INTEGER NOT NULL CHECK(times > 0),
  cleared_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX alarm_open ON alarm(workstation, kind) WHERE cleared_at IS NULL;
CREATE TRIGGER alarm_cleared BEFORE UPDATE ON alarm WHEN OLD.cleared_at IS NOT NULL
  OR NEW.workstation IS NOT OLD.workstation OR NEW.kind IS NOT OLD.kind OR NEW.first_at IS NOT OLD.first_at
  BEGIN SELECT RAISE(ABORT, 'a cleared alarm is history'); END;
CREATE TRIGGER alarm_kept BEFORE DELETE ON alarm
  BEGIN SELECT RAISE(ABORT, 'alarms are kept'); END;
