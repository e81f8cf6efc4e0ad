// Command salter is the counter: it joins the screens, the core, the card, the
// authority and the journal.
//
//	salter [-config FILE]                        opens the counter
//	salter [-config FILE] enrol request -out F   makes keys and journal, writes the request
//	salter [-config FILE] enrol accept -in F     keeps certificate and trust bundle
//	salter [-config FILE] card [-certificate F]  says what reader and chip show, without a PIN
//	salter [-config FILE] export -out DIR        writes the last issued certificate and its chain
//	salter [-config FILE] handover -out F        what the authority does not hold, sealed for it
//	salter [-config FILE] handover -answer F     takes in the checkpoint that it gave for that
//	salter version
//
// It ends with status 0, with 1 after an error, with 2 for a wrong command
// line, and with 3 if no window could be made.
package main
