// Package desk is what the counter's own machine offers: a printer and a
// folder for papers on their way to it.
//
// A rendered paper holds personal data. It lives in a Spool, a folder of the
// user alone, only until the printing system has taken it; NewSpool removes
// what an earlier run left behind.
//
// A job that the printing system refuses, or cannot pass on within a moment, is
// not left in its queue: papers never come out when nobody waits for them.
package desk
