package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func certificateOf(organization string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{Organization: []string{organization}}}
}

// goodStart passes every check of production.
func goodStart() start {
	s := start{
		settings:    defaults(),
		environ:     func(string) string { return "" },
		anchors:     []*x509.Certificate{certificateOf("Ministarstvo unutrašnjih poslova")},
		demoClerks:  []string{"aa"},
		clerk:       certificateOf("Ministarstvo unutrašnjih poslova"),
		fingerprint: "bb",
	}
	s.settings.Token.Module = "/opt/netset/libnstpkcs11.so"
	s.settings.Contract.SignatoryAsset = "signature.png"
	s.settings.Journal.Recovery = "recovery.txt"
	return s
}

func TestProductionRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*start)
		want  string
	}{
		{"nothing", func(*start) {}, ""},
		{"no clerk yet", func(s *start) { s.clerk = nil }, ""},
		{"pre-printed contracts", func(s *start) { s.settings.Contract.SignatoryAsset, s.settings.Contract.Preprinted = "", true }, ""},
		{"demo bundle", func(s *start) { s.demoBundle = true }, "demo-bundle"},
		{"demo anchor", func(s *start) { s.anchors = append(s.anchors, certificateOf(demoOrganization)) }, "demo-anchor"},
		{"no anchor", func(s *start) { s.anchors = nil }, "no-anchor"},
		{"demo issuer", func(s *start) { s.issuers = append(s.issuers, certificateOf(demoOrganization)) }, "demo-issuer"},
		{"driver of OpenSC", func(s *start) {
			s.environ = func(k string) string { return map[string]string{"OPENSC_DRIVER": "isoApplet"}[k] }
		}, "opensc-driver"},
		{"OpenSC as module", func(s *start) { s.settings.Token.Module = "/usr/lib/opensc-pkcs11.so" }, "opensc-module"},
		{"OpenSC as module on Windows", func(s *start) { s.settings.Token.Module = "OpenSC-PKCS11.dll" }, "opensc-module"},
		{"driver of test cards", func(s *start) { s.settings.Token.Driver = "test-card" }, "test-driver"},
		{"PUKs in a file", func(s *start) { s.settings.Token.PUKFile = "puks" }, "puk-file"},
		{"no signatory", func(s *start) { s.settings.Contract.SignatoryAsset = "" }, "no-signatory"},
		{"no recovery officer", func(s *start) { s.settings.Journal.Recovery = "" }, "no-recovery"},
		{"demo clerk by register", func(s *start) { s.fingerprint = "aa" }, "demo-clerk"},
		{"demo clerk by issuer", func(s *start) {
			s.clerk = &x509.Certificate{Issuer: pkix.Name{Organization: []string{demoOrganization}}}
		}, "demo-clerk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := goodStart()
			tt.spoil(&s)
			err := s.check()
			var r *refusal
			if got := errors.As(err, &r); got != (tt.want != "") || got && r.name != tt.want {
				t.Errorf("production: got %v, want %q", err, tt.want)
			}
			if r != nil && (r.what == "" || r.do == "") {
				t.Errorf("refusal %q has no two parts", r.name)
			}
			s.settings.Mode = Demo
			if err := s.check(); err != nil {
				t.Errorf("demo: got %v, want nil", err)
			}
		})
	}
}

// TestOpenSCBehindALink: another name does not make OpenSC the vendor's module.
func TestOpenSCBehindALink(t *testing.T) {
	dir := t.TempDir()
	module, link := filepath.Join(dir, "opensc-pkcs11.so"), filepath.Join(dir, "vendor.so")
	if err := errors.Join(os.WriteFile(module, nil, 0o600), os.Symlink(module, link)); err != nil {
		t.Fatal(err)
	}
	if !isOpenSC(link) {
		t.Error("OpenSC behind a link passes for a vendor's module")
	}
}

func TestVirtualReadersAreIgnoredInProduction(t *testing.T) {
	const virtual, real = "Virtual PCD 00 00", "Gemalto PC Twin Reader 00 00"
	ignore := ignoredReaders(Production)
	if !ignore(virtual) || ignore(real) {
		t.Errorf("production ignores %q: %v, %q: %v; want true, false", virtual, ignore(virtual), real, ignore(real))
	}
	if ignoredReaders(Demo) != nil {
		t.Error("demo ignores readers, want none ignored")
	}
}
