package index

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"xietiao/index/plan"
)

// small is a plan of a place that gives one matter to one department.
func small(place, no, unit, matter string) *plan.Plan {
	p := &plan.Plan{
		Title: place + "公共文化服务协调机制工作方案", DocNo: no, Issuer: place + "公共文化服务协调组",
		Units: []plan.Unit{{Name: unit, Duties: []plan.Duty{{No: 1, Text: "负责公共" + matter + "的管理工作。", Role: "负责"}}}},
	}
	p.Members = []string{unit}
	return p
}

func TestWhichPlanAnswers(t *testing.T) {
	t.Parallel()
	a := small("清江市", "清文协〔2020〕1号", "市教育局", "文化礼堂")
	b := small("白石县", "白文协〔2021〕2号", "县民政局", "文化礼堂")
	c := small("雁荡区", "雁文协〔2022〕3号", "区财政局", "农家书屋")
	ix := build(t, a, b, c)
	for _, tc := range []struct {
		name   string
		q      Query
		status Status
		want   []string // 文号 and unit of the rows
	}{
		{"the query names it by number", Query{Q: "文化礼堂归谁管", Plan: b.DocNo}, Answered, []string{"白文协〔2021〕2号 县民政局"}},
		{"the query names it by title", Query{Q: "文化礼堂归谁管", Plan: a.Title}, Answered, []string{"清文协〔2020〕1号 市教育局"}},
		{"the question names the place", Query{Q: "白石的文化礼堂归谁管"}, Answered, []string{"白文协〔2021〕2号 县民政局"}},
		{"only one plan has the matter", Query{Q: "农家书屋归谁管"}, Answered, []string{"雁文协〔2022〕3号 区财政局"}},
		{"two plans have it alike", Query{Q: "文化礼堂归谁管"}, Ambiguous, []string{"清文协〔2020〕1号 市教育局", "白文协〔2021〕2号 县民政局"}},
		{"the named plan does not have it", Query{Q: "农家书屋归谁管", Plan: a.DocNo}, Unknown, nil},
		{"no plan has it", Query{Q: "身份证丢了找谁"}, Unknown, nil},
		{"a greeting needs no plan", Query{Q: "你好"}, Answered, nil},
		{"a follow-up stays with the plan named before", Query{Q: "它第一条具体是啥", Prev: "白石的文化礼堂归谁管"}, Answered, []string{"白文协〔2021〕2号 县民政局"}},
		{"unless it names another", Query{Q: "清江的呢", Prev: "白石的文化礼堂归谁管"}, Answered, []string{"清文协〔2020〕1号 市教育局"}},
		{"or only another has an answer", Query{Q: "农家书屋归谁管", Prev: "白石的文化礼堂归谁管"}, Answered, []string{"雁文协〔2022〕3号 区财政局"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, ix, tc.q)
			var rows []string
			for _, r := range got.Results {
				rows = append(rows, r.Plan+" "+r.Unit)
			}
			if diff := cmp.Diff(tc.want, rows); diff != "" || got.Status != tc.status {
				t.Errorf("%s %s", got.Status, diff)
			}
		})
	}
}

func TestAPlanThatIsNotLoaded(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	if _, err := ix.Ask(t.Context(), Query{Q: "文化礼堂归谁管", Plan: "某公共协〔1999〕1号"}); !errors.Is(err, ErrNoPlan) {
		t.Errorf("got %v", err)
	}
	none := build(t)
	if _, err := none.Ask(t.Context(), Query{Q: "文化礼堂归谁管"}); !errors.Is(err, ErrNoPlan) {
		t.Errorf("no plan at all: %v", err)
	}
}

func TestFactsOfSeveralPlansAreChoices(t *testing.T) {
	t.Parallel()
	ix := build(t, small("清江市", "清文协〔2020〕1号", "市教育局", "文化礼堂"), small("白石县", "白文协〔2021〕2号", "县民政局", "文化礼堂"))
	a := ask(t, ix, Query{Q: "文号是多少"})
	if a.Status != Ambiguous || len(a.Results) != 2 {
		t.Errorf("%s %v", a.Status, spellRows(a.Results))
	}
	if a = ask(t, ix, Query{Q: "白石的文号是多少"}); a.Status != Answered || len(a.Results) != 1 || a.Results[0].Value != "白文协〔2021〕2号" {
		t.Errorf("%s %v", a.Status, a.Results)
	}
}

// A question may say the number of the document that it asks.
func TestADocumentIsNamedByItsNumber(t *testing.T) {
	t.Parallel()
	for name, ix := range map[string]*Index{
		"one plan":  build(t, plan.Sample()),
		"two plans": build(t, small("白石县", "白文协〔2021〕2号", "县民政局", "文化礼堂"), plan.Sample()),
	} {
		for q, want := range map[string]string{
			"乐公共协〔2020〕1号里图书角归谁管": "市委宣传部·3",
			"乐公共协(2020)1号里图书角归谁管": "市委宣传部·3",
			"乐公共协1号文里图书角归谁管":      "市委宣传部·3",
			"乐公共协〔2020〕1号里妇联的职责":  "市妇联·1 市妇联·2 市妇联·3 市妇联·4",
			"乐公共协〔2020〕1号什么时候印发":  FactDate,
			"乐公共协〔2020〕1号":        FactTitle,
			"乐公共协几号":              FactDocNo,
			"乐公共协〔2020〕几号文":       FactDocNo,
			"文号是乐公共协〔2020〕2号吗":    FactDocNo,
			"乐公共协〔2020〕2号里图书角归谁管": "",
			"乐公共协〔2019〕1号里图书角归谁管": "",
			"乐公共协〔2020〕1号里身份证归谁办": "",
		} {
			if name == "two plans" && want == FactDocNo {
				continue // both have one
			}
			a := ask(t, ix, Query{Q: q})
			if diff := cmp.Diff(strings.Fields(want), spellRows(a.Results), cmpopts.EquateEmpty()); diff != "" || (a.Status == Unknown) != (want == "") {
				t.Errorf("%s, %s: %s %s", name, q, a.Status, diff)
			}
		}
	}
}

// Of more plans than are looked at one by one, Bleve finds those with the words.
func TestOneOfManyPlans(t *testing.T) {
	t.Parallel()
	var plans []*plan.Plan
	matters := []string{"文化礼堂", "图书馆", "博物馆", "文化馆", "体育场", "电影院", "戏台", "美术馆", "非遗工坊", "乡村大舞台"}
	for i, m := range matters {
		plans = append(plans, small(placeName(i)+"县", fmt.Sprintf("某协〔2020〕%d号", i+1), "县民政局", m))
	}
	if len(plans) <= maxExact {
		t.Fatal("too few plans")
	}
	ix := build(t, plans...)
	for i, m := range matters {
		a := ask(t, ix, Query{Q: "公共" + m + "归谁管"})
		if len(a.Results) == 0 || a.Results[0].Plan != plans[i].DocNo {
			t.Errorf("%s: %s %v", m, a.Status, a.Results)
		}
		a = ask(t, ix, Query{Q: placeName(i) + "的" + m + "归谁管"})
		if a.Status != Answered || len(a.Results) != 1 || a.Results[0].Plan != plans[i].DocNo {
			t.Errorf("%s of the named place: %s %v", m, a.Status, a.Results)
		}
	}
	if a := ask(t, ix, Query{Q: "身份证丢了找谁"}); a.Status != Unknown {
		t.Errorf("nobody's matter: %s", a.Status)
	}
	if a := ask(t, ix, Query{Q: "文号是多少"}); a.Status != Ambiguous || len(a.Results) != maxCandidatePlans {
		t.Errorf("a fact of all: %s, %d rows", a.Status, len(a.Results))
	}
}

// A title that more plans have than are looked at one by one keeps the question
// within them.
func TestManyPlansOfOneTitle(t *testing.T) {
	t.Parallel()
	var plans []*plan.Plan
	for i := range maxExact + 4 {
		p := small("清江市", fmt.Sprintf("清协〔2020〕%d号", i+1), "市教育局", "图书馆")
		if i%4 == 0 {
			p = small("白石县", fmt.Sprintf("白协〔2020〕%d号", i+1), "县民政局", "文化礼堂")
		}
		plans = append(plans, p)
	}
	ix := build(t, plans...)
	a := ask(t, ix, Query{Q: "文化礼堂归谁管", Plan: "清江市公共文化服务协调机制工作方案"})
	for _, r := range a.Results {
		if !strings.HasPrefix(r.Plan, "清协") {
			t.Errorf("%s of another title", r.Plan)
		}
	}
}

func TestPlansAreFoundByName(t *testing.T) {
	t.Parallel()
	plans := []*plan.Plan{
		small("清江市", "清文协〔2020〕1号", "市教育局", "文化礼堂"),
		small("白石县", "白文协〔2021〕2号", "县民政局", "文化礼堂"),
		{Title: "关于某事的通知", Issuer: "某市办公室"},
		{},
	}
	n := newPlanNames(plans)
	for _, tc := range []struct {
		question string
		want     []int
	}{
		{"清江的文化礼堂", []int{0}},
		{"清江和白石哪个先", []int{0, 1}},
		{"白文协〔2021〕2号", []int{1}},
		{"清江市公共文化服务协调机制工作方案说了什么", []int{0}},
		{"文化礼堂", nil},
		{"关于某事的通知", []int{2}},
		{"", nil},
	} {
		got := n.in(tc.question)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q: %v, want %v", tc.question, got, tc.want)
		}
	}
	if got := placeOf(plans[2]); got != "" {
		t.Errorf("某 is no place: %q", got) // a place has two runes at least
	}
}

// Clauses that match alike are many where counties copy each other; which are
// looked at must not hang on chance.
func TestEqualClausesAreTakenInThePlansOrder(t *testing.T) {
	t.Parallel()
	var plans []*plan.Plan
	for i := range 3 * firstHits {
		plans = append(plans, small(placeName(i)+"县", fmt.Sprintf("某协〔2020〕%d号", i+1), "县民政局", "文化礼堂"))
	}
	for range 3 {
		ix := build(t, plans...)
		got, err := ix.candidates(t.Context(), []string{"文化礼堂"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5}, got); diff != "" {
			t.Error(diff)
		}
	}
}
