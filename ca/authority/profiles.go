package authority

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
		file, err := defaultFile(filepath.Join(dir, label+".json"), func() ([]byte, error) { return defaultProfile(label, kind) })
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

func defaultProfile(label, kind string) ([]byte, error) {
	file, err := profile.Embedded(profile.PresetDefault, label)
	if err != nil || kind == "" {
		return file, err
	}
	p, err := profile.Parse(file)
	if err != nil {
		return nil, err
	}
	p.IssuerKey = kind
	if !strings.HasPrefix(kind, "rsa") {
		p.Signature = "sha384-ecdsa"
	}
	return json.MarshalIndent(p, "", "  ")
}

// defaultFile reads a file that the operator may edit; a missing one is
// written first, so that after a crash there is all of it or nothing.
func defaultFile(path string, content func() ([]byte, error)) ([]byte, error) {
	file, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if file, err = content(); err != nil {
		return nil, err
	}
	return file, replaceFile(path, file, 0o644)
}
