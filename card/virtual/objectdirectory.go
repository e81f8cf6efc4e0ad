package virtual

import (
	"slices"

	"salter/card/apdu"
)

// change is what a PKCS#11 module is about to change in an object directory.
// Whenever an object comes or goes, the module rewrites the whole directory, in
// several commands, and before that it deletes the file of an object that goes.
// Cut off in the middle that would lose entries nobody has touched, of keys
// among them, which nothing brings back, or leave an entry without its file,
// behind which OpenSC finds no other. Chips with transactions make such a change
// as a whole or not at all, and so does this one: after a loss of power or a
// command refused everything is as it was before.
type change struct {
	of      *file // the directory; nil: not begun yet
	content []byte
	deleted []*file // the files of objects that go with it
}

// isObjectDirectory reports whether a file lists keys or certificates.
func isObjectDirectory(fid uint16) bool { return fid == fidPrK || fid == fidPuK || fid == fidCer }

// isObject reports whether OpenSC keeps public keys or certificates under this
// identifier.
func isObject(fid uint16) bool { return fid>>8 == fidPub>>8 || isCertificate(fid) }

// updateDirectory is UPDATE BINARY in an object directory. The end of the file
// completes the change, as does any other command than the next UPDATE.
func (c *Card) updateDirectory(f *file, off int, content []byte) apdu.SW {
	if c.session.change.of != f {
		c.finishChange()
		c.session.change.of, c.session.change.content = f, slices.Clone(f.Data)
	}
	copy(c.session.change.content[off:], content)
	if off+len(content) == len(f.Data) {
		c.finishChange()
	}
	return apdu.SWOK
}

// finishChange makes a change lasting whose directory has been written.
func (c *Card) finishChange() {
	change := c.session.change
	if change.of == nil {
		return
	}
	change.of.Data, change.of.Filled = change.content, len(change.content)
	c.dirty = true
	c.finishDeletions()
}

// finishDeletions ends the change with the deletion of its files.
func (c *Card) finishDeletions() {
	for _, f := range c.session.change.deleted {
		c.remove(f)
	}
	c.session.change = change{}
}

// remove deletes a file, unless it went with its directory.
func (c *Card) remove(f *file) {
	dir := c.state.MF.parentOf(f)
	if dir == nil {
		return
	}
	dir.Files = slices.DeleteFunc(dir.Files, func(x *file) bool { return x == f })
	if isCertificate(f.FID) {
		c.state.noteDeleted(f.FID)
	}
	c.dirty = true
}

// going reports whether a file is deleted by the change that is under way.
func (c *Card) going(f *file) bool { return slices.Contains(c.session.change.deleted, f) }
