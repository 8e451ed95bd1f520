package index

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// unitNames are the names of units of a directory.
func unitNames(d *directory, units []int) []string {
	var out []string
	for _, u := range units {
		out = append(out, d.units[u].name)
	}
	return out
}

func TestADepartmentHasManyNames(t *testing.T) {
	t.Parallel()
	for unit, names := range map[string][]string{
		"市市场监管局":          {"市场监管局", "市监局", "市市场监督管理局", "工商局", "质监局"},
		"市自然资源和规划局":       {"自然资源局", "资规局", "国土局", "规划局", "自规局"},
		"市府办（市大数据发展管理中心）": {"府办", "市府办", "市政府办公室", "大数据局", "大数据中心"},
		"市委办（考绩）":         {"市委办", "考绩办", "考核办"},
		"团市委":             {"团委", "共青团", "共青团市委"},
		"市广播电视台":          {"广电台", "电视台", "广播电视台", "融媒体中心"},
		"市委编办":            {"编办", "编制办", "机构编制委员会办公室"},
		"市民宗局":            {"民宗局", "民族宗教局", "宗教局", "民宗委"},
		"市发改局":            {"发改局", "发改委", "发展和改革局"},
		"市人社局":            {"人社局", "人力社保局", "人力资源和社会保障局"},
		"市住建局":            {"住建局", "建设局", "住房和城乡建设局"},
		"市农业农村局":          {"农业农村局", "农业局", "扶贫办"},
		"市文广旅体局":          {"文旅局", "文化局", "文化和旅游局", "文化和广电旅游体育局", "文化广电旅游和体育局"},
		"市委宣传部":           {"宣传部", "市委宣传部"},
		"市科技局":            {"科技局", "科委"},
		"市科协":             {"科协", "科学技术协会"},
		"市总工会":            {"总工会", "工会"},
		"市妇联":             {"妇联", "妇女联合会"},
	} {
		t.Run(unit, func(t *testing.T) {
			t.Parallel()
			v := sampleView()
			for _, name := range append(names, unit) {
				r := v.read(v.t, name+"的职责有哪些")
				if diff := cmp.Diff([]string{unit}, r.unitNames()); diff != "" || len(r.missing) > 0 {
					t.Errorf("%s: missing %v, %s", name, r.missing, diff)
				}
			}
		})
	}
}

func TestNamesOfDepartmentsThatThePlanLacks(t *testing.T) {
	t.Parallel()
	v := sampleView()
	for _, name := range []string{"省文旅厅", "温州市文广旅局", "教育厅", "省教育厅", "财政厅", "公安局", "市公安局", "卫健委", "天文局", "体育局"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := v.read(v.t, name+"的职责有哪些")
			if len(r.units) > 0 || len(r.missing) != 1 {
				t.Errorf("units %v, missing %v", r.unitNames(), r.missing)
			}
		})
	}
}

func TestOneNameForSeveralDepartments(t *testing.T) {
	t.Parallel()
	v := sampleView()
	r := v.read(v.t, "工青妇的职责有哪些")
	if diff := cmp.Diff([]string{"市总工会", "团市委", "市妇联"}, r.unitNames()); diff != "" {
		t.Error(diff)
	}
	r = v.read(v.t, "教育局和财政局分别负责什么")
	if diff := cmp.Diff([]string{"市教育局", "市财政局"}, r.unitNames()); diff != "" {
		t.Error(diff)
	}
}

// A heading and the list of members may spell one department differently.
func TestSpellingsOfOneDepartmentAreOneUnit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		heading, member string
		same            bool
	}{
		{"市市场监管局", "市市场监督管理局", true},
		{"市府办（市大数据发展管理中心）", "市府办（大数据发展管理中心）", true},
		{"市发改局", "市发展和改革局", true},
		{"教育局", "县教育局", true},
		{"县文旅局", "县文化和旅游局", true},
		{"市教育局", "县教育局", false},
		{"市教育局", "市科技局", false},
		{"市文联", "市侨联", false},
		{"市教育局", "省教育厅", false},
	} {
		d := newDirectory(&plan.Plan{Units: []plan.Unit{{Name: tc.heading}}, Members: []string{tc.member}}, words(t))
		if same := len(d.units) == 1; same != tc.same {
			t.Errorf("%s, %s: %d units", tc.heading, tc.member, len(d.units))
		}
		if d.units[0].name != tc.heading {
			t.Errorf("%s: answers would show %s", tc.heading, d.units[0].name)
		}
	}
}

func TestALevelIsCutFromAName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, level, base string }{
		{"市教育局", "市", "教育局"},
		{"市市场监管局", "市", "市场监管局"},
		{"市场监管局", "市", "场监管局"}, // the family table knows 市场监管局 as it is
		{"县委宣传部", "县", "宣传部"},
		{"市委办", "市", "委办"},
		{"区级机关工委", "区", "机关工委"},
		{"自治县教育局", "自", "教育局"},
		{"省文旅厅", "省", "文旅厅"},
		{"团市委", "", "团市委"},
		{"教育局", "", "教育局"},
		{"市局", "", "市局"},
		{"", "", ""},
	} {
		if got := levelOf(tc.name); got != tc.level {
			t.Errorf("level of %s: %q", tc.name, got)
		}
		if got := stripLevel(tc.name); got != tc.base {
			t.Errorf("%s without its level: %q", tc.name, got)
		}
	}
}

func TestAbbreviations(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		short, long string
		want        bool
	}{
		{"市监局", "市场监管局", true},
		{"人社局", "人力资源和社会保障局", true},
		{"资规局", "自然资源和规划局", false}, // begins otherwise
		{"市监办", "市场监管局", false},    // ends otherwise
		{"市监局", "市监局", false},      // no shorter
		{"监市局", "市场监管局", false},
		{"市管监局", "市场监管局", false}, // another order
		{"教局", "教育局", false},     // two runes abbreviate nothing
		{"", "教育局", false},
		{"教育局", "", false},
	} {
		if got := abbreviates(tc.short, tc.long); got != tc.want {
			t.Errorf("%s for %s: %v", tc.short, tc.long, got)
		}
	}
}

func TestTheOrderOfFieldsInANameDoesNotMatter(t *testing.T) {
	t.Parallel()
	a := plainName("文化和广电旅游体育局")
	for _, name := range []string{"文化广电旅游和体育局", "市文化广电和旅游体育局", "文化、广电、旅游、体育局"} {
		if plainName(name) != a {
			t.Errorf("%s is another name", name)
		}
	}
	for _, name := range []string{"教育局", "文旅局", "市教育局"} {
		if plainName(name) != name {
			t.Errorf("%s is too short to be compared so", name)
		}
	}
	if plainName("文化广电旅游体育局") == plainName("文化广电旅游体育办") {
		t.Error("the ending tells names apart")
	}
}

// Quickly rejecting must not reject what the list holds.
func TestEveryEndingOfADepartmentIsKnown(t *testing.T) {
	t.Parallel()
	for _, x := range orgSuffixes {
		if !hasOrgSuffix("某" + x) {
			t.Error(x)
		}
	}
	for _, l := range levels {
		if levelOf(l+"教育局") == "" || stripLevel(l+"教育局") != "教育局" {
			t.Error(l)
		}
	}
	if hasOrgSuffix("教育") || hasOrgSuffix("") {
		t.Error("no department")
	}
}

// The families are found for names that only abbreviate one of theirs, and not
// where two families fit.
func TestFamiliesOfLongerNames(t *testing.T) {
	t.Parallel()
	th := lists(t, "family: 市场监管局 工商局", "family: 教育局 教委", "family: 教育体局 体局")
	if diff := cmp.Diff([]string{"市场监管局", "工商局"}, th.family("市场监督管理局")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"教育局", "教委"}, th.family("教委")); diff != "" {
		t.Error(diff)
	}
	if got := th.family("教育和体育局"); got != nil {
		t.Errorf("two families fit: %v", got)
	}
	if got := th.family("海事局"); got != nil {
		t.Errorf("none fits: %v", got)
	}
}

func TestEveryUnitIsFoundByItsOwnName(t *testing.T) {
	t.Parallel()
	th := words(t)
	for _, p := range append(counties(20), plan.Sample()) {
		d := newDirectory(p, th)
		for _, u := range p.Units {
			us, ok := d.resolve(zh.Fold(u.Name))
			if !ok || !slices.Contains(unitNames(d, us), u.Name) {
				t.Errorf("%s: %s resolves to %v", p.Title, u.Name, unitNames(d, us))
			}
		}
	}
}
