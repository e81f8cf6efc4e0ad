package card

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/miekg/pkcs11"
)

// module is the one instance of the PKCS#11 module in the process. Its
// functions are called from inside a lane only.
type module struct {
	path string

	mu    sync.Mutex
	lib   *pkcs11.Ctx // nil until started
	pin   pinFunctions
	owned bool // we initialised it
	shaky bool // a call failed since it was initialised
	about string
}

// start loads and initialises the module once.
func (m *module) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lib != nil {
		return nil
	}
	if m.path == "" {
		return fmt.Errorf("load module: no path configured: %w", ErrNoModule)
	}
	lib := pkcs11.New(m.path)
	if lib == nil {
		return fmt.Errorf("load module: %w", ErrNoModule)
	}
	pin, ok := loadPINFunctions(m.path)
	if !ok {
		lib.Destroy()
		return fmt.Errorf("load module: no function list: %w", ErrNoModule)
	}
	owned, err := initialise(lib)
	if err != nil {
		lib.Destroy()
		return err
	}
	m.lib, m.pin, m.owned, m.about = lib, pin, owned, about(lib)
	return nil
}

// about is what a module says of itself: its description and its version
// (C_GetInfo, PKCS #11 v2.40 section 5.4); "" if it says nothing.
func about(lib *pkcs11.Ctx) string {
	info, err := lib.GetInfo()
	if err != nil {
		return ""
	}
	v := info.LibraryVersion
	return strings.TrimSpace(fmt.Sprintf("%s %d.%d", strings.TrimSpace(info.LibraryDescription), v.Major, v.Minor))
}

// version is what the started module says of itself.
func (m *module) version() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.about
}

// initialise calls C_Initialize and reports whether it did anything: an
// embedder may have initialised the module before.
func initialise(lib *pkcs11.Ctx) (bool, error) {
	err := lib.Initialize()
	if errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("initialise module: %w: %w", ErrNoModule, moduleError("C_Initialize", err))
	}
	return true, nil
}

// doubt notes that a call failed. What OpenSC remembers of a card after a write
// that broke off makes every later write fail, in new sessions too.
func (m *module) doubt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shaky = true
}

// doubted reports whether a call failed since the module was initialised.
func (m *module) doubted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shaky
}

// restart finalises and initialises the module, so that it forgets what it
// knew of cards and of the PC/SC service. All sessions end.
func (m *module) restart() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.owned {
		return nil
	}
	m.shaky = false
	_ = m.lib.Finalize() // it may complain about the service it lost
	_, err := initialise(m.lib)
	return err
}

// close leaves the module; it may be repeated.
func (m *module) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lib == nil {
		return nil
	}
	var err error
	if m.owned {
		err = m.lib.Finalize()
	}
	m.lib.Destroy()
	m.lib = nil
	if err != nil {
		return fmt.Errorf("leave module: %w", moduleError("C_Finalize", err))
	}
	return nil
}

// find starts the module, if need be anew, and returns the slot of a reader.
func (m *module) find(reader string) (uint, error) {
	if err := m.start(); err != nil {
		return 0, err
	}
	if m.doubted() {
		if err := m.restart(); err != nil {
			return 0, err
		}
	}
	slot, err := m.slot(reader)
	if err == nil {
		return slot, nil
	}
	if err := m.restart(); err != nil {
		return 0, err
	}
	return m.slot(reader)
}

// slotName is the size of a slot description (PKCS#11 v2.40 3.2, CK_SLOT_INFO),
// which modules fill with the name of the reader.
const slotName = 64

// slot finds the slot of a reader that has an initialised token. A module may
// show several slots for one reader; the first is the one with the user PIN.
func (m *module) slot(reader string) (uint, error) {
	slots, err := m.lib.GetSlotList(true)
	if err != nil {
		return 0, moduleError("C_GetSlotList", err)
	}
	for _, id := range slots {
		info, err := m.lib.GetSlotInfo(id)
		if err != nil || !describes(info.SlotDescription, reader) {
			continue
		}
		token, err := m.lib.GetTokenInfo(id)
		if err == nil && token.Flags&pkcs11.CKF_TOKEN_INITIALIZED != 0 {
			return id, nil
		}
	}
	return 0, fmt.Errorf("find slot: %w", ErrNoSlot)
}

// describes reports whether a slot description stands for a reader; the field
// is cut at its size and padded with spaces.
func describes(description, reader string) bool {
	name := reader[:min(len(reader), slotName)]
	return strings.TrimRight(description, " \x00") == strings.TrimRight(name, " ")
}

// alike reports whether a slot description cannot tell two readers apart.
func alike(a, b string) bool {
	return describes(a[:min(len(a), slotName)], b)
}

// moduleError names a return value of the module.
func moduleError(op string, err error) error {
	var rv pkcs11.Error
	if !errors.As(err, &rv) {
		return fmt.Errorf("%s: %w", op, err)
	}
	switch uint(rv) {
	case pkcs11.CKR_FUNCTION_NOT_SUPPORTED, pkcs11.CKR_TOKEN_WRITE_PROTECTED, pkcs11.CKR_SESSION_READ_ONLY:
		return fmt.Errorf("%s: %w", op, ErrNoWrite)
	case pkcs11.CKR_DEVICE_MEMORY:
		return fmt.Errorf("%s: %w", op, ErrFull)
	case pkcs11.CKR_USER_NOT_LOGGED_IN:
		return fmt.Errorf("%s: %w", op, ErrReset)
	}
	return &ModuleError{Op: op, Code: uint(rv)}
}

// fromModule reports whether an error was named by moduleError.
func fromModule(err error) bool {
	var code *ModuleError
	return errors.As(err, &code) || errors.Is(err, ErrReset) || errors.Is(err, ErrFull)
}
