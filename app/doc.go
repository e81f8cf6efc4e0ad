// Package app is the wizard on the screen of the counter, in Fyne.
//
// Call New with the Desk (the core, app/procedure), the window and what the
// screens need from the outside, then Start. The package shows Snapshots and
// turns clicks and keys into calls of the Desk; it keeps no truth, and touches
// no card, no network and no file. It does not import fyne/v2/app, so that it
// builds and is tested without cgo and without a display.
//
// # Threads
//
// Everything here runs on the goroutine of the user interface. Calls of the
// Desk, of the renderer of papers and of the printer run through Config.Go;
// what they bring comes back through Config.Post.
//
// # The PIN
//
// The citizen's PIN lives in one buffer (Config.PIN), is never part of a
// string, and is wiped when the attempt returns and on cancel, time-out, loss
// of the window's focus and removal of the card. Its pad gives no sign of
// which key was pressed. On confirm the buffer is lent to Desk.EnterPIN.
//
// # Keyboard
//
// Every page can be used by keyboard alone, and each has one first focus:
//
//	Enter   the primary button, or the focused one if it is another button
//	Esc     back
//	Tab     the next control, Shift+Tab the one before
//	Space   ticks, chooses or presses the focused control
//	F2      a new case, on the home page
//	F5      send the records, on the home page; try again, where a case waits
//	F8      save the case and finish it later
//	F9      print again; print receipt and label at the end
//
// The first focus is the first question, tick or field of a page, else its
// primary button; after a problem it is the notice that explains it. A key
// that is held down acts once.
//
// Each page has a stable title of its own, which is the title of the window:
// the messages "title" and "title.*" of the catalogue. It holds nothing of the
// case.
package app
