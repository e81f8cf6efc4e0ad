//go:build linux

package card

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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

// Two readers of one maker can have names that a slot description cannot tell
// apart. The one that is not for citizens counts too.
func TestConfusable(t *testing.T) {
	maker := "HID Global OMNIKEY 3x21 Smart Card Reader [OMNIKEY 3x21 Smart Card Reader]"
	for _, tt := range []struct {
		name   string
		listed []string
		want   bool
	}{
		{"alone", []string{maker + " 00 00"}, false},
		{"short names", []string{"Reader 00 00", "Reader 01 00", maker + " 00 00"}, false},
		{"twins", []string{maker + " 00 00", maker + " 01 00"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clerks := maker + " 01 00"
			w := newWatcher(func(name string) bool { return name == clerks })
			w.begin(tt.listed)
			if got := w.confusable(maker + " 00 00"); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// buildModule compiles a module whose C_GetFunctionList has this body. The list
// has the right size and is empty.
func buildModule(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	source, module := filepath.Join(dir, "module.c"), filepath.Join(dir, "module.so")
	code := "static struct { unsigned char major, minor; void *fn[68]; } functions = {2, 40, {0}};\n" +
		"unsigned long C_GetFunctionList(void **list) { " + body + " }\n"
	if err := os.WriteFile(source, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", module, source).CombinedOutput(); err != nil {
		t.Fatalf("compile module: %v\n%s", err, out)
	}
	return module
}

// A file that is no module, or a module without what is needed, is refused
// before anything in it is called.
func TestBadModule(t *testing.T) {
	for _, tt := range []struct{ name, path string }{
		{"none configured", ""},
		{"no such file", filepath.Join(t.TempDir(), "none.so")},
		{"refuses its list", buildModule(t, "return 5;")},
		{"gives no list", buildModule(t, "*list = 0; return 0;")},
		{"gives empty functions", buildModule(t, "*list = &functions; return 0;")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &module{path: tt.path}
			if err := m.start(); !errors.Is(err, ErrNoModule) {
				t.Errorf("got %v, want ErrNoModule", err)
			}
			if err := m.close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}
