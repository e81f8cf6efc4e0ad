package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"salter/app/forms"
	"salter/card"
)

// fault is a setting with an impossible value.
type fault struct {
	key  string
	what string // after the key: what is wrong, what to say instead
}

// Error gives both.
func (f *fault) Error() string { return f.key + " " + f.what }

// counterForm is the form of a counter's name: office, hyphen, number.
var counterForm = regexp.MustCompile(`^[A-Z]{2}-[0-9]{3}-[0-9]{2}$`)

// later ends what is said of a value that the procedure knows and this version
// does not.
const later = "is not possible in this version"

// check returns the first impossible value, or nil.
func (s *Settings) check() *fault {
	for _, f := range slices.Concat(s.machineFaults(), s.ruleFaults(), s.statusFaults()) {
		if f != nil {
			return f
		}
	}
	return nil
}

// machineFaults are those of this machine and the people at it.
func (s *Settings) machineFaults() []*fault {
	return []*fault{
		oneOf("mode", string(s.Mode), string(Production), string(Demo)),
		given("data", s.Data, "the folder of the journal"),
		when(s.Printer == "folder:", "printer", "is folder: without a folder: say folder:DIR"),
		given("counter.name", s.Counter.Name, "office and counter, like BG-017-03"),
		when(!counterForm.MatchString(s.Counter.Name), "counter.name", fmt.Sprintf("is %q: say it like BG-017-03", s.Counter.Name)),
		given("counter.office", strings.TrimSpace(s.Counter.Office), "the office as it stands on papers"),
		oneOf("counter.citizen_monitor", s.Counter.CitizenMonitor, monitorAuto, monitorSame),
		when(s.Authority.EST != "" && !strings.HasPrefix(s.Authority.EST, "https://"), "authority.est", fmt.Sprintf("is %q: say it like https://ca.example:8443", s.Authority.EST)),
		when(s.Authority.EST != "" && (s.Authority.Anchors == "" || s.Authority.CitizenIssuer == "" || s.Authority.ForeignerIssuer == ""),
			"authority.est", "needs authority.anchors, authority.citizen_issuer and authority.foreigner_issuer beside it"),
		oneOf("token.driver", s.Token.Driver, string(card.DriverVendor), string(card.DriverTestCard)),
		given("token.module", s.Token.Module, "the PKCS#11 module's file"),
		when(s.Token.PUKFile != "" && s.Token.Driver == string(card.DriverVendor), "token.puk_file", "is of no use: the driver vendor cannot unblock"),
		when(s.Clerk.Login == "card", "clerk.login", "is \"card\": log-in by card needs a second reader and "+later+"; say p12"),
		oneOf("clerk.login", s.Clerk.Login, "p12"),
		between("clerk.lock_minutes", s.Clerk.LockMinutes, 0, 120),
		given("clerk.p12", s.Clerk.P12, "the clerk's PKCS#12 file"),
		when(s.Supervisor.P12 != "" && s.Supervisor.P12 == s.Clerk.P12, "supervisor.p12", "is the clerk's file: a supervisor has a key of his own"),
	}
}

// ruleFaults are those of the rules of issuing, renewal, PIN and papers.
func (s *Settings) ruleFaults() []*fault {
	_, err := s.issuedAfter()
	return []*fault{
		when(err != nil, "eligibility.card_issued_after", fmt.Sprintf("is %q: say it like 2014-08-18", s.Eligibility.CardIssuedAfter)),
		someOf("eligibility.doc_types", s.Eligibility.DocTypes, "ID", "IF"),
		between("eligibility.supervisor_below_age", s.Eligibility.SupervisorBelowAge, 0, 100),
		between("contract.term_years", s.Contract.TermYears, 0, 100),
		between("renewal.before_expiry_days", s.Renewal.BeforeExpiryDays, 0, 365),
		between("clock.max_unsynced_hours", s.Clock.MaxUnsyncedHours, 1, 24*7),
		between("appointment.slot_minutes", s.Appointment.SlotMinutes, 1, 240),
		between("retention.years_after_end", s.Retention.YearsAfterEnd, 1, 100),
		oneOf("pin.weak_action", s.PIN.WeakAction, "allow", "warn", "refuse"),
		when(s.PIN.Entry == "pad", "pin.entry", "is \"pad\": a new PIN is always typed on the screen; say pad_if_present or screen"),
		oneOf("pin.entry", s.PIN.Entry, "pad_if_present", "screen"),
		when(s.Counter.Mobile, "counter.mobile", "is true: a mobile counter "+later),
		when(!s.Renewal.NewKey, "renewal.new_key", "is false: a renewal with the old key "+later),
		when(s.Renewal.TermsChanged != "inform", "renewal.terms_changed", fmt.Sprintf("is %q: anything but inform %s", s.Renewal.TermsChanged, later)),
		when(s.Certificate.WriteSet != "sign", "certificate.write_set", fmt.Sprintf("is %q: anything but sign %s", s.Certificate.WriteSet, later)),
		when(s.Forms.PrintAddress, "forms.print_address", "is true: the address on papers "+later),
		oneOf("forms.script", s.Forms.Script, forms.ScriptCyrillic, forms.ScriptLatin),
		when(s.Forms.TemplateSet != "salter", "forms.template_set", fmt.Sprintf("is %q: anything but salter %s", s.Forms.TemplateSet, later)),
		when(s.Numbering.Pattern != "office-counter-year-sequence", "numbering.pattern", fmt.Sprintf("is %q: anything but office-counter-year-sequence %s", s.Numbering.Pattern, later)),
		when(s.Portrait.Store, "portrait.store", "is true: keeping portraits "+later),
	}
}

// statusFaults are those of status changes.
func (s *Settings) statusFaults() []*fault {
	return []*fault{
		s.formNumbersFault(),
		s.reasonMapFault(),
		when(s.Status.PairAction != "ask", "status.pair_action", fmt.Sprintf("is %q: anything but ask %s", s.Status.PairAction, later)),
		oneOf("status.identity_without_card", s.Status.IdentityWithoutCard, "supervisor", "clerk", "refused"),
		between("status.deadline_hours", s.Status.DeadlineHours, 1, 24),
		someOf("roles.revocation", s.Roles.Revocation, "clerk", "supervisor"),
		when(!slices.Contains(s.Roles.Revocation, "supervisor"), "roles.revocation", "leaves out supervisor, who may do what a clerk may"),
	}
}

func (s *Settings) formNumbersFault() *fault {
	const key = "status.form_numbers"
	numbers := slices.Sorted(maps.Values(s.Status.FormNumbers))
	if len(slices.Compact(slices.Clone(numbers))) < len(numbers) {
		return &fault{key, "gives two changes the same number"}
	}
	for change, n := range s.Status.FormNumbers {
		if n < 1 || n > 9 {
			return &fault{key + "." + change, fmt.Sprintf("is %d: say 1 to 9", n)}
		}
	}
	return nil
}

// revocationReasons are the CRL reason codes of a revocation that a citizen
// asks for (RFC 5280 5.3.1); 0 leaves the reason out.
var revocationReasons = []int{0, 1, 3, 4, 5}

func (s *Settings) reasonMapFault() *fault {
	for reason, code := range s.Status.ReasonMap {
		if !slices.Contains(revocationReasons, code) {
			return &fault{"status.reason_map." + reason, fmt.Sprintf("is %d: say one of %v", code, revocationReasons)}
		}
	}
	return nil
}

func (s *Settings) issuedAfter() (time.Time, error) {
	return time.Parse(time.DateOnly, s.Eligibility.CardIssuedAfter)
}

func when(wrong bool, key, what string) *fault {
	if !wrong {
		return nil
	}
	return &fault{key, what}
}

func given(key, value, what string) *fault {
	return when(value == "", key, "is missing: name "+what)
}

func between(key string, value, from, to int) *fault {
	return when(value < from || value > to, key, fmt.Sprintf("is %d: say %d to %d", value, from, to))
}

func oneOf(key, value string, all ...string) *fault {
	return when(!slices.Contains(all, value), key, fmt.Sprintf("is %q: say %s", value, strings.Join(all, " or ")))
}

func someOf(key string, values []string, all ...string) *fault {
	if len(values) == 0 {
		return &fault{key, "is empty: say one or more of " + strings.Join(all, ", ")}
	}
	for _, v := range values {
		if !slices.Contains(all, v) {
			return &fault{key, fmt.Sprintf("holds %q: say one or more of %s", v, strings.Join(all, ", "))}
		}
	}
	return nil
}
