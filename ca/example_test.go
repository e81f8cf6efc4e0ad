package ca_test

import (
	"fmt"
	"log"

	"salter/ca"
)

// A new counter makes its keys and a request for the administrator.
func ExampleWorkstationKeys_Request() {
	keys, err := ca.NewWorkstationKeys("BG-017-03")
	if err != nil {
		log.Fatal(err)
	}
	request, err := keys.Request()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(request.Workstation, len(request.CSR) > 0)
	fmt.Println(keys)
	// Output:
	// BG-017-03 true
	// [keys of BG-017-03]
}

// The zero value of an outcome never claims anything.
func ExampleOutcome() {
	var out ca.Outcome
	fmt.Println(out.Verdict)
	// Output: unknown
}
