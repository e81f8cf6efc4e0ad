package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// command is one subcommand: it defines its flags, and returns what to do
// once they are parsed.
type command struct {
	name  string
	args  string // of the help
	usage string // in a line
	setup func(p *program, f *flag.FlagSet) func(ctx context.Context, args []string) error
	about string // what one has to know to use it
}

// commands are those of the program, in the order of the help.
func commands() []command {
	return []command{
		{"init", "", "make an authority, or check that there is one", setupInit, `Makes an authority in -dir, or says that there is one. Without -plan its keys lie
in files and it is a demonstration, which production refuses.

With -plan the keys are made on PKCS#11 tokens, or found there. The plan is JSON:
  {"id": "mup.gov.rs/ca", "organization": "…", "organization_id": "VATRS-123456789",
   "names": {"root": "…", "issuer-citizen-sign": "…", …},
   "keys": {"issuer-citizen-sign":
            "pkcs11:token=…;object=…?module-path=…&pin-source=file:…", …}}
What is missing in it is named. Without a key for root the root is off-line:
  1. init -plan P -requests D     writes requests and tells their hashes
  2. root sign-issuer             on the root's machine, for each of them
  3. init -plan P -signed D       with root.pem and issuer-LABEL.pem in D
Then edit the profiles and policy.json in -dir before the first serve.`},
		{"serve", "", "serve until interrupted", setupServe, `Serves until SIGINT or SIGTERM, then finishes requests in work for ten seconds.
DIR/serve.json says where it is reached while it does. The other commands go
through its socket, DIR/admin.sock, which root and the account that serves may use.

  -listen     counters, mutual TLS
  -public     everybody: lists of revoked certificates, OCSP, CA certificates
  -bootstrap  new counters with a code of workstation code; open it only meanwhile
  -metrics    Prometheus; keep it in the network of those who watch`},
		{"status", "", "tell when workstations were heard of, what is held, and alarms", setupStatus, `One line for each workstation, and one for each alarm: fork, gap, silence,
older-than-heads; hold; issuer-revoked, ca-ends, list-late, clock-leapt.
ca/authority/OPERATION.md says what to do. -json is for programs.`},
		{"clock accept", "TODAY", "say that the clock is right, after the alarm clock-leapt", setupClockAccept, `TODAY is the date by your own watch, such as 2026-11-23; if the authority has another
one, nothing happens. Certificates that are on hold for longer than the policy allows
are revoked then, however many, and cannot be brought back: if the clock is wrong, set
it right instead, and the alarm ends by itself.`},
		{"operation list", "", "list what operators did, and what happened by code or policy", setupOperationList, `One line for each: number, time, who (an account, code or policy), what, and to what.`},
		{"workstation sign", "", "take a workstation into the register", setupWorkstationSign, `Takes the file of salter enrol request and writes the one for salter enrol accept.
Compare the hash it prints with what the counter shows.`},
		{"workstation code", "NAME", "make a one-time code with which a workstation enrols itself", setupWorkstationCode, `Prints a code with which the counter of that name enrols itself once, within -life.
It goes to standard output; only its hash is kept, and codes of before that nobody
used end. At the counter:
  salter -config FILE enrol code -server https://HOST:PORT
where the address is that of serve -bootstrap. The counter tells the code to no
other authority: it holds the pin of this one.`},
		{"workstation list", "", "list the register", setupWorkstationList, `One line for each: name, state, since when, events held of its journal.`},
		{"workstation revoke", "NAME", "refuse a workstation from now on", setupWorkstationRevoke, `Refuses the workstation from its next request on and puts its certificates on the
list /crl/infrastructure.crl. There is no way back but a new number.`},
		{"clerk add", "", "make a clerk's key and certificate", setupClerkAdd, `Makes a key and a certificate, enters the clerk in the register and writes a PKCS#12
file with the password in the first line of -password-file. Roles: clerk (runs
cases), supervisor (overrides; may be given with clerk), auditor and admin (alone).`},
		{"clerk list", "", "list the register", setupClerkList, `One line for each certificate: number, name, state, roles, office, fingerprint.`},
		{"clerk revoke", "NUMBER", "refuse a clerk from now on", setupClerkRevoke, `Refuses every certificate of that number from the next request on.`},
		{"anchor add", "FILE", "trust a CA of the ministry's card data (PEM or DER)", setupAnchorAdd, `Card data that this CA signed, or one below it, are believed from now on. Counters
learn of it with their next trust bundle.`},
		{"anchor list", "", "list the card-data anchors", setupAnchorList, `One line for each: SHA-256 of the certificate, its name.`},
		{"certificate list", "", "list issued certificates", setupCertificateList, `One line for each, in the order of issue: number, serial, status, label, case and
attempt, workstation, clerk, time.`},
		{"certificate export", "SERIAL", "write an issued certificate to a file (PEM)", setupCertificateExport, `The serial is hex as certificate list shows it, or as tools print it.`},
		{"profile sign", "", "sign the profile files and policy.json as they are now", setupProfileSign, `Production serves only what was signed with the policy key: profiles/signed.jws holds
every profile and policy.json. After an edit the authority does not open until they
are signed again, or put back. Nobody may serve it meanwhile. Counters get both
with the next policy, as a higher version.`},
		{"revoke", "SERIAL", "revoke a citizen's certificate and publish the list", setupRevoke, `Revokes without a form and a clerk, whatever the status, for instance by order of
the supervision. It is final. Counters have their own way, with the citizen's form.
The account that does it, the reason and -why stand in operation list.`},
		{"crl publish", "", "publish new lists of revoked certificates now", setupCRLPublish, `Lists are made by themselves within a minute of a change, and daily. This makes all
of them now, but that of the root.`},
		{"crl import", "FILE", "publish the list that the root, off-line, has signed (DER)", setupCRLImport, `Takes the file of root crl. Bring the next one before this one ends; status and the
metrics tell when.`},
		{"journal export", "WORKSTATION", "write a workstation's journal to a file that salter-journal reads", setupJournalExport, `Writes what is held of the workstation's journal; salter-journal verifies and reads it.`},
		{"journal import", "FILE", "take in the file of a counter whose network stays down", setupJournalImport, `Takes the file of salter handover -out. Carry the answer, -out, back for
salter handover -answer.`},
		{"journal accept", "WORKSTATION", "say that what is held of a workstation's journal is right", setupJournalAccept, `For an alarm that the database is older than what was countersigned, after a restore:
find out what happened first. Clears fork and gap as well.`},
		{"journal recipient", "", "tell whom counters seal such files for", setupJournalRecipient, `The age recipient that stands in the trust bundles.`},
		{"backup key", "", "make a key for backups; its recipient goes to standard output", setupBackupKey, `The identity in -out reads the backups: keep it on another machine. Its recipient,
which standard output gets, goes to the file for backup -recipients.`},
		{"backup", "", "write everything to one encrypted file, verified", setupBackup, `Writes database, keys in files, policies and heads, encrypted for all recipients, and
verifies it. It may run while the authority serves.`},
		{"restore", "", "make an authority of a backup, verified", setupRestore, `Makes -dir of the backup and verifies every certificate and journal in it.`},
		{"migrate", "", "carry an authority from SQLite to PostgreSQL, verified; nobody may serve it", setupMigrate, `Copies everything, then compares certificates, status and the heads of all journals;
after that -dir uses PostgreSQL. Nobody may serve it meanwhile.`},
		{"root init", "", "on the root's machine: make a root", setupRootInit, `For a machine without a network. The folder holds the certificate, the record of all
that the root signed, and the key, unless -key names one on a token.`},
		{"root sign-issuer", "", "on the root's machine: certify an issuer of the authority", setupRootSignIssuer, `Certifies the issuer of a request of init -requests, if its hash is -sha256 and it
is of the root's organization.`},
		{"root revoke", "SERIAL", "on the root's machine: revoke an issuer", setupRootRevoke, `The serial is that of root sign-issuer. It takes effect with the next list.`},
		{"root crl", "", "on the root's machine: sign the next list of revoked issuers", setupRootCRL, `Signs the next list; carry it to the authority, crl import.`},
	}
}

// dispatch finds the command by its one or two words.
func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:], "-h")
	}
	for _, c := range commands() {
		if words := strings.Fields(c.name); len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return p.do(ctx, c, args[len(words):])
		}
	}
	if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		overview(p.out)
		return nil
	}
	overview(p.err)
	return errUsage
}

// do runs a command, or helps with it.
func (p *program) do(ctx context.Context, c command, args []string) error {
	flags := flag.NewFlagSet("salter-ca "+c.name, flag.ContinueOnError)
	flags.SetOutput(p.err)
	do := c.setup(p, flags)
	flags.Usage = func() { c.help(flags, flags.Output()) }
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" { // asked for, it is a result
			flags.SetOutput(p.out)
		}
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return errUsage
	case flags.NArg() != len(strings.Fields(c.args)):
		c.help(flags, p.err)
		return errUsage
	}
	return do(ctx, flags.Args())
}

// help says how a command is used.
func (c command) help(flags *flag.FlagSet, to io.Writer) {
	fmt.Fprintf(to, "usage: salter-ca %s\n\n%s.\n\n%s\n\n", strings.TrimSpace(c.name+" [flags] "+c.args), c.usage, c.about)
	flags.SetOutput(to)
	flags.PrintDefaults()
}

// overview lists the commands.
func overview(to io.Writer) {
	fmt.Fprintln(to, "usage: salter-ca COMMAND [flags]")
	for _, c := range commands() {
		fmt.Fprintf(to, "  %-28s%s\n", c.name+" "+c.args, c.usage)
	}
	fmt.Fprintln(to, "salter-ca help COMMAND says more about one.")
}
