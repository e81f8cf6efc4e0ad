package forms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"salter/app/procedure"
	"salter/app/serbian"
)

// values are the contents of the placeholders by name. Every name that a
// template may use is in the map; an empty value is a missing one.
type values map[string]string

// newValues takes from d what papers may show. t gives the words, terms the
// template that the contract refers to.
func newValues(d procedure.PaperData, o Options, t, terms *template) (values, error) {
	zone := procedure.Belgrade()
	v := values{
		"case_number":    d.CaseNumber,
		"office":         ours(d.Office, t.script),
		"counter":        d.Counter,
		"clerk_name":     ours(d.Clerk.Name, t.script),
		"clerk_number":   d.Clerk.Number,
		"date":           day(d.Now, zone),
		"time":           clock(d.Now, zone),
		"action_label":   t.word("action", actionName(d)),
		"title_label":    t.word("title", actionName(d)),
		"service_label":  t.word("service", string(d.Service)),
		"form_option":    formOption(d),
		"unblock_option": unblockOption(d.Unblock),
		"pin_outcome":    t.word("pin", string(unblocked(d))),
		"refusal_reason": t.word("refusal", string(d.Refusal)),
		"refusal_next":   t.word("next", string(d.Refusal)),
		"keep_until":     d.KeepUntil.String(),
	}
	v.addFrame(t)
	v.addIdentity(d.Identity, t)
	v.addContract(d, o, t, terms)
	v.addCertificate(d, t, zone)
	v.addJournal(d.Head, d.Counter)
	v["retention_years"] = strconv.Itoa(o.RetentionYears)
	return v, v.addStatus(d, o, t, zone)
}

// addFrame adds what head and foot of every page show.
func (v values) addFrame(t *template) {
	v["template"] = string(t.kind)
	v["template_hash"] = t.hash()[:8]
	v["version"] = t.version
	v["copies"] = strconv.Itoa(t.copies)
	v["copy"], v["page"], v["pages"] = "", "", "" // set for every page
}

// ours writes a name that we gave, not the chip, in the script of the paper.
func ours(name, script string) string {
	if script == ScriptCyrillic {
		return name
	}
	return serbian.Latin(name)
}

// actionName names the service for the words of a template; an unblock that
// was chained to it is part of it.
func actionName(d procedure.PaperData) string {
	if d.Action.Certifies() && unblocked(d) != procedure.UnblockNone {
		return string(procedure.ActionUnblock) + "-" + string(d.Action)
	}
	return string(d.Action)
}

// unblocked is what became of the PIN, or before that what is to become of it.
func unblocked(d procedure.PaperData) procedure.Unblock {
	switch r := d.Result; {
	case r == nil || !r.Unblocked:
		return d.Unblock
	case r.PINChanged:
		return procedure.UnblockChange
	}
	return procedure.UnblockKeep
}

// formOption is the number circled on Образац 1 (R8, R23).
func formOption(d procedure.PaperData) string {
	switch {
	case d.FormOption != 0:
		return strconv.Itoa(d.FormOption)
	case d.Action == procedure.ActionIssue:
		return "1"
	case d.Action == procedure.ActionRenew:
		return "2"
	}
	return ""
}

// unblockOption is the number circled on Образац 2; the numbers are ours.
func unblockOption(u procedure.Unblock) string {
	switch u {
	case procedure.UnblockKeep:
		return "1"
	case procedure.UnblockChange:
		return "2"
	}
	return ""
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

func (v values) addContract(d procedure.PaperData, o Options, t, terms *template) {
	v["contract_number"] = d.Contract.Number
	if d.Contract.Number == "" && d.Certificate != nil { // a change of status
		v["contract_number"] = d.Certificate.Contract
	}
	v["contract_date"] = d.Contract.Date.String()
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

// addCertificate adds the certificate of the case: the new one, or the one
// whose status changes.
func (v values) addCertificate(d procedure.PaperData, t *template, zone *time.Location) {
	for _, name := range []string{"serial", "issuer", "root", "from", "until", "status"} {
		v["certificate_"+name] = ""
	}
	v["old_serial"] = strings.ToUpper(d.OldSerial)
	v["old_until"] = day(d.OldNotAfter, zone)
	v["earliest_renewal"] = d.EarliestRenewal.String()
	switch r := d.Result; {
	case d.Action.ChangesStatus():
		v["certificate_serial"] = strings.ToUpper(d.Status.Serial)
		if c := d.Certificate; c != nil {
			v["certificate_from"] = day(c.NotBefore, zone)
			v["certificate_until"] = day(c.NotAfter, zone)
		}
	case r != nil:
		v["certificate_serial"] = strings.ToUpper(r.Serial)
		v["certificate_issuer"], v["certificate_root"] = r.Issuer, r.Root
		v["certificate_from"] = day(r.NotBefore, zone)
		v["certificate_until"] = day(r.NotAfter, zone)
		state := "hold"
		if r.Active {
			state = "active"
		}
		v["certificate_status"] = t.word("status", state)
	}
}

// addStatus adds the change of status. The number circled must be the one that
// stands before the service on the form.
func (v values) addStatus(d procedure.PaperData, o Options, t *template, zone *time.Location) error {
	for op, number := range o.StatusForm {
		v["status_number_"+string(op)] = strconv.Itoa(number)
	}
	v["status_option"] = ""
	if number := o.StatusForm[d.Status.Op]; number != 0 {
		v["status_option"] = strconv.Itoa(number)
		if d.StatusForm != 0 && d.StatusForm != number {
			return fmt.Errorf("{status_option}: %d is not the number of %s: %w", d.StatusForm, d.Status.Op, ErrMissingValue)
		}
	}
	v["status_reason"] = t.word("reason", string(d.Status.Reason))
	v["status_now"] = t.word("now", string(d.Status.Op))
	v["identity_document"] = d.Status.Document
	v["received_date"], v["received_time"] = day(d.Received, zone), clock(d.Received, zone)
	v["deadline_hours"] = strconv.Itoa(int(o.StatusDeadline / time.Hour))
	v["status_date"], v["status_time"] = "", ""
	if d.Result != nil {
		v["status_date"], v["status_time"] = day(d.Result.StatusAt, zone), clock(d.Result.StatusAt, zone)
	}
	return nil
}

// word returns the template's word for a value of the data, or else its word
// for all others of the group; empty if it has neither.
func (t *template) word(group, value string) string {
	if w := t.words[group+"."+value]; w != "" {
		return w
	}
	return t.words[group+".other"]
}

// day is the calendar day of t in zone in the Serbian form; empty for no time.
func day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return procedure.DateOf(t, zone).String()
}

// clock is the time of t in zone, to the minute; empty for no time.
func clock(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("15:04")
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
