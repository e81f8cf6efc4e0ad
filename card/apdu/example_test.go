package apdu_test

import (
	"fmt"

	"salter/card/apdu"
)

// Asking how many PIN tries are left costs none: VERIFY without data.
func Example() {
	command := apdu.Command{INS: apdu.InsVerify, P2: 0x80}
	raw, err := command.Bytes()
	if err != nil {
		panic(err)
	}
	fmt.Printf("% X\n", raw)
	answer, err := apdu.ParseResponse([]byte{0x63, 0xC2})
	if err != nil {
		panic(err)
	}
	tries, ok := answer.SW.Tries()
	fmt.Println(tries, ok)
	// Output:
	// 00 20 00 80
	// 2 true
}
