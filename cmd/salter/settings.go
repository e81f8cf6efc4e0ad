package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Mode separates counters from demonstrations.
type Mode string

// The modes. Production is the default: a demonstration has to be asked for.
const (
	Production Mode = "production"
	Demo       Mode = "demo"
)

// Settings is the settings file (TOML). The zero value of a field that has a
// default is replaced by it before the file is read.
type Settings struct {
	Mode    Mode   `toml:"mode"`
	Data    string `toml:"data"`    // folder of journal, keys, trust bundle
	Counter string `toml:"counter"` // office-number, for instance BG-017-03
	Office  string `toml:"office"`  // name of the registration office, as printed
	Printer string `toml:"printer"` // "" system default, a name, or folder:DIR

	Token struct {
		Module string `toml:"module"` // path of the PKCS#11 module
	} `toml:"token"`
	Clerk struct {
		Login string `toml:"login"` // p12
		P12   string `toml:"p12"`   // path of the clerk's PKCS#12 file
	} `toml:"clerk"`
	PIN struct {
		Ordered bool `toml:"ordered"` // digits of the pad in order instead of shuffled
	} `toml:"pin"`
	Contract struct {
		SealRequired   bool   `toml:"seal_required"`
		SignatoryName  string `toml:"signatory_name"`
		SignatoryAsset string `toml:"signatory_asset"` // PNG of the assistant minister's signature
		Preprinted     bool   `toml:"preprinted"`
	} `toml:"contract"`
	Eligibility struct {
		CardIssuedAfter    string   `toml:"card_issued_after"` // YYYY-MM-DD, strictly later
		DocTypes           []string `toml:"doc_types"`
		SupervisorBelowAge int      `toml:"supervisor_below_age"`
	} `toml:"eligibility"`
	Retention struct {
		YearsAfterEnd int `toml:"years_after_end"`
	} `toml:"retention"`
}

// defaults are the answers to the open questions, until others are given.
func defaults() Settings {
	var s Settings
	s.Mode = Production
	s.Clerk.Login = "p12"
	s.Contract.SealRequired = true
	s.Eligibility.CardIssuedAfter = "2014-08-18"
	s.Eligibility.DocTypes = []string{"ID", "IF"}
	s.Eligibility.SupervisorBelowAge = 18
	s.Retention.YearsAfterEnd = 10
	return s
}

// readSettings reads and checks the file. Relative paths in it are relative
// to its folder. An unknown key, a wrong type or an impossible value is an
// error that names the key, and the line where the file's form is at fault.
func readSettings(path string) (Settings, error) {
	s := defaults()
	meta, err := toml.DecodeFile(path, &s)
	var form toml.ParseError
	if errors.As(err, &form) {
		return s, fmt.Errorf("settings %s, line %d: %s", path, form.Position.Line, form.Message)
	}
	if err != nil {
		return s, fmt.Errorf("settings %s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return s, fmt.Errorf("settings %s: unknown key %s", path, unknown[0])
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return s, fmt.Errorf("settings %s: %w", path, err)
	}
	s.resolve(base)
	if err := s.check(); err != nil {
		return s, fmt.Errorf("settings %s: %w", path, err)
	}
	return s, nil
}

func (s *Settings) resolve(base string) {
	for _, p := range []*string{&s.Data, &s.Token.Module, &s.Clerk.P12, &s.Contract.SignatoryAsset} {
		*p = absolute(base, *p)
	}
	if dir, ok := strings.CutPrefix(s.Printer, "folder:"); ok && dir != "" {
		s.Printer = "folder:" + absolute(base, dir)
	}
}

func absolute(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// counterForm is the form of a counter's name: office, hyphen, number.
var counterForm = regexp.MustCompile(`^[A-Z]{2}-[0-9]{3}-[0-9]{2}$`)

func (s *Settings) check() error {
	switch {
	case s.Mode != Production && s.Mode != Demo:
		return fmt.Errorf("mode is %q: say production or demo", s.Mode)
	case s.Data == "":
		return errors.New("data is missing: name the folder of the journal")
	case !counterForm.MatchString(s.Counter):
		return fmt.Errorf("counter is %q: say it like BG-017-03", s.Counter)
	case strings.TrimSpace(s.Office) == "":
		return errors.New("office is missing: name the office as it stands on papers")
	case s.Token.Module == "":
		return errors.New("token.module is missing: name the PKCS#11 module's file")
	case s.Clerk.Login != "p12":
		return fmt.Errorf("clerk.login is %q: only p12 is possible in this version", s.Clerk.Login)
	case s.Clerk.P12 == "":
		return errors.New("clerk.p12 is missing: name the clerk's PKCS#12 file")
	case len(s.Eligibility.DocTypes) == 0:
		return errors.New("eligibility.doc_types is empty: no card could be served")
	case s.Eligibility.SupervisorBelowAge < 0 || s.Eligibility.SupervisorBelowAge > 100:
		return fmt.Errorf("eligibility.supervisor_below_age is %d: say 0 to 100", s.Eligibility.SupervisorBelowAge)
	case s.Retention.YearsAfterEnd < 1 || s.Retention.YearsAfterEnd > 100:
		return fmt.Errorf("retention.years_after_end is %d: say 1 to 100", s.Retention.YearsAfterEnd)
	}
	for _, t := range s.Eligibility.DocTypes {
		if t != "ID" && t != "IF" {
			return fmt.Errorf("eligibility.doc_types holds %q: only ID and IF carry certificates", t)
		}
	}
	if _, err := s.issuedAfter(); err != nil {
		return fmt.Errorf("eligibility.card_issued_after is %q: say it like 2014-08-18", s.Eligibility.CardIssuedAfter)
	}
	return nil
}

func (s *Settings) issuedAfter() (time.Time, error) {
	return time.Parse(time.DateOnly, s.Eligibility.CardIssuedAfter)
}

// file returns the path of one of the counter's own files.
func (s *Settings) file(name string) string { return filepath.Join(s.Data, name) }

// The counter's own files under Data.
const (
	fileJournal   = "journal.db"
	fileDataKey   = "keys/data.key"
	fileKeys      = "keys/workstation.json"
	fileEnrolment = "enrolment.json"
	filePolicy    = "policy.version"
	dirSpool      = "spool"
)
