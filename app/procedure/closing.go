package procedure

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// chain opens the certificate of the attempt with its issuers, leaf first.
func (e *Engine) chain(ctx context.Context, c Case) ([][]byte, error) {
	var chain [][]byte
	if err := e.partJSON(ctx, c.ID, c.Attempt.CertPart, &chain); err != nil {
		return nil, err
	}
	if len(chain) == 0 || hexSum(chain[0]) != c.Attempt.Certificate {
		return nil, &Error{Code: CodeTampered, Detail: "stored certificate is another one"}
	}
	return chain, nil
}

// loadResult shows the certificate that was read back from the chip.
func (e *Engine) loadResult(ctx context.Context, c Case, cur *current) error {
	chain, err := e.chain(ctx, c)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return &Error{Code: CodeTampered, Detail: "stored certificate", Err: err}
	}
	root, err := x509.ParseCertificate(chain[len(chain)-1])
	if err != nil {
		return &Error{Code: CodeTampered, Detail: "stored chain", Err: err}
	}
	result := &ResultView{
		CommonName: leaf.Subject.CommonName, Issuer: leaf.Issuer.CommonName, Root: root.Issuer.CommonName, Serial: c.Attempt.Serial,
		NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, DER: chain[0], Chain: chain,
		Active: c.Attempt.Active, Others: c.Attempt.Others,
	}
	e.update(func() { cur.result = result })
	return nil
}

// Summary is what the clerk signs at the end of a case, so that every record
// names a person and not a seat. It holds no personal data of the citizen: the
// commitments stand for them.
type Summary struct {
	Version     int               `json:"v"`
	Case        CaseID            `json:"case"`
	Number      string            `json:"number"`
	Contract    string            `json:"contract"`
	Action      Action            `json:"action"`
	Unblock     Unblock           `json:"unblock,omitempty"`
	Supervisor  string            `json:"supervisor,omitempty"` // number of who signed an override
	Retired     int               `json:"retired,omitempty"`    // old certificates removed from the chip
	OldLeft     bool              `json:"old_left,omitempty"`   // an old one was left there
	Counter     string            `json:"counter"`
	Clerk       string            `json:"clerk"`
	Opened      int64             `json:"opened"` // Unix milliseconds
	Signed      int64             `json:"signed"`
	Serial      string            `json:"serial"`
	Certificate string            `json:"certificate"` // SHA-256, hex
	HandOver    HandedOver        `json:"hand_over"`
	Commits     map[string]string `json:"commits"`
	Size        int64             `json:"size"` // of the journal, the hand-over included
	Root        string            `json:"root"` // hex
}

// serial is that of the certificate the case was about, hex.
func (c Case) serial() string {
	if c.Action.ChangesStatus() {
		return c.Status.Serial
	}
	return c.Attempt.Serial
}

// maxPlace bounds the name of the place of the papers, in bytes.
const maxPlace = 200

// ConfirmHandOver records the hand-over and archive checklist, closes the case
// with the clerk's signature over its Summary, and syncs.
func (e *Engine) ConfirmHandOver(ctx context.Context, t HandOverTicks) error {
	c, _, leave, err := e.enterCase(ctx, "ConfirmHandOver", MoveAskHandOver)
	if err != nil {
		return err
	}
	defer leave()
	if open := c.handOverOpen(t); len(open) > 0 {
		return &Error{Code: CodeHandOverOpen, Fields: open}
	}
	// After a crash between the two events the first one stands.
	if !c.HandedOver {
		d := draft{kind: KindHandedOver, of: c.ID, body: HandedOver{t.CardReturned, t.CitizenPapers, t.Archived}}
		if place := strings.TrimSpace(t.Place); place != "" {
			d.parts = []sealed{{PartArchive, []byte(strings.ToValidUTF8(place[:min(len(place), maxPlace)], ""))}}
		}
		if err := e.commit(ctx, d); err != nil {
			return err
		}
		if c, _, err = e.present(); err != nil {
			return err
		}
	}
	if err := e.closeCase(ctx, c); err != nil {
		return err
	}
	e.wakeSync(0)
	return nil
}

func (e *Engine) closeCase(ctx context.Context, c Case) error {
	clerk := e.signedIn()
	if clerk == nil {
		return &Error{Code: CodeSignedOut}
	}
	head, err := e.cfg.Journal.Head(ctx)
	if err != nil {
		return journalError("head", err)
	}
	payload, err := json.Marshal(Summary{
		Version: 1, Case: c.ID, Number: c.Number, Contract: c.Contract.Number, Action: c.Action,
		Unblock: c.Unblock, Supervisor: c.Override.Supervisor, Retired: c.Retired, OldLeft: c.RetireSkipped,
		Counter: e.cfg.Counter, Clerk: clerk.Person().Number, Opened: c.Opened.UnixMilli(),
		Signed: e.cfg.Now().UnixMilli(), Serial: c.serial(), Certificate: c.Attempt.Certificate,
		HandOver: HandedOver{c.HandOver.CardReturned, c.HandOver.CitizenPapers, c.HandOver.Archived},
		Commits:  c.Commits, Size: head.Size, Root: hex.EncodeToString(head.Root[:]),
	})
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode summary", Err: err}
	}
	jws, err := clerk.Sign(ctx, payload)
	if err != nil {
		return asError(CodeSignIn, "sign summary", err)
	}
	return e.commit(ctx, draft{kind: KindCaseClosed, of: c.ID, body: CaseClosed{Summary: string(jws)}})
}
