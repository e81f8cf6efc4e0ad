// Package app is the wizard on the screen of the counter, in Fyne.
//
// Call New with the Desk (the core, app/procedure), the window and what the
// screens need from the outside, then Start. The package shows Snapshots and
// turns clicks and keys into calls of the Desk; it keeps no truth, and touches
// no card, no network and no file. It does not import fyne/v2/app, so that it
// builds and is tested without cgo and without a display.
//
// A page follows from the phase of the case. Beside it the clerk may open
// another one, for instance the supervisor's decision or the refusal; see
// asides. What he has entered and not confirmed is the draft.
//
// # Threads
//
// Everything here runs on the goroutine of the user interface. Calls of the
// Desk, of the renderer of papers and of the printer run through Config.Go;
// what they bring comes back through Config.Post.
//
// # The PIN
//
// The citizen's PIN lives in one buffer (Config.PIN), a new one that is typed
// twice in two (Config.PINAgain). They are never part of a string, and are
// wiped when the attempt returns and on cancel, time-out, loss of the window's
// focus and removal of the card; while the citizen decides about a weak PIN
// they are kept, and his time runs. The pad gives no sign of which key was
// pressed. On confirm the buffers are lent to Desk.EnterPIN or EnterNewPIN.
//
// # Two monitors
//
// The citizen's pages fill the clerk's window, over the whole screen; with a
// monitor of his own (Config.Second) they are there, and the clerk's window
// shows that he waits. Nothing of the case is on either of them meanwhile.
//
// # Passwords
//
// The clerk's and the supervisor's password leave their field the moment they
// are confirmed; the copy for the core is wiped after the call.
//
// # Keyboard
//
// Every page can be used by keyboard alone, and each has one first focus:
//
//	Enter        the primary button, or the focused one if it is another button
//	Esc          back; while a preview is made: not to open it
//	Tab          the next control, Shift+Tab the one before
//	Space        ticks, chooses or presses the focused control
//	F1           how everything is, on the home page
//	F2           a new case, on the home page
//	F3           a case without the card, on the home page
//	F4           the journal, on the home page; in a case the supervisor's decision
//	F5           send the records, on the home page; ask or try again in a case
//	F6           forms that were brought; on the home page: turn a card away
//	F7           the day sheet, on the home page; the papers of a case that were printed
//	F8           save the case and finish it later
//	F9           print: what is due, or once more
//	F10          language, colours and size of the text
//	F11          look at the papers before they are printed
//	F12          lock the screen
//	Page Up/Down the day before and after, on the day sheet
//
// The first focus is the first question, tick or field of a page, else its
// primary button; after a problem it is the notice that explains it, and at home
// the words that ask for a card whose case is over. On screen
// A it is the question about the face, behind that about the service, which is
// answered already. What has the focus comes into sight by itself. A key that
// is held down acts once.
//
// Each page has a stable title of its own, which is the title of the window:
// the messages "title" and "title.*" of the catalogue. It holds nothing of the
// case but what is done in it.
package app
