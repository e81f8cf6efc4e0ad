package token_test

import (
	"errors"
	"testing"

	"salter/ca/authority/token"
)

func TestParseURI(t *testing.T) {
	const full = "pkcs11:token=Salter%20CA;object=issuer-citizen-sign;id=%01%ff?module-path=/usr/lib/m.so&pin-source=file:/etc/salter/pin"
	got, err := token.ParseURI(full)
	want := token.URI{Module: "/usr/lib/m.so", Token: "Salter CA", Object: "issuer-citizen-sign", ID: "\x01\xff", PINSource: "/etc/salter/pin"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, tt := range []struct{ name, text string }{
		{"another scheme", "file:/etc/key"},
		{"nothing", "pkcs11:"},
		{"no token", "pkcs11:object=a?module-path=/m&pin-source=/p"},
		{"no key", "pkcs11:token=t?module-path=/m&pin-source=/p"},
		{"no module", "pkcs11:token=t;object=a?pin-source=/p"},
		{"no PIN", "pkcs11:token=t;object=a?module-path=/m"},
		{"PIN in the URI", "pkcs11:token=t;object=a?module-path=/m&pin-value=1234"},
		{"attribute that is not understood", "pkcs11:token=t;object=a;serial=1?module-path=/m&pin-source=/p"},
		{"attribute in the wrong place", "pkcs11:token=t;object=a;module-path=/m?pin-source=/p"},
		{"twice", "pkcs11:token=t;token=u;object=a?module-path=/m&pin-source=/p"},
		{"no value", "pkcs11:token=;object=a?module-path=/m&pin-source=/p"},
		{"broken escape", "pkcs11:token=%zz;object=a?module-path=/m&pin-source=/p"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if u, err := token.ParseURI(tt.text); !errors.Is(err, token.ErrURI) {
				t.Errorf("got %+v, %v, want ErrURI", u, err)
			}
		})
	}
}

func FuzzParseURI(f *testing.F) {
	f.Add("pkcs11:token=t;object=a;id=%00?module-path=/m&pin-source=/p")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := token.ParseURI(text)
		if err != nil && !errors.Is(err, token.ErrURI) {
			t.Errorf("got %v, want ErrURI", err)
		}
		if err == nil && (u.Module == "" || u.Token == "" || u.PINSource == "" || u.Object+u.ID == "") {
			t.Errorf("accepted %+v", u)
		}
	})
}
