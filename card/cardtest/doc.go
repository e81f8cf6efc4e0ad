// Package cardtest gives tests real readers: a pcscd of their own with virtual
// readers in it. It is imported by tests only.
//
// pcscd knows one socket per file-system namespace and vpcd listens on all
// addresses. Main therefore runs the whole test binary again in a mount and a
// network namespace of its own, with an empty /run/pcscd and a loopback
// interface: packages test at the same time without seeing each other, and
// nothing is reachable from outside. A test package needs
//
//	func TestMain(m *testing.M) { cardtest.Main(m) }
//
// and a test then calls NewReader. Who is not root gets the namespaces by way
// of a user namespace. Where the system refuses them, the two readers of its
// own pcscd are used, by one test binary at a time; where there are none, the
// tests fail and say why. They are never skipped silently.
package cardtest
