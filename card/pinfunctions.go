package card

/*
#cgo linux LDFLAGS: -ldl
#include <stddef.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#pragma pack(push, 1) // PKCS#11 v2.40 2.1: structures are packed on Windows
#else
#include <dlfcn.h>
#endif

typedef unsigned long (*salter_fn)(void);
typedef unsigned long (*salter_list_fn)(void *list);
typedef unsigned long (*salter_login_fn)(unsigned long session, unsigned long user, unsigned char *pin, unsigned long n);
typedef unsigned long (*salter_setpin_fn)(unsigned long session, unsigned char *old, unsigned long old_n,
	unsigned char *new_pin, unsigned long new_n);

// The head of CK_FUNCTION_LIST: the version and the functions in the order of
// PKCS#11 v2.40 3.6.
enum { SALTER_C_SETPIN = 11, SALTER_C_LOGIN = 18 };
struct salter_functions {
	unsigned char major, minor;
	salter_fn fn[SALTER_C_LOGIN + 1];
};

#ifdef _WIN32
#pragma pack(pop)
#endif

// salter_functions_of returns the function list of a library that is loaded
// already, or NULL. Loading it again gives the same instance; the extra
// reference is kept, because the module stays for the life of the process.
static struct salter_functions *salter_functions_of(const char *path) {
	struct salter_functions *list = NULL;
	salter_list_fn get = NULL;
#ifdef _WIN32
	HMODULE lib = LoadLibraryA(path);
	if (lib != NULL) get = (salter_list_fn)(void *)GetProcAddress(lib, "C_GetFunctionList");
#else
	void *lib = dlopen(path, RTLD_LAZY);
	if (lib != NULL) get = (salter_list_fn)dlsym(lib, "C_GetFunctionList");
#endif
	if (get == NULL || get(&list) != 0 || list == NULL) return NULL;
	if (list->fn[SALTER_C_SETPIN] == NULL || list->fn[SALTER_C_LOGIN] == NULL) return NULL;
	return list;
}

static unsigned long salter_login(struct salter_functions *list, unsigned long session, unsigned char *pin, unsigned long n) {
	return ((salter_login_fn)list->fn[SALTER_C_LOGIN])(session, 1, pin, n); // CKU_USER
}

static unsigned long salter_setpin(struct salter_functions *list, unsigned long session,
		unsigned char *old, unsigned long old_n, unsigned char *new_pin, unsigned long new_n) {
	return ((salter_setpin_fn)list->fn[SALTER_C_SETPIN])(session, old, old_n, new_pin, new_n);
}
*/
import "C"

import (
	"unsafe"

	"github.com/miekg/pkcs11"
)

// pinFunctions calls the functions of a module that take a PIN. The binding
// used for everything else takes it as a string and leaves an unwiped copy in
// C memory; here the module reads it from the caller's buffer and nowhere
// else.
type pinFunctions struct {
	list *C.struct_salter_functions
}

// loadPINFunctions finds the functions in the module at path, which is loaded
// already.
func loadPINFunctions(path string) (pinFunctions, bool) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	list := C.salter_functions_of(name)
	return pinFunctions{list}, list != nil
}

// login is C_Login for CKU_USER. pin must not be empty: modules take an empty
// PIN as a wrong one.
func (f pinFunctions) login(s pkcs11.SessionHandle, pin []byte) error {
	return returned(uint(C.salter_login(f.list, C.ulong(s), (*C.uchar)(&pin[0]), C.ulong(len(pin)))))
}

// loginOnPad is C_Login for CKU_USER without a PIN, which the reader asks for
// (PKCS#11 v2.40 5.6). Only for tokens with a protected authentication path.
func (f pinFunctions) loginOnPad(s pkcs11.SessionHandle) error {
	return returned(uint(C.salter_login(f.list, C.ulong(s), nil, 0)))
}

// setPIN is C_SetPIN; both must not be empty.
func (f pinFunctions) setPIN(s pkcs11.SessionHandle, old, pin []byte) error {
	return returned(uint(C.salter_setpin(f.list, C.ulong(s),
		(*C.uchar)(&old[0]), C.ulong(len(old)), (*C.uchar)(&pin[0]), C.ulong(len(pin)))))
}

// returned turns a return value into the error of the binding.
func returned(rv uint) error {
	if rv == pkcs11.CKR_OK {
		return nil
	}
	return pkcs11.Error(rv)
}
