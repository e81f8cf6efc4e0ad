package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"salter/app/forms"
	"salter/ca"
	"salter/card"
	"salter/store"
)

// Mode separates counters from demonstrations.
type Mode string

// The modes. Production is the default: a demonstration has to be asked for.
const (
	Production Mode = "production"
	Demo       Mode = "demo"
)

// Settings is the settings file (TOML): where things are on this machine, and
// the answers to the questions that the Ministry's text leaves open. A key
// that the file does not name keeps its default.
type Settings struct {
	Mode    Mode   `toml:"mode"`
	Data    string `toml:"data"`    // folder of journal, keys, trust bundle
	Printer string `toml:"printer"` // "" system default, a name, or folder:DIR

	Counter struct {
		Name   string `toml:"name"`   // office and number, for instance BG-017-03
		Office string `toml:"office"` // name of the registration office, as printed
		// Support is whom to call, as the screen says it where nothing goes on.
		Support string `toml:"support"`
		// CitizenMonitor is where the citizen types his PIN.
		CitizenMonitor string `toml:"citizen_monitor"`
		Mobile         bool   `toml:"mobile"` // a laptop for visits at home
	} `toml:"counter"`
	Authority struct {
		EST             string `toml:"est"`            // https://host:port of another authority that issues; "": the enrolled one does
		Anchors         string `toml:"anchors"`        // path of its roots and issuing CAs, PEM
		ServerAnchors   string `toml:"server_anchors"` // path of the anchors of its server, PEM; "": Anchors
		CitizenLabel    string `toml:"citizen_label"`  // EST label for citizens
		CitizenIssuer   string `toml:"citizen_issuer"` // common name of the issuing CA
		ForeignerLabel  string `toml:"foreigner_label"`
		ForeignerIssuer string `toml:"foreigner_issuer"`
	} `toml:"authority"`
	Token struct {
		Driver  string `toml:"driver"`   // of the chip's own commands
		Module  string `toml:"module"`   // path of the PKCS#11 module
		PUKFile string `toml:"puk_file"` // of test cards; "": no PUK is known
	} `toml:"token"`
	Clerk struct {
		Login string `toml:"login"` // p12
		P12   string `toml:"p12"`   // path of the clerk's PKCS#12 file
		// LockMinutes is after how long without use the screen locks; 0: never.
		LockMinutes int `toml:"lock_minutes"`
	} `toml:"clerk"`
	Supervisor struct {
		P12 string `toml:"p12"` // path of the supervisor's PKCS#12 file; "": none comes to this counter
	} `toml:"supervisor"`
	Eligibility struct {
		CardIssuedAfter    string   `toml:"card_issued_after"` // YYYY-MM-DD, strictly later
		DocTypes           []string `toml:"doc_types"`
		SupervisorBelowAge int      `toml:"supervisor_below_age"`
	} `toml:"eligibility"`
	Contract struct {
		SealRequired    bool   `toml:"seal_required"`
		TermYears       int    `toml:"term_years"` // 0: until ended
		SurvivesNewCard bool   `toml:"survives_new_card"`
		SignatoryName   string `toml:"signatory_name"`
		SignatoryAsset  string `toml:"signatory_asset"` // PNG of the assistant minister's signature
		Preprinted      bool   `toml:"preprinted"`
	} `toml:"contract"`
	Renewal struct {
		BeforeExpiryDays int    `toml:"before_expiry_days"`
		Chain            bool   `toml:"chain"` // certificates after the first of a contract as well
		NewKey           bool   `toml:"new_key"`
		TermsChanged     string `toml:"terms_changed"`
	} `toml:"renewal"`
	Certificate struct {
		WriteSet string `toml:"write_set"`
	} `toml:"certificate"`
	PIN struct {
		Entry      string `toml:"entry"`
		WeakAction string `toml:"weak_action"`
		Ordered    bool   `toml:"ordered"` // digits of the pad in order instead of shuffled
	} `toml:"pin"`
	Forms struct {
		AcceptBrought      bool   `toml:"accept_brought"`
		SignAllBeforeClerk bool   `toml:"sign_all_before_clerk"`
		PrintAddress       bool   `toml:"print_address"`
		TemplateSet        string `toml:"template_set"`
		Script             string `toml:"script"` // of the papers: sr-Cyrl or sr-Latn
	} `toml:"forms"`
	Receipt struct {
		CitizenSigns bool `toml:"citizen_signs"`
	} `toml:"receipt"`
	Numbering struct {
		Pattern string `toml:"pattern"`
	} `toml:"numbering"`
	Status struct {
		FormNumbers         map[string]int `toml:"form_numbers"` // circled on Obrazac 3
		ReasonMap           map[string]int `toml:"reason_map"`   // CRL reason codes (RFC 5280 5.3.1)
		PairAction          string         `toml:"pair_action"`
		IdentityWithoutCard string         `toml:"identity_without_card"`
		DeadlineHours       int            `toml:"deadline_hours"`
	} `toml:"status"`
	Roles struct {
		Revocation []string `toml:"revocation"`
	} `toml:"roles"`
	Clock struct {
		MaxUnsyncedHours int `toml:"max_unsynced_hours"`
	} `toml:"clock"`
	Appointment struct {
		SlotMinutes int `toml:"slot_minutes"`
	} `toml:"appointment"`
	Portrait struct {
		Store bool `toml:"store"`
	} `toml:"portrait"`
	Journal struct {
		PurgeAfterAck bool   `toml:"purge_after_ack"`
		HeadFile      string `toml:"head_file"` // "": beside the folder data
		Recovery      string `toml:"recovery"`  // path of a file with age recipients of the data key
	} `toml:"journal"`
	Retention struct {
		YearsAfterEnd int `toml:"years_after_end"`
	} `toml:"retention"`
}

// defaults are the answers to the open questions, until others are given
// (procedure, section 11).
func defaults() Settings {
	var s Settings
	s.Mode = Production
	s.Counter.CitizenMonitor = monitorAuto
	s.Authority.CitizenLabel, s.Authority.ForeignerLabel = ca.LabelCitizen, ca.LabelForeigner
	s.Token.Driver = string(card.DriverVendor)
	s.Clerk.Login = "p12"
	s.Clerk.LockMinutes = 10
	s.Eligibility.CardIssuedAfter = "2014-08-18"
	s.Eligibility.DocTypes = []string{"ID", "IF"}
	s.Eligibility.SupervisorBelowAge = 18
	s.Contract.SealRequired = true
	s.Renewal.Chain = true
	s.Renewal.NewKey = true
	s.Renewal.TermsChanged = "inform"
	s.Certificate.WriteSet = "sign"
	s.PIN.Entry = "pad_if_present"
	s.PIN.WeakAction = "warn"
	s.Forms.AcceptBrought = true
	s.Forms.Script = forms.ScriptCyrillic
	s.Forms.TemplateSet = "salter"
	s.Numbering.Pattern = "office-counter-year-sequence"
	s.Status.FormNumbers = map[string]int{"revoke": 1, "suspend": 2, "reactivate": 3}
	s.Status.ReasonMap = map[string]int{"lost": 1, "stolen": 1, "misuse": 1, "name-changed": 3, "card-replaced": 4, "not-wanted": 5, "death": 5}
	s.Status.PairAction = "ask"
	s.Status.IdentityWithoutCard = "supervisor"
	s.Status.DeadlineHours = 24
	s.Roles.Revocation = []string{"clerk", "supervisor"}
	s.Clock.MaxUnsyncedHours = 24
	s.Appointment.SlotMinutes = 15
	s.Journal.PurgeAfterAck = true
	s.Retention.YearsAfterEnd = 10
	return s
}

// readSettings reads and checks the file. Relative paths in it are relative
// to its folder. An unknown key, a wrong type or an impossible value is an
// error that names the key and its line.
func readSettings(path string) (Settings, error) {
	s := defaults()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return s, fmt.Errorf("settings: there is no file %s: name yours with -config FILE", path)
	}
	if err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	if err := s.decode(string(text)); err != nil {
		return s, fmt.Errorf("settings %s, %w", path, err)
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return s, fmt.Errorf("settings %s: %w", path, err)
	}
	s.resolve(base)
	return s, nil
}

// decode reads the text of a settings file over the defaults in s.
func (s *Settings) decode(text string) error {
	meta, err := toml.Decode(text, new(map[string]any))
	var form toml.ParseError
	if errors.As(err, &form) {
		return fmt.Errorf("line %d: %s", form.Position.Line, form.Message)
	}
	if err != nil {
		return err
	}
	known := kinds()
	for _, key := range meta.Keys() {
		want, ok := known[key.String()]
		if !ok {
			return fmt.Errorf("line %d: unknown key %s", lineOf(text, key), key)
		}
		if got := meta.Type(key...); got != "" && got != want {
			return fmt.Errorf("line %d: %s is of the type %s, want %s", lineOf(text, key), key, got, want)
		}
	}
	if _, err := toml.Decode(text, s); err != nil {
		return err // of an element of a list; it names key and line
	}
	if fault := s.check(); fault != nil {
		if key := strings.Split(fault.key, "."); meta.IsDefined(key...) {
			return fmt.Errorf("line %d: %w", lineOf(text, key), fault)
		}
		return fault
	}
	return nil
}

func (s *Settings) resolve(base string) {
	for _, p := range []*string{&s.Data, &s.Authority.Anchors, &s.Authority.ServerAnchors, &s.Token.Module, &s.Token.PUKFile, &s.Clerk.P12, &s.Supervisor.P12, &s.Contract.SignatoryAsset, &s.Journal.HeadFile, &s.Journal.Recovery} {
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

// file returns the path of one of the counter's own files.
func (s *Settings) file(name string) string { return filepath.Join(s.Data, name) }

// headFile is where the journal's head is kept outside of it. By default it lies
// beside the folder data, so that whoever puts an older copy of the whole folder
// in its place does not put back the head with it.
func (s *Settings) headFile() string {
	if s.Journal.HeadFile != "" {
		return s.Journal.HeadFile
	}
	return filepath.Clean(s.Data) + ".head"
}

// The counter's own files under Data.
const (
	fileJournal   = "journal.db"
	fileDataKey   = "keys/data.key"
	fileKeys      = "keys/workstation.json"
	fileLaterKeys = "keys/checkpoint.keys"
	fileEnrolment = "enrolment.json"
	filePolicy    = "policy.version"
	fileLook      = "look.toml"          // language, colours and text size of the screens
	filePrinter   = "printer.toml"       // the printer that the clerk chose
	fileRotation  = "keys/rotation.json" // the certificate renewed last, with its key
	dirSpool      = "spool"
	dirCrashes    = "crashes" // what is known of runs that ended by a defect
	dirCopies     = store.CopiesDir
	dirHandovers  = "handover" // files for the authority
)
