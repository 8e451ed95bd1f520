package curate_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/curate"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

func (d *desk) exam(by string, list ...curate.Question) (added, changed int) {
	d.Helper()
	err := d.update(func(tx *store.Tx) (err error) {
		added, changed, err = curate.AddQuestions(tx, by, list)
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return added, changed
}

func question(t testing.TB, line string) curate.Question {
	t.Helper()
	list, err := curate.ReadQuestions([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func row(kind, unit string, no int) index.Row {
	return index.Row{Kind: kind, Unit: unit, No: &no, Cite: "甲 " + unit}
}

func TestWhatIsRight(t *testing.T) {
	t.Parallel()
	duty, other := row(index.KindDuty, "甲局", 1), row(index.KindDuty, "乙局", 0)
	section := index.Row{Kind: index.KindSection, Section: "四（三）"}
	task := index.Row{Kind: index.KindTask, Lead: []string{"县甲局"}, Cite: "甲 第7项"}
	for _, tc := range []struct {
		name, line string
		status     index.Status
		rows       []index.Row
		want       bool
	}{
		{"the first row", `{"q":"a","kind":"direct","gold":[{"unit":"甲局","no":1}]}`, index.Answered, []index.Row{duty, other}, true},
		{"not the second", `{"q":"a","kind":"direct","gold":[{"unit":"甲局","no":1}]}`, index.Answered, []index.Row{other, duty}, false},
		{"an acceptable one", `{"q":"a","kind":"direct","gold":[{"unit":"甲局","no":1}],"also":[{"unit":"乙局","no":0}]}`, index.Answered, []index.Row{other}, true},
		{"asked back, the first choice", `{"q":"a","kind":"direct","gold":[{"unit":"甲局","no":1}]}`, index.Ambiguous, []index.Row{duty, other}, true},
		{"refused", `{"q":"a","kind":"direct","gold":[{"unit":"甲局","no":1}]}`, index.Unknown, nil, false},
		{"any duty of the unit", `{"q":"a","kind":"unit","gold":[{"unit":"甲局","no":"*"}]}`, index.Answered, []index.Row{duty}, true},
		{"to be refused", `{"q":"a","kind":"none","gold":[]}`, index.Unknown, nil, true},
		{"to be refused, answered", `{"q":"a","kind":"none","gold":[]}`, index.Answered, []index.Row{duty}, false},
		{"assigned to nobody", `{"q":"a","kind":"gap","gold":[{"section":"四（三）"}]}`, index.Unassigned, []index.Row{duty, section}, true},
		{"assigned to nobody, answered", `{"q":"a","kind":"gap","gold":[{"section":"四（三）"}]}`, index.Answered, []index.Row{section}, false},
		{"by its citation", `{"q":"a","kind":"role","gold":[{"cite":"甲 第7项"}]}`, index.Answered, []index.Row{task}, true},
		{"a unit of an item", `{"q":"a","kind":"role","gold":[{"unit":"甲局","no":7}]}`, index.Answered, []index.Row{task}, true},
		{"another unit of an item", `{"q":"a","kind":"role","gold":[{"unit":"乙局","no":7}]}`, index.Answered, []index.Row{task}, false},
		{"a fact that says more", `{"q":"a","kind":"fact","gold":[{"fact":"member_count","value":"29"}]}`, index.Answered,
			[]index.Row{{Kind: index.KindFact, Fact: "member_count", Value: "29 个"}}, true},
		{"another fact", `{"q":"a","kind":"fact","gold":[{"fact":"date","value":"29"}]}`, index.Answered,
			[]index.Row{{Kind: index.KindFact, Fact: "member_count", Value: "29"}}, false},
	} {
		if got := question(t, tc.line).Right(tc.status, tc.rows); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// What was answered right once is right when it is answered so again.
func TestARightAnswerBecomesAQuestion(t *testing.T) {
	t.Parallel()
	ix, err := index.Build([]*plan.Plan{plan.Sample()}, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	for q, kept := range map[string]bool{
		"农家书屋归谁管": true, "文化下派员谁管": true, "公积金归谁管": true, "文号是多少": true, "四（三）说了什么": true, "宣传部有哪些职责": true, "你好": false, "谢谢": false,
	} {
		a, err := ix.Ask(t.Context(), index.Query{Q: q})
		if err != nil {
			t.Fatal(err)
		}
		made, ok := curate.QuestionOf(q, "", a.Status, a.Intent, a.Results)
		if ok != kept {
			t.Errorf("%s: %v (%s)", q, ok, a.Status)
			continue
		}
		if !ok {
			continue
		}
		line, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		if read := question(t, string(line)); !read.Right(a.Status, a.Results) || read.Right(index.Ambiguous, []index.Row{row(index.KindDuty, "丙局", 1)}) {
			t.Errorf("%s: %s", q, line)
		}
	}
}

func TestTheExamIsKept(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d *desk) {
		first := question(t, `{"id":1,"q":"农家书屋归谁管","kind":"direct","gold":[{"unit":"市委宣传部","no":3}]}`)
		again := question(t, `{"id":"x","q":"農家書屋，归谁管？","kind":"direct","gold":[{"unit":"市委宣传部","no":3}]}`)
		other := question(t, `{"q":"农家书屋归谁管","kind":"direct","gold":[{"unit":"市文广旅体局","no":1}]}`)
		follows := question(t, `{"q":"农家书屋归谁管","prev":"文化礼堂呢","kind":"followup","gold":[{"unit":"市委宣传部","no":3}]}`)
		for i, step := range []struct {
			q              curate.Question
			added, changed int
		}{{first, 1, 0}, {again, 0, 0}, {other, 0, 1}, {follows, 1, 0}} {
			if added, changed := d.exam("P1", step.q); added != step.added || changed != step.changed {
				t.Errorf("%d: %d added, %d changed", i, added, changed)
			}
		}
		var cases []curate.Case
		read := func() {
			d.view(func(r store.Reader) (err error) {
				cases, err = curate.Cases(r)
				return err
			})
		}
		read()
		if len(cases) != 2 || cases[0].Prev == "" || *cases[1].Gold[0].Unit != "市文广旅体局" {
			t.Fatalf("%+v", cases)
		}
		var there bool
		if err := d.update(func(tx *store.Tx) (err error) { there, err = curate.RemoveQuestion(tx, "P2", cases[0].Key); return err }); err != nil || !there {
			t.Fatal(there, err)
		}
		read()
		if len(cases) != 1 {
			t.Errorf("%d left", len(cases))
		}
		if diff := cmp.Diff([]string{"P1 add-questions", "P1 add-questions", "P1 add-questions", "P2 remove-question"}, d.history()); diff != "" {
			t.Error(diff)
		}
	})
}

// The development questions pass over the sample; with the clause of one in another
// place they do not.
func TestExamine(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../index/testdata/questions-dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	questions, err := curate.ReadQuestions(data)
	if err != nil {
		t.Fatal(err)
	}
	var cases []curate.Case
	for _, q := range questions {
		cases = append(cases, curate.Case{Question: q})
	}
	examine := func(p *plan.Plan) []curate.Failure {
		ix, err := index.Build([]*plan.Plan{p}, index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ix.Close() }()
		failed, err := curate.Examine(t.Context(), cases, func(ctx context.Context, q, prev, plan string) (index.Status, []index.Row, error) {
			a, err := ix.Ask(ctx, index.Query{Q: q, Prev: prev, Plan: plan})
			return a.Status, a.Results, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return failed
	}
	if failed := examine(plan.Sample()); len(failed) > 0 {
		t.Errorf("%d fail, the first is %s: %v", len(failed), failed[0].Q, failed[0].Rows)
	}
	cases = append(cases, curate.Case{Question: curate.Question{Q: "农家书屋归谁管", Kind: "direct", Plan: "某发〔2020〕1号"}})
	less, err := plan.Read(plan.SampleName, plan.SampleText)
	if err != nil {
		t.Fatal(err)
	}
	for i := range less.Units {
		if u := &less.Units[i]; u.Name == "市委编办" {
			u.Name, u.Duties = "市档案馆", nil
		}
	}
	failed := examine(less)
	if len(failed) < 2 || len(failed) > 20 {
		t.Errorf("%d fail", len(failed))
	}
	if last := failed[len(failed)-1]; last.Plan == "" || last.Status != index.Unknown {
		t.Errorf("a question about a document that is not there: %+v", last)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := curate.Examine(ended, cases, func(ctx context.Context, _, _, _ string) (index.Status, []index.Row, error) {
		return "", nil, ctx.Err()
	}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBadQuestionFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"", "没有问题"}, {"\n \n", "没有问题"}, {"{}\n", "第 1 行缺少"}, {"\ufeff{\"q\":\"a\",\"kind\":\"none\"}\n\n不是", "第 3 行不是"},
		{`{"q":"a"}`, "第 1 行缺少"}, {`{"q":1,"kind":"none"}`, "第 1 行不是"},
		{"{\"q\":\"\xc4\xe3\",\"kind\":\"none\"}", "第 1 行不是 UTF-8"}, {`{"q":"` + strings.Repeat("长", 501) + `","kind":"none"}`, "第 1 行太长"},
	} {
		_, err := curate.ReadQuestions([]byte(tc.text))
		if text, ok := curate.Tell(err); !ok || len(text) < len(tc.want) || text[:len(tc.want)] != tc.want {
			t.Errorf("%q: %v, %s", tc.text, err, text)
		}
	}
}
