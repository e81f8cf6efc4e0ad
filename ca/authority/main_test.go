package authority_test

import (
	"os"
	"testing"

	"salter/ca/authority/db/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.M{M: m}.Run()) }
