package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const testCase = "0192f0c1-2b3c-7d4e-8f50-112233445566"

// event is a well-formed event with the given text in place of its body.
func event(rest string) string {
	return `{"v":1,"kind":"card-read","case":"` + testCase + `","at":1790000000123,"run":7,"mono":4711,` +
		`"clerk":"PS-1042","commits":{"record":"` + strings.Repeat("0a", 32) + `"},` + rest + `}`
}

func TestParseHeader(t *testing.T) {
	got, err := ParseHeader([]byte(event(`"body":{"kind":"no header","list":[1,"]}",{"v":2}]}`)))
	if err != nil {
		t.Fatalf("ParseHeader: %v", err)
	}
	want := Header{
		Kind: "card-read", Case: testCase, At: 1790000000123, Run: 7, Mono: 4711, Clerk: "PS-1042",
		Commits: map[string][32]byte{"record": [32]byte(bytes.Repeat([]byte{10}, 32))},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ParseHeader = %+v, want %+v", got, want)
	}
}

func TestParseHeaderAccepts(t *testing.T) {
	tests := []struct{ name, event string }{
		{"no case, clerk, commits", `{"v":1,"kind":"a","case":"","at":0,"run":0,"mono":0}`},
		{"blanks between", `{ "v" : 1 , "kind" : "a" , "case" : "" , "at" : 0 , "run" : 0 , "mono" : 0 , "body" : [ ] }`},
		{"empty commits", `{"v":1,"kind":"a","case":"","at":0,"run":0,"mono":0,"commits":{}}`},
		{"escapes in unknown values", `{"v":1,"kind":"a","case":"","at":0,"run":0,"mono":0,"x":"\"}\\"}`},
		{"largest", sized(MaxEvent)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseHeader([]byte(tt.event)); err != nil {
				t.Errorf("ParseHeader: %v", err)
			}
		})
	}
}

// sized is an event of exactly n bytes.
func sized(n int) string {
	return event(`"x":"` + strings.Repeat("x", n-len(event(`"x":""`))) + `"`)
}

func TestParseHeaderRefuses(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(event(`"body":{}`), old, new, 1) }
	commits := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"p%d":"%s"`, i, strings.Repeat("0a", 32)))
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	tests := []struct {
		name, event string
		want        error
	}{
		{"empty", "", ErrHeader},
		{"array", "[]", ErrHeader},
		{"half", event(`"body":{}`)[:50] + "}", ErrHeader},
		{"two values", `{"v":1}{"v":1}`, ErrHeader},
		{"line break", with(`,"clerk"`, ",\n\"clerk\""), ErrHeader},
		{"blank before", " " + event(`"body":{}`), ErrHeader},
		{"not UTF-8", with("PS-1042", "PS\xff"), ErrHeader},
		{"other version", with(`"v":1`, `"v":2`), ErrHeader},
		{"version as text", with(`"v":1`, `"v":"1"`), ErrHeader},
		{"version in capitals", with(`"v":1`, `"V":1`), ErrHeader},
		{"member twice", event(`"kind":"card-read"`), ErrHeader},
		{"unknown member twice", event(`"x":1,"x":2`), ErrHeader},
		{"escaped member", event(`"\u0076":2`), ErrHeader},
		{"kind missing", with(`"kind":"card-read",`, ""), ErrHeader},
		{"run missing", with(`"run":7,`, ""), ErrHeader},
		{"kind in capitals", with("card-read", "Card"), ErrHeader},
		{"kind empty", with("card-read", ""), ErrHeader},
		{"kind escaped", with("card-read", `card\u002dread`), ErrHeader},
		{"kind a number", with(`"card-read"`, "5"), ErrHeader},
		{"kind too long", with("card-read", strings.Repeat("k", 65)), ErrHeader},
		{"case no UUID", with(testCase, "case-1"), ErrHeader},
		{"case in capitals", with(testCase, strings.ToUpper(testCase)), ErrHeader},
		{"case null", with(`"`+testCase+`"`, "null"), ErrHeader},
		{"time negative", with("1790000000123", "-1"), ErrHeader},
		{"time with fraction", with("1790000000123", "1.5"), ErrHeader},
		{"time with exponent", with("1790000000123", "1e3"), ErrHeader},
		{"time too large", with("1790000000123", "9223372036854775808"), ErrHeader},
		{"clerk with blank", with("PS-1042", "PS 1042"), ErrHeader},
		{"commits a list", with(commits(1)[:1], "["), ErrHeader},
		{"commitment short", with("0a0a", "0a"), ErrHeader},
		{"commitment in capitals", with("0a0a", "0A0a"), ErrHeader},
		{"commitment no hex", with("0a0a", "0g0a"), ErrHeader},
		{"commitment unnamed", with(`"record"`, `""`), ErrHeader},
		{"commitment twice", with(`{"record"`, `{"record":"`+strings.Repeat("0b", 32)+`","record"`), ErrHeader},
		{"too many commitments", with(`{"record":"`+strings.Repeat("0a", 32)+`"}`, commits(MaxCommits+1)), ErrHeader},
		{"too many members", event(members(60)), ErrHeader},
		{"too large", sized(MaxEvent + 1), ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseHeader([]byte(tt.event)); !errors.Is(err, tt.want) {
				t.Errorf("ParseHeader(%.120s) = %v, want %v", tt.event, err, tt.want)
			}
		})
	}
}

// members is a list of n unknown members.
func members(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"x%d":0`, i))
	}
	return strings.Join(list, ",")
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte(event(`"body":{"a":[1,{"b":"c"}]}`)))
	f.Add([]byte(`{"v":1,"kind":"a","case":"","at":0,"run":0,"mono":0}`))
	f.Add([]byte(`{"v":1,"v":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ParseHeader(data)
		if err != nil {
			return
		}
		// Whatever is accepted, the standard decoder reads the same.
		var std struct {
			Kind, Case, Clerk string
			At, Run, Mono     int64
			Commits           map[string]string
		}
		if err := json.Unmarshal(data, &std); err != nil {
			// Unknown members may differ from a known one only in case.
			if !strings.Contains(err.Error(), "cannot unmarshal") {
				t.Fatalf("accepted, but not JSON: %v", err)
			}
			return
		}
		if !bytes.Contains(bytes.ToLower(data), []byte(`"kind"`)) || !ValidName(h.Kind) {
			t.Errorf("kind %q accepted", h.Kind)
		}
		if len(h.Commits) > MaxCommits {
			t.Errorf("%d commitments accepted", len(h.Commits))
		}
	})
}

func BenchmarkParseHeader(b *testing.B) {
	e := []byte(event(`"body":{"reader":"Gemalto","chip":{"tries":3,"certificates":[]},"files":[3842,3843]}`))
	b.SetBytes(int64(len(e)))
	for b.Loop() {
		if _, err := ParseHeader(e); err != nil {
			b.Fatal(err)
		}
	}
}
