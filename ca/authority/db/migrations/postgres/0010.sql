-- The events by which counters changed the key of their checkpoints; what the
-- keys are stands in the events.
CREATE TABLE journal_key(
  workstation text COLLATE "C" NOT NULL,
  seq         bigint NOT NULL,
  PRIMARY KEY(workstation, seq),
  FOREIGN KEY(workstation, seq) REFERENCES journal_event(workstation, seq)
);
