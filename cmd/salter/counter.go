package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/app/desk"
	"salter/app/procedure"
	"salter/ca"
	"salter/card"
	"salter/store"
	"salter/store/evidence"
)

// counter is everything behind the screens, opened and joined.
type counter struct {
	settings Settings
	trust    *ca.Trust
	client   *ca.Client
	rotation *ca.Rotation
	readers  *card.Readers
	journal  *store.Journal
	keyring  *keyring
	engine   *procedure.Engine
	printer  printers
	papers   papers
	crashes  *crashLog
	now      func() time.Time
}

// seams let tests stand between the counter and the world.
type seams struct {
	wrap    func(http.RoundTripper) http.RoundTripper
	journal func(procedure.Journal) procedure.Journal
	now     func() time.Time // nil: time.Now
	minFree int64            // bytes that must be free before a case begins; 0: as the journal has it
}

// openCounter reads the settings, checks them against the mode, and opens
// journal, authority and card.
func openCounter(ctx context.Context, config string) (*counter, error) {
	s, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	return joinCounter(ctx, s, seams{})
}

func joinCounter(ctx context.Context, s Settings, seams seams) (c *counter, err error) {
	if seams.now == nil {
		seams.now = time.Now
	}
	id, err := readIdentity(s)
	if err != nil {
		return nil, err
	}
	trust := id.trust
	other, err := readESTIssuer(s)
	if err != nil {
		return nil, err
	}
	rules := start{
		settings: s, environ: os.Getenv, demoBundle: trust.Demo, anchors: trust.CardAnchors,
		demoClerks: trust.DemoClerks, issuers: other.certificates(),
	}
	if err := rules.check(); err != nil {
		return nil, err
	}
	c = &counter{settings: s, trust: trust, crashes: newCrashes(s.file(dirCrashes), seams.now), now: seams.now}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
			c = nil
		}
	}()
	if c.journal, err = openJournal(ctx, s, id, seams.minFree); err != nil {
		return c, err
	}
	if c.rotation, err = id.rotation(s, seams.now); err != nil {
		return c, err
	}
	seen := policyVersion(s.file(filePolicy))
	policy, err := seen.read()
	if err != nil {
		return c, err
	}
	c.client, err = ca.NewClient(ca.Config{
		Trust:         trust,
		Certificate:   c.rotation.Certificate,
		Version:       version,
		PolicyVersion: policy,
		Now:           seams.now,
		Wrap:          seams.wrap,
	})
	if err != nil {
		return c, err
	}
	issuer, err := other.open(c.client, c.rotation.Certificate, seams.wrap)
	if err != nil {
		return c, err
	}
	spool, err := desk.NewSpool(s.file(dirSpool))
	if err != nil {
		return c, err
	}
	c.printer.kept = chosenPrinter(s)
	if c.printer.Choice, err = desk.OpenChoice(s.Printer, spool); err != nil {
		return c, err
	}
	if err := c.printer.Use(c.printer.kept.load()); err != nil {
		return c, err
	}
	if c.papers, err = openPapers(s); err != nil {
		return c, err
	}
	c.papers.options.Go = c.crashes.start
	c.readers = card.New(card.Config{
		Module: s.Token.Module, Anchors: trust.CardAnchors, Ignore: ignoredReaders(s.Mode),
		Driver: card.Driver(s.Token.Driver), PUKs: s.puks(), Now: seams.now, Go: c.crashes.start,
	})
	c.keyring = &keyring{path: s.Clerk.P12, supervisor: s.Supervisor.P12, check: func(clerk *x509.Certificate, fingerprint string) error {
		at := rules
		at.clerk, at.fingerprint = clerk, fingerprint
		return at.check()
	}}
	var book procedure.Journal = journal{j: c.journal, remote: c.client.Journal()}
	if seams.journal != nil {
		book = seams.journal(book)
	}
	remote := authority{client: c.client, issuer: issuer, journal: c.journal, keyring: c.keyring, seen: seen, now: seams.now}
	c.engine, err = procedure.New(procedure.Config{
		Cards:     cards{c.readers, c.crashes.start},
		Authority: remote,
		Journal:   book,
		Keyring:   c.keyring,
		Archive: archive{
			j: c.journal, path: s.file(fileJournal), copies: s.file(dirCopies), handovers: s.file(dirHandovers),
			counter: s.Counter.Name, recipient: trust.HandOver, now: seams.now,
		},
		Search: remote,
		Checkup: &checkup{
			settings: s, readers: c.readers, printer: c.printer.Name, papers: c.papers, client: c.client, rotation: c.rotation, journal: c.journal, now: seams.now,
		},
		Counter:  s.Counter.Name,
		Office:   s.Counter.Office,
		Version:  version,
		Trust:    trust.SHA256,
		Demo:     s.Mode == Demo,
		Settings: s.procedure(),
		File:     append(s.values(), other.settings()...),
		Crash:    c.crashes.last(),
		Go:       c.crashes.start,
		Now:      seams.now,
	})
	return c, err
}

// Close closes what was opened; the engine must have ended.
func (c *counter) Close() error {
	var errs []error
	if c.readers != nil {
		errs = append(errs, c.readers.Close())
	}
	if c.client != nil {
		c.client.Close()
	}
	if c.journal != nil {
		errs = append(errs, c.journal.Close())
	}
	return errors.Join(errs...)
}

// errNotEnrolled says that keys or enrolment are missing.
var errNotEnrolled = errors.New("this counter is not enrolled: run salter enrol request, then enrol accept")

// identity is what makes this machine a counter.
type identity struct {
	keys  *ca.WorkstationKeys
	chain [][]byte // the certificate of the enrolment, DER, leaf first
	trust *ca.Trust
}

func readIdentity(s Settings) (id identity, err error) {
	id.keys, err = readKeys(s)
	if errors.Is(err, os.ErrNotExist) {
		return id, errNotEnrolled
	}
	if err != nil {
		return id, fmt.Errorf("read keys: %w", err)
	}
	_, response, err := readEnrolment(s.file(fileEnrolment))
	if errors.Is(err, os.ErrNotExist) {
		return id, errNotEnrolled
	}
	if err != nil {
		return id, fmt.Errorf("read enrolment: %w", err)
	}
	id.chain = response.Chain
	if id.trust, err = ca.OpenBundle(response.Bundle); err != nil {
		return id, fmt.Errorf("read enrolment: %w", err)
	}
	if id.trust.Workstation != id.keys.Workstation {
		return id, fmt.Errorf("read enrolment: it is that of %s", id.trust.Workstation)
	}
	return id, nil
}

// rotation keeps the workstation's certificate young.
func (id identity) rotation(s Settings, now func() time.Time) (*ca.Rotation, error) {
	path := s.file(fileRotation)
	return ca.NewRotation(ca.RotationConfig{
		Keys: id.keys, Enrolled: id.chain, Trust: id.trust, Now: now,
		Load: func() ([]byte, error) { return os.ReadFile(path) },
		Save: func(text []byte) error { return writeFile(path, text, 0o600) },
	})
}

// journalConfig is what the journal needs to know of this counter, before it
// has keys of its own.
func journalConfig(s Settings) (store.Config, error) {
	recovery, err := readRecipients(s.Journal.Recovery)
	return store.Config{
		Workstation: s.Counter.Name, KeyFile: s.file(fileDataKey), HeadFile: s.headFile(), Recovery: recovery,
		PartTerms:  map[string]func([]byte) store.Terms{procedure.PartRecord: recordTerms},
		EventTerms: caseTerms,
	}, err
}

// readRecipients reads a file of age recipients, one a line; # begins a comment.
func readRecipients(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read journal.recovery: %w", err)
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("read journal.recovery: %s names nobody", path)
	}
	return list, nil
}

// dataKeyAge is how long one data key seals what comes.
const dataKeyAge = 365 * 24 * time.Hour

func openJournal(ctx context.Context, s Settings, id identity, minFree int64) (*store.Journal, error) {
	config, err := journalConfig(s)
	if err != nil {
		return nil, err
	}
	config.MinFree, config.KeyAge = minFree, dataKeyAge
	if config.Signer, err = note.NewSigner(id.keys.Checkpoint); err != nil {
		return nil, errors.New("open journal: checkpoint key cannot be read")
	}
	config.Verifier = id.keys.Verifier
	later, err := laterKeys(s)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	for _, k := range later {
		signer, err := k.open()
		if err != nil {
			return nil, errors.New("open journal: checkpoint key cannot be read")
		}
		config.Further = append(config.Further, signer)
	}
	if config.Authority, err = evidence.NewVerifier(id.trust.CheckpointKey); err != nil {
		return nil, fmt.Errorf("open journal: authority's checkpoint key: %w", err)
	}
	return store.Open(ctx, s.file(fileJournal), config)
}

// openClosed opens the journal for a command, while Salter itself is closed.
func openClosed(ctx context.Context, s Settings) (*store.Journal, identity, error) {
	id, err := readIdentity(s)
	if err != nil {
		return nil, id, err
	}
	j, err := openJournal(ctx, s, id, 0)
	return j, id, err
}

// policyVersion is the file with the highest policy version seen, so that an
// older policy is refused after a restart too.
type policyVersion string

// read returns 0 if no policy was seen yet.
func (f policyVersion) read() (int, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read policy version: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read policy version: %s does not hold a number", string(f))
	}
	return n, nil
}

func (f policyVersion) write(n int) error {
	seen, err := f.read()
	if err != nil || n <= seen {
		return err
	}
	return writeFile(string(f), []byte(strconv.Itoa(n)+"\n"), 0o644)
}

// startProblem gives what stopped the start a code that the screens explain.
func startProblem(err error) *procedure.Error {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return &procedure.Error{Code: procedure.CodeSetup, Detail: r.name, Err: err}
	case errors.Is(err, errNotEnrolled), errors.Is(err, store.ErrMissing):
		return &procedure.Error{Code: procedure.CodeSetup, Detail: err.Error(), Err: err}
	}
	for _, c := range storeCodes {
		if errors.Is(err, c.err) {
			return &procedure.Error{Code: c.code, Err: err}
		}
	}
	return &procedure.Error{Code: procedure.CodeSetup, Detail: err.Error(), Err: err}
}
