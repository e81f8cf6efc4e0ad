-- Version 3: the changes of the checkpoint key are found without reading the
-- events of years.

CREATE INDEX event_key ON event (seq) WHERE kind = 'checkpoint-key';
