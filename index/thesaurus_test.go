package index

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// lists makes a thesaurus of some lines and nothing else.
func lists(tb testing.TB, lines ...string) *Thesaurus {
	tb.Helper()
	t, err := newThesaurus([]List{{"test.txt", strings.Join(lines, "\n")}})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// expanded is what a word may stand for, with how sure that is.
func expanded(list []expansion) map[string]float64 {
	out := map[string]float64{}
	for _, e := range list {
		out[e.text] = float64(int(e.sim*1000+0.5)) / 1000
	}
	return out
}

func TestLinesRelateWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		lines []string
		word  string
		want  map[string]float64
	}{
		{"a word stands for itself", nil, "书屋", map[string]float64{"书屋": 1}},
		{"= goes both ways", []string{"书屋 = 书房"}, "书房", map[string]float64{"书房": 1, "书屋": 0.95}},
		{"= joins all words of the line", []string{"甲 乙 = 丙"}, "甲", map[string]float64{"甲": 1, "乙": 0.95, "丙": 0.95}},
		{"< goes one way", []string{"农家书屋 < 图书角"}, "图书角", map[string]float64{"图书角": 1, "农家书屋": 0.9}},
		{"< does not go back", []string{"农家书屋 < 图书角"}, "农家书屋", map[string]float64{"农家书屋": 1}},
		{"later words on the left are less sure", []string{"甲 乙 丙 丁 戊 < 己"}, "己",
			map[string]float64{"己": 1, "甲": 0.9, "乙": 0.87, "丙": 0.84, "丁": 0.81, "戊": 0.81}},
		{"~ is weaker", []string{"阅读 ~ 书香"}, "书香", map[string]float64{"书香": 1, "阅读": 0.55}},
		{"a sure relation is followed one step", []string{"图书角 < 看书那屋", "图书角 = 书屋"}, "看书那屋",
			map[string]float64{"看书那屋": 1, "图书角": 0.9, "书屋": 0.855}},
		{"and no further", []string{"乙 < 甲", "丙 < 乙", "丁 < 丙"}, "甲", map[string]float64{"甲": 1, "乙": 0.9, "丙": 0.81}},
		{"a weak relation is not followed", []string{"乙 ~ 甲", "乙 = 丙"}, "甲", map[string]float64{"甲": 1, "乙": 0.55}},
		{"the surest of several lines counts", []string{"乙 ~ 甲", "乙 = 甲"}, "甲", map[string]float64{"甲": 1, "乙": 0.95}},
		{"a weak word proves little by its letters", []string{"weak: 编制", "人员编制 < 编制"}, "编制", map[string]float64{"编制": 0.6, "人员编制": 0.9}},
		{"width, case and traditional characters do not matter", []string{"農家書屋 ＜ ＷｉＦｉ角"}, "wifi角", map[string]float64{"wifi角": 1, "农家书屋": 0.9}},
		{"comments, blank lines and a byte order mark are nothing", []string{"\ufeff# 甲 = 丁", "", "  甲 = 乙 # 丙", "\r"}, "甲", map[string]float64{"甲": 1, "乙": 0.95}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := lists(t, tc.lines...).expand(tc.word)
			if diff := cmp.Diff(tc.want, expanded(got)); diff != "" {
				t.Error(diff)
			}
			if got[0].text != tc.word {
				t.Errorf("the word itself must stand first, not %q", got[0].text)
			}
		})
	}
}

func TestWordsSaidInParts(t *testing.T) {
	t.Parallel()
	th := lists(t, "健身志愿服务 < 健身+义工 打球+教 带队+锻炼+老人", "青年志愿 < 大学生+义工|志愿", "器材 < 健身+器材")
	for _, tc := range []struct {
		question string
		want     []string
	}{
		{"健身这块的义工归谁管", []string{"健身+义工"}},
		{"义工教人健身", []string{"健身+义工"}},
		{"锻炼谁带队", nil},
		{"给老人带队锻炼", []string{"带队+锻炼+老人"}},
		{"大学生想做志愿", []string{"大学生+志愿"}},
		{"大学生义工教健身", []string{"健身+义工", "大学生+义工"}},
		{"健身", nil},
		{"", nil},
	} {
		t.Run(tc.question, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, tok := range th.combined(tc.question, nil) {
				got = append(got, tok.text)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	whole := []token{{kind: tokTerm, text: "健身器材"}}
	if got := th.combined("健身器材坏了", whole); len(got) != 0 {
		t.Errorf("健身器材 is one word of the question, not said in parts: %v", got)
	}
}

func TestKindsOfLines(t *testing.T) {
	t.Parallel()
	th := lists(t,
		"filler: 请问 一下", "who: 谁 请问", "outside: 户口本", "family: 教育局 教委 教体局",
		"about: 妇联 = 妇女 家庭", "group: 工青妇 = 总工会 团委 妇联", "单位: 市教育局 = 老教委 教办", "unit: 市文联 = 作协")
	if th.frames["请问"] != tagFiller|tagWho {
		t.Errorf("a word may be of two kinds: %b", th.frames["请问"])
	}
	if !th.outside["户口本"] {
		t.Error("outside")
	}
	if diff := cmp.Diff([]string{"教育局", "教委", "教体局"}, th.families["教委"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"妇女", "家庭"}, th.about["妇联"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"总工会", "团委", "妇联"}, th.groups["工青妇"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"老教委": "市教育局", "教办": "市教育局", "作协": "市文联"}, th.aliases); diff != "" {
		t.Error(diff)
	}
	if th.maxLen != 3 {
		t.Errorf("longest entry: %d runes", th.maxLen)
	}
}

func TestEveryKindOfFrameIsKnown(t *testing.T) {
	t.Parallel()
	seen := map[tag]string{}
	for kind, tg := range tagNames {
		if other, ok := seen[tg]; ok {
			t.Errorf("%s and %s are one", kind, other)
		}
		seen[tg] = kind
		if th := lists(t, kind+": 字"); th.frames["字"] != tg {
			t.Errorf("%s: got %b", kind, th.frames["字"])
		}
	}
}

func TestABadLineIsNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, line string }{
		{"no sign", "农家书屋 图书角"},
		{"nothing on the left", "= 图书角"},
		{"nothing on the right", "农家书屋 <"},
		{"an unknown kind", "filer: 请问"},
		{"an empty part", "农家书屋 < 看+"},
		{"an empty part in the middle", "农家书屋 < 看++书"},
		{"an empty choice", "农家书屋 < 看|+书"},
		{"about without =", "about: 妇联 妇女"},
		{"about without words", "about: 妇联 ="},
		{"a group of one", "group: 工青妇 = 妇联"},
		{"a group with two names", "group: 工青妇 群团 = 妇联 团委"},
		{"two units", "单位: 市教育局 市文联 = 教办"},
		{"a unit without names", "单位: 市教育局 ="},
		{"a unit without =", "单位: 市教育局 教办"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "own.txt")
			if err := os.WriteFile(name, []byte("# 本办\n农家书屋 < 图书角\n"+tc.line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadThesaurus(name)
			if !errors.Is(err, ErrThesaurus) || !strings.Contains(err.Error(), "own.txt:3: ") {
				t.Errorf("got %v", err)
			}
			var fault *LineError
			if err := CheckLine(tc.line); !errors.Is(err, ErrThesaurus) || !errors.As(err, &fault) {
				t.Errorf("checked alone: %v", err)
			}
		})
	}
}

func TestAFileThatIsNoText(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(name, []byte("甲 = \xd2\xd2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadThesaurus(name); !errors.Is(err, ErrThesaurus) || !strings.Contains(err.Error(), "own.txt") {
		t.Errorf("GB18030: %v", err)
	}
	if _, err := LoadThesaurus(name + ".missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

func TestLinesThatFoldAlikeSayTheSame(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"農家書屋 ＜ 图书角  # 2026", "\u3000农家书屋  <\t图书角", "农家书屋 < 图书角"} {
		if got := FoldLine(line); got != "农家书屋 < 图书角" {
			t.Errorf("%q: %q", line, got)
		}
		if err := CheckLine(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, line := range []string{"", "# 只有说明", "甲 = 乙\n丙 = 丁", "甲 = \xd2"} {
		if err := CheckLine(line); !errors.Is(err, ErrThesaurus) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestTheVersionFollowsEveryWord(t *testing.T) {
	t.Parallel()
	version := func(text string) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "own.txt")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		th, err := newThesaurus([]List{{"own.txt", text}})
		if err != nil {
			t.Fatal(err)
		}
		return th.Version()
	}
	a := version("甲 = 乙")
	if a != version("甲 = 乙") {
		t.Error("the same words, another version")
	}
	if a == version("甲 = 丙") || a == version("甲 < 乙") || a == version("") {
		t.Error("other words, the same version")
	}
	if words(t).Version() == "" {
		t.Error("no version")
	}
}

// The built-in lists are cut at spaces only.
func TestTheBuiltInListsAreClean(t *testing.T) {
	t.Parallel()
	files, err := builtinLists()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		n := 0
		for line := range strings.Lines(f.Text) {
			n++
			if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r != ' ' && space(r) == ' ' }) {
				t.Errorf("%s:%d: white space that is no space", f.Name, n)
			}
		}
	}
}

// An office's own file teaches the names it uses.
func TestAnOfficesOwnNamesAreKnown(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "own.txt")
	own := "单位: 市文广旅体局 = 文旅大楼\n农家书屋 < 悦读驿站\n单位: 市教育局 = 科技局\n"
	if err := os.WriteFile(name, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	th, err := LoadThesaurus(name)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := Build([]*plan.Plan{plan.Sample()}, Options{Thesaurus: th})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, tc := range []struct{ q, unit string }{
		{"文旅大楼的职责有哪些", "市文广旅体局"},
		{"悦读驿站归谁管", "市委宣传部"},
		{"科技局的职责有哪些", "市教育局"}, // the office's word beats the rules'
	} {
		a := ask(t, ix, Query{Q: tc.q})
		if len(a.Results) == 0 || a.Results[0].Unit != tc.unit {
			t.Errorf("%s: %s %v", tc.q, a.Status, a.Results)
		}
	}
}

func FuzzThesaurusLine(f *testing.F) {
	for _, line := range []string{"甲 = 乙", "甲 乙 < 丙 丁+戊|己", "甲 ~ 乙", "who: 谁", "单位: 甲局 = 乙", "about: 甲 = 乙", "group: 甲 = 乙 丙", "+", "=", ":", "a|b+", "\ufeff#"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		th, err := newThesaurus([]List{{"fuzz.txt", text}})
		if err != nil {
			if !errors.Is(err, ErrThesaurus) || !strings.Contains(err.Error(), "fuzz.txt:") {
				t.Errorf("%v", err)
			}
			return
		}
		folded := zh.Fold(text)
		for _, tok := range th.combined(folded, nil) {
			if !containsAll(folded, strings.Split(tok.text, "+")) {
				t.Errorf("%q is not in %q", tok.text, folded)
			}
		}
		for w := range th.terms {
			if list := th.expand(w); list[0].text != w {
				t.Errorf("%q expands to %v", w, list)
			}
		}
	})
}

// Two spellings that the office takes for one unit are one unit, however far apart.
func TestAnAliasOfTheOfficeMakesOneUnitOfTwo(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(name, []byte("单位: 县文化体育事业发展中心 = 县老年大学\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	th, err := LoadThesaurus(name)
	if err != nil {
		t.Fatal(err)
	}
	p := &plan.Plan{Title: "方案", Members: []string{"县老年大学", "县财政局"}, Units: []plan.Unit{{Name: "县文化体育事业发展中心", Duties: []plan.Duty{{Text: "负责辅导。"}}}}}
	for _, tc := range []struct {
		t     *Thesaurus
		units int
	}{{words(t), 3}, {th, 2}} {
		ix, err := Build([]*plan.Plan{p}, Options{Thesaurus: tc.t})
		if err != nil {
			t.Fatal(err)
		}
		if got := ix.Units(); len(got) != tc.units {
			t.Errorf("units: %v", got)
		}
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
	}
	if !th.Same("县老年大学", "县文化体育事业发展中心") || th.Same("县老年大学", "县财政局") || words(t).Same("县老年大学", "县文化体育事业发展中心") || !words(t).Same("市府办（甲）", "市府办(甲)") {
		t.Error("the office's word is not what counts")
	}
}
