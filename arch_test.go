package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rows is the import table: a package may import packages of any row below its
// own, none beside and none above. A new package must be put into a row here.
var rows = [][]string{
	{"."},
	{"handlers/console"},
	{"handlers"},
	{"bot"},
	{"bot/curate", "bot/handover", "bot/report"},
	{"bot/task", "bot/activity", "bot/library", "index"},
	{"bot/outbox", "bot/org", "bot/holidays", "index/plan"},
	{"bot/audit", "bot/chat/wecom", "bot/chat/dingtalk", "bot/chat/chattest", "index/doc"},
	{"index/doc/pdf"},
	{"bot/store", "bot/store/storetest", "bot/chat", "bot/calendar", "bot/chart", "index/zh", "index/sheet"},
}

const module = "xietiao"

// exceptions are narrower than the table.
var exceptions = map[string]func(from, to string) bool{
	"config belongs to main alone":            func(from, to string) bool { return to == "config" && from != "." },
	"config knows no other package":           func(from, to string) bool { return from == "config" },
	"platforms import only bot/chat":          func(from, to string) bool { return platform(from) && to != "bot/chat" },
	"only main and tests reach for platforms": func(from, to string) bool { return platform(to) && from != "." },
}

func platform(p string) bool { return p == "bot/chat/wecom" || p == "bot/chat/dingtalk" }

func rowOf(pkg string) int {
	for i, r := range rows {
		if slices.Contains(r, pkg) {
			return i
		}
	}
	return -1
}

// forbidden says why from may not import to, or "".
func forbidden(from, to string) string {
	for why, breaks := range exceptions {
		if breaks(from, to) {
			return why
		}
	}
	if to == "config" {
		return ""
	}
	a, b := rowOf(from), rowOf(to)
	switch {
	case a < 0 || b < 0:
		return "a package is missing from the table"
	case a >= b:
		return "imports point down the table only"
	}
	return ""
}

// goFiles calls fn for every Go file of the module with its package folder.
func goFiles(t *testing.T, fn func(pkg, file string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "data" && filepath.Dir(path) == "." || name == "artifacts") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			fn(filepath.ToSlash(filepath.Dir(path)), path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	files := 0
	goFiles(t, func(pkg, file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return
		}
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Error(err)
				continue
			}
			to, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				continue
			}
			if why := forbidden(pkg, to); why != "" {
				t.Errorf("%s imports %s: %s", file, path, why)
			}
		}
	})
	if files < 10 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestTheTableItselfForbids(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from, to string
		ok       bool
	}{
		{".", "config", true}, {".", "bot/chat/wecom", true}, {"handlers", "bot", true}, {"bot", "index/plan", true},
		{"index/plan", "index/doc", true}, {"index/doc", "index/sheet", true}, {"bot/chat/wecom", "bot/chat", true},
		{"bot", "handlers", false}, {"index", "bot", false}, {"index", "bot/task", false}, {"handlers", "config", false},
		{"config", "bot", false}, {"bot/chat/wecom", "bot/store", false}, {"bot/chat/dingtalk", "bot/chat/wecom", false},
		{"handlers", "bot/chat/wecom", false}, {"bot", "bot/new", false}, {"index/zh", "index/sheet", false},
	} {
		if got := forbidden(tc.from, tc.to); (got == "") != tc.ok {
			t.Errorf("%s → %s: %q", tc.from, tc.to, got)
		}
	}
}

// Each package says what it is and what it must not know.
func TestPackagesHaveContracts(t *testing.T) {
	t.Parallel()
	comments := map[string]string{}
	goFiles(t, func(pkg, file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Error(err)
			return
		}
		comments[pkg] += f.Doc.Text()
	})
	for pkg, text := range comments {
		if text == "" {
			t.Errorf("%s has no package comment", pkg)
		}
		if pkg != "." && ofProgram(pkg) && !strings.Contains(text, "must not") {
			t.Errorf("%s: the package comment does not say what it must not know", pkg)
		}
	}
}

// ofProgram leaves out commands that are no part of the program (generators).
func ofProgram(pkg string) bool { return rowOf(pkg) >= 0 || pkg == "config" }

// textFiles calls fn for every file of ours that is text.
func textFiles(t *testing.T, fn func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == ".git" || path == "data" || path == "artifacts") {
			return filepath.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".yaml", ".yml", ".html", ".js", ".css", ".mod", ".sum", "":
		default:
			return nil
		}
		if d.IsDir() || strings.HasSuffix(path, ".test") || path == module {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fn(filepath.ToSlash(path), string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Nothing in the tree depends on where somebody keeps it.
func TestNoAbsolutePaths(t *testing.T) {
	t.Parallel()
	homes := regexp.MustCompile(`(^|[\s"'(=:])/(work|home|root|Users)/\w`)
	textFiles(t, func(path, text string) {
		if path == "arch_test.go" {
			return
		}
		for i, line := range strings.Split(text, "\n") {
			if homes.MatchString(line) {
				t.Errorf("%s:%d: %s", path, i+1, strings.TrimSpace(line))
			}
		}
	})
}

// The README's tree names every folder with code, and nothing that is not there.
func TestTheReadmeTreeIsTrue(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tree, ok := strings.Cut(string(readme), "<!-- tree -->")
	if !ok {
		t.Fatal("README.md has no <!-- tree --> mark")
	}
	tree, _, _ = strings.Cut(tree, "<!-- /tree -->")
	named := map[string]bool{}
	entry := regexp.MustCompile(`^([\w./*]+)`)
	for line := range strings.SplitSeq(tree, "\n") {
		m := entry.FindString(line)
		if m == "" {
			continue
		}
		path := strings.TrimSuffix(m, "/")
		named[path] = true
		if found, err := filepath.Glob(path); err != nil || len(found) == 0 {
			t.Errorf("README.md names %s, which is not there", m)
		}
	}
	goFiles(t, func(pkg, _ string) {
		if pkg != "." && !named[pkg] && ofProgram(pkg) {
			named[pkg] = true
			t.Errorf("README.md does not name %s/", pkg)
		}
	})
}

// Pages link only to files that are there.
func TestLinksOfThePagesLead(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	textFiles(t, func(path, text string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
			}
		}
	})
}

// Every direct dependency has its reason beside it.
func TestDependenciesHaveReasons(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(mod), "\n") {
		if !strings.HasPrefix(line, "\t") || strings.Contains(line, "// indirect") {
			continue
		}
		if !strings.Contains(line, "// ") {
			t.Errorf("go.mod: no reason beside %s", strings.TrimSpace(line))
		}
	}
}
