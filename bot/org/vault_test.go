package org

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestTheVaultOpensOnlyWhatItSealed(t *testing.T) {
	t.Parallel()
	v := newVault(t, secretOne, secretTwo)
	sealed := v.Seal("b", "k", []byte("canary"))
	if bytes.Contains(sealed, []byte("canary")) || bytes.Equal(sealed, v.Seal("b", "k", []byte("canary"))) {
		t.Error("not sealed, or twice the same")
	}
	if got, err := v.Open("b", "k", sealed); err != nil || string(got) != "canary" {
		t.Errorf("%q %v", got, err)
	}
	flipped := func(i int) []byte {
		s := bytes.Clone(sealed)
		s[i] ^= 1
		return s
	}
	for name, tc := range map[string]struct {
		bucket, key string
		sealed      []byte
		want        error
	}{
		"another key":           {"b", "l", sealed, ErrSealed},
		"another bucket":        {"c", "k", sealed, ErrSealed},
		"names that run over":   {"b\x00k", "", sealed, ErrSealed},
		"the last byte changed": {"b", "k", flipped(len(sealed) - 1), ErrSealed},
		"the nonce changed":     {"b", "k", flipped(markSize), ErrSealed},
		"the mark changed":      {"b", "k", flipped(0), ErrKey},
		"cut short":             {"b", "k", sealed[:markSize+3], ErrSealed},
		"nothing":               {"b", "k", nil, ErrKey},
	} {
		if got, err := v.Open(tc.bucket, tc.key, tc.sealed); !errors.Is(err, tc.want) || got != nil {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if _, err := NewVault([]byte("canary-short")); !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
	if _, err := NewVault([]byte(secretOne), []byte("short")); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %x", v, v, v)} {
		if strings.Trim(s, "<vault> ") != "" {
			t.Error("the vault prints", s)
		}
	}
}

func FuzzVaultOpen(f *testing.F) {
	v := newVault(f, secretOne)
	f.Add(v.Seal("b", "k", nil)[:markSize])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, err := v.Open("b", "k", sealed); err == nil {
			t.Fatal("opens what was never sealed")
		}
	})
}

func TestTheKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := LoadOrMakeKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != KeySize || !bytes.Equal(k, keys[0]) {
			t.Fatal("those who came at once have different keys")
		}
	}
	info, err := os.Stat(path)
	left, err2 := os.ReadDir(filepath.Dir(path))
	if err != nil || err2 != nil || info.Mode().Perm() != 0o600 || len(left) != 1 {
		t.Error(info.Mode(), left, err, err2)
	}
}

func TestBadKeyFilesAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		mode os.FileMode
		data string
		want error
	}{
		"group may read":  {0o640, strings.Repeat("c", KeySize), ErrExposed},
		"others may read": {0o604, strings.Repeat("c", KeySize), ErrExposed},
		"too short":       {0o600, "canary", ErrInvalid},
		"too long":        {0o600, strings.Repeat("c", KeySize+1), ErrInvalid},
		"empty":           {0o600, "", ErrInvalid},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(tc.data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tc.mode); err != nil {
			t.Fatal(err)
		}
		if key, err := LoadOrMakeKey(path); !errors.Is(err, tc.want) || key != nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := LoadOrMakeKey(filepath.Join(dir, "no", "folder")); err == nil {
		t.Error("a key without a folder")
	}
}
