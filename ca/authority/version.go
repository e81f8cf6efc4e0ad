package authority

import (
	"golang.org/x/mod/semver"

	"salter/ca"
)

// checkVersion refuses clients older than the policy allows. Only requests
// for certificates are refused: an old client goes on syncing its journal.
func checkVersion(client, oldest string) error {
	if oldest == "" || semver.IsValid("v"+client) && semver.Compare("v"+client, "v"+oldest) >= 0 {
		return nil
	}
	return Refuse(ca.ProblemUpgrade, "client version %.32q, at least %s wanted", client, oldest)
}
