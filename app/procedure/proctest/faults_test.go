package proctest

import (
	"errors"
	"testing"
)

// TestStrikes: a fault strikes the call it names, on its side of the effect.
func TestStrikes(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name     string
		fault    Fault
		errors   []bool // of three calls
		happened int
	}{
		{"first, before", Fault{Op: OpSync, Nth: 1, When: Before, Err: broken}, []bool{true, false, false}, 2},
		{"first, after", Fault{Op: OpSync, Nth: 1, When: After, Err: broken}, []bool{true, false, false}, 3},
		{"second, before", Fault{Op: OpSync, Nth: 2, When: Before, Err: broken}, []bool{false, true, false}, 2},
		{"every, after", Fault{Op: OpSync, When: After, Err: broken}, []bool{true, true, true}, 3},
		{"of another effect", Fault{Op: OpEnrol, Err: broken}, []bool{false, false, false}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f Faults
			f.Add(tt.fault)
			happened := 0
			for i, want := range tt.errors {
				err := f.around(OpSync, func() error { happened++; return nil })
				if (err != nil) != want {
					t.Errorf("call %d: error %v, want one: %t", i+1, err, want)
				}
			}
			if happened != tt.happened || f.Calls(OpSync) != 3 {
				t.Errorf("happened %d times in %d calls, want %d", happened, f.Calls(OpSync), tt.happened)
			}
		})
	}
}
