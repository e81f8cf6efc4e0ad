#!/bin/bash
# bench.sh: the benchmarks of the packages, then start, memory, idle load and
# frames of the window. Machines differ: read the ratios.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=$(command -v go || echo /usr/local/go/bin/go)
"$GO" test -run '^$' -bench . -benchtime 1s ./app ./app/forms ./app/procedure/... ./ca/... ./store/... ./card/...
SALTER_WORKSTATIONS=480 "$GO" test -run '^$' -bench OfflineDay -benchtime 1x ./ca/authority/api
"$GO" test -run '^$' -bench . -benchtime 1x ./cmd/salter
env -u DISPLAY -u WAYLAND_DISPLAY WHAT=window cmd/demo/run.sh
