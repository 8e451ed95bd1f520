package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"xietiao/bot/activity"
	"xietiao/config"
)

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// found lists what the first group of a pattern matches, each once, sorted.
func found(text, pattern string) []string {
	set := map[string]bool{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		set[m[1]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// The diagrams have the states of the code, all of them and no others; that of
// tasks is drawn by bot/task's own test.
func TestTheDiagramsHaveTheStatesOfTheCode(t *testing.T) {
	t.Parallel()
	diagrams := strings.Split(readText(t, "docs/states.md"), "```mermaid")
	if len(diagrams) != 8 {
		t.Fatalf("%d diagrams", len(diagrams)-1)
	}
	for i, code := range []struct{ file, states string }{
		1: {"bot/outbox/record.go", "State"}, 2: {"bot/org/request.go", "State"},
		4: {"bot/activity/activity.go", "State"}, 5: {"bot/activity/signup.go", "SignState"}, 6: {"bot/activity/check.go", "Act"},
		7: {"bot/library/publish.go", "State"},
	} {
		if code.file == "" {
			continue
		}
		diagram, _, _ := strings.Cut(diagrams[i], "```")
		ends := found(diagram, `--> (\w+)`)
		if diff := cmp.Diff(found(readText(t, code.file), `(?m)^\t\w+ +`+code.states+` += "(\w+)"`), ends); diff != "" {
			t.Errorf("%s (-code +diagram)\n%s", code.file, diff)
		}
		for _, from := range found(diagram, `(?m)^ +(\w+) -->`) {
			if !slices.Contains(ends, from) {
				t.Errorf("%s: nothing leads to %s", code.file, from)
			}
		}
	}
}

func TestTheOperationsPageNamesEveryFigure(t *testing.T) {
	t.Parallel()
	page := readText(t, "docs/operations.md")
	names := found(readText(t, "app.go")+readText(t, "handlers/metrics.go"), `"(xietiao_\w+)"`)
	if len(names) < 6 {
		t.Fatalf("only %v", names)
	}
	for _, name := range names {
		if !strings.Contains(page, "`"+name) {
			t.Errorf("docs/operations.md does not name %s", name)
		}
	}
}

// TestTheContainerFilesFitTheProgram reads what no container runtime reads here:
// names of settings, the command of the probe, and what keeps two instances apart.
func TestTheContainerFilesFitTheProgram(t *testing.T) {
	t.Parallel()
	docker, compose := readText(t, "Dockerfile"), readText(t, "compose.yaml")
	var names []string
	for _, name := range found(docker+compose, `(XIETIAO_\w+)`) {
		names = append(names, name+"=x")
	}
	if unknown := config.UnknownEnv(names); len(names) < 4 || len(unknown) > 0 {
		t.Errorf("of %v not a setting: %v", names, unknown)
	}
	if probe := found(docker, `CMD \["/xietiao", "(\w+)"\]`); !slices.ContainsFunc(commands(), func(c command) bool { return slices.Equal(probe, []string{c.name}) }) {
		t.Errorf("the probe runs %v", probe)
	}
	if from, mod := found(docker, `golang:([\d.]+)-`), found(readText(t, "go.mod"), `(?m)^go (\d+\.\d+)`); !slices.Equal(from, mod) {
		t.Errorf("built with Go %v, go.mod says %v", from, mod)
	}

	var file struct {
		Services map[string]struct {
			Command     []string
			Environment map[string]string
			Secrets     []string
			Volumes     []string
			Ports       []string
			ReadOnly    bool `yaml:"read_only"`
		}
		Secrets, Volumes map[string]any
	}
	if err := yaml.Unmarshal([]byte(compose), &file); err != nil {
		t.Fatal(err)
	}
	redis := strings.Join(file.Services["redis"].Command, " ")
	for _, want := range []string{"--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"} {
		if !strings.Contains(redis, want) {
			t.Errorf("redis runs without %s: %s", want, redis)
		}
	}
	a, b := file.Services["a"], file.Services["b"]
	if diff := cmp.Diff(a.Environment, b.Environment); diff != "" || a.Environment["XIETIAO_REDIS"] == "" {
		t.Errorf("the instances do not share a store: %s", diff)
	}
	if a.Volumes[0] == b.Volumes[0] || a.Ports[0] == b.Ports[0] || !a.ReadOnly || !b.ReadOnly {
		t.Errorf("the instances are not apart, or may write beside their data\n%+v\n%+v", a, b)
	}
	for _, s := range append(a.Secrets, b.Secrets...) {
		if _, ok := file.Secrets[s]; !ok || a.Environment["XIETIAO_"+strings.ToUpper(s)+"_FILE"] != "/run/secrets/"+s {
			t.Errorf("secret %s is not there, or not used", s)
		}
	}
	for _, v := range []string{a.Volumes[0], b.Volumes[0], file.Services["redis"].Volumes[0]} {
		name, _, _ := strings.Cut(v, ":")
		if _, ok := file.Volumes[name]; !ok {
			t.Errorf("volume %s is not declared", name)
		}
	}
}

// The examples of settings are ones the program takes, once the blanks are filled in.
func TestTheExamplesOfSettingsAreTaken(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"README.md", "docs/config.md"} {
		blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readText(t, page), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has none", page)
		}
		for _, b := range blocks {
			text := strings.ReplaceAll(b[1], "aes_key: ……", "aes_key: "+strings.Repeat("k", 42)+"A")
			text = strings.ReplaceAll(text, "https://你的域名", "https://bot.example.gov.cn")
			read := func(string) ([]byte, error) { return []byte(text), nil }
			if _, err := config.Load(config.Source{Read: read}); err != nil {
				t.Errorf("%s: %v\n%s", page, err, text)
			}
		}
	}
}

// The examples of commands on files of this tree do what they say.
func TestTheExampleOfScoringRuns(t *testing.T) {
	t.Parallel()
	lines := found(readText(t, "README.md"), `(?m)^\$ go run \. (eval .*)$`)
	if len(lines) != 1 {
		t.Fatalf("the examples are %q", lines)
	}
	inProcess("", strings.Fields(lines[0])...).want(t, 0, "top1=")
}

// The examples of tables and layouts are ones the program takes.
func TestTheExamplesOfActivitiesAreTaken(t *testing.T) {
	t.Parallel()
	page := readText(t, "docs/activities.md")
	layout := regexp.MustCompile("(?s)```text\n(.*?)```").FindStringSubmatch(page)
	table := regexp.MustCompile("(?s)```csv\n(.*?)```").FindStringSubmatch(page)
	if layout == nil || table == nil {
		t.Fatal("there are none")
	}
	if l, problems := activity.ParseLayout(layout[1]); len(l) != 9 || len(problems) > 0 {
		t.Errorf("%d columns, %v", len(l), problems)
	}
	for _, field := range activity.Fields {
		if !strings.Contains(page, "、"+string(field)) && field != activity.Fields[0] {
			t.Errorf("docs/activities.md does not name the field %s", field)
		}
	}
	dir := files(t, map[string]string{"活动表.csv": table[1], "a.txt": strings.NewReplacer("县教育局", "市文化馆", "县财政局", "市图书馆").Replace(countyPlan)})
	data := t.TempDir()
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")).want(t, 0)
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "活动表.csv")).want(t, 0, "新建 2")
}

// A fuzz target that only ran out of time is run once more, one that failed is not.
func TestFuzzingThatRanOutOfTimeIsRunOnceMore(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"make", "bash", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not on PATH")
		}
	}
	makefile := readText(t, "Makefile")
	for name, tc := range map[string]struct {
		says string
		runs string
		ok   bool
	}{
		"out of time once":  {"context deadline exceeded", "xx", true},
		"a failing input":   {"context deadline exceeded\nFailing input written to testdata", "x", false},
		"something else":    {"build failed", "x", false},
		"out of time twice": {"context deadline exceeded", "xx", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again := "0"
			if !tc.ok {
				again = "1"
			}
			// "go test -c" leaves the tests as a program; each run of that leaves an x.
			dir := files(t, map[string]string{
				"Makefile":  makefile,
				"x_test.go": "func FuzzX(f *testing.F) {}\n",
				"go": "#!/bin/bash\ncase \"$*\" in\nlist*) echo \"$PWD pkg [x_test.go] []\" ;;\nenv*) echo \"$PWD/cache\" ;;\n" +
					"'test -c -fuzz . -o '*) cp tests \"$6\" && chmod +x \"$6\" ;;\n*) echo \"unknown: $*\"; exit 2 ;;\nesac\n",
				"tests": "#!/bin/bash\ncase \"$*\" in\n*-test.list*) echo FuzzX ;;\n*'-test.fuzz ^FuzzX$ '*)\n  printf x >> runs\n" +
					"  [ \"$(cat runs)\" = xx ] && [ " + again + " = 0 ] && exit 0\n  printf '" + tc.says + "'; exit 1 ;;\nesac\n",
			})
			if err := os.Chmod(filepath.Join(dir, "go"), 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "make", "fuzz", "GO=./go")
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if (err == nil) != tc.ok || readText(t, filepath.Join(dir, "runs")) != tc.runs {
				t.Errorf("%v, runs %q\n%s", err, readText(t, filepath.Join(dir, "runs")), out)
			}
		})
	}
}
