package forms

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	// The counter may run where the system has no time zone database.
	_ "time/tzdata"

	"salter/app/procedure"
)

// journalOrigin is the first line of the checkpoints of a counter's journal,
// before the name of the counter.
const journalOrigin = "mup.gov.rs/counter/"

// values are the contents of the placeholders by name. Every name that a
// template may use is in the map; an empty value is a missing one.
type values map[string]string

// newValues takes from d what papers may show. t gives the words, terms the
// template that the contract refers to.
func newValues(d procedure.PaperData, o Options, t, terms *template) (values, error) {
	zone, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	now := d.Now.In(zone)
	v := values{
		"case_number":   d.CaseNumber,
		"office":        d.Office,
		"counter":       d.Counter,
		"clerk_name":    d.Clerk.Name,
		"clerk_number":  d.Clerk.Number,
		"date":          day(d.Now, zone),
		"time":          now.Format("15:04"),
		"action_label":  t.word("action", string(d.Action)),
		"form_option":   formOption(d.Action),
		"keep_until":    d.KeepUntil.String(),
		"template":      string(t.kind),
		"template_hash": t.hash()[:8],
		"version":       t.version,
		"copies":        strconv.Itoa(t.copies),
		"copy":          "", "page": "", "pages": "", // set for every page
		"retention_years": strconv.Itoa(o.RetentionYears),
	}
	v.addIdentity(d.Identity, t)
	v.addContract(d.Contract, o, t, terms)
	v.addCertificate(d.Result, t, zone)
	v.addJournal(d.Head, d.Counter)
	return v, nil
}

func (v values) addIdentity(id procedure.Identity, t *template) {
	v["surname"] = id.Surname
	v["given_name"] = id.GivenName
	v["full_name"] = strings.TrimSpace(id.Surname + " " + id.GivenName)
	v["parent_name"] = id.ParentName
	v["personal_number"] = string(id.PersonalNumber)
	v["personal_last4"] = id.PersonalNumber.Last4()
	v["personal_label"] = t.word("personal", string(id.DocType))
	v["document_label"] = t.word("document", string(id.DocType))
	v["card_number"] = string(id.CardNumber)
	v["issued_by"] = id.IssuedBy
	v["issued_on"] = id.IssuedOn.String()
	v["valid_until"] = id.ValidUntil.String()
	v["birth_date"] = id.BirthDate.String()
	v["birth_place"] = id.BirthPlace
	v["nationality"] = id.Nationality
}

func (v values) addContract(c procedure.ContractRef, o Options, t, terms *template) {
	v["contract_number"] = c.Number
	v["contract_date"] = c.Date.String()
	v["contract_term"] = t.word("term", "open")
	if o.ContractTermYears > 0 {
		v["contract_term"] = fmt.Sprintf("%s %d", t.word("term", "years"), o.ContractTermYears)
	}
	v["signatory_name"] = ""
	if o.Signatory != nil {
		v["signatory_name"] = o.Signatory.Name
	}
	v["terms_template"], v["terms_version"], v["terms_hash"] = "", "", ""
	if terms != nil {
		v["terms_template"], v["terms_version"], v["terms_hash"] = string(terms.kind), terms.version, terms.hash()[:8]
	}
}

func (v values) addCertificate(r *procedure.ResultView, t *template, zone *time.Location) {
	for _, name := range []string{"serial", "issuer", "from", "until", "status"} {
		v["certificate_"+name] = ""
	}
	if r == nil {
		return
	}
	v["certificate_serial"] = strings.ToUpper(r.Serial)
	v["certificate_issuer"] = r.Issuer
	v["certificate_from"] = day(r.NotBefore, zone)
	v["certificate_until"] = day(r.NotAfter, zone)
	state := "hold"
	if r.Active {
		state = "active"
	}
	v["certificate_status"] = t.word("status", state)
}

func (v values) addJournal(h procedure.Head, counter string) {
	v["journal_size"], v["journal_code"], v["journal_proof"] = "", "", ""
	if h.Size == 0 {
		return
	}
	v["journal_size"] = strconv.FormatInt(h.Size, 10)
	v["journal_code"] = JournalCode(h)
	v["journal_proof"] = JournalProof(counter, h)
}

// JournalCode is the short form of a journal head for human eyes: the first
// 40 bits of the root as 8 letters and digits of base32 (RFC 4648 section 6).
// It can be ground out with effort; JournalProof holds the whole root.
func JournalCode(h procedure.Head) string {
	return base32.StdEncoding.EncodeToString(h.Root[:5])
}

// JournalProof is the content of the second code of the receipt: the text of
// an unsigned checkpoint (C2SP tlog-checkpoint) with origin, size and root.
func JournalProof(counter string, h procedure.Head) string {
	return fmt.Sprintf("%s%s\n%d\n%s\n", journalOrigin, counter, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
}

// word returns the template's word for a value of the data, empty if it has
// none.
func (t *template) word(group, value string) string { return t.words[group+"."+value] }

// formOption is the number circled on Образац 1 (R8, R23).
func formOption(a procedure.Action) string {
	if a == procedure.ActionIssue {
		return "1"
	}
	return ""
}

// day is the calendar day of t in zone in the Serbian form; empty for no time.
func day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return procedure.DateOf(t, zone).String()
}

// run is filled text of one weight.
type run struct {
	s    string
	bold bool
}

// fill puts the values into t. A value is taken as it is: what looks like
// markup in it has no effect. Line breaks and other control characters of a
// value become spaces.
func (v values) fill(t text) ([]run, error) {
	var out []run
	for _, s := range t {
		words := s.words
		if s.name != "" {
			value, known := v[s.name]
			if !known {
				return nil, fmt.Errorf("{%s}: %w", s.name, ErrUnknownPlaceholder)
			}
			words = clean(value)
			if words == "" && !s.optional {
				return nil, fmt.Errorf("{%s}: %w", s.name, ErrMissingValue)
			}
		}
		if words != "" {
			out = append(out, run{words, s.bold})
		}
	}
	return out, nil
}

// clean makes one line of a value.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, s))
}

// plain is the text of runs without their weight.
func plain(rs []run) string {
	var b strings.Builder
	for _, r := range rs {
		b.WriteString(r.s)
	}
	return b.String()
}
