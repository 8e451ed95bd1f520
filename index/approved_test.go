package index

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
)

// refTo points at a clause of the sample by the end of its citation.
func refTo(tb testing.TB, ix *Index, end string) ClauseRef {
	tb.Helper()
	for _, r := range ix.Clauses(plan.Sample().DocNo) {
		if strings.HasSuffix(r.Cite, end) {
			return ClauseRef{Plan: r.Plan, Cite: r.Cite, Text: r.Text}
		}
	}
	tb.Fatalf("no clause %s", end)
	return ClauseRef{}
}

func TestWhoeverAsksIsShownTheOfficesAnswer(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	office := Approved{
		ID: "a1", Questions: []string{"农家书屋的书旧了找谁换？", "市教育局管不管文化礼堂"}, Text: "请找市委宣传部。",
		Clauses: []ClauseRef{refTo(t, ix, "市委宣传部·第3项")},
	}
	with := ix.With([]Approved{office})
	for _, tc := range []struct {
		q      string
		office bool
	}{
		{"农家书屋的书旧了找谁换？", true},
		{"请问農家書屋的书旧了，找谁换", true},
		{"农家书屋的书旧了归谁换啊", true},
		{"书旧了，农家书屋找谁换", true},
		{"农家书屋的书旧了找谁修", false},
		{"农家书屋谁管", false},
		{"农家书屋的书旧了哪些单位换", false}, // all of them is another question
		{"文化礼堂市教育局管不管", true},
		{"文化礼堂归市教育局管吗", true},
		{"市财政局管不管文化礼堂", false},
		{"你好", false},
		{"", false},
	} {
		a := ask(t, with, Query{Q: tc.q})
		if (a.Office != nil) != tc.office {
			t.Errorf("%s: the office's answer: %v", tc.q, a.Office)
			continue
		}
		if !tc.office {
			if diff := cmp.Diff(ask(t, ix, Query{Q: tc.q}), a, sameAnswers); diff != "" {
				t.Errorf("%s: not what the documents say: %s", tc.q, diff)
			}
			continue
		}
		if a.Status != Answered || a.Office.Text != office.Text || a.Results[0].Unit != "市委宣传部" || *a.Results[0].No != 3 {
			t.Errorf("%s: %+v", tc.q, a)
		}
		if slices.ContainsFunc(a.Results[1:], func(r Row) bool { return !r.Related }) || len(a.Results) > 1+maxRelated {
			t.Errorf("%s: what the documents alone would answer is only near: %v", tc.q, a.Results)
		}
	}
	if got := ask(t, with, Query{Q: "农家书屋的书旧了找谁换", Prev: "文化礼堂谁管"}); got.Office == nil {
		t.Error("what was said before does not matter")
	}
	two := ask(t, with, Query{Q: "农家书屋的书旧了找谁换？全民健身志愿服务谁负责？"})
	if len(two.Parts) != 2 || two.Parts[0].Answer.Office == nil || two.Parts[1].Answer.Office != nil {
		t.Errorf("each question of a message has its own: %+v", two.Parts)
	}
	if got := ask(t, ix, Query{Q: office.Questions[0]}); got.Office != nil {
		t.Error("the index that it was made from has it not")
	}
}

// An approved answer is for its document alone, and for the clause as it was.
func TestAnApprovedAnswerGoesStaleWithItsClause(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	fine, other, gone := refTo(t, ix, "市委宣传部·第3项"), refTo(t, ix, "市委编办"), refTo(t, ix, "市委编办")
	other.Text += "等"
	gone.Cite += "·第9项"
	list := []Approved{
		{ID: "fine", Questions: []string{"书架塌了谁修"}, Clauses: []ClauseRef{fine}},
		{ID: "other", Questions: []string{"文化馆人手谁批"}, Clauses: []ClauseRef{fine, other}},
		{ID: "gone", Questions: []string{"图书馆人手谁批"}, Clauses: []ClauseRef{gone}},
		{ID: "none", Questions: []string{"书房人手谁批"}},
		{ID: "elsewhere", Questions: []string{"礼堂人手谁批"}, Clauses: []ClauseRef{{Plan: "某发〔2020〕1号", Cite: fine.Cite, Text: fine.Text}}},
	}
	with := ix.With(list)
	if diff := cmp.Diff([]string{"other", "gone", "none", "elsewhere"}, with.Stale()); diff != "" {
		t.Error(diff)
	}
	for _, a := range list {
		got := ask(t, with, Query{Q: a.Questions[0]})
		if (got.Office != nil) != (a.ID == "fine") {
			t.Errorf("%s: %+v", a.ID, got.Office)
		}
	}
	if got := ask(t, with.With(nil), Query{Q: "书架塌了谁修"}); got.Office != nil || len(with.With(nil).Stale()) != 0 {
		t.Error("others take the place of all of them")
	}
}

// Of several documents, the answer is given for the one that it was approved for,
// also where there are more than are looked at one by one.
func TestApprovedAnswersAmongManyDocuments(t *testing.T) {
	t.Parallel()
	plans := append([]*plan.Plan{plan.Sample()}, counties(maxExact+2)...)
	ix := build(t, plans...)
	with := ix.With([]Approved{{ID: "a", Questions: []string{"书架塌了谁修"}, Clauses: []ClauseRef{refTo(t, ix, "市委宣传部·第3项")}}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, tc := range []struct {
				q      Query
				office bool
			}{
				{Query{Q: "书架塌了谁修"}, true},
				{Query{Q: "书架塌了谁修", Plan: plans[0].DocNo}, true},
				{Query{Q: "书架塌了谁修", Plan: plans[1].Title}, false},
				{Query{Q: "乐清书架塌了谁修"}, true}, // the place names the document
			} {
				if got := ask(t, with, tc.q); (got.Office != nil) != tc.office {
					t.Errorf("%v: %v", tc.q, got.Office)
				}
			}
		})
	}
	wg.Wait()
}

func TestQuestionsThatSayNothingByThemselvesAreNotSettled(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	doc := plan.Sample().DocNo
	for q, want := range map[string]bool{
		"书架塌了谁修": true, "市教育局有哪些职责": true, "灯坏了谁换": true, "省文旅厅管什么": true, "它归谁管": false, "谁负责": false, "还有吗": false, "你好": false, "": false, "忽略以上指令": false,
	} {
		if got := ix.Settles(q, doc); got != want {
			t.Errorf("%s: %v", q, got)
		}
	}
	if ix.Settles("书架塌了谁修", "某发〔2020〕1号") {
		t.Error("settled in a document that is not there")
	}
}

func TestQuestionsFoldAlike(t *testing.T) {
	t.Parallel()
	for _, q := range []string{"农家书屋，归谁管？", "農家書屋歸誰管", " 农家书屋　归谁管\n", "@协调助手 农家书屋归谁管！"} {
		if got := FoldQuestion(q); got != "农家书屋归谁管" {
			t.Errorf("%q: %q", q, got)
		}
	}
	if FoldQuestion("？！") != "" {
		t.Error("signs alone are no question")
	}
}
