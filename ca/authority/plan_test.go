package authority_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"salter/ca"
	"salter/ca/authority"
	"salter/ca/authority/token"
	"salter/ca/authority/token/softtoken"
	"salter/store/evidence"
)

// plan puts every key onto a software token.
func plan(soft *softtoken.Token) authority.Plan {
	p := authority.Plan{ID: "mup.gov.rs/ca", Organization: "Министарство", OrganizationID: "VATRS-100000001",
		Names: map[string]string{}, Keys: map[string]string{}}
	for _, purpose := range []string{"root", "issuer-citizen-sign", "issuer-foreigner-sign", "infrastructure", "infrastructure-backup", "clerks"} {
		p.Names[purpose], p.Keys[purpose] = "Name of "+purpose, soft.URI(purpose)
	}
	for _, purpose := range []string{"policy", "checkpoint", "ocsp-citizen-sign", "ocsp-foreigner-sign"} {
		p.Keys[purpose] = soft.URI(purpose)
	}
	return p
}

func openPlan(dir string, p *authority.Plan) (*authority.Authority, error) {
	return authority.Open(context.Background(), authority.Config{Dir: dir, Plan: p, IssuerKey: "rsa2048",
		API: "https://ra.mup.gov.rs:8443", Log: slog.New(slog.DiscardHandler)})
}

// TestProduction: an authority whose keys are on a token has nothing secret in
// its folder, and nothing but the placeholders of its profiles keeps it from
// serving.
func TestProduction(t *testing.T) {
	soft := softtoken.New(t)
	dir := filepath.Join(t.TempDir(), "ca")
	p := plan(soft)
	a, err := openPlan(dir, &p)
	if err != nil {
		t.Fatal(err)
	}
	closeAuthority(t, a)
	for _, pattern := range []string{"*.key", "secret"} {
		if found, err := filepath.Glob(filepath.Join(dir, "pki", pattern)); err != nil || len(found) > 0 {
			t.Errorf("files of keys: %v, %v", found, err)
		}
	}
	if _, err := openPlan(dir, &p); !errors.Is(err, authority.ErrExists) {
		t.Errorf("planned twice: got %v, want ErrExists", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pki", "authority.json"))
	if err != nil || strings.Contains(string(text), `"root"`) {
		t.Errorf("authority.json: %v, %s; the root's key is not needed again", err, text)
	}
	a, err = openPlan(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.CheckProduction(); !errors.Is(err, authority.ErrProduction) || !strings.Contains(err.Error(), "placeholder") {
		t.Errorf("with the profiles as they come: got %v, want a placeholder", err)
	}
	closeAuthority(t, a)
	realProfiles(t, dir)
	if a, err = openPlan(dir, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.CheckProduction(); !errors.Is(err, authority.ErrProduction) || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("with profiles that nobody signed: got %v", err)
	}
	closeAuthority(t, a)
	if a, err = authority.Open(t.Context(), authority.Config{Dir: dir, SignProfiles: true, API: "https://ra.mup.gov.rs:8443", Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	defer closeAuthority(t, a)
	if err := a.CheckProduction(); err != nil || a.Demo() || a.ID() != p.ID {
		t.Errorf("got %v, demo %v, id %s, want nothing in the way", err, a.Demo(), a.ID())
	}
	if _, err := a.Chain(ca.LabelInterop); err == nil {
		t.Error("it knows the label of test certificates")
	}
	checkTokenKeys(t, a)
}

// checkTokenKeys uses each key for what it is for.
func checkTokenKeys(t *testing.T, a *authority.Authority) {
	t.Helper()
	if err := a.PublishCRLs(t.Context()); err != nil {
		t.Errorf("issuers: %v", err)
	}
	keys, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		t.Fatal(err)
	}
	request, err := keys.Request()
	if err != nil {
		t.Fatal(err)
	}
	response, err := a.SignWorkstation(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	cert, trust, err := keys.Accept(response, time.Now())
	if err != nil {
		t.Fatalf("infrastructure and policy: %v", err)
	}
	caller, err := authority.CallerOf(cert.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	event := []byte(`{"v":1,"kind":"k","case":"c","at":1,"run":1,"mono":1}`)
	var tree evidence.Tree
	tree.Append(evidence.Leaf(event))
	signer, err := note.NewSigner(keys.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := evidence.Checkpoint{Origin: evidence.Origin("BG-017-03"), Size: 1, Root: tree.Root()}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := a.Push(t.Context(), caller, "BG-017-03", ca.JournalPush{From: 1, Events: [][]byte{event}, Checkpoint: string(signed)})
	if err != nil {
		t.Fatal(err)
	}
	v, err := evidence.NewVerifier(trust.CheckpointKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.OpenCheckpoint([]byte(reply.Checkpoint), evidence.Origin("BG-017-03"), v); err != nil {
		t.Errorf("checkpoint: %v", err)
	}
	if at, err := evidence.CosignedAt([]byte(reply.Checkpoint), v); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("checkpoint: signed at %v, %v", at, err)
	}
}

// realProfiles takes the placeholders out of the profile files.
func realProfiles(t *testing.T, dir string) {
	t.Helper()
	for _, label := range []string{"citizen-sign", "foreigner-sign"} {
		path := filepath.Join(dir, "profiles", label+".json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		real := strings.NewReplacer("pki.salter.example", "ca.mup.gov.rs", "1.3.6.1.4.1.32473", "1.3.6.1.4.1.33589").Replace(string(text))
		if err := os.WriteFile(path, []byte(real), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPlanRefused: one row for each way in which a plan is wrong; nothing is
// made.
func TestPlanRefused(t *testing.T) {
	soft := softtoken.New(t)
	for _, tt := range []struct {
		name string
		edit func(p *authority.Plan)
		word string
	}{
		{"no id", func(p *authority.Plan) { p.ID = "" }, "id"},
		{"the demonstration's id", func(p *authority.Plan) { p.ID = "mup.gov.rs/ca/demo" }, "id"},
		{"id with a line break", func(p *authority.Plan) { p.ID = "mup\nca" }, "id"},
		{"no organization", func(p *authority.Plan) { p.Organization = " " }, "organization"},
		{"the demonstration's number", func(p *authority.Plan) { p.OrganizationID = "VATRS-000000000" }, "organization_id"},
		{"a name is missing", func(p *authority.Plan) { delete(p.Names, "clerks") }, "clerks is missing"},
		{"a name twice", func(p *authority.Plan) { p.Names["clerks"] = p.Names["root"] }, "clerks and root are the same"},
		{"a name without letters", func(p *authority.Plan) { p.Names["clerks"] = " " }, "clerks"},
		{"a name for nothing", func(p *authority.Plan) { p.Names["policy"] = "Policy" }, `"policy" is none of`},
		{"a key is missing", func(p *authority.Plan) { delete(p.Keys, "checkpoint") }, "checkpoint is missing"},
		{"a key for nothing", func(p *authority.Plan) { p.Keys["tls"] = soft.URI("tls") }, `"tls" is none of`},
		{"a key twice", func(p *authority.Plan) { p.Keys["policy"] = p.Keys["root"] }, "policy and root are the same"},
		{"a key in a file", func(p *authority.Plan) { p.Keys["policy"] = "file:policy.key" }, "policy"},
		{"a PIN in the plan", func(p *authority.Plan) { p.Keys["policy"] = "pkcs11:token=t;object=o?module-path=/m&pin-value=1" }, "pin-value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := plan(soft)
			p.Names, p.Keys = maps.Clone(p.Names), maps.Clone(p.Keys)
			tt.edit(&p)
			dir := filepath.Join(t.TempDir(), "ca")
			if _, err := openPlan(dir, &p); !errors.Is(err, authority.ErrPlan) || !strings.Contains(err.Error(), tt.word) {
				t.Errorf("got %v, want ErrPlan with %q", err, tt.word)
			}
			if _, err := os.Stat(filepath.Join(dir, "pki")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("keys or certificates were made: %v", err)
			}
		})
	}
}

// TestPlanOneKeyForTwo: two names of one key on the token are found out by the
// key itself.
func TestPlanOneKeyForTwo(t *testing.T) {
	soft := softtoken.New(t)
	p := plan(soft)
	tokens := token.New()
	if _, err := tokens.Make(strings.Replace(soft.URI("shared"), ";object=", ";id=%01;object=", 1), "p256"); err != nil {
		t.Fatal(err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	p.Keys["policy"] = soft.URI("shared")
	p.Keys["clerks"] = strings.Replace(soft.URI("shared"), ";object=shared", ";id=%01", 1)
	if _, err := openPlan(filepath.Join(t.TempDir(), "ca"), &p); !errors.Is(err, authority.ErrPlan) || !strings.Contains(err.Error(), "one key for") {
		t.Errorf("got %v, want ErrPlan: one key for two purposes", err)
	}
}

// TestPlanAgain: what a power cut left of making an authority is used, not made
// twice: the certificates are for the keys that the token has.
func TestPlanAgain(t *testing.T) {
	soft := softtoken.New(t)
	p := plan(soft)
	tokens := token.New()
	root, err := tokens.Make(p.Keys["root"], "rsa2048")
	if err != nil {
		t.Fatal(err)
	}
	want, err := x509.MarshalPKIXPublicKey(root.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "ca")
	a, err := openPlan(dir, &p)
	if err != nil {
		t.Fatal(err)
	}
	closeAuthority(t, a)
	text, err := os.ReadFile(filepath.Join(dir, "pki", "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || string(cert.RawSubjectPublicKeyInfo) != string(want) || cert.Subject.CommonName != p.Names["root"] {
		t.Errorf("root: %v, %v, want the key that was there", cert.Subject, err)
	}
	// Without the token nothing starts; the reason names the key.
	identity := map[string]any{}
	path := filepath.Join(dir, "pki", "authority.json")
	if text, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &identity); err != nil {
		t.Fatal(err)
	}
	identity["keys"].(map[string]any)["policy"] = soft.URI("no such key")
	if text, err = json.Marshal(identity); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openPlan(dir, nil); !errors.Is(err, token.ErrNoKey) || !strings.Contains(err.Error(), "policy") {
		t.Errorf("without the key: got %v, want ErrNoKey naming it", err)
	}
}
