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
//	salter-ca operation list -dir DIR
//	salter-ca backup key   -out FILE
//	salter-ca backup       -dir DIR -out FILE -recipients FILE
//	salter-ca restore      -dir DIR -in FILE -identity FILE
//	salter-ca migrate      -dir DIR -db URL
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
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
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

// command is one subcommand: it defines its flags, and returns what to do
// once they are parsed.
type command struct {
	name  string
	args  string // of the help
	usage string
	setup func(p *program, f *flag.FlagSet) func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"init", "", "make an authority, or check that there is one", setupInit},
		{"serve", "", "serve until interrupted", setupServe},
		{"workstation sign", "", "take a workstation into the register", setupWorkstationSign},
		{"workstation code", "NAME", "make a one-time code with which a workstation enrols itself", setupWorkstationCode},
		{"workstation list", "", "list the register", setupWorkstationList},
		{"workstation revoke", "NAME", "refuse a workstation from now on", setupWorkstationRevoke},
		{"clerk add", "", "make a clerk's key and certificate", setupClerkAdd},
		{"clerk list", "", "list the register", setupClerkList},
		{"clerk revoke", "NUMBER", "refuse a clerk from now on", setupClerkRevoke},
		{"anchor add", "FILE", "trust a CA of the ministry's card data (PEM or DER)", setupAnchorAdd},
		{"anchor list", "", "list the card-data anchors", setupAnchorList},
		{"certificate list", "", "list issued certificates", setupCertificateList},
		{"certificate export", "SERIAL", "write an issued certificate to a file (PEM)", setupCertificateExport},
		{"revoke", "SERIAL", "revoke a citizen's certificate and publish the list", setupRevoke},
		{"journal export", "WORKSTATION", "write a workstation's journal to a file that salter-journal reads", setupJournalExport},
		{"journal import", "FILE", "take in the file of a counter whose network stays down", setupJournalImport},
		{"journal accept", "WORKSTATION", "say that what is held of a workstation's journal is right", setupJournalAccept},
		{"journal recipient", "", "tell whom counters seal such files for", setupJournalRecipient},
		{"status", "", "tell when workstations were heard of, what is held, and alarms", setupStatus},
		{"operation list", "", "list what operators did, and what happened by code or policy", setupOperationList},
		{"backup key", "", "make a key for backups; its recipient goes to standard output", setupBackupKey},
		{"backup", "", "write everything to one encrypted file, verified", setupBackup},
		{"restore", "", "make an authority of a backup, verified", setupRestore},
		{"migrate", "", "carry an authority from SQLite to PostgreSQL, verified; nobody may serve it", setupMigrate},
		{"crl publish", "", "publish new lists of revoked certificates now", setupCRLPublish},
		{"crl import", "FILE", "publish the list that the root, off-line, has signed (DER)", setupCRLImport},
		{"root init", "", "on the root's machine: make a root", setupRootInit},
		{"root sign-issuer", "", "on the root's machine: certify an issuer of the authority", setupRootSignIssuer},
		{"root revoke", "SERIAL", "on the root's machine: revoke an issuer", setupRootRevoke},
		{"root crl", "", "on the root's machine: sign the next list of revoked issuers", setupRootCRL},
	}
}

// dispatch finds the command by its one or two words.
func (p *program) dispatch(ctx context.Context, args []string) error {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != c.name {
			continue
		}
		flags := flag.NewFlagSet("salter-ca "+c.name, flag.ContinueOnError)
		flags.SetOutput(p.err)
		do := c.setup(p, flags)
		if err := flags.Parse(args[len(words):]); err != nil {
			return errUsage
		}
		if want := len(strings.Fields(c.args)); flags.NArg() != want {
			fmt.Fprintf(p.err, "usage: salter-ca %s [flags] %s\n", c.name, c.args)
			flags.PrintDefaults()
			return errUsage
		}
		return do(ctx, flags.Args())
	}
	fmt.Fprintln(p.err, "usage: salter-ca COMMAND [flags]")
	for _, c := range commands() {
		fmt.Fprintf(p.err, "  %-28s%s\n", c.name+" "+c.args, c.usage)
	}
	return errUsage
}
