package proctest

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"salter/app/procedure"
)

// Override is what a supervisor signed.
type Override struct {
	Case          procedure.CaseID `json:"case"`
	Proposal      procedure.Action `json:"proposal"`
	Choice        procedure.Action `json:"choice"`
	Needs         []procedure.Code `json:"needs"`
	Reason        string           `json:"reason"`
	PaperContract string           `json:"paper_contract"`
	IssuedAt      int64            `json:"iat"`
}

// OpenOverride checks a compact JWS (ES256) with the key and reads it.
func OpenOverride(jws []byte, key *ecdsa.PublicKey) (o Override, ok bool) {
	parts := strings.Split(string(jws), ".")
	if len(parts) != 3 || key == nil {
		return o, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return o, false
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !ecdsa.Verify(key, digest[:], r, s) {
		return o, false
	}
	return o, json.Unmarshal(payload, &o) == nil
}

// override demands a supervisor's signature where a certificate of the same
// person stands on the same card, and refuses one that was signed for
// something else.
func (a *Authority) override(r procedure.EnrolRequest) string {
	stands := slices.ContainsFunc(a.order, func(c *Certificate) bool {
		state := a.state(c)
		return c.Person == r.Subject.PersonalNumber && c.Card == r.Subject.CardNumber && c.Case != r.Case &&
			(state == procedure.CertValid || state == procedure.CertSuspended || state == procedure.CertHold)
	})
	if len(r.Override) == 0 {
		if stands {
			return "override-required"
		}
		return ""
	}
	o, ok := OpenOverride(r.Override, a.supervisor)
	age := a.now().Sub(time.Unix(o.IssuedAt, 0))
	switch {
	case !ok, o.Case != r.Case, o.Choice != r.Action, age < -time.Minute, age > 24*time.Hour:
		return "clerk-not-authorised"
	case stands && !slices.Contains(o.Needs, procedure.CodeCertificateValid):
		return "override-required"
	}
	return ""
}
