package procedure

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
)

// triesPerRun is how often a request is repeated while the session is open; a
// short failure should not cost the citizen a second PIN entry.
const triesPerRun = 3

// submit makes the request and commits it with the intent to send it. From
// then on the same bytes are sent as often as it takes: they cannot be made
// again without the citizen's PIN.
func (w *work) submit(ctx context.Context, c Case) error {
	subject := subjectOf(w.cur.record, w.cur.email)
	csr, err := w.e.cfg.Authority.Request(context.WithoutCancel(ctx), subject, w.signer)
	if err != nil {
		return asError(CodeCardFailure, "make request", err)
	}
	if err := requestOf(csr, c.Attempt.PublicKey); err != nil {
		return &Error{Code: CodeCardFailure, Detail: "request", Err: err}
	}
	part := partCSR(c.Attempt.Number)
	err = w.e.commit(ctx, draft{
		kind: KindSubmit, of: c.ID,
		body:  Submit{Attempt: c.Attempt.Number, CSR: hexSum(csr), Part: part, Contract: c.Contract.Number},
		parts: []sealed{{part, csr}},
	})
	if err != nil {
		return err
	}
	w.e.update(func() { w.cur.request, w.cur.answered = RequestNew, c.Attempt.Number })
	return nil
}

// requestOf checks the signature of a request made by the card, and its key.
func requestOf(csr []byte, public string) error {
	r, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return err
	}
	if err := r.CheckSignature(); err != nil {
		return err
	}
	if hexSum(r.RawSubjectPublicKeyInfo) != public {
		return fmt.Errorf("request is for another key")
	}
	return nil
}

// enrolRequest gathers the attempt's request from the journal.
func (w *work) enrolRequest(ctx context.Context, c Case) (EnrolRequest, error) {
	csr, err := w.e.part(ctx, c.ID, c.Attempt.CSRPart)
	if err != nil {
		return EnrolRequest{}, err
	}
	r := EnrolRequest{
		Case: c.ID, Attempt: c.Attempt.Number, DocType: c.DocType, CSR: csr, Contract: c.Contract.Number,
		Token: w.cur.record.Token, Subject: subjectOf(w.cur.record, w.cur.email),
		Submitted: c.Attempt.Submitted, Action: c.Action,
	}
	if r.Override, err = w.e.overrideOf(ctx, c); err != nil {
		return r, err
	}
	if err := unhex(c.Commits[PartChipFiles], &r.ChipFiles); err != nil {
		return r, &Error{Code: CodeTampered, Detail: "commitment of the chip files", Err: err}
	}
	return r, nil
}

// send anchors the journal, asks for the policy, and sends the request.
func (w *work) send(ctx context.Context, c Case) error {
	r, err := w.enrolRequest(ctx, c)
	if err != nil {
		return err
	}
	if err := w.e.syncOnce(ctx); err != nil {
		return err
	}
	if _, err := w.e.policy(ctx); err != nil {
		return err
	}
	out := w.enrol(ctx, c, r)
	switch out.Verdict {
	case Issued:
		return w.issued(ctx, c, out)
	case Unusable:
		return w.unusable(ctx, c, out, problemOr(out, CodeBadAnswer))
	case Refused:
		return w.refused(ctx, c, out)
	case Unsent:
		return w.again(ctx, out, CodeNoLink)
	}
	switch problem := problemOr(out, CodeNoAnswer); problem.Code {
	case CodePending:
		w.e.update(func() { w.cur.request = RequestPending })
		return nil
	case CodeOperator:
		w.e.update(func() { w.cur.request = RequestOperator })
		return problem
	}
	return w.again(ctx, out, CodeNoAnswer)
}

// enrol sends the request once and keeps account of what is known of it. Only
// with an authority that cannot be asked does it matter whether every sending
// was answered: the next one is a repetition in doubt, if not.
func (w *work) enrol(ctx context.Context, c Case, r EnrolRequest) Outcome {
	var before AuthorityFacts
	var answered int
	w.e.update(func() {
		before, answered = w.cur.request, w.cur.answered
		w.cur.request, w.cur.answered = RequestUnclear, 0 // until the answer says more
	})
	r.Resent = before == RequestBlind && answered != c.Attempt.Number
	w.resent = r.Resent
	out := w.e.cfg.Authority.Enrol(ctx, r)
	pending := out.Verdict == Unknown && out.Problem != nil && out.Problem.Code == CodePending
	w.e.update(func() {
		switch {
		case out.Verdict == Unsent:
			w.cur.request, w.cur.answered = before, answered
		case !r.Resent && (pending || out.Verdict == Refused):
			w.cur.answered = c.Attempt.Number
		}
	})
	return out
}

// lookup asks what became of the request before anything is sent again.
func (w *work) lookup(ctx context.Context, c Case) error {
	r, err := w.enrolRequest(ctx, c)
	if err != nil {
		return err
	}
	w.resent = false
	out, err := w.e.cfg.Authority.Lookup(ctx, r)
	if err != nil && asError("", "", err).Code == CodeOperator {
		w.e.update(func() { w.cur.request = RequestBlind })
		return nil
	}
	if err != nil {
		out = Outcome{Problem: asError(CodeNoLink, "look up request", err)}
		return w.again(ctx, out, CodeNoLink)
	}
	switch out.Verdict {
	case Issued:
		return w.issued(ctx, c, out)
	case Unusable:
		return w.unusable(ctx, c, out, problemOr(out, CodeBadAnswer))
	case Refused:
		return w.refused(ctx, c, out)
	}
	switch {
	case out.Verdict == Unsent || out.Problem == nil:
		w.e.update(func() { w.cur.request = RequestNew })
		return nil
	case out.Problem.Code == CodePending:
		w.e.update(func() { w.cur.request = RequestPending })
		return nil
	}
	return out.Problem
}

func problemOr(out Outcome, code Code) *Error {
	if out.Problem != nil {
		return out.Problem
	}
	return &Error{Code: code}
}

// again lets the run repeat a request that has no answer, a few times, with
// jitter between; then it ends the run.
func (w *work) again(ctx context.Context, out Outcome, code Code) error {
	w.tries++
	if w.tries >= triesPerRun || ctx.Err() != nil {
		return problemOr(out, code)
	}
	w.e.cfg.Pause(ctx, max(jitter(w.tries-1), out.RetryAfter))
	return nil
}

// refused tells a refusal of this request, which ends the attempt, from one of
// this moment: the authority does not keep the latter, and the same request
// may be sent again when its reason is gone.
func (w *work) refused(ctx context.Context, c Case, out Outcome) error {
	problem := problemOr(out, CodeRefused)
	switch problem.Code {
	case CodeNotAnchored:
		w.e.update(func() { w.cur.request = RequestNew })
		return w.again(ctx, out, CodeNotAnchored) // send syncs first
	case CodeCounter, CodeClerkRefused, CodeClock, CodeUpgrade, CodeBusyCA:
		w.e.update(func() { w.cur.request = RequestUnclear })
		return problem
	}
	return w.e.commit(ctx, draft{kind: KindRefusal, of: c.ID, body: EnrolRefused{
		Attempt: c.Attempt.Number, Code: problem.Code, Detail: problem.Detail,
	}})
}

// issued takes a certificate over, after a check of what this counter alone
// knows: the key on the card, and what fits on the chip.
func (w *work) issued(ctx context.Context, c Case, out Outcome) error {
	if len(out.Chain) == 0 {
		return &Error{Code: CodeBadAnswer, Detail: "issued without a certificate"}
	}
	leaf, err := x509.ParseCertificate(out.Chain[0])
	switch {
	case err != nil:
		return w.unusable(ctx, c, out, &Error{Code: CodeBadAnswer, Detail: "certificate does not parse"})
	case hexSum(leaf.RawSubjectPublicKeyInfo) != c.Attempt.PublicKey:
		return w.unusable(ctx, c, out, &Error{Code: CodeBadAnswer, Detail: "certificate is for another key"})
	case len(out.Chain[0]) > w.e.cfg.Settings.MaxCertificate:
		return w.unusable(ctx, c, out, &Error{Code: CodeBadAnswer, Detail: fmt.Sprintf("certificate of %d bytes", len(out.Chain[0]))})
	}
	return w.received(ctx, c, KindCertificate, out, nil)
}

func (w *work) unusable(ctx context.Context, c Case, out Outcome, why *Error) error {
	return w.received(ctx, c, KindUnusable, out, why)
}

// received records a certificate that came back, usable or not.
func (w *work) received(ctx context.Context, c Case, kind Kind, out Outcome, why *Error) error {
	body := CertificateReceived{Attempt: c.Attempt.Number, Serial: out.Serial, Part: partChain(c.Attempt.Number), Resent: w.resent}
	if why != nil {
		body.Code, body.Detail = why.Code, why.Detail
	}
	if len(out.Chain) > 0 {
		body.SHA256 = hexSum(out.Chain[0])
		if leaf, err := x509.ParseCertificate(out.Chain[0]); err == nil {
			body.NotAfter = leaf.NotAfter.Unix()
			if body.Serial == "" {
				body.Serial = leaf.SerialNumber.Text(16)
			}
		}
	}
	if body.Serial == "" || body.SHA256 == "" {
		// Nothing could be revoked by it; the look-up may say more.
		return &Error{Code: CodeBadAnswer, Detail: "certificate without a serial"}
	}
	// The answer took its time: the key is looked for again before a
	// certificate is written beside it.
	w.signer, w.key = nil, KeyUnknown
	content, err := json.Marshal(out.Chain)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "encode chain", Err: err}
	}
	return w.e.commit(ctx, draft{kind: kind, of: c.ID, body: body, parts: []sealed{{body.Part, content}}})
}

// activate is the bracket activate → active. The change keeps its id over all
// repetitions.
func (w *work) activate(ctx context.Context, c Case) error {
	a := c.Attempt
	if a.ActivateID == "" {
		a.ActivateID = newUUID(w.e.cfg.Now())
		intent := StatusIntent{Attempt: a.Number, ID: a.ActivateID, Serial: a.Serial}
		if err := w.e.commit(ctx, draft{kind: KindActivate, of: c.ID, body: intent}); err != nil {
			return err
		}
	}
	change := StatusChange{ID: a.ActivateID, Case: c.ID, Serial: a.Serial, Op: StatusActivate}
	if err := unhex(a.ReadBack, &change.ReadBack); err != nil {
		return &Error{Code: CodeTampered, Detail: "read-back", Err: err}
	}
	err := w.changeStatus(ctx, change)
	atIssue := err != nil && asError("", "", err).Code == CodeOperator
	if err == nil || atIssue {
		if err := w.e.commit(ctx, draft{kind: KindActive, of: c.ID, body: Activated{a.Number, atIssue}}); err != nil {
			return err
		}
		c, _ := w.next()
		return w.e.loadResult(ctx, c, w.cur)
	}
	if asError("", "", err).Code == CodeRevoked {
		return w.e.commit(ctx, draft{kind: KindRevoked, of: c.ID, body: OfAttempt{a.Number}}) // by somebody else
	}
	return err
}

// revoke is the bracket revoke → revoked, for a certificate that will not be
// used: the key is gone, it is not what was asked for, or the case ends.
func (w *work) revoke(ctx context.Context, c Case) error {
	a := c.Attempt
	if a.RevokeID == "" {
		a.RevokeID, a.Reason = newUUID(w.e.cfg.Now()), reasonSuperseded
		why := CodeKeyMissing
		switch {
		case a.Unusable:
			why = a.Why
		case c.Withdrawn != "":
			why, a.Reason = c.Withdrawn, reasonCessation
		}
		intent := StatusIntent{Attempt: a.Number, ID: a.RevokeID, Serial: a.Serial, Reason: a.Reason, Why: why}
		if err := w.e.commit(ctx, draft{kind: KindRevoke, of: c.ID, body: intent}); err != nil {
			return err
		}
	}
	change := StatusChange{ID: a.RevokeID, Case: c.ID, Serial: a.Serial, Op: StatusRevoke, Reason: a.Reason}
	if err := w.changeStatus(ctx, change); err != nil && asError("", "", err).Code != CodeRevoked {
		if asError("", "", err).Code == CodeOperator {
			w.e.update(func() { w.cur.request = RequestOperator })
		}
		return err
	}
	return w.e.commit(ctx, draft{kind: KindRevoked, of: c.ID, body: OfAttempt{a.Number}})
}

// changeStatus sends a change of status.
func (w *work) changeStatus(ctx context.Context, change StatusChange) error {
	err := w.anchored(ctx, func() error { return w.e.cfg.Authority.ChangeStatus(ctx, change) })
	if err != nil {
		return asError(CodeNoAnswer, "change status", err)
	}
	return nil
}
