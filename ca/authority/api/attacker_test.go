package api_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority/api"
	"salter/ca/catest"
	"salter/ca/est"
)

// victim is what is attacked: an office that works, and a clock.
type victim struct {
	*office
	t     *testing.T
	clock *clock
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	c := new(clock)
	return &victim{office: newOffice(t, catest.Config{Now: c.now}), t: t, clock: c}
}

// open makes a case with a card of its own: what stands on one would need a
// supervisor for the next.
func (v *victim) open() *catest.Case {
	h := catest.Citizen()
	h.CardNumber = fmt.Sprintf("%09d", rand.N(1_000_000_000))
	return v.ws.Open(v.clerk, v.cards, h)
}

// noAnswer is the answer of a connection that was closed without one.
const noAnswer = "no answer"

// accepted is the answer of an attack that succeeded.
const accepted = "accepted"

// reply is one answer to an attacker: the name of a problem, the status of
// HTTP itself, noAnswer or accepted.
type reply struct{ to, got string }

// enrol sends the request of a case under an assertion, which may be empty.
func (v *victim) enrol(c *catest.Case, assertion string) reply {
	header := http.Header{"Content-Type": {est.TypePKCS10}}
	if assertion != "" {
		header.Set(ca.HeaderAssertion, assertion)
	}
	return v.send(v.ws.HTTP, http.MethodPost, est.Path(c.Label, est.OpSimpleEnroll), header, est.EncodeBase64(c.CSR))
}

// send sends a request over client.
func (v *victim) send(client *http.Client, method, path string, header http.Header, body []byte) reply {
	v.t.Helper()
	r, err := http.NewRequest(method, v.API+path, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	answer, err := client.Do(r)
	if err != nil {
		return reply{method + " " + path, noAnswer}
	}
	defer answer.Body.Close()
	return reply{method + " " + path, nameOf(v.t, answer)}
}

// nameOf names an answer; one with a redirect is none of a machine's.
func nameOf(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return noAnswer
	}
	if answer.StatusCode < 300 {
		return accepted
	}
	var p ca.Problem
	if json.Unmarshal(text, &p) != nil || !strings.HasPrefix(p.Type, ca.ProblemPrefix) {
		return fmt.Sprintf("status %d", answer.StatusCode)
	}
	if p.Status != answer.StatusCode {
		t.Errorf("problem %s has status %d, its answer %d", p.Type, p.Status, answer.StatusCode)
	}
	return p.Name()
}

// raw writes text to a connection of the workstation, byte by byte as it is,
// and reads the answer. No client of ours would send such a thing.
func (v *victim) raw(text string) reply {
	v.t.Helper()
	conn := v.dial()
	defer conn.Close()
	to := strings.SplitN(text, "\r\n", 2)[0]
	if _, err := io.WriteString(conn, text); err != nil {
		return reply{to, noAnswer}
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return reply{to, noAnswer}
	}
	defer answer.Body.Close()
	if answer.Header.Get("Injected") != "" || answer.Header.Get("Location") != "" {
		v.t.Errorf("%s: the answer has a header of the attacker's making", to)
	}
	return reply{to, nameOf(v.t, answer)}
}

// dial opens a connection of the workstation, HTTP/1.1.
func (v *victim) dial() *tls.Conn {
	v.t.Helper()
	config := v.ws.Transport().TLSClientConfig
	config.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(v.API, "https://"), config)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		v.t.Fatal(err)
	}
	return conn
}

// bodies is a request that would be accepted or nearly so, for every route
// that takes JSON.
func (v *victim) bodies() map[string]any {
	c, id := v.open(), catest.NewUUID()
	return map[string]any{
		"POST " + ca.PathJournal + v.ws.Name: ca.JournalPush{From: int64(len(v.ws.Journal)), Events: v.ws.Journal[len(v.ws.Journal)-1:],
			Checkpoint: string(v.ws.Checkpoint())},
		"PUT " + ca.PathStatusChange + id:    ca.StatusChange{Op: ca.OpRevoke, Serial: "40", Case: c.ID, Reason: 1, Clerk: "a.b.c", Override: "a.b.c"},
		"PUT " + ca.PathContracts + id:       c.Contract(id, "U-1", day, nil),
		"PUT " + ca.PathContractEnds + id:    c.End(id, "U-1"),
		"PUT " + ca.PathApprovals + "/" + id: c.Decision(v.clerk, id, c.SumCSR(), ca.DecisionClaim, "x"),
		"POST " + ca.PathContractSearch:      c.Search(ca.ContractSearch{PersonalNumber: "0101900710004", CardNumber: "012345678"}),
		"POST " + ca.PathRegisterSearch:      c.SearchRegister(ca.RegisterSearch{PersonalNumber: "0101900710004", CardNumber: "012345678"}),
		"POST " + ca.PathCaseSearch:          c.SearchCases(ca.CaseSearch{Name: "МАРИЈА"}),
	}
}

// each sends to every route what change makes of its body.
func (v *victim) each(change func(body []byte) []byte) func() []reply {
	bodies := v.bodies()
	return func() (all []reply) {
		for route, body := range bodies {
			text, err := json.Marshal(body)
			if err != nil {
				v.t.Fatal(err)
			}
			method, path, _ := strings.Cut(route, " ")
			all = append(all, v.send(v.ws.HTTP, method, path, nil, change(text)))
		}
		return all
	}
}

// fields sends to every route its body with text in the place of each member
// in turn that is text and not the clerk's signature.
func (v *victim) fields(text string) func() []reply {
	bodies := v.bodies()
	return func() (all []reply) {
		for route, body := range bodies {
			plain, err := json.Marshal(body)
			if err != nil {
				v.t.Fatal(err)
			}
			var members map[string]any
			if err := json.Unmarshal(plain, &members); err != nil {
				v.t.Fatal(err)
			}
			method, path, _ := strings.Cut(route, " ")
			for name, value := range members {
				if _, isText := value.(string); !isText {
					continue
				}
				members[name] = text
				changed, err := json.Marshal(members)
				if err != nil {
					v.t.Fatal(err)
				}
				members[name] = value
				r := v.send(v.ws.HTTP, method, path, nil, changed)
				all = append(all, reply{r.to + " " + name, r.got})
			}
		}
		return all
	}
}

// files are those of the database, by name. Only what is committed is in them.
// Of PostgreSQL they are the tables, each with its rows.
type files map[string][]byte

// files reads them. In exclusive mode no other file belongs to them.
func (v *victim) files() files {
	v.t.Helper()
	all := make(files)
	if onPostgres() {
		for table, rows := range v.tables(v.database(v.t)) {
			all[table] = []byte(strings.Join(rows, "\n"))
		}
		return all
	}
	for _, name := range []string{"ca.db", "ca.db-wal"} {
		content, err := os.ReadFile(filepath.Join(v.Dir, name))
		if err != nil {
			v.t.Fatal(err)
		}
		all[name] = content
	}
	return all
}

// stored says what was stored between two moments; rows may have come in the
// tables of may.
func (v *victim) stored(before, after files, may []string) []string {
	v.t.Helper()
	if maps.EqualFunc(before, after, bytes.Equal) {
		return nil // nothing was committed at all
	}
	return compare(v.contents(before), v.contents(after), may)
}

// held is the whole database: the hashes of the rows of each table.
type held map[string][]string

// contents reads a copy of the database.
func (v *victim) contents(from files) held {
	v.t.Helper()
	if onPostgres() {
		all := make(held)
		for table, rows := range from {
			all[table] = strings.Fields(string(rows))
		}
		return all
	}
	folder := v.t.TempDir()
	for name, content := range from {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
	copied, err := sql.Open("sqlite", filepath.Join(folder, "ca.db"))
	if err != nil {
		v.t.Fatal(err)
	}
	return v.tables(copied)
}

// tables reads a whole database, and closes it.
func (v *victim) tables(from *sql.DB) held {
	v.t.Helper()
	defer from.Close()
	names := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if onPostgres() {
		names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	all := make(held)
	for _, table := range v.column(from, names) {
		if table != "contact" { // when each workstation was heard of last
			all[table] = v.rows(from, table)
		}
	}
	if len(all) < 20 || len(all["workstation"]) == 0 {
		v.t.Fatalf("the database holds %d tables, %d workstations", len(all), len(all["workstation"]))
	}
	return all
}

func (v *victim) column(from *sql.DB, query string) (all []string) {
	v.t.Helper()
	rows, err := from.Query(query)
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			v.t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	return all
}

func (v *victim) rows(from *sql.DB, table string) (all []string) {
	v.t.Helper()
	rows, err := from.Query("SELECT * FROM " + table)
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		v.t.Fatal(err)
	}
	for rows.Next() {
		values, pointers := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			pointers[i] = &values[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			v.t.Fatal(err)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%v", values))
		all = append(all, hex.EncodeToString(sum[:]))
	}
	if err := rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// compare finds what came or went between two moments. In the tables of may
// rows may have come.
func compare(before, after held, may []string) (found []string) {
	for table, rows := range before {
		missing := slices.ContainsFunc(rows, func(row string) bool {
			_, there := slices.BinarySearch(after[table], row)
			return !there
		})
		came := len(after[table]) - len(rows)
		if missing || came != 0 && !slices.Contains(may, table) {
			found = append(found, fmt.Sprintf("%s: %d rows more, a row changed or gone: %v", table, came, missing))
		}
	}
	return found
}

// TestAttackIsSeen: the comparison that the attacks are judged by finds an
// honest request.
func TestAttackIsSeen(t *testing.T) {
	v := newVictim(t)
	c := v.open()
	before := v.files()
	if r := v.enrol(c, c.Assertion()); r.got != accepted {
		t.Fatalf("honest request: %s", r.got)
	}
	found := strings.Join(v.stored(before, v.files(), nil), "\n")
	for _, table := range []string{"issuance", "status", "assertion", "holder", "case_file"} {
		if !strings.Contains(found, table+":") {
			t.Errorf("what an honest request stored in %s was not seen; seen:\n%s", table, found)
		}
	}
}

// TestSlowClients: whoever sends a byte now and then is cut off, and the
// others are served meanwhile.
func TestSlowClients(t *testing.T) {
	const header, body = 300 * time.Millisecond, time.Second
	o := newOffice(t, catest.Config{Limits: api.Limits{Total: 4, PerWorkstation: 2}, Serve: func(s *http.Server) {
		s.ReadHeaderTimeout, s.ReadTimeout = header, body
	}})
	loris, honest := &victim{office: o, t: t}, o.Enrol("NS-001-01")
	starts := map[string]string{
		"header": "GET " + ca.PathPolicy + " HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"body":   "PUT " + ca.PathContracts + catest.NewUUID() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
	}
	ended := make(chan string)
	for name, text := range starts {
		for range 4 {
			conn := loris.dial()
			defer conn.Close()
			if _, err := io.WriteString(conn, text); err != nil {
				t.Fatal(err)
			}
			go func() {
				for { // until the other end has had enough
					if _, err := io.WriteString(conn, " "); err != nil {
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
				ended <- name
			}()
		}
	}
	if p := honest.JSON(http.MethodGet, ca.PathPolicy, nil, nil); p != nil {
		t.Errorf("beside the slow ones: %+v", p)
	}
	for range 8 {
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Fatal("a slow client was not cut off")
		}
	}
	if p := o.ws.JSON(http.MethodGet, ca.PathPolicy, nil, nil); p != nil {
		t.Errorf("after the slow ones: %+v", p)
	}
}
