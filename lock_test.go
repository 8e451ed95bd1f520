package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAnInstanceKeepsItsNameWithItsFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	name := func(data string) string {
		t.Helper()
		s, err := instanceName(data)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := name(data)
	if again := name(data); again != first {
		t.Errorf("%q, then %q", first, again)
	}
	if other := name(t.TempDir()); other == first {
		t.Error("two folders have one name")
	}
	if err := os.WriteFile(filepath.Join(data, instanceFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := name(data)
	if again := name(data); fresh == first || again != fresh {
		t.Errorf("after a crash before it was written: %q, then %q", fresh, again)
	}
}
