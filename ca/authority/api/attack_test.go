package api_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/catest"
	"salter/ca/est"
)

// attacks is what the authority must not do for anybody. The first function
// prepares what an honest counter would have, the one it returns attacks.
// Every answer is one of want, and afterwards the database is what it was;
// refusals for what the request itself says are kept, and so are searches.
var attacks = []struct {
	name  string
	want  string // names of problems, statuses of HTTP; separated by |
	keeps string // tables in which rows may come
	plan  func(v *victim) func() []reply
}{
	// Who is calling?
	{"no client certificate", noAnswer, "", (*victim).withoutCertificate},
	{"certificate of another CA", noAnswer, "", (*victim).withForeignCertificate},
	{"clerk's certificate in the place of a workstation's", noAnswer, "", (*victim).withClerkCertificate},
	{"expired certificate", noAnswer, "", (*victim).expired},
	{"certificate that expires on a live connection", ca.ProblemWorkstation, "", (*victim).expiresLive},
	{"certificate revoked on a live connection", ca.ProblemWorkstationGone, "", (*victim).revokedLive},

	// May he have a certificate for this citizen?
	{"valid workstation, no assertion", ca.ProblemAssertion, "", (*victim).noAssertion},
	{"assertion without the clerk's signature", ca.ProblemAssertion, "", func(v *victim) func() []reply {
		return v.claims(func(a *ca.AssertionClaims) { a.Clerk = "" })
	}},
	{"clerk's signature by an unknown key", ca.ProblemClerk, "", (*victim).unknownClerk},
	{"clerk's signature cut from another request", ca.ProblemAssertion, "", (*victim).clerkOfOther},
	{"clerk's signature with alg none", ca.ProblemAssertion, "", (*victim).algNone},
	{"clerk without the role", ca.ProblemClerk, "", func(v *victim) func() []reply {
		c := v.open()
		c.Clerk = v.AddClerk("2001", authority.RoleAuditor)
		return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
	}},
	{"assertion for another request", ca.ProblemAssertion, "", (*victim).otherRequest},
	{"assertion replayed with other claims", ca.ProblemAssertion, "", (*victim).replayed},
	{"assertion replayed after its end", ca.ProblemClock, "", func(v *victim) func() []reply {
		return v.claims(func(a *ca.AssertionClaims) { a.IssuedAt, a.Expires = a.IssuedAt-600, a.Expires-600 })
	}},
	{"assertion good for a day", ca.ProblemAssertion, "", func(v *victim) func() []reply {
		return v.claims(func(a *ca.AssertionClaims) { a.Expires = a.IssuedAt + 24*60*60 })
	}},
	{"assertion captured from another workstation", ca.ProblemAssertion, "", (*victim).captured},
	{"assertion for another authority", ca.ProblemAssertion, "", func(v *victim) func() []reply {
		return v.claims(func(a *ca.AssertionClaims) { a.Audience = "mup.gov.rs/ca/other" })
	}},
	{"journal not anchored", ca.ProblemNotAnchored, "", (*victim).notAnchored},
	{"checkpoint of another journal", ca.ProblemAssertion, "", (*victim).otherCheckpoint},
	{"request under a label without people", ca.ProblemNotFound, "", func(v *victim) func() []reply {
		c := v.open()
		c.Label = ca.LabelWorkstation
		return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
	}},

	// Is the request about the card that was read, and the key fit for it?
	{"subject of somebody else than the card", ca.ProblemSubject, "", func(v *victim) func() []reply {
		return v.request(func(c *catest.Case) {
			other := c.Holder
			other.GivenName, other.PersonalNumber = "ДРУГА", "0101904715005"
			c.CSR = c.Request(other, "")
		})
	}},
	{"card files that nobody signed", ca.ProblemCardData, "", (*victim).forgedCard},
	{"key used before", ca.ProblemKeyReused, "", (*victim).reusedKey},
	{"RSA-1024", ca.ProblemKeyRejected, "issuance assertion holder case_file case_name", (*victim).key1024},
	{"RSA with e = 3", ca.ProblemKeyRejected, "issuance assertion holder case_file case_name", (*victim).keyE3},
	{"P-521", ca.ProblemKeyRejected, "issuance assertion holder case_file case_name", func(v *victim) func() []reply {
		key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
		if err != nil {
			v.t.Fatal(err)
		}
		return v.key(key)
	}},
	{"broken proof of possession", ca.ProblemCSRInvalid, "", func(v *victim) func() []reply {
		return v.request(func(c *catest.Case) { c.CSR[len(c.CSR)-1] ^= 1 })
	}},

	// Other people's things.
	{"journal of another office", ca.ProblemWorkstation, "", (*victim).otherJournal},
	{"status of another office's certificate", ca.ProblemAssertion, "", (*victim).otherStatus},
	{"look-up of another office's request", ca.ProblemAssertion, "", (*victim).otherLookup},
	{"same person as second pair of eyes", ca.ProblemClerk, "", (*victim).sameEyes},
	{"re-enrolment as another workstation", ca.ProblemSubject + "|" + ca.ProblemKeyReused, "", (*victim).otherName},

	// Bytes.
	{"body of 10 MB", ca.ProblemTooLarge, "", (*victim).tenMegabytes},
	{"JSON nested without end", ca.ProblemBadRequest + "|" + ca.ProblemTooLarge, "", func(v *victim) func() []reply {
		return v.each(func([]byte) []byte { return []byte(strings.Repeat(`{"a":[`, 4000)) })
	}},
	{"JSON nested and closed", ca.ProblemBadRequest, "", func(v *victim) func() []reply {
		deep := strings.Repeat(`[`, 2000) + strings.Repeat(`]`, 2000)
		return v.each(func(body []byte) []byte { return []byte(`{"bomb":` + deep + "," + string(body[1:])) })
	}},
	{"JSON with thousands of doubled members", ca.ProblemBadRequest, "", func(v *victim) func() []reply {
		return v.each(func(body []byte) []byte { return []byte("{" + strings.Repeat(`"a":1,`, 4000) + string(body[1:])) })
	}},
	{"JSON with a member twice, in other letters", ca.ProblemBadRequest, "", func(v *victim) func() []reply {
		return v.each(func(body []byte) []byte { return []byte(`{"CLERK":"x","clerk":"x","FROM":1,` + string(body[1:])) })
	}},
	{"JSON with a number beyond all", ca.ProblemBadRequest, "", func(v *victim) func() []reply {
		return v.each(func([]byte) []byte {
			return []byte(`{"from":1e999999999,"case":1e999999999,"clerk":1e999999999,"number":1e999999999}`)
		})
	}},
	{"SQL in every text member", refusedByName, "", func(v *victim) func() []reply {
		return v.fields(`x'); DROP TABLE issuance; --`)
	}},
	{"SQL that is always true", refusedByName, "", func(v *victim) func() []reply { return v.fields(`' OR '1'='1`) }},
	{"line ends in every text member", refusedByName, "", func(v *victim) func() []reply {
		return v.fields("x\r\nInjected: 1\r\n\r\n")
	}},
	{"zero bytes and broken letters in every text member", refusedByName, "", func(v *victim) func() []reply {
		return v.fields("x\x00\xff\u202e")
	}},
	{"SQL in a search that a clerk signed", accepted, "search", (*victim).signedSQL},
	{"path tricks", refusedByName + "|status 400", "", (*victim).pathTricks},
	{"header splitting", "status 400", "", (*victim).splitHeaders},
	{"header splitting through the path", refusedByName + "|status 400", "", (*victim).splitPath},
	{"requests within a request", refusedByName + "|status 400|status 501", "", (*victim).smuggled},
}

// refusedByName is any answer with a problem of ours that blames the client.
const refusedByName = "a refusal by name"

func TestAttacks(t *testing.T) {
	v := newVictim(t)
	for _, tt := range attacks {
		t.Run(tt.name, func(t *testing.T) {
			v.t = t
			attack := tt.plan(v)
			before := v.files()
			certificates := v.Issued()
			replies := attack()
			if len(replies) == 0 {
				t.Error("nothing was attacked")
			}
			for _, r := range replies {
				if !matches(tt.want, r.got) {
					t.Errorf("%s: got %q, want %q", r.to, r.got, tt.want)
				}
			}
			for _, found := range v.stored(before, v.files(), strings.Fields(tt.keeps)) {
				t.Errorf("stored: %s", found)
			}
			if n := v.Issued(); n != certificates {
				t.Errorf("%d certificates more", n-certificates)
			}
		})
	}
	v.t = t
	c := v.open()
	if r := v.enrol(c, c.Assertion()); r.got != accepted {
		t.Errorf("an honest request after it all: %s", r.got)
	}
}

func matches(want, got string) bool {
	named := got != accepted && got != noAnswer && !strings.HasPrefix(got, "status ")
	return slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return w == got || w == refusedByName && named })
}

// over sends a cheap and a costly request with another TLS identity.
func (v *victim) over(edit func(*tls.Config)) func() []reply {
	transport, c := v.ws.Transport(), v.open()
	edit(transport.TLSClientConfig)
	return func() []reply {
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		return []reply{
			v.send(client, http.MethodGet, ca.PathPolicy, nil, nil),
			v.send(client, http.MethodPost, est.Path(c.Label, est.OpSimpleEnroll),
				http.Header{"Content-Type": {est.TypePKCS10}, ca.HeaderAssertion: {c.Assertion()}}, est.EncodeBase64(c.CSR)),
		}
	}
}

func (v *victim) withoutCertificate() func() []reply {
	return v.over(func(c *tls.Config) { c.Certificates = nil })
}

func (v *victim) withForeignCertificate() func() []reply {
	return v.over(func(c *tls.Config) { c.Certificates = []tls.Certificate{selfSigned(v.t)} })
}

func (v *victim) withClerkCertificate() func() []reply {
	return v.over(func(c *tls.Config) {
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{v.clerk.Certificate.Raw, v.clerk.Issuer.Raw}, PrivateKey: v.clerk.Key}}
	})
}

// quarter is longer than a workstation's certificate lives.
const quarter = 100 * 24 * time.Hour

func (v *victim) expired() func() []reply {
	attack := v.over(func(c *tls.Config) { c.Time = v.clock.now })
	return func() []reply {
		v.clock.set(quarter)
		defer v.clock.set(0)
		return attack()
	}
}

func (v *victim) expiresLive() func() []reply {
	c := v.open()
	return func() []reply {
		v.clock.set(quarter)
		defer v.clock.set(0)
		return []reply{v.send(v.ws.HTTP, http.MethodGet, ca.PathPolicy, nil, nil), v.enrol(c, c.Assertion())}
	}
}

func (v *victim) revokedLive() func() []reply {
	ws := v.Enrol("BG-017-66")
	c := ws.Open(v.clerk, v.cards, catest.Citizen()) // the connection is open
	if err := v.Authority.RevokeWorkstation(v.t.Context(), ws.Name); err != nil {
		v.t.Fatal(err)
	}
	return func() []reply {
		return []reply{
			v.send(ws.HTTP, http.MethodGet, ca.PathPolicy, nil, nil),
			v.send(ws.HTTP, http.MethodPost, est.Path(c.Label, est.OpSimpleEnroll),
				http.Header{"Content-Type": {est.TypePKCS10}, ca.HeaderAssertion: {c.Assertion()}}, est.EncodeBase64(c.CSR)),
		}
	}
}

func (v *victim) noAssertion() func() []reply {
	c := v.open()
	return func() []reply {
		foreign := *c
		foreign.Label = ca.LabelForeigner
		return []reply{v.enrol(c, ""), v.enrol(&foreign, ""), v.enrol(c, "x"), v.enrol(c, "a.b.c")}
	}
}

// claims attacks with an assertion that is changed before it is signed.
func (v *victim) claims(edit func(*ca.AssertionClaims)) func() []reply {
	c := v.open()
	c.EditClaims = edit
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
}

// request attacks with a request that is changed before it is asserted.
func (v *victim) request(edit func(*catest.Case)) func() []reply {
	c := v.open()
	edit(c)
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
}

// key attacks with a request for a key.
func (v *victim) key(key crypto.Signer) func() []reply {
	return v.request(func(c *catest.Case) {
		c.Key = key
		c.CSR = c.Request(c.Holder, "")
	})
}

func (v *victim) unknownClerk() func() []reply {
	c := v.open()
	stranger := *v.clerk
	cert := *stranger.Certificate
	cert.Raw = append(slices.Clone(cert.Raw), 0)
	stranger.Certificate = &cert
	c.Clerk = &stranger
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
}

func (v *victim) clerkOfOther() func() []reply {
	other, c := v.open(), v.open()
	signed := v.clerk.Sign(ca.ClerkClaims{Case: other.ID, Attempt: 1, CSR: other.SumCSR(), Label: other.Label, IssuedAt: time.Now().Unix()})
	c.EditClaims = func(a *ca.AssertionClaims) { a.Clerk = signed }
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
}

func (v *victim) algNone() func() []reply {
	c := v.open()
	c.EditClaims = func(a *ca.AssertionClaims) {
		header, _, _ := strings.Cut(a.Clerk, ".")
		text, err := base64.RawURLEncoding.DecodeString(header)
		if err != nil {
			v.t.Fatal(err)
		}
		none := strings.Replace(string(text), "ES256", "none", 1)
		_, rest, _ := strings.Cut(a.Clerk, ".")
		payload, _, _ := strings.Cut(rest, ".")
		a.Clerk = base64.RawURLEncoding.EncodeToString([]byte(none)) + "." + payload + "."
	}
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
}

func (v *victim) otherRequest() func() []reply {
	one, two := v.open(), v.open()
	return func() []reply { return []reply{v.enrol(one, two.Assertion())} }
}

func (v *victim) replayed() func() []reply {
	first := v.open()
	jti := catest.NewUUID()
	first.EditClaims = func(a *ca.AssertionClaims) { a.ID = jti }
	if r := v.enrol(first, first.Assertion()); r.got != accepted {
		v.t.Fatalf("honest request: %s", r.got)
	}
	return v.claims(func(a *ca.AssertionClaims) { a.ID = jti })
}

func (v *victim) captured() func() []reply {
	neighbour := v.Enrol("BG-017-77")
	c := neighbour.Open(v.clerk, v.cards, catest.Citizen())
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} } // over v's own connection
}

func (v *victim) notAnchored() func() []reply {
	behind := v.ws.Checkpoint()
	c := v.open() // the journal goes on
	ahead := v.ws.CheckpointOf(int64(len(v.ws.Journal))+1, [32]byte{})
	return func() (all []reply) {
		for _, note := range [][]byte{behind, ahead} {
			c.EditClaims = func(a *ca.AssertionClaims) { a.Checkpoint = base64.StdEncoding.EncodeToString(note) }
			all = append(all, v.enrol(c, c.Assertion()))
		}
		return all
	}
}

func (v *victim) otherCheckpoint() func() []reply {
	neighbour := v.Enrol("BG-017-78")
	neighbour.Open(v.clerk, v.cards, catest.Citizen())
	note := base64.StdEncoding.EncodeToString(neighbour.Checkpoint())
	return v.claims(func(a *ca.AssertionClaims) { a.Checkpoint = note })
}

func (v *victim) forgedCard() func() []reply {
	c := v.open()
	c.Upload(catest.NewCardCA(v.t).Files(c.Holder).Encode())
	return func() []reply { return []reply{v.enrol(c, c.Assertion())} }
}

func (v *victim) reusedKey() func() []reply {
	first := v.open()
	if r := v.enrol(first, first.Assertion()); r.got != accepted {
		v.t.Fatalf("honest request: %s", r.got)
	}
	return v.request(func(c *catest.Case) {
		c.Key = first.Key
		c.CSR = c.Request(c.Holder, "other@example.com")
	})
}

func (v *victim) key1024() func() []reply {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.key(key)
}

// keyE3 makes a key with the exponent that no library makes any more.
func (v *victim) keyE3() func() []reply {
	three, one := big.NewInt(3), big.NewInt(1)
	prime := func() (*big.Int, *big.Int) {
		for {
			p, err := rand.Prime(rand.Reader, 1024)
			if err != nil {
				v.t.Fatal(err)
			}
			if less := new(big.Int).Sub(p, one); new(big.Int).GCD(nil, nil, less, three).Cmp(one) == 0 {
				return p, less
			}
		}
	}
	p, p1 := prime()
	q, q1 := prime()
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 3},
		D: new(big.Int).ModInverse(three, new(big.Int).Mul(p1, q1)), Primes: []*big.Int{p, q}}
	key.Precompute()
	return v.key(key)
}

func (v *victim) otherJournal() func() []reply {
	other := v.Enrol("NS-001-01")
	other.Open(v.clerk, v.cards, catest.Citizen())
	push, err := json.Marshal(ca.JournalPush{From: 1, Events: other.Journal, Checkpoint: string(other.Checkpoint())})
	if err != nil {
		v.t.Fatal(err)
	}
	return func() []reply {
		return []reply{
			v.send(v.ws.HTTP, http.MethodGet, ca.PathJournal+other.Name, nil, nil),
			v.send(v.ws.HTTP, http.MethodPost, ca.PathJournal+other.Name, nil, push),
		}
	}
}

// stranger is an office that has a certificate of its own.
func (v *victim) stranger(name string) (*catest.Case, *catest.Workstation) {
	ws := v.Enrol(name)
	c := ws.Open(v.clerk, v.cards, catest.Citizen())
	return c, ws
}

func (v *victim) otherStatus() func() []reply {
	c, _ := v.stranger("NS-001-02")
	cert := issue(v.t, c)[0]
	id := catest.NewUUID()
	body, err := json.Marshal(c.Change(id, ca.OpRevoke, cert, 1))
	if err != nil {
		v.t.Fatal(err)
	}
	return func() []reply { return []reply{v.send(v.ws.HTTP, http.MethodPut, ca.PathStatusChange+id, nil, body)} }
}

func (v *victim) otherLookup() func() []reply {
	c, _ := v.stranger("NS-001-03")
	issue(v.t, c)
	return func() []reply {
		return []reply{v.send(v.ws.HTTP, http.MethodGet, ca.PathIssuances+c.SumCSR(), nil, nil), v.enrol(c, c.Assertion())}
	}
}

func (v *victim) sameEyes() func() []reply {
	w := v.wait(v.t, nil)
	twin := v.AddClerkKey("2002", v.clerk.Key) // another certificate, the same key
	again := v.AddClerk(v.clerk.Number)        // another key, the same person
	return func() (all []reply) {
		for _, clerk := range []*catest.Clerk{v.clerk, twin, again} {
			for _, decision := range []string{ca.DecisionClaim, ca.DecisionApprove} {
				id := catest.NewUUID()
				body, err := json.Marshal(w.c.Decision(clerk, id, w.request, decision, ""))
				if err != nil {
					v.t.Fatal(err)
				}
				all = append(all, v.send(v.ws.HTTP, http.MethodPut, ca.PathApprovals+"/"+id, nil, body))
			}
		}
		return all
	}
}

func (v *victim) otherName() func() []reply {
	other := v.Enrol("BG-017-79")
	own, theirs := reenrolment(v.t, "urn:mup:ws:BG-017:79", nil), reenrolment(v.t, "urn:mup:ws:BG-017:03", other.TLSKey)
	return func() (all []reply) {
		for _, csr := range [][]byte{own, theirs} {
			all = append(all, v.send(v.ws.HTTP, http.MethodPost, est.Path(ca.LabelWorkstation, est.OpSimpleReenroll),
				http.Header{"Content-Type": {est.TypePKCS10}}, est.EncodeBase64(csr)))
		}
		return all
	}
}

func (v *victim) tenMegabytes() func() []reply {
	body := slices.Repeat([]byte("A"), 10<<20)
	c := v.open()
	attack := v.each(func([]byte) []byte { return body })
	return func() []reply {
		all := attack()
		for _, path := range []string{est.Path(c.Label, est.OpSimpleEnroll), est.Path(ca.LabelWorkstation, est.OpSimpleReenroll)} {
			all = append(all, v.send(v.ws.HTTP, http.MethodPost, path, http.Header{"Content-Type": {est.TypePKCS10}, ca.HeaderAssertion: {c.Assertion()}}, body))
		}
		return append(all, v.send(v.ws.HTTP, http.MethodPut, ca.PathBlobs+strings.Repeat("ab", 32), nil, body))
	}
}

// signedSQL: what a clerk signs is what is looked for, as text and nothing
// else. Wildcards find nothing either.
func (v *victim) signedSQL() func() []reply {
	c := v.open()
	issue(v.t, v.open()) // there is somebody to be found
	return func() (all []reply) {
		for _, text := range []string{`' OR '1'='1`, `%%%%`, `__`, `МАР%`, `x'); DROP TABLE issuance; --`} {
			var found ca.CasesFound
			s := c.SearchCases(ca.CaseSearch{Name: text})
			if p := v.ws.JSON(http.MethodPost, ca.PathCaseSearch, s, &found); p == nil && len(found.Cases) > 0 {
				all = append(all, reply{text, "found somebody"})
			}
			for _, s := range []ca.CaseSearch{{PersonalNumber: text}, {CardNumber: text}, {Contract: text}, {Number: text}} {
				s = c.SearchCases(s)
				p := v.ws.JSON(http.MethodPost, ca.PathCaseSearch, s, &found)
				got := accepted
				if p != nil || len(found.Cases) > 0 {
					got = "found somebody, or broke"
				}
				all = append(all, reply{text, got})
			}
		}
		return all
	}
}

func (v *victim) pathTricks() func() []reply {
	return func() (all []reply) {
		for _, path := range []string{
			"/ra/v1/journal/../policy", "/ra/v1//policy", "//ra/v1/policy", "/./ra/v1/policy", "/ra/v1/policy/.", "/ra/v1/policy/..", "/ra/v1/policy/",
			"/ra/v1/%2e%2e/v1/policy", "/ra%2fv1%2fpolicy", "/RA/v1/policy", "/ra/v1/policy%00", "/ra/v1/policy;x=1", "\\ra\\v1\\policy", "/ra/v1/..\\policy",
			"/.well-known/est/simpleenroll", "/.well-known/est//simpleenroll", "/.well-known/est/citizen-sign/../workstation/cacerts",
			"/.well-known/est/citizen-sign%2f..%2fworkstation/cacerts", "/.well-known/est/citizen-sign/serverkeygen", "/.well-known/est/citizen-sign/fullcmc",
			"/.well-known/est/..%2f..%2f..%2fpki%2froot.pem/cacerts", "/.well-known/est/%00/cacerts",
			"/ra/v1/journal/..%2f..%2fpolicy", "/ra/v1/blobs/..%2f..%2fca.db", "/ra/v1/certificates/..%2f..", "/ra/v1/contracts/%00", "/ra/v1/contracts/%ff", "/ra/v1/certificates/%ff",
			"/../../etc/passwd", "/ca/root.key", "/healthz", "/metrics", "/debug/pprof/", "*", "",
		} {
			all = append(all, v.raw("GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		}
		for _, method := range []string{"OPTIONS", "TRACE", "CONNECT", "DELETE", "PATCH", "PROPFIND"} {
			all = append(all, v.raw(method+" "+ca.PathPolicy+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		}
		return append(all, v.raw("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
	}
}

func (v *victim) splitHeaders() func() []reply {
	return func() (all []reply) {
		for _, header := range []string{"RA-Assertion: a\rInjected: 1", "RA-Assertion: a\x00b", "RA Assertion: a", "RA-Assertion : a", ": a", "Injected\r\n",
			"Host: y", "Content-Length: 1\r\nContent-Length: 2", "Content-Length: -1", "Content-Length: +1", "\x7fRA-Assertion: a", "no colon here"} {
			all = append(all, v.raw("GET "+ca.PathPolicy+" HTTP/1.1\r\nHost: x\r\n"+header+"\r\nConnection: close\r\n\r\n"))
		}
		return all
	}
}

func (v *victim) splitPath() func() []reply {
	return func() (all []reply) {
		for _, path := range []string{"/x%0d%0aInjected:%201/../y", ca.PathPolicy + "%0d%0aInjected:%201", ca.PathJournal + "%0d%0aInjected:%201",
			ca.PathContracts + "%0d%0aInjected:%201", ca.PathEST + "%0d%0aInjected:%201/cacerts", ca.PathCertificates + "%0aInjected:%201",
			ca.PathApprovals + "?state=%0d%0aInjected:%201"} {
			all = append(all, v.raw("GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		}
		return all
	}
}

// smuggled puts a second request where only half of the world sees a body.
func (v *victim) smuggled() func() []reply {
	put := "PUT " + ca.PathContracts + catest.NewUUID() + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	inner := "GET " + ca.PathPolicy + " HTTP/1.1\r\nHost: x\r\n\r\n"
	return func() []reply {
		return []reply{
			v.raw(put + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner),
			v.raw(put + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + inner),
			v.raw(put + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + inner),
			v.raw(put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner),
			v.raw(put + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + inner),
			v.raw(put + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n" + inner),
		}
	}
}

// reenrolment makes a request for a workstation's name; nil: with a new key.
func reenrolment(t *testing.T, name string, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	uri, err := url.Parse(name)
	if err == nil && key == nil {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{uri}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}
