module salter

go 1.26.0

// Each direct dependency has one reason.
require (
	filippo.io/age v1.3.2 // data key and unsynced records, sealed for people who are elsewhere (store)
	fyne.io/fyne/v2 v2.8.1 // the desktop toolkit (app, cmd/salter)
	github.com/BurntSushi/toml v1.6.0 // the settings file, strict, with line numbers (cmd/salter)
	github.com/boombuler/barcode v1.1.0 // Code 128 and QR on the papers (app/forms)
	github.com/ebfe/scard v0.0.0-20241214075232-7af069cabc25 // PC/SC on Linux and Windows (card)
	github.com/go-gl/glfw/v3.4/glfw v0.1.0-pre.1.0.20260707082822-2a407d02d01a // sleeping while the window is idle; the version that Fyne has (cmd/salter)
	github.com/go-jose/go-jose/v4 v4.1.3 // JWS of assertions and policies (ca, ca/authority)
	github.com/go-pdf/fpdf v0.9.0 // the papers as PDF (app/forms)
	github.com/jackc/pgx/v5 v5.12.0 // the CA's database where one machine is not enough (ca/authority/db)
	github.com/klippa-app/go-pdfium v1.20.0 // the papers on the screen before they are printed, as WebAssembly (app/desk)
	github.com/miekg/pkcs11 v1.1.2 // the card's PKCS#11 module (card)
	github.com/nicksnyder/go-i18n/v2 v2.5.1 // message catalogues with Serbian plurals (app)
	github.com/prometheus/client_golang v1.25.0 // counters of the CA for those who watch it (ca/authority/metrics)
	github.com/smallstep/pkcs7 v0.2.3 // certs-only bodies of EST, the card's SOD (ca/est, card/sod)
	github.com/tetratelabs/wazero v1.12.0 // the sandbox that go-pdfium runs in, without files (app/desk)
	github.com/zmap/zcrypto v0.0.0-20260906180147-3ed30b1e9340 // the certificate type that zlint reads (ca/authority/lint)
	github.com/zmap/zlint/v3 v3.7.3 // lint of the to-be-signed certificate (ca/authority/lint)
	golang.org/x/crypto v0.58.0 // answers of OCSP, lists of revoked certificates (ca/authority)
	golang.org/x/mod v0.42.0 // Merkle tree and signed notes (store/evidence)
	golang.org/x/sys v0.49.0 // mlock, prctl, disk space (card, store, cmd)
	golang.org/x/text v0.43.0 // NFC and language tags (ca/profile, app)
	modernc.org/sqlite v1.61.1 // the journal and the CA's database, without cgo (store, ca/authority/db)
	software.sslmate.com/src/go-pkcs12 v0.7.4 // the clerk's PKCS#12 file (cmd/salter, cmd/salter-ca)
)

// Tests only.
require (
	github.com/rogpeppe/go-internal v1.16.0 // testscript: the commands' manuals as tests
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // requests and answers against openapi.yaml (ca/catest)
	go.yaml.in/yaml/v3 v3.0.5 // reads openapi.yaml (ca/catest)
	pgregory.net/rapid v1.3.0 // model tests of the procedure
)

require (
	filippo.io/hpke v0.4.0 // indirect
	fyne.io/systray v1.12.3-0.20260810170012-af4e8e793ec4 // indirect
	github.com/anthonynsimon/bild v0.14.0 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.2.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/fsnotify/fsnotify v1.9.0 // indirect
	github.com/fyne-io/gl-js v0.2.1-0.20260315212741-029c47fd27e8 // indirect
	github.com/fyne-io/glfw-js v0.4.0 // indirect
	github.com/fyne-io/image v0.1.1 // indirect
	github.com/fyne-io/oksvg v0.2.0 // indirect
	github.com/go-gl/gl v0.0.0-20260331235117-4566fea9a276 // indirect
	github.com/go-text/render v0.2.1 // indirect
	github.com/go-text/typesetting v0.3.4 // indirect
	github.com/godbus/dbus/v5 v5.2.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hack-pad/go-indexeddb v0.3.2 // indirect
	github.com/hack-pad/safejs v0.1.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/jeandeaual/go-locale v0.0.0-20250612000132-0ef82f21eade // indirect
	github.com/jolestar/go-commons-pool/v2 v2.1.2 // indirect
	github.com/jsummers/gobmp v0.0.0-20230614200233-a9de23ed2e25 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mattn/go-runewidth v0.0.24 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/nfnt/resize v0.0.0-20180221191011-83c6a9932646 // indirect
	github.com/pelletier/go-toml v1.9.5 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/rymdport/portal v0.4.2 // indirect
	github.com/srwiley/oksvg v0.0.0-20221011165216-be6e8873101c // indirect
	github.com/srwiley/rasterx v0.0.0-20220730225603-2ab79fcdd4ef // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	github.com/weppos/publicsuffix-go v0.50.4-0.20260821095816-b0fdb5c2d345 // indirect
	github.com/yuin/goldmark v1.8.2 // indirect
	golang.org/x/exp/typeparams v0.0.0-20231108232855-2478ac86f678 // indirect
	golang.org/x/image v0.24.0 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	honnef.co/go/tools v0.8.2 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

replace github.com/weppos/publicsuffix-go => github.com/weppos/publicsuffix-go v0.50.3

// The linter of make test, pinned with the rest.
tool honnef.co/go/tools/cmd/staticcheck
