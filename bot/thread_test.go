package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xietiao/index"
)

// A talk holds its thread: each follow-up is answered about the matter, or by
// the clause, that the person speaks of.
func TestFollowUpsKeepTheThread(t *testing.T) {
	t.Parallel()
	for _, talk := range [][][2]string{
		{{"农家书屋归谁管", "市委宣传部·第3项"}, {"谁牵头", "市委宣传部·第3项"}, {"那配合单位呢", "市委宣传部·第3项"}, {"还有谁", ""},
			{"那图书馆呢", "市委编办 市残联·第2项"}, {"谁牵头", "市文广旅体局·第1项"}},
		{{"市妇联有哪些职责", "市妇联·第1项 市妇联·第2项 市妇联·第3项 市妇联·第4项"}, {"第三项呢", "市妇联·第3项"}, {"下一条", "市妇联·第4项"},
			{"上一条", "市妇联·第3项"}, {"上一条", "市妇联·第2项"}, {"那团市委呢", "团市委·第1项 团市委·第2项 团市委·第3项"}, {"第二项", "团市委·第2项"}},
		{{"协调推进公共文化服务社会化怎么做", "四（七）"}, {"具体内容", "四（七）"}, {"谁负责", "四（七）"}, {"上一条", "四（六）"}, {"上一条", "四（五）"}},
		{{"免费开放归谁管", "市总工会·第3项 团市委·第3项 市妇联·第4项"}, {"谁牵头", "市总工会·第3项 团市委·第3项 市妇联·第4项"}, {"那青少年宫呢", "团市委·第3项"}, {"谁管", "团市委·第3项"}},
		{{"教育局管什么", "市教育局·第1项 市教育局·第2项 市教育局·第3项"}, {"第2项谁配合", "市教育局·第2项"}, {"第三项", "市教育局·第3项"}},
	} {
		b, prev := sampleBot(), ""
		for _, step := range talk {
			r, err := b.Ask(t.Context(), step[0], prev, "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range cites(r.Answer.Results) {
				got = append(got, strings.TrimPrefix(strings.TrimPrefix(c, doc+" "), "附件·"))
			}
			if strings.Join(got, " ") != step[1] {
				t.Errorf("%s after %q: %q, want %q", step[0], prev, got, step[1])
			}
			if prev, err = b.Thread(t.Context(), step[0], prev, r); err != nil {
				t.Fatal(err)
			}
			if utf8.RuneCountInString(prev) > maxThread {
				t.Errorf("the thread grows: %s", prev)
			}
		}
	}
}

// what counts questions and answers them by a function.
type what func(q index.Query) index.Answer

func (f what) Ask(_ context.Context, q index.Query) (index.Answer, error) { return f(q), nil }

func TestTheThreadOfOneReply(t *testing.T) {
	t.Parallel()
	answered := func(rows ...index.Row) index.Answer { return index.Answer{Status: index.Answered, Results: rows} }
	unknown := index.Answer{Status: index.Unknown}
	for name, tc := range map[string]struct {
		q, prev string
		alone   map[string]index.Answer // what questions give without one before them
		r       index.Answer
		leans   bool
		want    string
	}{
		"the first question":                 {"a", "", nil, answered(halls), false, "a"},
		"what was refused":                   {"a", "p", nil, unknown, false, "a"},
		"更多 and choices":                     {"2", "p", nil, answered(halls), true, "p"},
		"a question of its own":              {"a", "p", map[string]index.Answer{"a": answered(halls), "p": answered(halls)}, answered(halls), false, "a"},
		"the same matter again":              {"a", "p", map[string]index.Answer{"p": answered(halls)}, answered(halls), false, "p"},
		"both together":                      {"a", "p", map[string]index.Answer{"a": answered(open1), "p": answered(open2), "p，a": answered(halls)}, answered(halls), false, "p，a"},
		"by the clause's place":              {"a", "p", map[string]index.Answer{"市委宣传部第3项": answered(halls)}, answered(halls), false, "市委宣传部第3项"},
		"by the section's title":             {"a", "p", map[string]index.Answer{social.Title: answered(social)}, answered(social), false, social.Title},
		"nothing stands for it, q says much": {"a", "p", map[string]index.Answer{"a": answered(open1)}, answered(halls), false, "a"},
		"nothing stands for it, q is bare":   {"a", "p", nil, answered(halls, open1), false, "p"},
		"too long together":                  {"a", strings.Repeat("长", maxThread), map[string]index.Answer{"a": answered(open1), strings.Repeat("长", maxThread) + "，a": answered(halls)}, answered(halls), false, "a"},
	} {
		b := New(what(func(q index.Query) index.Answer {
			if a, ok := tc.alone[q.Q]; ok && q.Prev == "" {
				return a
			}
			return unknown
		}), Options{})
		got, err := b.Thread(t.Context(), tc.q, tc.prev, Reply{Leans: tc.leans, Answer: Answer{Status: tc.r.Status, Results: tc.r.Results}})
		if err != nil || got != tc.want {
			t.Errorf("%s: %q %v, want %q", name, got, err, tc.want)
		}
	}
}

// Only what took a choice is about the question before; a number that is none
// is a message like others.
func TestANumberThatIsNoChoiceDoesNotLean(t *testing.T) {
	t.Parallel()
	b := New(fake{"开放": {Status: index.Ambiguous, Results: []index.Row{eduTwo, open1}}, "2": {Status: index.Unknown}, "图书角": {Status: index.Answered, Results: []index.Row{halls}}}, Options{})
	for _, tc := range []struct {
		q, prev string
		want    bool
	}{{"2", "开放", true}, {"更多", "图书角", true}, {"2", "图书角", false}, {"2", "", false}} {
		r, err := b.Ask(t.Context(), tc.q, tc.prev, "")
		if err != nil || r.Leans != tc.want {
			t.Errorf("%q after %q: %v %v", tc.q, tc.prev, r.Leans, err)
		}
	}
}

func TestMoreOfWhatWasAllShown(t *testing.T) {
	t.Parallel()
	b := New(fake{"图书角": {Status: index.Answered, Results: []index.Row{halls}}}, Options{})
	r, err := b.Ask(t.Context(), "更多", "图书角", "")
	if err != nil || r.Text != textNoMore || r.Markdown != textNoMore {
		t.Error(r.Text, err)
	}
	if !slices.Equal(cites(r.Answer.Results), []string{halls.Cite}) {
		t.Error("the rows are not those of the question")
	}
}
