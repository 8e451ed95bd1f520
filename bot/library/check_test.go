package library_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"xietiao/bot/chat"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/plan"
)

// sameOffice is what the office says of the sample's two spellings.
func sameOffice(a, b string) bool {
	pairs := [][]string{{"市府办（大数据发展管理中心）", "市府办（市大数据发展管理中心）"}, {"市市场监督管理局", "市市场监管局"}}
	return slices.ContainsFunc(pairs, func(p []string) bool { return slices.Contains(p, a) && slices.Contains(p, b) })
}

func TestTheSampleHas29UnitsOnceTheSpellingsAreSettled(t *testing.T) {
	t.Parallel()
	p := plan.Sample()
	c := library.CheckUnits(p, nil)
	want(t, "faults", []library.Fault{
		{Kind: library.FaultSpelling, Member: "市府办（大数据发展管理中心）", Heading: "市府办（市大数据发展管理中心）"},
		{Kind: library.FaultSpelling, Member: "市市场监督管理局", Heading: "市市场监管局"},
	}, c.Faults)
	c = library.CheckUnits(p, sameOffice)
	if len(c.Faults) != 0 || c.Members != 29 || c.Headings != 29 || len(c.Rows) != 29 {
		t.Errorf("%d = %d, %d rows, %v", c.Members, c.Headings, len(c.Rows), c.Faults)
	}
	for _, r := range c.Rows {
		if r.Member == "" || r.Heading == "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestListsThatDisagree(t *testing.T) {
	t.Parallel()
	units := func(names ...string) (list []plan.Unit) {
		for _, n := range names {
			list = append(list, plan.Unit{Name: n, Duties: []plan.Duty{{Text: "负责。"}}})
		}
		return list
	}
	for name, tc := range map[string]struct {
		p    plan.Plan
		rows int
		want []library.Fault
	}{
		"a member without duties": {plan.Plan{Members: []string{"县教育局", "县财政局"}, Units: units("县教育局")}, 2,
			[]library.Fault{{Kind: library.FaultNoHeading, Member: "县财政局"}}},
		"duties of no member": {plan.Plan{Members: []string{"县教育局"}, Units: units("县教育局", "武装部")}, 2,
			[]library.Fault{{Kind: library.FaultNoMember, Heading: "武装部"}}},
		"a unit that was renamed": {plan.Plan{Members: []string{"县文化广电旅游局", "县财政局"}, Units: units("县财政局", "县文广旅局")}, 3,
			[]library.Fault{{Kind: library.FaultSpelling, Member: "县文化广电旅游局", Heading: "县文广旅局"}}},
		"another number": {plan.Plan{Members: []string{"县教育局"}, Units: units("县教育局"), Warnings: []plan.Warning{{Kind: plan.WarnCountMismatch, Text: "3", Suggestion: "1"}}}, 1,
			[]library.Fault{{Kind: library.FaultCount, Said: "3", Listed: "1"}}},
		"nothing for anybody": {plan.Plan{Members: []string{"县教育局"}}, 1, []library.Fault{{Kind: library.FaultEmpty}}},
		"an annex alone":      {plan.Plan{Units: units("县教育局", "县财政局")}, 2, nil},
		"items alone": {plan.Plan{Items: []plan.Item{
			{Lead: []string{"县教育局"}, Support: []string{"各乡镇", "县财政局"}}, {Lead: []string{"县财政局"}, Support: []string{"有关部门"}},
		}}, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := library.CheckUnits(&tc.p, nil)
			want(t, "faults", tc.want, c.Faults)
			if len(c.Rows) != tc.rows {
				t.Errorf("%d rows: %+v", len(c.Rows), c.Rows)
			}
			for _, f := range c.Faults {
				if text := f.String(); !strings.Contains(text, f.Member) || !strings.Contains(text, f.Heading) || text == "" {
					t.Errorf("%q", text)
				}
			}
		})
	}
}

// names resolves units by their letters.
type names []string

func (n names) Names() []string { return n }

func (n names) Resolve(name string) (string, bool) {
	for _, u := range n {
		if u == name || u == "县"+name {
			return u, true
		}
	}
	return "", false
}

func TestUnitsThatNobodyReachesAreToDo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p, err := library.Read("a.txt", []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	known := names{"县教育局", "县财政局"}
	r, problems, err := org.ReadRoster("花名册.csv", []byte("姓名,单位,角色,企业微信账号\n主任,,办公室,zr\n张三,教育局,联络员,zs\n李四,县财政局,联络员,\n"), known)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	o.must(func(tx *store.Tx) error { _, err := org.Apply(tx, r, org.Operator); return err })
	check := func() (c library.Check) {
		c = library.CheckUnits(p, nil)
		o.must(func(tx *store.Tx) error { return c.Reach(tx, known) })
		return c
	}
	c := check()
	if c.Contacts != 1 || c.Groups != 0 || c.Whole() || c.Sum() != "0 ≠ 2 ≠ 1 ≠ 0" {
		t.Errorf("%s %+v", c.Sum(), c)
	}
	if len(c.Faults) != 0 {
		t.Errorf("a unit without a liaison holds up publishing: %v", c.Faults)
	}
	var office, liaison org.Person
	o.must(func(tx *store.Tx) (err error) {
		if office, _, err = org.ByUser(tx, chat.WeCom, "zr"); err == nil {
			liaison, _, err = org.ByUser(tx, chat.WeCom, "zs")
		}
		return err
	})
	group := chat.Address{Via: "wecom.aibot", Kind: chat.Group, Conversation: "g1"}
	var asked org.Request
	o.must(func(tx *store.Tx) (err error) {
		asked, err = org.AskGroup(tx, group, "县教育局", liaison.ID)
		return err
	})
	o.must(func(tx *store.Tx) error { _, err := org.Approve(tx, asked.ID, office.ID); return err })
	if c := check(); c.Groups != 1 || !c.Rows[0].Group || !c.Rows[0].Contact || c.Rows[1].Group {
		t.Errorf("%+v", c)
	}
}

func TestADocumentWithFaultsNeedsAReason(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	text := "某县文化工作方案\n\n某文发〔2026〕1号\n\n一、组成部门\n\n由县教育局、县财政局、县文旅局等3个部门组成。\n\n附件\n\n职责分工\n\n县教育局\n\n推动校园图书馆开放。\n\n县财政局\n\n保障图书馆经费。\n"
	d := o.upload(text, "甲")
	_, err := o.publish(d, library.Publication{})
	var faulty *library.Faulty
	if !errors.As(err, &faulty) || len(faulty.Faults) != 1 || !strings.Contains(library.Tell(err), "县文旅局") {
		t.Fatalf("%v", err)
	}
	if _, err := o.publish(d, library.Publication{Override: "  "}); err == nil {
		t.Error("blanks are a reason")
	}
	v, err := o.publish(d, library.Publication{Override: "县文旅局的职责另行印发"})
	if err != nil || v.Override == "" {
		t.Errorf("%+v, %v", v, err)
	}
	if h := o.holding(d.Name); h.Current.Override != "县文旅局的职责另行印发" {
		t.Errorf("%+v", h)
	}
}

func TestDecisionsOfErrata(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.upload(string(plan.SampleText), "甲")
	errata := func() (list []library.Erratum) {
		o.must(func(tx *store.Tx) (err error) { list, err = library.Errata(tx, d.Sum, d.Plan); return err })
		return list
	}
	list := errata()
	if len(list) != 7 || list[0].Text != "公共文化建政策" || list[0].Suggestion != "公共文化建设政策" || list[0].Clause != "参与制定推进少数民族地区公共文化建政策；" || list[0].Decided() {
		t.Fatalf("%+v", list)
	}
	ids := map[string]bool{}
	for _, e := range list {
		ids[e.ID] = true
		if e.Clause == "" && e.Kind != plan.WarnNameMismatch {
			t.Errorf("%s stands in no clause", e.Where)
		}
	}
	if len(ids) != len(list) {
		t.Errorf("%d ids of %d errata", len(ids), len(list))
	}
	decide := func(id string, dec library.Decision) error {
		return o.Update(context.Background(), func(tx *store.Tx) error { return library.Decide(tx, d.Name, d.Sum, id, dec, "乙") })
	}
	for name, tc := range map[string]struct {
		id   string
		d    library.Decision
		want error
	}{
		"no choice":       {list[0].ID, library.Decision{}, library.ErrInvalid},
		"another choice":  {list[0].ID, library.Decision{Choice: "x"}, library.ErrInvalid},
		"own, no words":   {list[0].ID, library.Decision{Choice: library.ChoiceOwn, Reading: " "}, library.ErrInvalid},
		"too long":        {list[0].ID, library.Decision{Choice: library.ChoiceKeep, Note: strings.Repeat("长", 1001)}, library.ErrInvalid},
		"no such erratum": {"zzz", library.Decision{Choice: library.ChoiceKeep}, library.ErrNone},
	} {
		if err := decide(tc.id, tc.d); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(
		decide(list[0].ID, library.Decision{Choice: library.ChoiceAdopt, Reading: "不算"}),
		decide(list[1].ID, library.Decision{Choice: library.ChoiceOwn, Reading: "公共文化建设事业纳入", Note: "问过统战部"}),
		decide(list[6].ID, library.Decision{Choice: library.ChoiceKeep}),
	); err != nil {
		t.Fatal(err)
	}
	if err := decide(list[0].ID, library.Decision{Choice: library.ChoiceKeep}); !errors.Is(err, library.ErrStale) {
		t.Errorf("the second clerk writes over the first: %v", err)
	}
	if err := decide(list[0].ID, library.Decision{Choice: library.ChoiceKeep, Rev: 1}); err != nil {
		t.Error(err)
	}
	after := errata()
	var read []string
	for _, e := range after {
		read = append(read, e.Choice.Word()+" "+e.Read())
	}
	want(t, "read", []string{"保留原文 公共文化建政策", "自填 公共文化建设事业纳入", "未处理 ", "未处理 ", "未处理 ", "未处理 ", "保留原文 共文化领域的应用"}, read)
	if after[1].By != "乙" || after[1].At.IsZero() || after[0].Rev != 2 {
		t.Errorf("%+v", after[:2])
	}
	o.must(func(tx *store.Tx) error { // the text is what it was
		now, err := library.DraftOf(tx, d.Sum)
		if string(now.Original) != string(plan.SampleText) {
			t.Error("the text was changed")
		}
		return err
	})
	out := library.ErrataSheet(after)
	if len(out.Rows) != 7 || !slices.Equal(out.Rows[1], []string{"2", "市委统战部·3", "疑似缺字", "公共文化建纳入", "公共文化建设纳入", "自填", "公共文化建设事业纳入", "问过统战部"}) {
		t.Errorf("%q", out.Rows)
	}
	parts := library.ErrataDoc(library.Document{Version: library.Version{Sum: d.Sum}, Plan: d.Plan}, after)
	if len(parts) != 4 || !strings.Contains(parts[1].Text, "乐公共协〔2020〕1号") || !strings.Contains(parts[2].Text, "共 7 处，其中 4 处") {
		t.Errorf("%+v", parts)
	}
	// Decisions stay with the version when it is published.
	if _, err := o.publish(d, library.Publication{Override: "另行勘误"}); err != nil {
		t.Fatal(err)
	}
	if err := decide(list[2].ID, library.Decision{Choice: library.ChoiceAdopt}); err != nil || !errata()[2].Decided() || !errata()[1].Decided() {
		t.Errorf("of a version: %v", err)
	}
}

func TestWhatBecameOfAClause(t *testing.T) {
	t.Parallel()
	read := func(text string) *plan.Plan {
		p, err := library.Read("a.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	old := read(first)
	const at, text = "附件·县财政局", "负责保障图书馆经费。"
	for name, tc := range map[string]struct {
		change  func(string) string
		want    library.Fate
		touched bool
	}{
		"same":              {strings.Clone, library.Fate{Kind: library.FateSame, Address: at, Unit: "县财政局", Text: text}, false},
		"other words":       {func(s string) string { return strings.Replace(s, text, "负责保障经费。", 1) }, library.Fate{Kind: library.FateChanged, Address: at, Unit: "县财政局", Text: "负责保障经费。"}, true},
		"to another unit":   {func(s string) string { return strings.Replace(s, "县财政局：", "县文旅局：", 1) }, library.Fate{Kind: library.FateMoved, Address: "附件·县文旅局", Unit: "县文旅局", Text: text}, true},
		"gone":              {func(s string) string { s, _, _ = strings.Cut(s, "县财政局"); return s }, library.Fate{Kind: library.FateGone}, true},
		"another's changes": {func(s string) string { return strings.Replace(s, "向社会开放", "免费开放", 1) }, library.Fate{Kind: library.FateSame, Address: at, Unit: "县财政局", Text: text}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := read(tc.change(first))
			fate, touched := library.Touches(old, next, at, text)
			want(t, "fate", tc.want, fate)
			if touched != tc.touched {
				t.Errorf("touched: %v", touched)
			}
			if _, again := library.Touches(next, next, at, text); again {
				t.Error("what is gone already is touched again")
			}
		})
	}
}
