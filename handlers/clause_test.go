package handlers

import (
	"context"
	"html"
	"strings"
	"testing"

	"xietiao/bot"
	"xietiao/index"
	"xietiao/index/plan"
)

// noIndex is behind a bot that is asked for clauses only.
type noIndex struct{}

func (noIndex) Ask(context.Context, index.Query) (index.Answer, error) { return index.Answer{}, nil }

const hostile = `</blockquote><script>alert("x")</script>{{.}}<a href="javascript:1">`

func clausePages(t *testing.T) *Server {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Ready(bot.New(noIndex{}, bot.Options{Plans: []*plan.Plan{
		{
			DocNo: "文〔2020〕1号", Title: "某方案" + hostile, DateText: "2020年9月25日",
			Units:    []plan.Unit{{Name: "市科协", Duties: []plan.Duty{{No: 2, Text: "办展" + hostile, Role: "负责" + hostile}}}},
			Sections: []plan.Section{{Path: "一", Title: "总则" + hostile, Text: "甲。"}, {Path: "一", Title: "另一编", Text: "乙。"}},
			Items:    []plan.Item{{No: 7, Title: "证照", Text: "推广证照。", Lead: []string{"甲局" + hostile, "丙局"}, Support: []string{"乙局"}, Deadline: "年底前"}},
		},
		{Title: "甲/乙?#%2f 方案", Sections: []plan.Section{{Path: "一", Text: "斜杠。"}}},
		{Title: "..", Sections: []plan.Section{{Path: "..", Text: "上一级。"}}},
	}}), nil)
	return s
}

func TestClausePages(t *testing.T) {
	t.Parallel()
	s := clausePages(t)
	for _, tc := range []struct {
		name, plan, address string
		status              int
		has                 []string
	}{
		{"a duty", "文〔2020〕1号", "附件·市科协·第2项", 200, []string{"市科协", "办展", "文〔2020〕1号 附件·市科协·第2项", "2020年9月25日"}},
		{"several clauses at one address", "文〔2020〕1号", "一", 200, []string{"甲。", "乙。", "总则", "另一编"}},
		{"an item", "文〔2020〕1号", "第7项", 200, []string{"证照", "推广证照。", "甲局", "丙局", "乙局", "年底前"}},
		{"by the title", "某方案" + hostile, "第7项", 200, []string{"推广证照。"}},
		{"a name with all signs of an address", "甲/乙?#%2f 方案", "一", 200, []string{"斜杠。"}},
		{"an address that is none", "文〔2020〕1号", "附件·市科协·第9项", 404, nil},
		{"an unknown document", "文〔2021〕1号", "一", 404, nil},
		{"a hostile name", hostile, "一", 404, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, accept := range []string{"text/html", "*/*"} {
				w := do(s, "GET", bot.ClausePath(tc.plan, tc.address), "", "Accept", accept)
				page := w.Body.String()
				if w.Code != tc.status {
					t.Fatalf("status %d: %s", w.Code, page)
				}
				for _, want := range tc.has {
					if !strings.Contains(html.UnescapeString(page), want) {
						t.Errorf("no %s", want)
					}
				}
				if strings.Contains(page, "<script>alert") || strings.Contains(page, `<a href="javascript`) {
					t.Error("a document's text is HTML")
				}
				if w.Header().Get("Content-Security-Policy") == "" {
					t.Error("no policy")
				}
			}
		})
	}
}

func TestClausePagesSayTheWholeText(t *testing.T) {
	t.Parallel()
	page := do(clausePages(t), "GET", bot.ClausePath("文〔2020〕1号", "附件·市科协·第2项"), "").Body.String()
	if !strings.Contains(html.UnescapeString(page), "办展"+hostile) {
		t.Error("the clause is not word for word")
	}
}

func TestClausePagesThatCannotBe(t *testing.T) {
	t.Parallel()
	starting, _ := setup(t, false)
	if w := do(starting, "GET", bot.ClausePath("文", "一"), ""); w.Code != 503 {
		t.Error("while starting", w.Code)
	}
	clauseless, _ := setup(t, true)
	if w := do(clauseless, "GET", bot.ClausePath("文", "一"), ""); w.Code != 404 {
		t.Error("without clauses", w.Code)
	}
	s := clausePages(t)
	for _, path := range []string{"/p/", "/p/x", "/p/x/", "/p//x", "/p/a/b/c", "/p/%00/%00", "/p/%ff/%fe", "/p/%25zz/%25"} {
		if w := do(s, "GET", path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := do(s, "POST", bot.ClausePath("文〔2020〕1号", "一"), ""); w.Code != 405 {
		t.Error("POST", w.Code)
	}
}
