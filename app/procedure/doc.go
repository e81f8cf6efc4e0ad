// Package procedure is the core of Salter: what happens at a counter when a
// citizen asks for a qualified certificate, for its renewal, for the unblock of
// his PIN or for a change of status, as events, rules and one pure function
// that says what to do next.
//
// Engine carries the procedure out; New it, Run it, and call the methods of
// Desk. A Case is folded from the events of the journal; Next decides from
// the case, the card and the authority what comes next; Judge decides whether
// a card may be served, and Propose, from the facts that the authority and the
// chip tell, what is to be done with it. RULES.md says where each rule of the Ministry's text
// is kept and tested.
//
// # Guarantees
//
// Before every effect that cannot be taken back (login, unblock, key, contract,
// request, write, removal of the old certificate, activation, change of status)
// its intent is on stable storage, and its result is stored after it. An intent
// without a result means "perhaps": the engine looks at the card or asks the
// authority before it does anything again, or does again what is harmless. A
// crash, a pulled card, a lost answer and a journal that does not know whether
// it has stored all end in the same way: the facts are gathered anew, and Next
// is asked. So a case never has two certificates in force, the one in force is
// on its card, and none is left behind.
//
// Events hold no personal data. What belongs to the person is sealed in parts,
// to which the events commit with a salt. A PIN passes through as the caller's
// bytes and is kept nowhere.
//
// The package imports the standard library only. It declares the interfaces it
// needs (Cards, Authority, Journal, Keyring); adapters elsewhere join them to
// real readers, servers and files.
package procedure
