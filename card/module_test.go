package card

import (
	"errors"
	"strings"
	"testing"

	"github.com/miekg/pkcs11"
)

// certificates returns the values of the certificate objects under id.
func certificates(t *testing.T, s *Session, id []byte) [][]byte {
	t.Helper()
	found, err := s.find(id, pkcs11.CKO_CERTIFICATE)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for _, o := range found {
		values, err := s.r.module.lib.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VALUE, nil)})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, values[0].Value)
	}
	return list
}

func TestModuleError(t *testing.T) {
	for _, tt := range []struct {
		code uint
		want error
	}{
		{pkcs11.CKR_DEVICE_MEMORY, ErrFull},
		{pkcs11.CKR_FUNCTION_NOT_SUPPORTED, ErrNoWrite},
		{pkcs11.CKR_TOKEN_WRITE_PROTECTED, ErrNoWrite},
		{pkcs11.CKR_USER_NOT_LOGGED_IN, ErrReset},
	} {
		if err := moduleError("C_X", pkcs11.Error(tt.code)); !errors.Is(err, tt.want) {
			t.Errorf("0x%X: got %v, want %v", tt.code, err, tt.want)
		}
	}
	err := moduleError("C_X", pkcs11.Error(pkcs11.CKR_GENERAL_ERROR))
	var code *ModuleError
	if !errors.As(err, &code) || code.Code != 5 || code.Op != "C_X" {
		t.Errorf("got %v, want C_X with 0x5", err)
	}
}

func TestDescribes(t *testing.T) {
	long := strings.Repeat("Gemalto PC Twin Reader ", 4)
	for _, tt := range []struct {
		name, description, reader string
		want                      bool
	}{
		{"same", "Virtual PCD 00 00", "Virtual PCD 00 00", true},
		{"padded", "Virtual PCD 00 00" + strings.Repeat(" ", 47), "Virtual PCD 00 00", true},
		{"another reader", "Virtual PCD 00 01", "Virtual PCD 00 00", false},
		{"prefix", "Virtual PCD 00 0", "Virtual PCD 00 00", false},
		{"cut at 64", long[:64], long, true},
		{"empty", "", "Virtual PCD 00 00", false},
	} {
		if got := describes(tt.description, tt.reader); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}
