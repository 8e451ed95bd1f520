package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/curate"
	"xietiao/index"
	"xietiao/index/plan"
)

func question(t *testing.T, line string) curate.Question {
	t.Helper()
	var q curate.Question
	if err := json.Unmarshal([]byte(line), &q); err != nil {
		t.Fatal(err)
	}
	return q
}

func dutyRow(unit string, no int, text string) index.Row {
	return index.Row{Kind: index.KindDuty, Unit: unit, No: &no, Text: text}
}

var twoUnits = []*plan.Plan{{Units: []plan.Unit{
	{Name: "甲局", Duties: []plan.Duty{{No: 1, Text: "一；"}, {No: 2, Text: "二。"}}},
	{Name: "乙局", Duties: []plan.Duty{{No: 0, Text: "零。"}}},
}}}

// The figures are worked out by hand.
func TestFiguresMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	s := newScore(twoUnits)
	related := dutyRow("乙局", 0, "零 。")
	related.Related = true
	for _, a := range []asked{
		// Right; word for word but for white space.
		{Question: question(t, `{"id":1,"q":"a","kind":"direct","gold":[{"unit":"乙局","no":0}]}`), status: index.Answered, rows: []index.Row{dutyRow("乙局", 0, "零 。")}},
		// Only acceptable; the quotation is wrong.
		{Question: question(t, `{"id":2,"q":"a","kind":"direct","gold":[{"unit":"乙局","no":0}],"also":[{"unit":"甲局","no":1}]}`), status: index.Answered, rows: []index.Row{dutyRow("甲局", 1, "另；")}},
		// A whole unit: one of two shown, one row that is not asked for, a related row does not count.
		{Question: question(t, `{"id":3,"q":"a","kind":"unit","gold":[{"unit":"甲局","no":"*"}]}`), status: index.Answered, rows: []index.Row{dutyRow("甲局", 2, "二。"), dutyRow("丙局", 1, "三。"), related}},
		// Refused though answerable.
		{Question: question(t, `{"id":4,"q":"a","kind":"fact","gold":[{"fact":"date","value":"2020年9月25日"}]}`), status: index.Unknown},
		// No answer at all.
		{Question: question(t, `{"id":5,"q":"a","kind":"fact","gold":[{"fact":"date","value":"2020年9月25日"}]}`), failed: true},
		// A fact that says more than asked for is right.
		{Question: question(t, `{"id":6,"q":"a","kind":"fact","gold":[{"fact":"member_count","value":"29"}]}`), status: index.Answered, rows: []index.Row{{Kind: index.KindFact, Fact: "member_count", Value: "29 个"}}},
		{Question: question(t, `{"id":7,"q":"a","kind":"none","gold":[]}`), status: index.Unknown},
		{Question: question(t, `{"id":8,"q":"a","kind":"none","gold":[]}`), status: index.Answered, rows: []index.Row{{Kind: index.KindSection, Section: "一"}}},
		{Question: question(t, `{"id":9,"q":"a","kind":"gap","gold":[{"section":"四（七）"}]}`), status: index.Unassigned, rows: []index.Row{{Kind: index.KindSection, Section: "四（七）"}}},
		{Question: question(t, `{"id":10,"q":"a","kind":"gap","gold":[{"section":"四（七）"}]}`), status: index.Answered, rows: []index.Row{{Kind: index.KindSection, Section: "四（七）"}}},
	} {
		s.add(a)
	}
	var b strings.Builder
	s.print(&b, true)
	want := `direct      n=  2  top1=0.500  ok1=1.000
fact        n=  3  top1=0.333  ok1=0.333
gap         n=  2  top1=0.500  ok1=0.500
none        n=  2  top1=0.500  ok1=0.500
unit        n=  1  top1=1.000  ok1=1.000
direct 2 a | want 乙局·0 | got answered 甲局·1
fact 4 a | want date | got unknown 
fact 5 a | want date | got error 
none 8 a | want  | got answered 一
gap 10 a | want 四（七） | got answered 四（七）
top1=0.500 ok1=0.667 complete=0.500 clean=0.500 refuse_r=0.500 refuse_p=0.500 kept=0.667 gap=0.500 cited=0.600
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOtherPlansAreScoredByUnit(t *testing.T) {
	t.Parallel()
	s := planScore{name: "某方案"}
	for _, a := range []asked{
		{Question: question(t, `{"q":"a","kind":"role","gold":[{"unit":"省自然资源厅","no":30}]}`), rows: []index.Row{{Kind: index.KindTask, Lead: []string{"自然资源厅"}}}},
		{Question: question(t, `{"q":"a","kind":"role","gold":[{"unit":"教育部","no":1}]}`), rows: []index.Row{{Kind: index.KindTask, Support: []string{"教育部"}}}},
		{Question: question(t, `{"q":"a","kind":"role","gold":[{"unit":"教育部","no":1}]}`)},
		{Question: question(t, `{"q":"a","kind":"gap","gold":[]}`), status: index.Unassigned},
		{Question: question(t, `{"q":"a","kind":"none","gold":[]}`), status: index.Answered},
	} {
		s.add(a)
	}
	if s.asks != 3 || s.askRight != 2 || s.nones != 2 || s.none != 1 || len(s.bad) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestUnitsAreTheSameAsTwoListsSpellThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"市教育局", "教育局", true}, {"市府办（大数据中心）", "市府办大数据中心", true}, {"省发展改革委", "市发展改革委", true},
		{"乐清市教育局", "市教育局", true}, {"市教育局", "市体育局", false}, {"", "", false}, {"局", "教育局", false},
	} {
		if got := curate.SameUnit(tc.a, tc.b); got != tc.want {
			t.Errorf("curate.SameUnit(%q, %q) = %v", tc.a, tc.b, got)
		}
	}
}
