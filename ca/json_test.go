package ca_test

import (
	"strings"
	"testing"

	"salter/ca"
)

func TestDecodeJSON(t *testing.T) {
	type message struct {
		Op    string           `json:"op"`
		Inner *struct{ A int } `json:"inner"`
		List  []map[string]int `json:"list"`
	}
	tests := []struct {
		name     string
		text     string
		ok, file bool // whether DecodeJSON and DecodeFile take it
	}{
		{"plain", `{"op":"x","inner":{"A":1},"list":[{"a":1},{"a":2}]}`, true, true},
		{"unknown member", `{"op":"x","more":1}`, true, false},
		{"member twice", `{"op":"x","op":"y"}`, false, false},
		{"in another letter case", `{"op":"x","OP":"y"}`, false, false},
		{"in a letter case outside ASCII", `{"lis\u017f":1,"LISS":2}`, false, false},
		{"twice inside", `{"inner":{"A":1,"a":2}}`, false, false},
		{"twice in a list", `{"list":[{"a":1},{"a":1,"a":2}]}`, false, false},
		{"twice in what is unknown", `{"more":{"x":1,"x":1}}`, false, false},
		{"data after the end", `{"op":"x"}{}`, false, false},
		{"cut", `{"op":"x"`, false, false},
		{"wrong type", `{"op":1}`, false, false},
		{"empty", ``, false, false},
		{"nested too deep", `{"more":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`, false, false},
		{"nested beyond reason", strings.Repeat("[", 1<<19), false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := ca.DecodeJSON([]byte(tt.text), new(message)); (err == nil) != tt.ok {
				t.Errorf("DecodeJSON: got %v, want success %v", err, tt.ok)
			}
			if err := ca.DecodeFile([]byte(tt.text), new(message)); (err == nil) != tt.file {
				t.Errorf("DecodeFile: got %v, want success %v", err, tt.file)
			}
		})
	}
}
