package authority

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"

	"salter/ca"
	"salter/ca/authority/db"
)

// bundle is the trust bundle of a workstation, signed by the policy key.
func (a *Authority) bundle(tx db.Tx, name, uri string) (string, error) {
	if a.cfg.API == "" {
		return "", fmt.Errorf("%w: the address of the API is not known: serve once", ErrRegister)
	}
	policyKey, err := x509.MarshalPKIXPublicKey(a.pki.policy.Public())
	if err != nil {
		return "", fmt.Errorf("make bundle: %w", err)
	}
	b := ca.Bundle{Version: 1, Demo: a.pki.Demo, Authority: a.pki.ID, Workstation: name, URI: uri, API: a.cfg.API,
		Public: a.cfg.Public, Roots: [][]byte{a.pki.root.Raw}, Infrastructure: [][]byte{a.pki.infra.cert.Raw},
		ServerPins: a.pki.serverPins, PolicyKey: policyKey, CheckpointKey: a.pki.verifier,
		HandOver: a.pki.handover.Recipient().String()}
	for _, label := range labels() {
		b.Issuers = append(b.Issuers, a.pki.issuers[label].cert.Raw)
	}
	anchors, err := tx.Anchors()
	if err != nil {
		return "", err
	}
	for _, anchor := range anchors {
		b.CardAnchors = append(b.CardAnchors, anchor.Certificate)
	}
	clerks, err := tx.Clerks()
	if err != nil {
		return "", err
	}
	for _, c := range clerks {
		if c.Demo {
			b.DemoClerks = append(b.DemoClerks, hex.EncodeToString(c.Fingerprint[:]))
		}
	}
	return signJSON(a.pki.policy, b)
}
