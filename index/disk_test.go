package index

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
)

// onDisk opens the index in dir, asks one question and closes it.
func onDisk(tb testing.TB, dir string, th *Thesaurus, plans ...*plan.Plan) Answer {
	tb.Helper()
	ix, err := Open(dir, plans, Options{Thesaurus: th})
	if err != nil {
		tb.Fatal(err)
	}
	a := ask(tb, ix, Query{Q: "村里的图书角归谁管"})
	if n, err := ix.bleve.DocCount(); err != nil || n == 0 {
		tb.Errorf("%d clauses in Bleve, %v", n, err)
	}
	if err := ix.Close(); err != nil {
		tb.Fatal(err)
	}
	return a
}

// folders are the entries of dir that hold an index, and whether there is
// anything else.
func folders(tb testing.TB, dir string) (out []string) {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == currentFile {
			continue
		}
		if !e.IsDir() {
			tb.Errorf("%s was left behind", e.Name())
		}
		out = append(out, e.Name())
	}
	return out
}

// builtAt is when the index's own file was written: a reopened index keeps it.
func builtAt(tb testing.TB, dir string) string {
	tb.Helper()
	f, err := os.Stat(filepath.Join(dir, current(dir), "index_meta.json"))
	if err != nil {
		tb.Fatal(err)
	}
	return f.ModTime().String()
}

func TestTheIndexOnDiskIsKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "index")
	first := onDisk(t, dir, words(t), plan.Sample())
	name, at := current(dir), builtAt(t, dir)
	second := onDisk(t, dir, words(t), plan.Sample())
	if diff := cmp.Diff(first, second, cmp.AllowUnexported(Answer{})); diff != "" {
		t.Error(diff)
	}
	if current(dir) != name || builtAt(t, dir) != at {
		t.Error("it was built again")
	}
	if len(first.Results) == 0 || first.Results[0].Unit != "市委宣传部" {
		t.Errorf("%v", first.Results)
	}
	memory := ask(t, build(t, plan.Sample()), Query{Q: "村里的图书角归谁管"})
	if diff := cmp.Diff(memory, first, cmp.AllowUnexported(Answer{})); diff != "" {
		t.Errorf("memory and disk differ: %s", diff)
	}
	if f, err := os.Stat(dir); err != nil || f.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", f.Mode(), err)
	}
}

func TestTheIndexOnDiskFollowsWhatItIsMadeOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	onDisk(t, dir, words(t), plan.Sample())
	name := current(dir)
	own := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(own, []byte("农家书屋 < 悦读驿站\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	th, err := LoadThesaurus(own)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{"as it was": name}
	for _, step := range []struct {
		name  string
		th    *Thesaurus
		plans []*plan.Plan
	}{
		{"another thesaurus", th, []*plan.Plan{plan.Sample()}},
		{"another plan beside", th, []*plan.Plan{plan.Sample(), county(1)}},
		{"another order of plans", th, []*plan.Plan{county(1), plan.Sample()}},
	} {
		onDisk(t, dir, step.th, step.plans...)
		for what, version := range seen {
			if version == current(dir) {
				t.Errorf("%s is taken for %s", step.name, what)
			}
		}
		seen[step.name] = current(dir)
		if got := folders(t, dir); len(got) != 1 || got[0] != current(dir) {
			t.Errorf("%s: %v stay, %s is current", step.name, got, current(dir))
		}
	}
	onDisk(t, dir, words(t), plan.Sample())
	if current(dir) != name {
		t.Error("the same plan and words have another version now")
	}
}

// Whatever a crash leaves, the next start serves.
func TestACrashLeavesAnIndexThatOpens(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		wreck func(t *testing.T, dir, version string)
	}{
		{"before the swap: built, and not named", func(t *testing.T, dir, version string) {
			remove(t, filepath.Join(dir, currentFile))
		}},
		{"while building: half a folder", func(t *testing.T, dir, version string) {
			remove(t, filepath.Join(dir, currentFile))
			remove(t, filepath.Join(dir, version, "index_meta.json"))
		}},
		{"an empty folder of the right name", func(t *testing.T, dir, version string) {
			remove(t, filepath.Join(dir, version))
			if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		{"named, but gone", func(t *testing.T, dir, version string) {
			remove(t, filepath.Join(dir, version))
		}},
		{"named, but without its store", func(t *testing.T, dir, version string) {
			remove(t, filepath.Join(dir, version, "store"))
		}},
		{"the name cut short", func(t *testing.T, dir, version string) {
			write(t, filepath.Join(dir, currentFile), version[:7])
		}},
		{"the name empty", func(t *testing.T, dir, version string) {
			write(t, filepath.Join(dir, currentFile), "")
		}},
		{"a temporary file of the swap", func(t *testing.T, dir, version string) {
			write(t, filepath.Join(dir, currentFile+"-123"), version)
		}},
		{"an index of another version beside", func(t *testing.T, dir, version string) {
			if err := os.CopyFS(filepath.Join(dir, strings.Repeat("0", len(version))), os.DirFS(filepath.Join(dir, version))); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			want := onDisk(t, dir, words(t), plan.Sample())
			version := current(dir)
			tc.wreck(t, dir, version)
			for range 2 { // and the start after
				got := onDisk(t, dir, words(t), plan.Sample())
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(Answer{})); diff != "" {
					t.Error(diff)
				}
			}
			if got := folders(t, dir); len(got) != 1 || got[0] != version || current(dir) != version {
				t.Errorf("%v stay, %s is current", got, current(dir))
			}
		})
	}
}

func remove(tb testing.TB, path string) {
	tb.Helper()
	if err := os.RemoveAll(path); err != nil {
		tb.Fatal(err)
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func TestAFolderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "no folder")
	if _, err := Open(file, []*plan.Plan{plan.Sample()}, Options{Thesaurus: words(t)}); err == nil {
		t.Error("a file is no folder")
	}
}
