// Salter-ca is the reference certification authority of Salter.
//
//	salter-ca init        -dir DIR [-db URL] [-plan FILE [-requests DIR | -signed DIR]]
//	salter-ca serve       -dir DIR [-db URL] [-listen ADDR] [-public ADDR] [-bootstrap ADDR] [-metrics ADDR] [-mode demo|production]
//	salter-ca workstation sign   -dir DIR -in request.json -out response.json
//	salter-ca workstation code   -dir DIR [-life 24h] NAME
//	salter-ca workstation list   -dir DIR
//	salter-ca workstation revoke -dir DIR NAME
//	salter-ca clerk add    -dir DIR -number N -name NAME [-roles R] -p12 FILE -password-file FILE
//	salter-ca clerk list   -dir DIR
//	salter-ca clerk revoke -dir DIR NUMBER
//	salter-ca anchor add   -dir DIR FILE
//	salter-ca anchor list  -dir DIR
//	salter-ca certificate list   -dir DIR
//	salter-ca certificate export -dir DIR -out FILE SERIAL
//	salter-ca profile sign -dir DIR
//	salter-ca revoke       -dir DIR -reason WORD -why TEXT SERIAL
//	salter-ca crl publish  -dir DIR
//	salter-ca crl import   -dir DIR FILE
//	salter-ca root init    -dir DIR -name NAME -organization O -organization-id ID [-key URI]
//	salter-ca root sign-issuer -dir DIR -in FILE -sha256 HASH -out FILE
//	salter-ca root revoke  -dir DIR -reason WORD SERIAL
//	salter-ca root crl     -dir DIR -out FILE
//	salter-ca journal export    -dir DIR -out FILE WORKSTATION
//	salter-ca journal import    -dir DIR -out FILE FILE
//	salter-ca journal accept    -dir DIR WORKSTATION
//	salter-ca journal recipient -dir DIR
//	salter-ca status       -dir DIR [-json]
//	salter-ca clock accept -dir DIR TODAY
//	salter-ca operation list -dir DIR
//	salter-ca backup key   -out FILE
//	salter-ca backup       -dir DIR -out FILE -recipients FILE
//	salter-ca restore      -dir DIR -in FILE -identity FILE
//	salter-ca migrate      -dir DIR -db URL
//	salter-ca help         [COMMAND]
//
// The first init or serve makes the authority: demonstration keys, a database,
// and to be edited profile files and policy.json. With -plan its keys are on
// PKCS#11 tokens, as production demands. Every other command works on
// an authority that exists, through its socket while it serves. Logs go to
// standard error as JSON and hold no names; results go to standard output.
// Exit status: 0 done, 1 failed, 2 wrong usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // the last day of a card ends in Europe/Belgrade
)

// errUsage is wrong usage, already explained.
var errUsage = errors.New("usage")

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := program{out: os.Stdout, err: os.Stderr}
	err := p.dispatch(ctx, os.Args[1:])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintf(os.Stderr, "salter-ca: %v\n", err)
	return 1
}

// program is one run of the command.
type program struct{ out, err io.Writer }
