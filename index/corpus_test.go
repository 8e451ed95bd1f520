package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"xietiao/index/plan"
)

// corpusPlans plans of corpusClauses clauses make the 100,000 clauses that the
// large benchmarks use.
const (
	corpusPlans   = 1500
	corpusClauses = 67
)

// counties makes n plans of made-up counties, varied from the sample: the order
// of units, units and duties left out, other words, other names of departments.
// The same n gives the same plans.
func counties(n int) []*plan.Plan {
	out := make([]*plan.Plan, n)
	for i := range out {
		out[i] = county(i)
	}
	return out
}

// clauseKey names a duty (its unit and number) or a section (its path).
type clauseKey struct {
	unit, section string
	no            int
}

const (
	firstOfPlace  = "临永嘉德龙云泰景苍瑞松缙遂庆玉仙岱嵊桐兰衢浦磐舟婺鄞慈余奉象宁诸柯虞绍淳富建萧洪"
	secondOfPlace = "川陵浔溪泽岚峪湾洲坪峰塘淮汶沁泾渭洛漳沂潞涿滦濮澧沅湘赣闽粤琼黔滇蜀渝冀豫皖"
)

// placeName is the made-up name of county i; all are different.
func placeName(i int) string {
	a, b := []rune(firstOfPlace), []rune(secondOfPlace)
	return string([]rune{a[i%len(a)], b[(i/len(a)+i%len(a)*7)%len(b)]})
}

// otherNames are what other counties call a department of the sample.
var otherNames = map[string][]string{
	"发改局":      {"发展和改革局", "发改委"},
	"教育局":      {"教育体育局", "教体局"},
	"科技局":      {"科学技术局"},
	"民宗局":      {"民族宗教事务局"},
	"人社局":      {"人力资源和社会保障局"},
	"自然资源和规划局": {"资规局", "自然资源局"},
	"住建局":      {"住房和城乡建设局"},
	"文广旅体局":    {"文旅局", "文化和旅游局", "文化广电旅游体育局"},
	"市场监管局":    {"市场监督管理局"},
	"旅体中心":     {"体育中心"},
	"广播电视台":    {"融媒体中心"},
}

// otherWords are what other counties write for words of the sample.
var otherWords = [][]string{
	{"文化礼堂", "文化大院", "文化广场", "村史馆"},
	{"农家书屋", "职工书屋", "城市书房"},
	{"新居民", "外来务工人员", "流动人口"},
	{"工人文化宫", "工人俱乐部"},
	{"海外温州人", "海外侨胞"},
	{"统筹指导", "负责", "统筹协调"},
	{"推动并指导", "指导", "负责"},
	{"参与推进", "配合推进", "支持"},
	{"协调推进", "统筹推进", "组织开展"},
	{"家庭教育", "校外教育"},
	{"少数民族", "民族乡村"},
	{"群众文艺精品创作", "文艺创作", "群众文艺演出"},
	{"数据统计", "统计监测"},
	{"社科知识普及", "社科普及"},
}

func county(i int) *plan.Plan {
	p, _ := countyFrom(i)
	return p
}

// countyFrom makes county i, and says for each of its clauses, in the order of
// clauseTexts, which one of the sample it was made of.
func countyFrom(i int) (*plan.Plan, []clauseKey) {
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	sample := plan.Sample()
	level := []string{"市", "县", "区"}[rng.IntN(3)]
	place := placeName(i) + level
	pairs := []string{"乐清市", place, "全市", "全" + level, "我市", "我" + level, "市委", level + "委", "市府", level + "府"}
	for _, words := range otherWords {
		pairs = append(pairs, words[0], words[rng.IntN(len(words))])
	}
	other := strings.NewReplacer(pairs...).Replace
	p := &plan.Plan{
		Title:  place + "公共文化服务体系建设协调机制工作方案",
		DocNo:  fmt.Sprintf("%s公共协〔%d〕%d号", placeName(i), 2018+i%7, 1+i%40),
		Issuer: place + "公共文化服务体系建设协调组",
		Date:   "2020-09-25",
	}
	for _, s := range sample.Sections {
		p.Sections = append(p.Sections, plan.Section{Path: s.Path, Title: other(s.Title), Text: other(s.Text), Own: other(s.Own)})
	}
	var from [][]clauseKey
	p.Units, from = countyUnits(rng, level, other, corpusClauses-len(clauseTexts(&plan.Plan{Sections: p.Sections})))
	for _, u := range p.Units {
		p.Members = append(p.Members, u.Name)
	}
	p.Office = p.Members[0]
	return p, append(slices.Concat(from...), sectionKeys(p)...)
}

// clauseKeys are the clauses of a plan without items, in the order of clauseTexts.
func clauseKeys(p *plan.Plan) []clauseKey {
	var out []clauseKey
	for _, u := range p.Units {
		for _, d := range u.Duties {
			out = append(out, clauseKey{unit: u.Name, no: d.No})
		}
	}
	return append(out, sectionKeys(p)...)
}

func sectionKeys(p *plan.Plan) []clauseKey {
	var out []clauseKey
	for _, s := range p.Sections {
		if s.Path != "" {
			out = append(out, clauseKey{section: s.Path})
		}
	}
	return out
}

// countyUnits picks n duties of the sample's and keeps the units that have one;
// from says which they were, unit by unit.
func countyUnits(rng *rand.Rand, level string, other func(string) string, n int) (out []plan.Unit, from [][]clauseKey) {
	type place struct{ unit, duty int }
	var all []place
	units := plan.Sample().Units
	for i, u := range units {
		for j := range u.Duties {
			all = append(all, place{i, j})
		}
	}
	rng.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	at := map[int]int{}
	for _, x := range all[:n] {
		k, ok := at[x.unit]
		if !ok {
			k = len(out)
			at[x.unit] = k
			out = append(out, plan.Unit{Name: countyUnit(rng, level, units[x.unit].Name)})
			from = append(from, nil)
		}
		d := units[x.unit].Duties[x.duty]
		out[k].Duties = append(out[k].Duties, plan.Duty{No: len(out[k].Duties) + 1, Text: other(d.Text), Role: d.Role})
		from[k] = append(from[k], clauseKey{unit: units[x.unit].Name, no: d.No})
	}
	return out, from
}

func countyUnit(rng *rand.Rand, level, name string) string {
	base, ok := strings.CutPrefix(name, "市")
	if !ok {
		return strings.Replace(name, "市", level, 1) // 团市委
	}
	if names := otherNames[base]; len(names) > 0 {
		if k := rng.IntN(len(names) + 1); k < len(names) {
			base = names[k]
		}
	}
	return level + strings.ReplaceAll(base, "市", level)
}

func TestTheGeneratedCorpusIsVariedAndRepeatable(t *testing.T) {
	t.Parallel()
	places := map[string]bool{}
	for i := range corpusPlans {
		places[placeName(i)] = true
	}
	if len(places) != corpusPlans {
		t.Errorf("%d places", len(places))
	}
	for _, p := range counties(50) {
		if n := len(clauseTexts(p)); n != corpusClauses || n != len(clauseKeys(p)) {
			t.Errorf("%s: %d clauses", p.Title, n)
		}
	}
	if corpusPlans*corpusClauses < 100_000 {
		t.Error("too few clauses")
	}
	a, b := county(3), county(4)
	if diff := cmp.Diff(a.Units, county(3).Units, cmpopts.IgnoreUnexported(plan.Unit{}, plan.Duty{})); diff != "" {
		t.Errorf("county 3 differs from itself: %s", diff)
	}
	same := func(x, y plan.Unit) bool { return x.Name == y.Name }
	if slices.EqualFunc(a.Units, b.Units, same) {
		t.Error("two counties have the same units in the same order")
	}
}
