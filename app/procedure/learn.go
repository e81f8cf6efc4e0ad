package procedure

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"
)

// learnPatience bounds the question to the authority at the opening of a case:
// without an answer the clerk sees what is known, and can ask again.
const learnPatience = 5 * time.Second

// AskAgain learns the facts of the case once more. What a supervisor signed
// over the former ones is void.
func (e *Engine) AskAgain(ctx context.Context) error {
	c, cur, leave, err := e.enterCase(ctx, "AskAgain", anyMove)
	if err != nil {
		return err
	}
	defer leave()
	if !c.open() {
		return &Error{Code: CodeNotNow, Detail: "the facts count no more"}
	}
	return e.learn(ctx, c, cur)
}

// learn asks chip and register what there is, and records the facts, answered
// or not.
func (e *Engine) learn(ctx context.Context, c Case, cur *current) error {
	register, answered := e.ask(ctx, queryOf(c, cur))
	return e.conclude(ctx, c, cur, register, answered)
}

// learnAnew asks once more where the authority had not answered. Without an
// answer the former facts stand, and with them what was signed.
func (e *Engine) learnAnew(ctx context.Context, c Case, cur *current) (Case, error) {
	if c.Facts == nil || c.Facts.Authority || c.Attempt.CSR != "" {
		return c, nil
	}
	register, answered := e.ask(ctx, queryOf(c, cur))
	if !answered {
		return c, nil
	}
	if err := e.conclude(ctx, c, cur, register, true); err != nil {
		return c, err
	}
	c, _, err := e.present()
	return c, err
}

func queryOf(c Case, cur *current) RegisterQuery {
	return RegisterQuery{
		Case: c.ID, PersonalNumber: PersonalNumber(cur.record.Identity.PersonalNumber),
		CardNumber: cur.record.Identity.CardNumber, Contract: cur.record.Contract,
	}
}

// conclude makes the facts out of chip and register.
func (e *Engine) conclude(ctx context.Context, c Case, cur *current, register Register, answered bool) error {
	e.mu.Lock()
	r, presence, revoked := e.reader, e.cardFacts(cur.record).Presence, e.book.revoked
	e.mu.Unlock()
	switch {
	case c.NoCard, presence == CardSame:
	case presence == CardOther:
		return &Error{Code: CodeOtherCard}
	default:
		return &Error{Code: CodeNoCard}
	}
	// What came of the case itself is no fact on which it rests.
	register.Certificates = slices.DeleteFunc(slices.Clone(register.Certificates), func(f CertificateFact) bool {
		return c.madeSerial(f.Serial)
	})
	l := lesson{
		own:      c.madeSerial,
		register: register, answered: answered, now: e.cfg.Now(), revoked: revoked, settings: e.cfg.Settings,
		card: cur.record.Identity.CardNumber,
	}
	facts := Facts{Authority: answered}
	if !c.NoCard {
		l.chip = *r.chip
		facts.Blocked = r.chip.Tries == 0
		facts.Supervisor = r.verdict.Supervisor
		if !r.verdict.Eligible {
			facts.Card = r.verdict.Blocks[0]
		}
	}
	l.certificate(&facts)
	l.contract(&facts)
	return e.learned(ctx, c, cur, facts)
}

// ask asks the authority's register. Any failure means: no answer.
func (e *Engine) ask(ctx context.Context, q RegisterQuery) (r Register, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, learnPatience)
	defer cancel()
	r, err := e.cfg.Authority.Register(ctx, q)
	return r, err == nil
}

func (e *Engine) learned(ctx context.Context, c Case, cur *current, facts Facts) error {
	content, err := json.Marshal(facts.Register)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode register", Err: err}
	}
	err = e.commit(ctx, draft{
		kind: KindFactsLearned, of: c.ID, body: factsLearned(facts), parts: []sealed{{partFacts(c.Learned + 1), content}},
	})
	if err != nil {
		return err
	}
	e.update(func() { cur.register = facts.Register })
	return nil
}

// lesson is what the facts are made of.
type lesson struct {
	own      func(serial string) bool
	register Register
	answered bool
	chip     Chip
	card     CardNumber
	now      time.Time
	revoked  []string // serials that this counter had revoked, hex
	settings Settings
}

// standing ranks the states by what they mean for a new certificate: one that
// may still be used comes before all that is over. Expired and revoked are over
// alike: of these the one issued last counts.
var standing = map[CertState]int{
	CertValid: 1, CertSuspended: 2, CertUnknown: 3, CertExpired: 4, CertRevoked: 4, CertHold: 5, CertNone: 6,
}

// found is one certificate of the person, wherever it was found.
type found struct {
	serial   string
	state    CertState
	onChip   bool
	contract string
	from, to time.Time
}

// certificate merges chip and register. The register knows the status, the
// chip whether the certificate can be used at all. Of several the one that
// stands counts, then the one issued last.
func (l lesson) certificate(f *Facts) {
	f.Register = l.register.Certificates
	all := l.onChip()
	for _, r := range l.register.Certificates {
		onChip := slices.ContainsFunc(all, func(c found) bool { return sameSerial(c.serial, r.Serial) })
		if !onChip {
			all = append(all, found{serial: r.Serial, state: r.State, contract: r.Contract, from: r.NotBefore, to: r.NotAfter})
		}
	}
	f.Certificate = CertNone
	if len(all) == 0 {
		return
	}
	best := slices.MinFunc(all, func(a, b found) int {
		return cmp.Or(
			cmp.Compare(standing[a.state], standing[b.state]),
			b.from.Compare(a.from),
			b.to.Compare(a.to),
		)
	})
	f.Certificate, f.OnChip, f.Serial, f.NotAfter = best.state, best.onChip, best.serial, best.to
	f.ContractRef.Number = best.contract
	f.Asked = l.now
}

// onChip lists the signing certificates of the chip.
func (l lesson) onChip() []found {
	var all []found
	for _, c := range l.chip.Certificates {
		if c.Role != RoleSignature {
			continue
		}
		leaf, err := x509.ParseCertificate(c.DER)
		if err != nil || l.own(leaf.SerialNumber.Text(16)) {
			continue // of this case, or nothing that anybody could use
		}
		one := found{
			serial: leaf.SerialNumber.Text(16), onChip: true, from: leaf.NotBefore, to: leaf.NotAfter,
			state: l.chipState(leaf),
		}
		for _, r := range l.register.Certificates {
			if sameSerial(r.Serial, one.serial) {
				one.state, one.contract = r.State, r.Contract
			}
		}
		all = append(all, one)
	}
	return all
}

// chipState is what can be said of a certificate that the register did not
// speak of.
func (l lesson) chipState(leaf *x509.Certificate) CertState {
	serial := leaf.SerialNumber.Text(16)
	switch {
	case slices.ContainsFunc(l.revoked, func(r string) bool { return sameSerial(r, serial) }):
		return CertRevoked
	case l.now.After(leaf.NotAfter):
		return CertExpired
	}
	return CertUnknown
}

// sameSerial compares two serial numbers in hex, whatever their case and
// leading zeros.
func sameSerial(a, b string) bool {
	x, okA := new(big.Int).SetString(a, 16)
	y, okB := new(big.Int).SetString(b, 16)
	if !okA || !okB {
		return strings.EqualFold(a, b)
	}
	return x.Cmp(y) == 0
}

// contract chooses the contract that counts: of several, the one that stands
// for this card, then the one of the certificate, then the latest.
func (l lesson) contract(f *Facts) {
	of := f.ContractRef.Number
	f.Contract, f.ContractRef = ContractUnknown, ContractRef{}
	if !l.answered {
		return
	}
	f.Contract = ContractNone
	if len(l.register.Contracts) == 0 {
		return
	}
	order := []ContractState{ContractValid, ContractEnded, ContractSuperseded, ContractOther}
	best := slices.MinFunc(l.register.Contracts, func(a, b ContractFact) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, l.contractState(a, f)), slices.Index(order, l.contractState(b, f))),
			cmp.Compare(btoi(b.Number == of), btoi(a.Number == of)),
			compareDays(b.Day, a.Day),
		)
	})
	f.Contract = l.contractState(best, f)
	f.ContractRef = ContractRef{Number: best.Number, Date: best.Day}
}

// contractState applies the settings on contracts to what the register says.
func (l lesson) contractState(c ContractFact, f *Facts) ContractState {
	today := Today(l.now)
	switch s := l.settings; {
	case c.State != ContractValid:
		return c.State
	case !c.Covers && !s.SurvivesNewCard && l.card != "":
		return ContractSuperseded
	case s.ContractTerm > 0 && c.Day.AddYears(s.ContractTerm).Before(today):
		return ContractEnded
	case !s.RenewalChain && !l.firstOf(c, f):
		return ContractEnded
	}
	return ContractValid
}

// firstOf reports whether the certificate of the facts was issued on the day
// of the contract: R21 read literally.
func (l lesson) firstOf(c ContractFact, f *Facts) bool {
	for _, r := range l.register.Certificates {
		if sameSerial(r.Serial, f.Serial) {
			return Today(r.NotBefore) == c.Day
		}
	}
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareDays(a, b Date) int {
	switch {
	case a.Before(b):
		return -1
	case b.Before(a):
		return 1
	}
	return 0
}
