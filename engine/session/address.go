package session

import "unsafe"

// address returns where a slice begins. It is only compared with others.
func address(b []byte) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(b))) //nolint:gosec // never made a pointer again
}
