package procedure

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
)

// keyIDSize is the length of a fresh CKA_ID, long enough never to repeat.
const keyIDSize = 20

// generate is the bracket generate → key. Key pairs that earlier intents may
// have left on the card are deleted between the two: they were never used.
func (w *work) generate(ctx context.Context, c Case) error {
	id := make([]byte, keyIDSize)
	rand.Read(id)
	attempt := c.Attempt.Number
	intent := Generate{Attempt: attempt, KeyID: hex.EncodeToString(id)}
	if err := w.e.commit(ctx, draft{kind: KindGenerate, of: c.ID, body: intent}); err != nil {
		return err
	}
	// The card is not left alone in the middle because the program ends.
	ctx = context.WithoutCancel(ctx)
	c, _ = w.next()
	deleted, err := w.deleteOrphans(ctx, c.Orphans)
	if err != nil {
		return err
	}
	signer, err := w.session.Generate(ctx, id)
	if err != nil {
		return asError(CodeCardFailure, "generate key", err)
	}
	public, err := spkiSum(signer.Public())
	if err != nil {
		return &Error{Code: CodeCardFailure, Detail: "public key", Err: err}
	}
	result := Key{Attempt: attempt, KeyID: intent.KeyID, PublicKey: public, Deleted: deleted}
	if err := w.e.commit(ctx, draft{kind: KindKey, of: c.ID, body: result}); err != nil {
		return err
	}
	w.signer, w.key = signer, KeyThere
	return nil
}

// deleteOrphans frees the card of key pairs without use. One that cannot be
// deleted is tried again with the next key; only a lost card ends the work.
func (w *work) deleteOrphans(ctx context.Context, ids []string) (deleted []string, err error) {
	for _, id := range ids {
		raw, err := hex.DecodeString(id)
		if err != nil {
			return nil, &Error{Code: CodeInternal, Detail: "key id", Err: err}
		}
		err = w.session.Delete(ctx, raw)
		if err == nil {
			deleted = append(deleted, id)
			continue
		}
		if problem := asError(CodeCardFailure, "delete key", err); problem.Code == CodeRemoved {
			return nil, problem
		}
	}
	return deleted, nil
}

// findKey looks for the key pair of the attempt on the card: under its id, and
// with the public key that was journalled.
func (w *work) findKey(ctx context.Context, c Case) error {
	id, err := hex.DecodeString(c.Attempt.KeyID)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "key id", Err: err}
	}
	signer, err := w.session.Key(ctx, id)
	if err != nil {
		problem := asError(CodeCardFailure, "find key", err)
		if problem.Code != CodeKeyMissing {
			return problem
		}
		w.key = KeyGone
		return nil
	}
	public, err := spkiSum(signer.Public())
	if err != nil {
		return &Error{Code: CodeCardFailure, Detail: "public key", Err: err}
	}
	if public != c.Attempt.PublicKey {
		w.key = KeyGone
		return nil
	}
	w.signer, w.key = signer, KeyThere
	return nil
}

// write is the bracket write → written. Written means: the module took the
// certificate, and the key beside it answers to it. The proof is readBack.
func (w *work) write(ctx context.Context, c Case) error {
	chain, err := w.e.chain(ctx, c)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return &Error{Code: CodeTampered, Detail: "stored certificate", Err: err}
	}
	id, err := hex.DecodeString(c.Attempt.KeyID)
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "key id", Err: err}
	}
	body := OfAttempt{c.Attempt.Number}
	if err := w.e.commit(ctx, draft{kind: KindWrite, of: c.ID, body: body}); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := w.session.PutCertificate(ctx, id, chain[0]); err != nil {
		return asError(CodeCardFailure, "write certificate", err)
	}
	good, err := answersTo(w.signer, leaf.PublicKey)
	if err != nil {
		return asError(CodeCardFailure, "check key", err)
	}
	if !good {
		// The key is not what it said it was: nothing can be signed with this
		// certificate.
		w.key = KeyGone
		return w.revoke(ctx, c)
	}
	return w.e.commit(ctx, draft{kind: KindWritten, of: c.ID, body: body})
}

// answersTo has the key on the card sign a challenge and checks the signature
// with the certificate's public key.
func answersTo(signer crypto.Signer, public crypto.PublicKey) (good bool, err error) {
	challenge := make([]byte, 32)
	rand.Read(challenge)
	digest := sha256.Sum256(challenge)
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return false, err
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		good = rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(k, digest[:], signature)
	}
	return good, nil
}

// readBack looks at the chip over a fresh connection and compares byte by
// byte. Only this makes a certificate a written one (E18).
func (w *work) readBack(ctx context.Context, c Case) error {
	w.closeSession()
	chain, err := w.e.chain(ctx, c)
	if err != nil {
		return err
	}
	chip, err := w.e.refreshChip(context.WithoutCancel(ctx), w.cur.record.Token)
	if err != nil {
		return err
	}
	found := slices.ContainsFunc(chip.Certificates, func(s ChipCertificate) bool {
		return s.Role == RoleSignature && bytes.Equal(s.DER, chain[0])
	})
	body := ReadBack{Attempt: c.Attempt.Number, Found: found, Others: len(chip.Certificates), Old: c.oldOn(chip)}
	if found {
		body.SHA256, body.Others = hexSum(chain[0]), body.Others-1
	}
	if err := w.e.commit(ctx, append(c.foundRetired(chip), draft{kind: KindReadBack, of: c.ID, body: body})...); err != nil {
		return err
	}
	if found {
		c, _ := w.next()
		return w.e.loadResult(ctx, c, w.cur)
	}
	w.e.update(func() {
		if w.cur.problem == nil {
			w.cur.problem = &Error{Code: CodeReadBack}
		}
	})
	return nil
}

func spkiSum(public crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	return hexSum(der), nil
}
