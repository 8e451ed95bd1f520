package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

func TestWordsAreFoundWhereTheyStand(t *testing.T) {
	t.Parallel()
	for _, p := range []*plan.Plan{plan.Sample(), county(1)} {
		v := newView(p, words(t))
		rng := rand.New(rand.NewPCG(1, 2))
		rs := []rune(v.text)
		list := []string{"", "\n", "文", "没有这个词", "文化\n", "；", "𠮷", "文化礼堂文化礼堂"}
		for range 300 {
			i := rng.IntN(len(rs))
			list = append(list, string(rs[i:min(len(rs), i+1+rng.IntN(6))]))
		}
		for _, w := range list {
			if w == "" || strings.Contains(w, "\n") {
				continue // no word holds a line end
			}
			var places, want []int
			v.each(w, func(pos int) bool { places = append(places, pos); return true })
			for i := range v.text {
				if strings.HasPrefix(v.text[i:], w) {
					want = append(want, i)
				}
			}
			if !slices.Equal(places, want) {
				t.Errorf("%q stands at %v, found at %v", w, want, places)
			}
			if v.holds(w) != (len(want) > 0) {
				t.Errorf("holds %q: %v", w, v.holds(w))
			}
			found := v.find(w)
			for i, s := range v.segs {
				if in := strings.Contains(v.text[s.start:s.end], w); in != found.has(i) {
					t.Errorf("%q in segment %d: %v", w, i, in)
				}
			}
		}
		for _, w := range []string{"", "\n", "文化\n"} {
			if v.holds(w) {
				t.Errorf("%q is no word", w)
			}
		}
	}
}

func TestLettersOfAnyPlane(t *testing.T) {
	t.Parallel()
	const text = "文化𠮷a文\n𠮷文"
	x := newLetterIndex(text)
	for r, want := range map[rune][]int32{'文': {0, 11, 19}, '化': {3}, '𠮷': {6, 15}, 'a': {10}, '\n': nil, '无': nil} {
		if got := x.places(r); !slices.Equal(got, want) {
			t.Errorf("%c: %v, want %v", r, got, want)
		}
	}
	if y := newLetterIndex(text); !cmp.Equal(x, y, cmp.AllowUnexported(letterIndex{})) {
		t.Error("a second index of the text differs: what the first used was not cleared")
	}
	if y := newLetterIndex(""); len(y.places('文')) != 0 {
		t.Error("an empty text has no letters")
	}
}

// Every clause of the plan can be an answer once, and quotes its own text.
func TestAViewHoldsEveryClauseOnce(t *testing.T) {
	t.Parallel()
	v := sampleView()
	p := plan.Sample()
	seen := map[string]bool{}
	duties := 0
	for i, c := range v.clauses {
		key := fmt.Sprint(c.kind, c.unit, c.pos)
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if c.segFrom >= c.segTo {
			t.Errorf("clause %d has no text", i)
		}
		for s := c.segFrom; s < c.segTo; s++ {
			if v.segs[s].clause != i {
				t.Errorf("segment %d belongs to %d, not %d", s, v.segs[s].clause, i)
			}
		}
		if c.kind == KindDuty {
			duties++
			u := p.Units[v.dir.units[c.unit].duty]
			if got := v.text[v.segs[c.segFrom].start:v.segs[c.segFrom].end]; got != zh.Fold(u.Duties[c.pos].Text) {
				t.Errorf("%s·%d: %s", u.Name, c.no, got)
			}
		}
	}
	if duties != 64 || len(p.Units) != 29 {
		t.Errorf("%d duties of %d units", duties, len(p.Units))
	}
}

// The sentence that lists the members names every unit, and is about none of
// their matters.
func TestTheListOfMembersIsNoMatter(t *testing.T) {
	t.Parallel()
	v := sampleView()
	var lists []string
	for _, s := range v.segs {
		if s.list {
			lists = append(lists, v.plan.Sections[v.clauses[s.clause].pos].Path)
		}
	}
	if diff := cmp.Diff([]string{"三"}, lists); diff != "" {
		t.Error(diff)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                   nil,
		"一。二；三！四":            {"一。", "二；", "三！", "四"},
		" 一 \n\n二。":          {"一", "二。"},
		"。。":                 {"。", "。"},
		"（一）甲，乙。“丙。”丁":       {"（一）甲，乙。", "“丙。", "”丁"},
		"没有句号的一行\r\n又一行\r\n": {"没有句号的一行", "又一行"},
	} {
		if diff := cmp.Diff(want, sentences(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestAPlanOfAnotherFieldIsTold(t *testing.T) {
	t.Parallel()
	if !sampleView().culture {
		t.Error("the sample is about culture")
	}
	other := small("清江市", "清农发〔2020〕1号", "市农业农村局", "厕所")
	if newView(other, words(t)).culture {
		t.Error("toilets are not culture")
	}
	if newView(&plan.Plan{}, words(t)).ask(words(t), Query{Q: "文化礼堂归谁管"}).Status != Unknown {
		t.Error("an empty plan answers nothing")
	}
}
