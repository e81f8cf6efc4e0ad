package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"salter/ca/authority"
	"salter/ca/authority/admin"
)

func setupStatus(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	asJSON := f.Bool("json", false, "for machines: one JSON object")
	return func(ctx context.Context, _ []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			o, err := a.Overview(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(p.out).Encode(o)
			}
			return printOverview(p.out, o)
		})
	}
}

// printOverview writes a line for each workstation, and one for each alarm
// under it, one for each alarm about the authority itself, one for each
// certificate that is on hold for too long, and one for each published list.
func printOverview(out io.Writer, o authority.Overview) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	alarms := 0
	fmt.Fprintln(w, "WORKSTATION\tSTATE\tLAST CONTACT\tEVENTS\tCOUNTERSIGNED")
	for _, s := range o.Workstations {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", s.Name, s.State, moment(s.LastContact), s.Events, moment(s.Countersigned))
		for _, alarm := range s.Alarms {
			alarms++
			times := ""
			if alarm.Times > 1 {
				times = fmt.Sprintf(" (%d times, last %s)", alarm.Times, moment(alarm.Last))
			}
			fmt.Fprintf(w, "  ALARM %s: %s%s\n", alarm.Kind, alarm.Detail, times)
		}
	}
	for _, alarm := range o.Alarms {
		alarms++
		fmt.Fprintf(w, "ALARM %s: %s\n", alarm.Kind, alarm.Detail)
	}
	for _, h := range o.Holds {
		alarms++
		fmt.Fprintf(w, "ALARM hold: certificate %s of %s, case %s, waits for its activation since %s\n", h.Serial, h.Workstation, h.Case, moment(h.Since))
	}
	for _, l := range o.Lists {
		fmt.Fprintf(w, "list %s, number %d, ends %s\n", l.Name, l.Number, moment(l.Ends))
	}
	fmt.Fprintf(w, "%s: %d workstations, %d alarms\n", o.Authority, len(o.Workstations), alarms)
	return w.Flush()
}

// moment is a time as it stands in the table.
func moment(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format(time.RFC3339)
}

func setupClockAccept(p *program, f *flag.FlagSet) func(context.Context, []string) error {
	dir := dirFlag(f)
	return func(ctx context.Context, args []string) error {
		return p.with(ctx, *dir, func(a admin.Admin) error {
			swept, err := a.AcceptClock(ctx, args[0])
			if err == nil {
				fmt.Fprintf(p.out, "clock accepted; %d certificates that were on hold for too long are revoked\n", swept)
			}
			return err
		})
	}
}
