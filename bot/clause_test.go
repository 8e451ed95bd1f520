package bot

import (
	"net/url"
	"strings"
	"testing"

	"xietiao/bot/chat"
	"xietiao/index"
	"xietiao/index/plan"
)

// Whatever a reply cites has a page, and the link leads there.
func TestEveryCitationHasItsPage(t *testing.T) {
	t.Parallel()
	b, seen := sampleBot(), 0
	questions := []string{"主要任务有哪些", "免费开放归谁管", "文化志愿者谁管", "图书馆归谁管", "成员单位有哪些", "协调推进公共文化服务社会化怎么做"}
	for _, u := range plan.Sample().Units {
		questions = append(questions, u.Name+"有哪些职责")
	}
	for _, s := range plan.Sample().Sections {
		questions = append(questions, s.Path)
	}
	for _, q := range questions {
		r, err := b.Ask(t.Context(), q, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range r.Answer.Results {
			address, ok := strings.CutPrefix(row.Cite, row.Plan+" ")
			if !ok {
				continue // a fact about the whole document
			}
			seen++
			found := false
			for _, c := range b.Clauses(row.Plan, address) {
				found = found || row.Text == "" || c.Text == row.Text
			}
			if !found {
				t.Errorf("%s: %s has no page with %s", q, row.Cite, row.Text)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d citations were looked at", seen)
	}
}

func TestClausesAreFoundByAddress(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{
		Title: "某市方案/2020", DateText: "2020年9月25日",
		Units:    []plan.Unit{{Name: "市教育局", Duties: []plan.Duty{{Text: "管教育。", Role: "负责"}}}, {Name: "市科协", Duties: []plan.Duty{{No: 2, Text: "办展。"}}}},
		Sections: []plan.Section{{Path: "四（三）", Title: "强化督查", Text: "强化督查。"}, {Path: "四（三）", Title: "另一处", Text: "编号重来。"}},
		Items:    []plan.Item{{No: 7, Title: "证照", Text: "推广证照。", Lead: []string{"甲局"}, Support: []string{"乙局"}, Deadline: "年底前"}},
	}
	b := New(fake{}, Options{Plans: []*plan.Plan{p}})
	for _, tc := range []struct{ name, address, want string }{
		{p.Title, "附件·市教育局", "管教育。"}, {p.Title, "附件·市科协·第2项", "办展。"}, {p.Title, "四（三）", "强化督查。|编号重来。"}, {p.Title, "第7项", "推广证照。"},
		{p.Title, "附件·市科协", ""}, {p.Title, "附件·市教育局·第0项", ""}, {p.Title, "第0项", ""}, {p.Title, "", ""}, {"另一份", "第7项", ""}, {"", "第7项", ""},
	} {
		var got []string
		for _, c := range b.Clauses(tc.name, tc.address) {
			got = append(got, c.Text)
		}
		if strings.Join(got, "|") != tc.want {
			t.Errorf("%s %s: %q, want %q", tc.name, tc.address, got, tc.want)
		}
	}
	if c := b.Clauses(p.Title, "第7项")[0]; c.Heading != "证照" || c.Lead[0] != "甲局" || c.Support[0] != "乙局" || c.Deadline != "年底前" || c.Date != p.DateText {
		t.Errorf("%+v", c)
	}
}

func TestAClausesPathReadsBackWhateverItsName(t *testing.T) {
	t.Parallel()
	for _, tc := range [][2]string{{doc, "四（三）"}, {"甲/乙?丙#丁 戊%2f", "附件·市府办(市大数据)·第1项"}, {"a..b", "第7项"}, {"[x](y)", "*"}} {
		path := ClausePath(tc[0], tc[1])
		if strings.ContainsAny(path, " ()[]*?#<>\"") {
			t.Errorf("%s breaks a link", path)
		}
		parts := strings.Split(path, "/")
		if len(parts) != 4 {
			t.Errorf("%s has %d parts", path, len(parts)-1)
			continue
		}
		for i, want := range tc {
			if got, err := url.PathUnescape(parts[2+i]); err != nil || got != want {
				t.Errorf("%q, want %q: %v", got, want, err)
			}
		}
	}
}

func TestTheLinkIsThatOfTheFirstClauseThatAnswers(t *testing.T) {
	t.Parallel()
	o := newBureau(t, func(opt *DeskOptions) { opt.PublicURL = "https://x.example.cn/" })
	link := "https://x.example.cn" + ClausePath(doc, "附件·市委宣传部·第3项")
	r := o.take(o.direct("luren", "农家书屋归谁管"))
	if !strings.HasSuffix(r.Text, "\n看原文："+link) || !strings.HasSuffix(r.Markdown, "\n\n[看原文]("+link+")") {
		t.Errorf("%s\n%s", r.Text, r.Markdown)
	}
	for _, q := range []string{"文号多少", "公积金怎么提", "谢谢", "我是谁"} {
		if r := o.take(o.direct("luren", q)); strings.Contains(r.Text, "看原文") {
			t.Errorf("%s: %s", q, r.Text)
		}
	}
	long := chat.Reply{Text: strings.Repeat("长", textBytes/3), Markdown: "短"}
	if r := o.desk.linked(long, []index.Row{related(open1), halls}); r.Text != long.Text || !strings.HasSuffix(r.Markdown, "("+link+")") {
		t.Errorf("%q %q", r.Text, r.Markdown)
	}
}
