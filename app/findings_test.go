package app

import (
	"regexp"
	"strings"
	"testing"

	"salter/app/procedure"
)

// ofTheScreen are words that mean something only before the screen: keys,
// pages, the case that is open, and support, whom an administrator is.
var ofTheScreen = regexp.MustCompile(`\bF\d+\b|Enter|[Пп]ритисн|[Pp]ritisn|\b[Pp]ress\b|стран|stran|\bpage|[Пп]редмет|[Pp]redmet|\bcase\b|[Нн]аставите|[Nn]astavite|\b[Cc]ontinue\b|the administrator (should|enrols)|to the administrator|tell the administrator:`)

// TestConsoleWords: what the check says on the command line holds there.
func TestConsoleWords(t *testing.T) {
	codes := []procedure.Code{ // with which a part of the counter can fail
		procedure.CodeNoService, procedure.CodeNoReader, procedure.CodeMute, procedure.CodeModule, procedure.CodeBusy, procedure.CodeCardReset,
		procedure.CodeCardFailure, procedure.CodeNoLink, procedure.CodeNoAnswer, procedure.CodeBusyCA, procedure.CodeRefused, procedure.CodeCounter,
		procedure.CodeUpgrade, procedure.CodeBadAnswer, procedure.CodeClock, procedure.CodeFork, procedure.CodeTampered, procedure.CodeJournal,
		procedure.CodeDiskFull, procedure.CodeNoPrinter, procedure.CodePrintService, procedure.CodePrinterStopped, procedure.CodePrint, procedure.CodeTemplate, procedure.CodeSetup, procedure.CodeInternal,
	}
	for _, l := range Languages() {
		words, err := FindingWords(l)
		if err != nil {
			t.Fatal(err)
		}
		_, all := catalogue(t, l)
		var findings []procedure.Finding
		for _, code := range codes {
			findings = append(findings, procedure.Finding{Part: procedure.PartReader, Grade: procedure.GradeBad, Problem: &procedure.Error{Code: code, Tries: -1}})
		}
		for id := range all {
			if parts := strings.Split(id, "."); len(parts) == 4 && parts[0] == "check" && parts[3] == "do" {
				findings = append(findings, procedure.Finding{Part: procedure.CheckedPart(parts[1]), Note: parts[2], Grade: procedure.GradeBad, Values: map[string]string{"File": "f"}})
			}
		}
		for _, f := range findings {
			s := words(f)
			if bad := ofTheScreen.FindString(s.What + " " + s.Do); bad != "" || s.Do == "" || strings.Contains(s.What+s.Do, "[") {
				t.Errorf("%s: %s %v is said on the command line as %q, %q: %q", l, f.Note, f.Problem, s.What, s.Do, bad)
			}
		}
	}
}

// TestNoCaseAtHome: while no case is open nothing is said of one that would be
// saved or continued.
func TestNoCaseAtHome(t *testing.T) {
	m, _ := catalogue(t, English)
	for _, code := range []procedure.Code{
		procedure.CodeNoLink, procedure.CodeNoAnswer, procedure.CodeBusyCA, procedure.CodeRefused, procedure.CodeCounter, procedure.CodeClerkRefused,
		procedure.CodeUpgrade, procedure.CodeBadAnswer, procedure.CodeNoPrinter, procedure.CodeNoReader,
	} {
		at := m.explain(&procedure.Error{Code: code}, placeHome, nil)
		if strings.Contains(at.do, "case") || strings.Contains(at.do, "ontinue") {
			t.Errorf("%s is explained at home as %q", code, at.do)
		}
	}
}

// TestWordsAndButtonAgree: a failure that says "continue" has a button that
// says so, every other one tries again.
func TestWordsAndButtonAgree(t *testing.T) {
	m, _ := catalogue(t, English)
	for _, code := range stringConstants(t, "procedure/errors.go", "Code") {
		do := m.say("error." + code + ".do")
		if says := strings.Contains(do, "Continue"); says != goesOn(procedure.Code(code)) {
			t.Errorf("%s is explained as %q, and the work goes on: %v", code, do, goesOn(procedure.Code(code)))
		}
	}
}

// TestOneWayToTheSupervisor: no two buttons of a page do the same.
func TestOneWayToTheSupervisor(t *testing.T) {
	s := inCase(procedure.PhasePerson)
	s.Case.Needs = []procedure.Code{procedure.CodeUnderAge}
	c := open(t, s, usual)
	_, second := c.app.page.controls[controlOverride]
	if got := c.app.page.primary.label; got != c.app.words.say("supervisor.open") || second {
		t.Errorf("the primary button says %q, a second one is there: %v", got, second)
	}
}
