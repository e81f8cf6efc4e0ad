-- The schema of PostgreSQL, made by hand from that of SQLite as it was when
-- PostgreSQL was added: the same tables and columns. From here on a change has
-- one file of the same number for each engine.

-- Every transaction holds gate until its end: in ROW SHARE mode, or in
-- EXCLUSIVE mode when it has to be alone.
CREATE TABLE gate();

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TABLE meta(
  key   text COLLATE "C" PRIMARY KEY,
  value text COLLATE "C" NOT NULL
);

CREATE TABLE workstation(
  name     text COLLATE "C" PRIMARY KEY,
  uri      text COLLATE "C" NOT NULL UNIQUE,
  verifier text COLLATE "C" NOT NULL,
  state    text COLLATE "C" NOT NULL CHECK(state IN ('active','revoked')),
  at       bigint NOT NULL
);

CREATE TABLE workstation_key(
  spki_sha256 bytea PRIMARY KEY CHECK(length(spki_sha256)=32),
  workstation text COLLATE "C" NOT NULL REFERENCES workstation(name),
  certificate bytea NOT NULL,
  not_after   bigint NOT NULL,
  at          bigint NOT NULL
);

CREATE TABLE clerk(
  cert_sha256 bytea PRIMARY KEY CHECK(length(cert_sha256)=32),
  number      text COLLATE "C" NOT NULL,
  name        text COLLATE "C" NOT NULL,
  office      text COLLATE "C" NOT NULL,
  roles       text COLLATE "C" NOT NULL,
  certificate bytea NOT NULL,
  state       text COLLATE "C" NOT NULL CHECK(state IN ('active','revoked')),
  demo        bigint NOT NULL CHECK(demo IN (0,1)),
  at          bigint NOT NULL
);

CREATE TABLE anchor(
  sha256      bytea PRIMARY KEY CHECK(length(sha256)=32),
  certificate bytea NOT NULL,
  at          bigint NOT NULL
);

CREATE TABLE issuance(
  csr_sha256  bytea PRIMARY KEY CHECK(length(csr_sha256)=32),
  case_id     text COLLATE "C" NOT NULL,
  attempt     bigint NOT NULL CHECK(attempt > 0),
  label       text COLLATE "C" NOT NULL,
  state       text COLLATE "C" NOT NULL CHECK(state IN ('prepared','issued','refused')),
  serial      text COLLATE "C" UNIQUE,
  spki_sha256 bytea NOT NULL CHECK(length(spki_sha256)=32),
  csr         bytea NOT NULL,
  tbs         bytea,
  certificate bytea,
  problem     bytea,
  workstation text COLLATE "C" NOT NULL,
  clerk       text COLLATE "C" NOT NULL,
  chip_files  bytea NOT NULL CHECK(length(chip_files)=32),
  seq         bigint,
  at          bigint NOT NULL,
  UNIQUE(case_id, attempt),
  CHECK((state = 'refused') = (serial IS NULL)),
  CHECK((state = 'refused') = (tbs IS NULL)),
  CHECK((state = 'issued') = (certificate IS NOT NULL)),
  CHECK((state = 'issued') = (seq IS NOT NULL))
);
CREATE UNIQUE INDEX issuance_key ON issuance(spki_sha256) WHERE state <> 'refused';
CREATE INDEX issuance_prepared ON issuance(state) WHERE state = 'prepared';
-- Without the empty ones: who prepares must not be in the way of who numbers.
CREATE UNIQUE INDEX issuance_seq ON issuance(seq) WHERE seq IS NOT NULL;
CREATE TRIGGER issuance_final BEFORE UPDATE ON issuance FOR EACH ROW WHEN (OLD.state <> 'prepared'
  OR NEW.csr_sha256 <> OLD.csr_sha256 OR NEW.tbs IS DISTINCT FROM OLD.tbs OR NEW.serial IS DISTINCT FROM OLD.serial)
  EXECUTE FUNCTION refuse('an issuance is final');
CREATE TRIGGER issuance_kept BEFORE DELETE OR TRUNCATE ON issuance EXECUTE FUNCTION refuse('issuances are kept');

CREATE TABLE assertion(
  id          text COLLATE "C" PRIMARY KEY,
  csr_sha256  bytea NOT NULL,
  jws         text COLLATE "C" NOT NULL,
  workstation text COLLATE "C" NOT NULL,
  at          bigint NOT NULL
);
CREATE INDEX assertion_csr ON assertion(csr_sha256);

CREATE TABLE status(
  serial text COLLATE "C" PRIMARY KEY REFERENCES issuance(serial),
  state  text COLLATE "C" NOT NULL CHECK(state IN ('hold','active','suspended','revoked')),
  reason bigint NOT NULL,
  at     bigint NOT NULL,
  received_at bigint NOT NULL DEFAULT 0
);
CREATE INDEX status_bad ON status(state) WHERE state <> 'active';
CREATE TRIGGER status_revoked BEFORE UPDATE ON status FOR EACH ROW WHEN (OLD.state = 'revoked')
  EXECUTE FUNCTION refuse('revoked is final');

CREATE TABLE status_change(
  id          text COLLATE "C" PRIMARY KEY,
  serial      text COLLATE "C" NOT NULL REFERENCES issuance(serial),
  op          text COLLATE "C" NOT NULL,
  reason      bigint NOT NULL,
  case_id     text COLLATE "C" NOT NULL,
  read_back   text COLLATE "C" NOT NULL,
  result      text COLLATE "C" NOT NULL,
  clerk       text COLLATE "C" NOT NULL,
  clerk_jws   text COLLATE "C" NOT NULL,
  workstation text COLLATE "C" NOT NULL,
  at          bigint NOT NULL,
  received_at bigint NOT NULL DEFAULT 0,
  override    text COLLATE "C" NOT NULL DEFAULT '',
  seq         bigint
);
CREATE INDEX status_change_serial ON status_change(serial);
CREATE UNIQUE INDEX status_change_seq ON status_change(seq);

CREATE TABLE holder(
  csr_sha256      bytea PRIMARY KEY REFERENCES issuance(csr_sha256),
  personal_number text COLLATE "C" NOT NULL,
  card_number     text COLLATE "C" NOT NULL,
  contract        text COLLATE "C"
);
CREATE INDEX holder_person ON holder(personal_number);
CREATE TRIGGER holder_fixed BEFORE UPDATE ON holder FOR EACH ROW WHEN (OLD.contract IS NOT NULL
  OR NEW.csr_sha256 <> OLD.csr_sha256 OR NEW.personal_number <> OLD.personal_number OR NEW.card_number <> OLD.card_number)
  EXECUTE FUNCTION refuse('a holder is never changed');

CREATE TABLE journal_event(
  workstation text COLLATE "C" NOT NULL REFERENCES workstation(name),
  seq         bigint NOT NULL,
  body        bytea NOT NULL,
  PRIMARY KEY(workstation, seq)
);
CREATE FUNCTION follow_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <> coalesce((SELECT max(seq) FROM journal_event WHERE workstation = NEW.workstation), 0) + 1 THEN
    RAISE EXCEPTION 'events are gapless';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER journal_event_gapless BEFORE INSERT ON journal_event FOR EACH ROW EXECUTE FUNCTION follow_event();
CREATE TRIGGER journal_event_fixed BEFORE UPDATE ON journal_event FOR EACH ROW EXECUTE FUNCTION refuse('events are never changed');
CREATE TRIGGER journal_event_kept BEFORE DELETE OR TRUNCATE ON journal_event EXECUTE FUNCTION refuse('events are kept');

CREATE TABLE journal_node(
  workstation text COLLATE "C" NOT NULL,
  idx         bigint NOT NULL,
  hash        bytea NOT NULL CHECK(length(hash)=32),
  PRIMARY KEY(workstation, idx)
);

CREATE TABLE checkpoint(
  workstation text COLLATE "C" NOT NULL,
  size        bigint NOT NULL,
  note        bytea NOT NULL,
  PRIMARY KEY(workstation, size)
);

CREATE TABLE commitment(
  workstation text COLLATE "C" NOT NULL,
  seq         bigint NOT NULL,
  name        text COLLATE "C" NOT NULL,
  case_id     text COLLATE "C" NOT NULL,
  sha256      bytea NOT NULL CHECK(length(sha256)=32),
  held        bigint NOT NULL CHECK(held IN (0,1)),
  PRIMARY KEY(workstation, seq, name)
);
CREATE INDEX commitment_sum ON commitment(sha256);
CREATE INDEX commitment_missing ON commitment(workstation, seq) WHERE held = 0;

CREATE TABLE blob(
  sha256      bytea PRIMARY KEY CHECK(length(sha256)=32),
  content     bytea NOT NULL,
  workstation text COLLATE "C" NOT NULL,
  at          bigint NOT NULL
);

CREATE TABLE contract(
  id              text COLLATE "C" PRIMARY KEY,
  number          text COLLATE "C" NOT NULL UNIQUE,
  concluded       text COLLATE "C" NOT NULL,
  text_sha256     bytea NOT NULL CHECK(length(text_sha256)=32),
  case_id         text COLLATE "C" NOT NULL,
  chip_files      bytea NOT NULL CHECK(length(chip_files)=32),
  personal_number text COLLATE "C" NOT NULL,
  card_number     text COLLATE "C" NOT NULL,
  clerk           text COLLATE "C" NOT NULL,
  clerk_jws       text COLLATE "C" NOT NULL,
  workstation     text COLLATE "C" NOT NULL,
  at              bigint NOT NULL,
  state           text COLLATE "C" NOT NULL CHECK(state IN ('valid','terminated','superseded')),
  superseded_by   text COLLATE "C" REFERENCES contract(id) DEFERRABLE,
  ended_at        bigint,
  CHECK((state = 'superseded') = (superseded_by IS NOT NULL)),
  CHECK((state = 'valid') = (ended_at IS NULL))
);
CREATE INDEX contract_person ON contract(personal_number);
CREATE TRIGGER contract_final BEFORE UPDATE ON contract FOR EACH ROW WHEN (OLD.state <> 'valid'
  OR NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.concluded <> OLD.concluded
  OR NEW.text_sha256 <> OLD.text_sha256 OR NEW.case_id <> OLD.case_id OR NEW.chip_files <> OLD.chip_files
  OR NEW.personal_number <> OLD.personal_number OR NEW.card_number <> OLD.card_number OR NEW.clerk_jws <> OLD.clerk_jws)
  EXECUTE FUNCTION refuse('a contract only ends, once');
CREATE TRIGGER contract_kept BEFORE DELETE OR TRUNCATE ON contract EXECUTE FUNCTION refuse('contracts are kept');

CREATE TABLE contract_end(
  id          text COLLATE "C" PRIMARY KEY,
  contract    text COLLATE "C" NOT NULL UNIQUE REFERENCES contract(id),
  case_id     text COLLATE "C" NOT NULL,
  received_at bigint NOT NULL,
  clerk       text COLLATE "C" NOT NULL,
  clerk_jws   text COLLATE "C" NOT NULL,
  workstation text COLLATE "C" NOT NULL,
  at          bigint NOT NULL
);

CREATE TABLE search(
  seq         bigint PRIMARY KEY,
  case_id     text COLLATE "C" NOT NULL,
  terms       text COLLATE "C" NOT NULL,
  found       text COLLATE "C" NOT NULL,
  clerk       text COLLATE "C" NOT NULL,
  clerk_jws   text COLLATE "C" NOT NULL,
  workstation text COLLATE "C" NOT NULL,
  at          bigint NOT NULL
);
CREATE TRIGGER search_fixed BEFORE UPDATE ON search FOR EACH ROW EXECUTE FUNCTION refuse('records of searches are never changed');
CREATE TRIGGER search_kept BEFORE DELETE OR TRUNCATE ON search EXECUTE FUNCTION refuse('records of searches are kept');

CREATE TABLE pending_change(
  id             text COLLATE "C" PRIMARY KEY,
  serial         text COLLATE "C" NOT NULL REFERENCES issuance(serial),
  op             text COLLATE "C" NOT NULL,
  reason         bigint NOT NULL,
  case_id        text COLLATE "C" NOT NULL,
  read_back      text COLLATE "C" NOT NULL,
  received_at    bigint NOT NULL,
  clerk          text COLLATE "C" NOT NULL,
  clerk_jws      text COLLATE "C" NOT NULL,
  workstation    text COLLATE "C" NOT NULL,
  at             bigint NOT NULL,
  request_sha256 bytea NOT NULL UNIQUE CHECK(length(request_sha256)=32),
  state          text COLLATE "C" NOT NULL CHECK(state IN ('pending','approved','rejected')),
  office         text COLLATE "C" NOT NULL,
  expires        bigint NOT NULL,
  claimed_by     text COLLATE "C",
  claim_ends     bigint,
  override    text COLLATE "C" NOT NULL DEFAULT '',
  CHECK((claimed_by IS NULL) = (claim_ends IS NULL))
);
CREATE INDEX pending_change_open ON pending_change(office, expires) WHERE state = 'pending';
CREATE TRIGGER pending_change_final BEFORE UPDATE ON pending_change FOR EACH ROW WHEN (OLD.state <> 'pending'
  OR NEW.id <> OLD.id OR NEW.serial <> OLD.serial OR NEW.op <> OLD.op OR NEW.clerk_jws <> OLD.clerk_jws
  OR NEW.request_sha256 <> OLD.request_sha256) EXECUTE FUNCTION refuse('a decision is final');
CREATE TRIGGER pending_change_kept BEFORE DELETE OR TRUNCATE ON pending_change EXECUTE FUNCTION refuse('requests are kept');

CREATE TABLE approval(
  id             text COLLATE "C" PRIMARY KEY,
  request_sha256 bytea NOT NULL REFERENCES pending_change(request_sha256),
  decision       text COLLATE "C" NOT NULL CHECK(decision IN ('claim','approve','reject')),
  comment        text COLLATE "C" NOT NULL,
  clerk          text COLLATE "C" NOT NULL,
  clerk_jws      text COLLATE "C" NOT NULL,
  workstation    text COLLATE "C" NOT NULL,
  at             bigint NOT NULL
);
CREATE INDEX approval_request ON approval(request_sha256);

CREATE TABLE crl(
  label       text COLLATE "C" PRIMARY KEY,
  number      bigint NOT NULL CHECK(number > 0),
  changes     bigint NOT NULL,
  this_update bigint NOT NULL,
  next_update bigint NOT NULL,
  der         bytea NOT NULL
);
CREATE TRIGGER crl_number BEFORE UPDATE ON crl FOR EACH ROW WHEN (NEW.number <> OLD.number + 1
  OR NEW.changes < OLD.changes OR NEW.label <> OLD.label) EXECUTE FUNCTION refuse('numbers of lists are gapless');
CREATE FUNCTION first_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number <> 1 AND NOT EXISTS(SELECT 1 FROM crl WHERE label = NEW.label) THEN
    RAISE EXCEPTION 'the first list has number 1';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER crl_first BEFORE INSERT ON crl FOR EACH ROW EXECUTE FUNCTION first_list();
CREATE TRIGGER crl_kept BEFORE DELETE OR TRUNCATE ON crl EXECUTE FUNCTION refuse('the last list is kept');

CREATE TABLE contact(
  workstation text COLLATE "C" PRIMARY KEY REFERENCES workstation(name),
  at          bigint NOT NULL
);

CREATE TABLE alarm(
  workstation text COLLATE "C" NOT NULL REFERENCES workstation(name),
  kind        text COLLATE "C" NOT NULL,
  detail      text COLLATE "C" NOT NULL,
  first_at    bigint NOT NULL,
  last_at     bigint NOT NULL,
  times       bigint NOT NULL CHECK(times > 0),
  cleared_at  bigint
);
CREATE UNIQUE INDEX alarm_open ON alarm(workstation, kind) WHERE cleared_at IS NULL;
CREATE TRIGGER alarm_cleared BEFORE UPDATE ON alarm FOR EACH ROW WHEN (OLD.cleared_at IS NOT NULL
  OR NEW.workstation <> OLD.workstation OR NEW.kind <> OLD.kind OR NEW.first_at <> OLD.first_at)
  EXECUTE FUNCTION refuse('a cleared alarm is history');
CREATE TRIGGER alarm_kept BEFORE DELETE OR TRUNCATE ON alarm EXECUTE FUNCTION refuse('alarms are kept');

CREATE TABLE case_file(
  case_id         text COLLATE "C" PRIMARY KEY,
  workstation     text COLLATE "C" NOT NULL,
  surname         text COLLATE "C" NOT NULL,
  given_name      text COLLATE "C" NOT NULL,
  personal_number text COLLATE "C" NOT NULL,
  card_number     text COLLATE "C" NOT NULL,
  contract        text COLLATE "C" NOT NULL,
  at              bigint NOT NULL
);
CREATE INDEX case_file_person ON case_file(personal_number);
CREATE INDEX case_file_card ON case_file(card_number);
CREATE INDEX case_file_contract ON case_file(contract) WHERE contract <> '';
CREATE TRIGGER case_file_fixed BEFORE UPDATE ON case_file FOR EACH ROW WHEN (OLD.contract <> ''
  OR NEW.case_id <> OLD.case_id OR NEW.personal_number <> OLD.personal_number OR NEW.card_number <> OLD.card_number
  OR NEW.surname <> OLD.surname OR NEW.given_name <> OLD.given_name) EXECUTE FUNCTION refuse('a case is about one person');

CREATE TABLE case_name(
  key     text COLLATE "C" NOT NULL,
  case_id text COLLATE "C" NOT NULL REFERENCES case_file(case_id),
  PRIMARY KEY(key, case_id)
);
CREATE INDEX case_name_newest ON case_name(key, case_id DESC);

CREATE TABLE case_number(
  number      text COLLATE "C" NOT NULL,
  workstation text COLLATE "C" NOT NULL,
  case_id     text COLLATE "C" NOT NULL,
  at          bigint NOT NULL,
  PRIMARY KEY(number, workstation, case_id)
);
CREATE INDEX case_number_case ON case_number(case_id);
