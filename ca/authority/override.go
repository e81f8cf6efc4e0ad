package authority

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"salter/ca"
	"salter/ca/authority/db"
	"salter/card/sod"
)

// checkSupervisor verifies the override that a request brings along, and
// refuses a request without one where the authority's own register, or the
// card, says that a supervisor must decide.
func (a *Authority) checkSupervisor(tx db.Tx, r request, w db.Workstation, clerk db.Clerk, h holder) error {
	if r.claims.Override != "" {
		return a.verifyOverride(tx, w, r.claims.Override, r.claims.Case, r.claims.action(), clerk)
	}
	if !a.rules.overrideRequired() {
		return nil
	}
	needs, standing, err := a.overrideNeeds(tx, r.Label, h)
	if err != nil || len(needs) == 0 {
		return err
	}
	refusal := Refuse(ca.ProblemOverride, "a supervisor must sign: %s", strings.Join(needs, ", "))
	refusal.Problem.Fields, refusal.Problem.Serial = needs, standing
	return refusal
}

// overrideNeeds lists what needs a supervisor, and the serial of the
// certificate that stands, if one does.
func (a *Authority) overrideNeeds(tx db.Tx, label string, h holder) (needs []string, standing string, err error) {
	now, err := belgradeTime(a.now())
	if err != nil {
		return nil, "", err
	}
	if !h.born.IsZero() && years(h.born, sod.DateOf(now)) < a.rules.supervisorBelowAge() {
		needs = append(needs, ca.NeedUnderAge)
	}
	rows, err := inForce(tx, h.subject.PersonalNumber, h.subject.CardNumber, label, now)
	if err != nil || len(rows) == 0 {
		return needs, "", err
	}
	return append(needs, ca.NeedCertificateValid), rows[0].Serial, nil
}

// verifyOverride verifies a supervisor's signature for a case in which clerk
// asks for choice. It says who the supervisor is as for every clerk.
func (a *Authority) verifyOverride(tx db.Tx, w db.Workstation, token, caseID, choice string, clerk db.Clerk) error {
	if len(token) > ca.MaxOverride {
		return Refuse(ca.ProblemTooLarge, "override of %d bytes, at most %d allowed", len(token), ca.MaxOverride)
	}
	var signed ca.OverrideClaims
	supervisor, err := a.clerkOf(tx, token, w.Name, []string{RoleSupervisor}, &signed)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Name() == ca.ProblemAssertion {
		return Refuse(ca.ProblemOverrideInvalid, "supervisor's signature cannot be verified")
	}
	if err != nil {
		return err
	}
	same, err := samePerson(clerk, supervisor)
	if err != nil {
		return err
	}
	passed := a.now().Sub(time.Unix(signed.IssuedAt, 0))
	switch {
	case same:
		return Refuse(ca.ProblemClerk, "clerk %s overrides his own case", clerk.Number)
	case signed.Version != 1:
		return Refuse(ca.ProblemOverrideInvalid, "override of version %d", signed.Version)
	case signed.Case != caseID:
		return Refuse(ca.ProblemOverrideInvalid, "override is for another case")
	case signed.Choice != choice:
		return Refuse(ca.ProblemOverrideInvalid, "override is for %.32q, not for %s", signed.Choice, choice)
	case strings.TrimSpace(signed.Reason) == "" || !utf8.ValidString(signed.Reason):
		return Refuse(ca.ProblemOverrideInvalid, "override gives no reason")
	case !isObject(signed.Facts):
		return Refuse(ca.ProblemOverrideInvalid, "override holds no facts")
	case passed > ca.MaxOverrideAge || passed < -clockSlack:
		return Refuse(ca.ProblemOverrideInvalid, "override is %v old", passed.Truncate(time.Second))
	}
	return nil
}

// isObject reports whether text is a JSON object with at least one member.
func isObject(text json.RawMessage) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(text, &members) == nil && len(members) > 0
}

// years is how many birthdays somebody has had by a day.
func years(born, day sod.Date) int {
	n := day.Year - born.Year
	if day.Month < born.Month || day.Month == born.Month && day.Day < born.Day {
		n--
	}
	return n
}

// birthday is the holder's birthday as the card gives it, or, where a citizen's
// card gives no full date, from his JMBG: DDMMYYY, the year without its
// thousand. Zero if neither tells.
func birthday(d sod.Document, p sod.Personal) sod.Date {
	number := p.PersonalNumber
	if !p.BirthDate.IsZero() || !admitsDocument(ca.LabelCitizen, d.Type) || len(number) != 13 {
		return p.BirthDate
	}
	if slices.ContainsFunc([]byte(number), func(c byte) bool { return c < '0' || c > '9' }) {
		return sod.Date{}
	}
	thousand := "2"
	if number[4] == '9' {
		thousand = "1"
	}
	born, _ := sod.ParseDate(number[:4] + thousand + number[4:7]) // zero if there is no such day
	return born
}

// belgradeTime is t on Serbia's calendar.
func belgradeTime(t time.Time) (time.Time, error) {
	zone, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		return time.Time{}, fmt.Errorf("load time zone: %w", err)
	}
	return t.In(zone), nil
}
