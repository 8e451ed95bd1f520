package index

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/blevesearch/bleve/v2"

	"xietiao/index/plan"
)

// formatVersion changes when the mapping, the analyser or the ids change; an
// index on disk of another format is rebuilt.
const formatVersion = "2"

// currentFile names the file that says which folder holds the live index.
const currentFile = "current"

// version is the identity of an index: its format, its thesaurus and every
// letter of its plans.
func version(plans []*plan.Plan, t *Thesaurus) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, formatVersion, t.Version())
	enc := json.NewEncoder(h)
	for _, p := range plans {
		if err := enc.Encode(p); err != nil {
			return "", fmt.Errorf("version of %s: %w", p.Title, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:24], nil
}

// openDisk opens the index of this version in dir, or builds it beside the one
// that is there and swaps the two by renaming one small file. A crash at any
// point leaves the old index or the new one, never half of one; folders that
// are not current are removed.
func openDisk(dir string, plans []*plan.Plan, t *Thesaurus) (bleve.Index, error) {
	want, err := version(plans, t)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if current(dir) == want {
		b, err := bleve.Open(filepath.Join(dir, want))
		if err == nil {
			removeOthers(dir, want)
			return b, nil
		}
	}
	b, err := buildDisk(filepath.Join(dir, want), plans)
	if err != nil {
		return nil, err
	}
	if err := setCurrent(dir, want); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	removeOthers(dir, want)
	return b, nil
}

func buildDisk(path string, plans []*plan.Plan) (bleve.Index, error) {
	if err := os.RemoveAll(path); err != nil {
		return nil, fmt.Errorf("build index: %w", err)
	}
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	b, err := bleve.New(path, m)
	if err != nil {
		return nil, fmt.Errorf("build index: %w", err)
	}
	if err := fill(b, plans); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func current(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, currentFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

func setCurrent(dir, name string) error {
	tmp, err := os.CreateTemp(dir, currentFile+"-*")
	if err != nil {
		return fmt.Errorf("swap index: %w", err)
	}
	_, err = tmp.WriteString(name + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, currentFile))
	}
	if err != nil {
		return fmt.Errorf("swap index: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

// removeOthers clears what earlier builds and crashes left; what cannot be
// removed now is tried again at the next start.
func removeOthers(dir, keep string) {
	entries, err := fs.ReadDir(os.DirFS(dir), ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.Name() != keep && e.Name() != currentFile {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
