package authority_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"salter/ca/authority"
)

// The first Open of a folder makes an authority in it; the next one finds it.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "authority")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	a, err := authority.Open(context.Background(), authority.Config{
		Dir:       dir,
		IssuerKey: "rsa2048", // the profile's own, rsa4096, takes seconds
		API:       "https://127.0.0.1:8443",
		Log:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.ID(), a.Demo(), a.CheckProduction())
	if err := a.Close(); err != nil {
		fmt.Println(err)
	}
	// Output: mup.gov.rs/ca/demo true not fit for production: the keys were made for a demonstration and lie in files
}
