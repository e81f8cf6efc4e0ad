-- Version 3: the changes of keys are found without reading the events of years.

CREATE INDEX event_key ON event (seq) WHERE kind IN ('checkpoint-key', 'data-key');
