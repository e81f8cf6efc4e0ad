package est_test

import (
	"fmt"
	"log"
	"strings"

	"salter/ca/est"
)

// Labels may hold slashes; bodies may be broken into lines.
func Example() {
	path := est.Path("tenant/authority/profile", est.OpSimpleEnroll)
	fmt.Println(path)
	label, op, err := est.SplitPath(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(label, op)
	body, err := est.DecodeBase64(strings.NewReader("c29tZSBi\r\neXRlcw==\r\n"), 100)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", body)
	// Output:
	// /.well-known/est/tenant/authority/profile/simpleenroll
	// tenant/authority/profile simpleenroll
	// some bytes
}
