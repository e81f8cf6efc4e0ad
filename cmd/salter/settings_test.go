package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/app/procedure"
)

const goodSettings = `mode = "demo"
data = "."
[counter]
name = "BG-017-03"
office = "Полицијска станица Врачар"
[token]
module = "module.so"
[clerk]
p12 = "clerk.p12"
`

func writeSettings(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "salter.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// with gives a setting another value in the good file, or no value at all, and
// says on which line it stands then.
func with(key, value string) (text string, line int) {
	above, name, ok := strings.Cut(key, ".")
	if !ok {
		above, name = "", key
	}
	rest, sub, ok := strings.Cut(name, ".")
	if ok {
		above, name = above+"."+rest, sub
	}
	var out []string
	section, done := "", false
	put := func() {
		if section == above && !done && value != "" {
			out = append(out, name+" = "+value)
			line = len(out)
		}
		done = done || section == above
	}
	for l := range strings.Lines(goodSettings) {
		l = strings.TrimSpace(l)
		if head, ok := strings.CutPrefix(l, "["); ok {
			put()
			section = strings.TrimSuffix(head, "]")
		}
		if section == above && strings.HasPrefix(l, name+" = ") {
			put()
			continue
		}
		out = append(out, l)
	}
	put()
	if !done {
		out = append(out, "["+above+"]", name+" = "+value)
		line = len(out)
	}
	return strings.Join(out, "\n") + "\n", line
}

// settingCases says of every setting what it is without a word in the file, a
// value that it may be given, and values that it may not. The empty value
// takes the line out of the file.
var settingCases = []struct {
	key, standard, other string
	refused              []string
}{
	{"mode", "production", `"demo"`, []string{`"test"`, `1`}},
	{"data", "", `"counter"`, []string{"", `3`}},
	{"printer", "", `"tray2"`, []string{`"folder:"`, `true`}},
	{"counter.name", "", `"NS-002-11"`, []string{"", `"Belgrade 3"`, `"BG-17-3"`}},
	{"counter.office", "", `"Полицијска управа Ниш"`, []string{"", `"  "`}},
	{"counter.support", "", `"011 123 4567"`, []string{`true`}},
	{"counter.citizen_monitor", "auto", `"same"`, []string{`"second"`, `2`}},
	{"counter.mobile", "false", `false`, []string{`true`, `"no"`}},
	{"authority.est", "", `""`, []string{`"http://ca.example"`, `"https://ca.example"`, `1`}}, // its anchors are missing
	{"authority.anchors", "", `"ca.pem"`, []string{`1`}},
	{"authority.server_anchors", "", `"tls.pem"`, []string{`1`}},
	{"authority.citizen_label", "citizen-sign", `"mup/gradjani/sign"`, []string{`1`}},
	{"authority.citizen_issuer", "", `"CA"`, []string{`1`}},
	{"authority.foreigner_label", "foreigner-sign", `""`, []string{`1`}},
	{"authority.foreigner_issuer", "", `"CA"`, []string{`1`}},
	{"token.driver", "vendor", `"test-card"`, []string{`"opensc"`, `""`}},
	{"token.module", "", `"other.so"`, []string{""}},
	{"token.puk_file", "", `""`, []string{`"puks"`, `1`}}, // the driver of this file cannot unblock
	{"clerk.login", "p12", `"p12"`, []string{`"card"`, `"password"`}},
	{"clerk.p12", "", `"other.p12"`, []string{""}},
	{"clerk.lock_minutes", "10", `0`, []string{`-1`, `121`, `"5"`}},
	{"supervisor.p12", "", `"supervisor.p12"`, []string{`"clerk.p12"`, `1`}},
	{"eligibility.card_issued_after", "2014-08-18", `"2020-01-31"`, []string{`"18.08.2014"`, `"2014-02-30"`, `2014-08-18`}},
	{"eligibility.doc_types", "ID, IF", `["ID"]`, []string{`[]`, `["RP"]`, `"ID"`}},
	{"eligibility.supervisor_below_age", "18", `16`, []string{`-1`, `101`, `"18"`}},
	{"contract.seal_required", "true", `false`, []string{`"on"`}},
	{"contract.term_years", "0", `10`, []string{`-1`, `101`}},
	{"contract.survives_new_card", "false", `true`, []string{`1`}},
	{"contract.signatory_name", "", `"Петар Петровић"`, []string{`1`}},
	{"contract.signatory_asset", "", `"signature.png"`, []string{`1`}},
	{"contract.preprinted", "false", `true`, []string{`1`}},
	{"renewal.before_expiry_days", "0", `30`, []string{`-1`, `366`}},
	{"renewal.chain", "true", `false`, []string{`1`}},
	{"renewal.new_key", "true", `true`, []string{`false`}},
	{"renewal.terms_changed", "inform", `"inform"`, []string{`"sign"`}},
	{"certificate.write_set", "sign", `"sign"`, []string{`"both"`, `["sign"]`}},
	{"pin.entry", "pad_if_present", `"screen"`, []string{`"pad"`, `"keyboard"`}},
	{"pin.weak_action", "warn", `"refuse"`, []string{`"ignore"`}},
	{"pin.ordered", "false", `true`, []string{`3`}},
	{"forms.accept_brought", "true", `false`, []string{`1`}},
	{"forms.sign_all_before_clerk", "false", `true`, []string{`1`}},
	{"forms.print_address", "false", `false`, []string{`true`}},
	{"forms.script", "sr-Cyrl", `"sr-Latn"`, []string{`"en"`, `1`}},
	{"forms.template_set", "salter", `"salter"`, []string{`"mup-2026"`}},
	{"receipt.citizen_signs", "false", `true`, []string{`1`}},
	{"numbering.pattern", "office-counter-year-sequence", `"office-counter-year-sequence"`, []string{`"year-sequence"`}},
	{"status.form_numbers.suspend", "", `5`, []string{`0`, `10`, `1.5`}},
	{"status.form_numbers", "reactivate = 3, revoke = 1, suspend = 2", `{suspend = 3, reactivate = 2}`, []string{`{suspend = 1}`, `{revoke = 0}`, `[1, 2, 3]`}},
	{"status.reason_map.lost", "", `4`, []string{`6`, `2`, `"keyCompromise"`}},
	{"status.reason_map", "card-replaced = 4, death = 5, lost = 1, misuse = 1, name-changed = 3, not-wanted = 5, stolen = 1", `{death = 0}`, []string{`{lost = 6}`, `{forgotten = 1}`}},
	{"status.pair_action", "ask", `"ask"`, []string{`"both"`}},
	{"status.identity_without_card", "supervisor", `"refused"`, []string{`"nobody"`}},
	{"status.deadline_hours", "24", `12`, []string{`0`, `25`}},
	{"roles.revocation", "clerk, supervisor", `["supervisor"]`, []string{`[]`, `["clerk"]`, `["admin"]`, `"clerk"`}},
	{"clock.max_unsynced_hours", "24", `8`, []string{`0`, `169`}},
	{"appointment.slot_minutes", "15", `20`, []string{`0`, `241`}},
	{"portrait.store", "false", `false`, []string{`true`}},
	{"journal.purge_after_ack", "true", `false`, []string{`1`}},
	{"journal.head_file", "", `"/var/lib/salter.head"`, []string{`1`}},
	{"journal.recovery", "", `"recovery.txt"`, []string{`["age1"]`}},
	{"retention.years_after_end", "10", `15`, []string{`0`, `101`}},
}

// TestSettings gives every setting its default, another value, and impossible
// ones, which are named with their line.
func TestSettings(t *testing.T) {
	standard := defaults()
	values := map[string]string{}
	for _, v := range standard.values() {
		values[v.Key] = v.Value
	}
	for _, tt := range settingCases {
		t.Run(tt.key, func(t *testing.T) {
			if got, ok := values[tt.key]; got != tt.standard || !ok && strings.Count(tt.key, ".") < 2 {
				t.Errorf("default %q, want %q", got, tt.standard)
			}
			delete(values, tt.key)
			text, _ := with(tt.key, tt.other)
			if _, err := readSettings(writeSettings(t, text)); err != nil {
				t.Errorf("%s: got %v, want it taken", tt.other, err)
			}
			for _, value := range tt.refused {
				text, line := with(tt.key, value)
				want := fmt.Sprintf("line %d: %s", line, tt.key)
				if value == "" {
					want = tt.key + " is missing"
				}
				_, err := readSettings(writeSettings(t, text))
				if err == nil || !strings.Contains(strings.Replace(err.Error(), "unknown key ", "", 1), want) {
					t.Errorf("%q: got %v, want an error naming %q", value, err, want)
				}
			}
		})
	}
	for key := range values {
		t.Errorf("%s is tested nowhere", key)
	}
}

// TestSettingsTaken reads one file that changes everything, and looks at what
// the core is told.
func TestSettingsTaken(t *testing.T) {
	s := defaults()
	if got := s.procedure(); !reflect.DeepEqual(got, procedure.DefaultSettings()) {
		t.Errorf("defaults\n got %+v\nwant %+v", got, procedure.DefaultSettings())
	}
	path := writeSettings(t, goodSettings+`[supervisor]
p12 = "/keys/supervisor.p12"
[eligibility]
card_issued_after = "2020-01-31"
doc_types = ["IF"]
supervisor_below_age = 16
[contract]
seal_required = false
term_years = 7
survives_new_card = true
[renewal]
before_expiry_days = 30
chain = false
[pin]
entry = "screen"
weak_action = "refuse"
[forms]
accept_brought = false
sign_all_before_clerk = true
script = "sr-Latn"
[status]
form_numbers = {suspend = 3, reactivate = 2}
identity_without_card = "clerk"
deadline_hours = 12
[status.reason_map]
death = 0
[roles]
revocation = ["supervisor"]
[clock]
max_unsynced_hours = 8
[journal]
purge_after_ack = false
head_file = "../journal.head"
recovery = "recovery.txt"
[retention]
years_after_end = 15
`)
	s, err := readSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	got, want := s.procedure(), procedure.DefaultSettings()
	want.CardIssuedAfter = procedure.Date{Year: 2020, Month: time.January, Day: 31}
	want.DocTypes, want.SupervisorBelowAge = []procedure.DocType{procedure.DocTypeIF}, 16
	want.SealRequired, want.ContractTerm, want.SurvivesNewCard = false, 7, true
	want.RenewBeforeDays, want.RenewalChain = 30, false
	want.PadIfPresent = false
	want.WeakPIN, want.AcceptBrought, want.SignBeforeClerk, want.Script = procedure.WeakRefuse, false, true, "sr-Latn"
	want.StatusForm = map[procedure.Action]int{procedure.ActionRevoke: 1, procedure.ActionSuspend: 3, procedure.ActionReactivate: 2}
	want.ReasonMap = maps.Clone(want.ReasonMap)
	want.ReasonMap[procedure.StatusDeath] = 0
	want.WithoutCard, want.StatusDeadline, want.RevokeByClerk = procedure.WithoutCardClerk, 12*time.Hour, false
	want.MaxUnsynced, want.RetentionYears, want.PurgeAfterAck = 8*time.Hour, 15, false
	if !reflect.DeepEqual(got, want) {
		t.Errorf("settings\n got %+v\nwant %+v", got, want)
	}
	dir := filepath.Dir(path)
	for _, p := range []struct{ name, got, want string }{
		{"module", s.Token.Module, filepath.Join(dir, "module.so")},
		{"clerk", s.Clerk.P12, filepath.Join(dir, "clerk.p12")},
		{"supervisor", s.Supervisor.P12, "/keys/supervisor.p12"},
		{"data", s.Data, dir},
		{"head file", s.headFile(), filepath.Join(filepath.Dir(dir), "journal.head")},
		{"recovery", s.Journal.Recovery, filepath.Join(dir, "recovery.txt")},
	} {
		if p.got != p.want {
			t.Errorf("%s: path %q, want %q", p.name, p.got, p.want)
		}
	}
}

// TestSettingsForm refuses what is wrong with the file as a whole.
func TestSettingsForm(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"unknown key", `[clerk]`, "[clerk]\nname = \"x\"", "line 9: unknown key clerk.name"},
		{"unknown key at the top", `data = "."`, "data = \".\"\n\"a b,c\" = 1", `unknown key "a b,c"`},
		{"unknown section", `[clerk]`, "[clerks]", "line 8: unknown key clerks"},
		{"capital letters", `p12 = "clerk.p12"`, "P12 = \"clerk.p12\"", "line 9: unknown key clerk.P12"},
		{"old form of the counter", "[counter]\nname = ", "counter = ", "line 3: counter"},
		{"section twice", `[clerk]`, "[token]\n[clerk]", "line 8"},
		{"key twice", `[token]`, "name = \"BG-017-04\"\n[token]", "line 6"},
		{"broken form", `module = `, `module `, "line 7"},
		{"number in a list", `[clerk]`, "[eligibility]\ndoc_types = [1]\n[clerk]", "line 9 (last key \"eligibility.doc_types"},
		{"not text", `module.so`, "\xff", "line 7"},
		{"two faults of one table", `[clerk]`, "[status.form_numbers]\nsuspend = 0\n[clerk]", "line 9: status.form_numbers.suspend is 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(goodSettings, tt.old, tt.new, 1)
			if text == goodSettings {
				t.Fatal("nothing was changed")
			}
			_, err := readSettings(writeSettings(t, text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error naming %q", err, tt.want)
			}
		})
	}
	if _, err := readSettings(filepath.Join(t.TempDir(), "none.toml")); err == nil {
		t.Error("a file that is not there: got nil, want an error")
	}
}

// TestSettingsInTheManual: README names every setting with its default.
func TestSettingsInTheManual(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\| (?:`([^`|]*)`)? *\\| .+ \\|$")
	var got []procedure.Setting
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		got = append(got, procedure.Setting{Key: m[1], Value: m[2]})
	}
	s := defaults()
	if want := s.values(); !slices.Equal(got, want) {
		t.Errorf("README's table\n got %q\nwant %q", got, want)
	}
}

// TestChangeOfSettingsIsJournalled starts the program with a changed file.
func TestChangeOfSettingsIsJournalled(t *testing.T) {
	v := newVisit(t, seams{})
	v.stop()
	v.set.Contract.TermYears = 5
	v.open()
	var last []procedure.SettingChange
	err := v.c.journal.Replay(t.Context(), func(_ int64, raw []byte) error {
		e, err := procedure.DecodeEvent(raw)
		if c, ok := e.Body.(*procedure.SettingsChanged); ok {
			last = c.Changes
		}
		return err
	})
	want := []procedure.SettingChange{{Key: "contract.term_years", Old: "0", New: "5"}}
	if err != nil || !slices.Equal(last, want) {
		t.Errorf("last change %+v (%v), want %+v", last, err, want)
	}
}
