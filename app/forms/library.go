package forms

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"salter/app/procedure"
)

// sumsFile lists the templates of a folder with their SHA-256, in the form of
// the program sha256sum.
const sumsFile = "SHA256SUMS"

// library reads templates from a folder, each at most once and only those that
// are asked for.
type library struct {
	fsys fs.FS
	sums map[string]string // SHA-256 in hex by name of the file
	read map[string]*template
	made []procedure.PaperRecord // papers that are made again, each with its own version
}

func openLibrary(fsys fs.FS) (*library, error) {
	data, err := fs.ReadFile(fsys, sumsFile)
	if err != nil {
		return nil, fmt.Errorf("read list of templates: %w: %w", ErrTemplate, err)
	}
	l := &library{fsys: fsys, sums: map[string]string{}, read: map[string]*template{}}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return nil, fmt.Errorf("%s: %q is no sum and name: %w", sumsFile, line, ErrTemplate)
		}
		l.sums[name] = sum
	}
	return l, nil
}

// template returns the highest version of the kind in the script, or that with
// which it was made before. A file that is missing from the folder or from the
// list, or is not what the list says, is an error, never a reason to take
// another version.
func (l *library) template(kind procedure.PaperKind, script string) (*template, error) {
	name := l.newest(kind, script)
	for _, p := range l.made {
		if p.Kind == kind && p.Script == script {
			name = fileName(kind, p.Version, script)
		}
	}
	if name == "" {
		return nil, fmt.Errorf("no template of %s in %s: %w", kind, script, ErrTemplate)
	}
	if t := l.read[name]; t != nil {
		return t, nil
	}
	data, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read template: %w: %w", ErrTemplate, err)
	}
	if hexSum(data) != l.sums[name] {
		return nil, fmt.Errorf("template %s: %w", name, ErrChanged)
	}
	t, err := parseTemplate(data)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	if want := t.file(); name != want {
		return nil, fmt.Errorf("template %s: its head says %s: %w", name, want, ErrTemplate)
	}
	l.read[name] = t
	return t, nil
}

// newest is the name of the listed file with the highest version.
func (l *library) newest(kind procedure.PaperKind, script string) string {
	best, version := "", ""
	for name := range l.sums {
		v, ok := strings.CutPrefix(name, string(kind)+"-")
		v, end := strings.CutSuffix(v, "."+script+".txt")
		if ok && end && versionForm.MatchString(v) && (best == "" || newer(v, version)) {
			best, version = name, v
		}
	}
	return best
}

// file is the name under which the template must stand.
func (t *template) file() string { return fileName(t.kind, t.version, t.script) }

func fileName(kind procedure.PaperKind, version, script string) string {
	return fmt.Sprintf("%s-%s.%s.txt", kind, version, script)
}

// newer compares dotted versions number by number; both have the form of
// versionForm.
func newer(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(as) && i < len(bs); i++ {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x > y
		}
	}
	return len(as) > len(bs)
}
