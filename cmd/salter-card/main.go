// Command salter-card is a virtual Serbian ID card for demonstrations and
// tests: it keeps a card in a folder and inserts it into a virtual reader of
// pcscd. It must never be installed at a counter.
//
// Usage:
//
//	salter-card init -state DIR [-preset NAME] [-holder FILE] [-issuer DIR]
//	salter-card run -state DIR [-vpcd HOST:PORT] [-timing fast|real] [-fault F]... [-log FILE]
//	salter-card send -state DIR COMMAND...
//	salter-card request -state DIR
//	salter-card put -state DIR -cert FILE [-key FILE]
//	salter-card -state DIR ...        the same as run
//
// The presets: citizen (ID card issued a year ago, newest chip), citizen-2014
// (Gemalto chip of 2014), foreigner (ID card for foreigners), residence
// (residence permit), apollo (made before 18.08.2014, no PKI part), expired,
// blocked (PIN), last-try (one PIN try left), auth (an authentication
// certificate from the start), renewal (an older card that also has a signing
// certificate which has ended). The PIN of all is 482915, the PUK 8014625739140268. A holder file is
// JSON with any of card_number, document_serial, chip_serial, issued_on,
// valid_until, issued_by, personal_number, surname, given_name, parent_name,
// sex, birth_date, birth_place, birth_community, birth_state, nationality,
// state, community, place, street, number; dates are DDMMYYYY.
//
// Init makes a card. Beside the card's own state it writes anchor.pem, the
// certificate that a counter has to trust for the card's data to be genuine,
// pin.txt, and puk.txt: the token's serial and the PUK, as a counter reads them.
// Request prints a certificate request for the signing key of a card that was
// made with one, and put gives a new card another signing certificate, for that
// key or with its own: so that a CA knows the certificate it is to renew. Run inserts the card, one of the preset citizen if
// there is none yet, and takes commands from standard input and from the
// socket DIR/control, to which send talks:
//
//	eject, insert      take the card out, put it in again
//	fault F            set a fault; see below
//	clear              remove all faults
//	timing fast|real   change the speed
//	status             one line of what is going on
//	quit               take the card out and end
//
// A fault is KIND, KIND@N or KIND@INS.N: the N-th command since insertion, or
// the N-th with that instruction byte. Kinds for one command: remove-before,
// remove-after, reset, sw (with =SW at the end, as sw@E0.1=6A84). Kinds that
// last: full, full-update, mute, unknown-atr, no-identity, damaged, bad-sod,
// no-sod.
//
// The log holds the number of each command with CLA INS P1 P2 and its status
// word, never data.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

const usage = `salter-card is a virtual ID card, for demonstrations and tests.
usage:
  salter-card init -state DIR [-preset NAME] [-holder FILE] [-issuer DIR]   make a card
  salter-card run -state DIR [-vpcd HOST:PORT] [-timing fast|real] [-fault F]... [-log FILE]
                                                     put it into the virtual reader
  salter-card send -state DIR COMMAND                tell the card that is running there:
      eject, insert      take the card out, put it in again
      fault F, clear     set a fault, such as remove-before@E0.1; remove all
      timing fast|real   change the speed
      status             one line of what is going on
      quit               take the card out and end
  salter-card request -state DIR                     a request for the key of a card that has one
  salter-card put -state DIR -cert FILE [-key FILE]  give a new card another certificate
PIN and PUK of a card stand in DIR/pin.txt and DIR/puk.txt. Presets:
  `

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// command runs one command line and returns the exit status: 0 done, 1 failed,
// 2 wrong usage.
func command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if asksHelp(args) {
		fmt.Fprintln(stdout, usage+presetNames())
		return 0
	}
	name := "run"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	var err error
	switch name {
	case "init":
		err = initCard(args, stdout, stderr)
	case "run":
		err = runCard(ctx, args, stdin, stdout, stderr)
	case "send":
		err = sendCommand(ctx, args, stdout, stderr)
	case "request":
		err = requestCertificate(args, stdout, stderr)
	case "put":
		err = putCertificate(args, stdout, stderr)
	default:
		err = usageError(fmt.Sprintf("unknown command %q; there are init, run, send, request and put", name))
	}
	switch e := err.(type) {
	case nil:
		return 0
	case usageError:
		if e != "" {
			fmt.Fprintln(stderr, "salter-card:", e)
		}
		return 2
	}
	fmt.Fprintln(stderr, "salter-card:", err)
	return 1
}

// asksHelp says whether somebody wants to know how the program is used.
func asksHelp(args []string) bool {
	return len(args) == 1 && args[0] == "help" || slices.ContainsFunc(args, func(a string) bool {
		return a == "-h" || a == "-help" || a == "--help"
	})
}

// usageError is a command line that cannot be understood; empty if the flag
// package has already said why.
type usageError string

// Error gives the complaint.
func (e usageError) Error() string { return string(e) }
