package virtual

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzTransmit gives a card any sequence of commands, each with a length byte
// before it: it always answers with a status word, and what it keeps can be
// loaded again.
func FuzzTransmit(f *testing.F) {
	issuer, err := OpenIssuer(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	if _, err := New(f.TempDir(), Citizen, issuer, time.Now()); err != nil {
		f.Fatal(err)
	}
	model := f.TempDir()
	if _, err := New(model, Auth, issuer, time.Now()); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(model, stateFile))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"1100A404000CF276A288BCFBA69D34F31001" + "0700A40800022F0000" + "0500B0000000",
		"1100A404000CA000000063504B43532D3135" + "0800A40000027101000A" + "0500B00000FF",
		"1100A404000CF276A288BCFBA69D34F31001" + "1C00E00000176F1581020010820101830247118608FF90909090909000",
		"1100A404000CF276A288BCFBA69D34F31001" + "15002000011034383239313500000000000000000000" + "0800A4080002501500" +
			"0700E40000023400" + "0A00A40800045015440400" + "0600D6000001AA" + "0700A40000023F00" + "0700E40000025015",
		"1000A404000BF381000002534552494401" + "0800A4080002 0F0204"[:0] + "0500B0000004",
	} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		s, err := decodeState(good)
		if err != nil {
			t.Fatal(err)
		}
		card := newCard(t.TempDir(), s)
		for len(script) > 0 {
			n := min(int(script[0]), len(script)-1)
			answer, err := card.Transmit(bytes.Clone(script[1 : 1+n]))
			if err != nil || len(answer) < 2 {
				t.Fatalf("command %X: answer %X, error %v", script[1:1+n], answer, err)
			}
			script = script[1+n:]
		}
		data, err := json.Marshal(card.state)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeState(data); err != nil {
			t.Errorf("state after the script: %v", err)
		}
	})
}

// FuzzState gives the loader any file: it refuses or gives a card that works.
func FuzzState(f *testing.F) {
	issuer, err := OpenIssuer(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	model := f.TempDir()
	if _, err := New(model, Apollo, issuer, time.Now()); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(model, stateFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"atr":"OwA=","identity":{"aid":null,"files":{"3842":"AA=="}},"mf":{"fid":16128,"dir":true,"size":0},"token_serial":"ID123456789"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeState(data)
		if err != nil {
			return
		}
		card := newCard(t.TempDir(), s)
		for _, k := range FaultKinds() {
			if !k.once() {
				card.SetFault(Fault{Kind: k})
			}
		}
		for range 2 {
			for _, command := range []string{
				"00A4040005F381000002", "00A40800020F03", "00B0000004",
				"00A404000CA000000063504B43532D3135", "00A40000027100", "00B00000FF", "00A4000002710200", "0020008000",
				"00A404000CF276A288BCFBA69D34F31001", "00A4080004501534000", "00B0000000",
			} {
				raw, _ := hex.DecodeString(command) // an odd one is cut short, which is as good
				if _, err := card.Transmit(raw); err != nil {
					t.Fatal(err)
				}
			}
			card.ClearFaults()
		}
	})
}
