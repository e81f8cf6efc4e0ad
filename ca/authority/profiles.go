package authority

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"salter/ca/profile"
)

// loadProfiles reads the profile file of each label from dir; a missing one is
// written first with the default that comes with the program. kind, if not
// empty, is the kind of issuer key in a file that is written.
func loadProfiles(dir, kind string) (map[string]*issuer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("load profiles: %w", err)
	}
	profiles := make(map[string]*issuer)
	for _, label := range labels() {
		file, err := profileFile(filepath.Join(dir, label+".json"), label, kind)
		if err != nil {
			return nil, fmt.Errorf("load profile %s: %w", label, err)
		}
		p, err := profile.Parse(file)
		if err != nil {
			return nil, fmt.Errorf("load profile %s: %w", label, err)
		}
		profiles[label] = &issuer{profile: p, file: file}
	}
	return profiles, nil
}

func profileFile(path, label, kind string) ([]byte, error) {
	file, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if file, err = profile.Embedded(profile.PresetDefault, label); err != nil {
		return nil, err
	}
	if kind != "" {
		p, err := profile.Parse(file)
		if err != nil {
			return nil, err
		}
		p.IssuerKey = kind
		if file, err = json.MarshalIndent(p, "", "  "); err != nil {
			return nil, err
		}
	}
	return file, os.WriteFile(path, file, 0o644)
}
