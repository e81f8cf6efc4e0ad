package store

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// protection: DPAPI seals a key for the account that is logged on
// (https://learn.microsoft.com/windows/win32/api/dpapi/nf-dpapi-cryptprotectdata).
const protection = "dpapi"

// protectEntropy keeps a blob of ours from being opened by a program of the same
// account that does not know for what it was made.
const protectEntropy = "salter data key 1"

// protectKey seals a key for the account.
func protectKey(key []byte) ([]byte, error) {
	var out windows.DataBlob
	err := windows.CryptProtectData(blobOf(key), nil, blobOf([]byte(protectEntropy)), 0, nil,
		windows.CRYPTPROTECT_UI_FORBIDDEN, &out)
	if err != nil {
		return nil, err
	}
	return takeBlob(&out)
}

// unprotectKey opens what protectKey sealed for the same account.
func unprotectKey(blob []byte) ([]byte, error) {
	var out windows.DataBlob
	err := windows.CryptUnprotectData(blobOf(blob), nil, blobOf([]byte(protectEntropy)), 0, nil,
		windows.CRYPTPROTECT_UI_FORBIDDEN, &out)
	if err != nil {
		return nil, err
	}
	return takeBlob(&out)
}

// blobOf lends bytes to Windows for the time of a call.
func blobOf(b []byte) *windows.DataBlob {
	if len(b) == 0 {
		return &windows.DataBlob{}
	}
	return &windows.DataBlob{Size: uint32(len(b)), Data: &b[0]}
}

// takeBlob copies what Windows allocated, wipes and frees it.
func takeBlob(blob *windows.DataBlob) ([]byte, error) {
	theirs := unsafe.Slice(blob.Data, blob.Size)
	ours := append([]byte(nil), theirs...)
	clear(theirs)
	_, err := windows.LocalFree(windows.Handle(unsafe.Pointer(blob.Data)))
	return ours, err
}
