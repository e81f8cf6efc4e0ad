package procedure

import (
	"maps"
	"slices"
	"strings"
)

// Setting is one entry of the settings file: its dotted name, and its value in
// force as text. It holds nothing personal: the journal keeps it in clear.
type Setting struct {
	Key, Value string
}

// SettingsChanged is committed with the start of the program when the settings
// are not those of the start before; the first start records all of them.
type SettingsChanged struct {
	Changes []SettingChange `json:"changes"` // by key
}

// SettingChange is one setting before and after. Empty stands for a setting
// that has no value or is not there.
type SettingChange struct {
	Key string `json:"key"`
	Old string `json:"old"`
	New string `json:"new"`
}

// changes compares the settings of the last start with those of this one.
func changes(last map[string]string, now []Setting) []SettingChange {
	left := maps.Clone(last)
	var all []SettingChange
	for _, s := range now {
		if left[s.Key] != s.Value {
			all = append(all, SettingChange{Key: s.Key, Old: left[s.Key], New: s.Value})
		}
		delete(left, s.Key)
	}
	for key, old := range left {
		if old != "" {
			all = append(all, SettingChange{Key: key, Old: old})
		}
	}
	slices.SortFunc(all, func(a, b SettingChange) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// in puts the changes into force in the book of settings.
func (c *SettingsChanged) in(settings map[string]string) map[string]string {
	next := maps.Clone(settings)
	if next == nil {
		next = map[string]string{}
	}
	for _, change := range c.Changes {
		next[change.Key] = change.New
	}
	return next
}
