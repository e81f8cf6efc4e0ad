package forms

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"salter/app/procedure"
)

// Version is a template in use.
type Version struct {
	Kind    procedure.PaperKind
	Version string // as on the paper
}

// Versions reads the newest template of every kind in the script of the
// options, as Render would, and lists them by kind. An error wraps ErrTemplate
// or ErrChanged.
func Versions(o Options) ([]Version, error) {
	o = o.withDefaults()
	lib, err := openLibrary(o.Templates)
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	kinds := map[procedure.PaperKind]bool{}
	for name := range lib.sums {
		stem, of := strings.CutSuffix(name, "."+o.Script+".txt")
		if at := strings.LastIndex(stem, "-"); of && at > 0 {
			kinds[procedure.PaperKind(stem[:at])] = true
		}
	}
	var list []Version
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t, err := lib.template(kind, o.Script)
		if err != nil {
			return nil, fmt.Errorf("read templates: %w", err)
		}
		list = append(list, Version{kind, t.version})
	}
	return list, nil
}
