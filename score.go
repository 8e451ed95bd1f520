package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"xietiao/bot/curate"
	"xietiao/index"
	"xietiao/index/plan"
)

// dutyKey is one duty of a plan.
type dutyKey struct {
	unit string
	no   int
}

// asked is a question with the answer it got; failed where there was none.
type asked struct {
	curate.Question
	status index.Status
	rows   []index.Row
	failed bool
}

func (a asked) refused() bool { return a.status == index.Unknown }

// figure is one named number of a score, in the order it is printed.
type figure struct {
	name  string
	value float64
}

// share is part of whole; an empty whole gives none.
func share(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }

// figureMeanings says what every figure counts.
var figureMeanings = []struct{ name, text string }{
	{"top1", "第一条就是主要答案（占应答问题）"},
	{"ok1", "第一条是主要答案或可接受的答案"},
	{"complete", "有几个答案的问题里，列全的程度"},
	{"clean", "同样的问题里，列出的职责没有多余的程度"},
	{"refuse_r", "不该答的问题拒答了"},
	{"refuse_p", "拒答的都是不该答的"},
	{"kept", "该答的没有被拒答"},
	{"gap", "方案没有分给谁的事，照实说了并给出章节"},
	{"cited", "职责原文一字不差"},
	{"ask", "其他文件：第一条答出对的单位"},
	{"none", "其他文件：答不了的问题拒答了"},
}

// kindScore counts the questions of one kind.
type kindScore struct{ n, top, ok int }

// score counts the answers to questions on one plan; duties is what the plan
// says, for comparing quotations. Its definitions are fixed: figures of
// different versions must stay comparable.
type score struct {
	duties map[dutyKey]string
	order  []dutyKey

	kinds                             map[string]*kindScore
	n, top, ok, lost                  int
	refusals, refusedRight, nones     int
	gaps, gapRight, shown, wordByWord int
	complete, clean                   []float64
	bad                               []asked
}

func newScore(plans []*plan.Plan) *score {
	s := &score{duties: map[dutyKey]string{}, kinds: map[string]*kindScore{}}
	for _, p := range plans {
		for _, u := range p.Units {
			for _, d := range u.Duties {
				key := dutyKey{u.Name, d.No}
				if _, seen := s.duties[key]; !seen {
					s.order = append(s.order, key)
				}
				s.duties[key] = d.Text
			}
		}
	}
	return s
}

func (s *score) add(a asked) {
	if s.kinds[a.Kind] == nil {
		s.kinds[a.Kind] = &kindScore{}
	}
	k := s.kinds[a.Kind]
	k.n++
	if a.refused() {
		s.refusals++
	}
	for _, r := range a.rows {
		if r.Kind == index.KindDuty {
			s.shown++
			text, known := s.duties[dutyKey{r.Unit, curate.Number(r)}]
			if known && curate.Squash(text) == curate.Squash(r.Text) {
				s.wordByWord++
			}
		}
	}
	switch {
	case a.Kind == curate.KindNone || len(a.Gold) == 0:
		s.nones++
		s.refusedRight += s.mark(k, a, a.refused())
	case a.Kind == curate.KindGap:
		s.gaps++
		named := slices.ContainsFunc(a.rows, func(r index.Row) bool { return curate.AnyMatches(r, a.Gold) })
		s.gapRight += s.mark(k, a, a.status == index.Unassigned && named)
	default:
		s.answerable(k, a)
	}
}

// mark counts a question that is right or wrong as a whole.
func (s *score) mark(k *kindScore, a asked, right bool) int {
	if !right {
		s.bad = append(s.bad, a)
		return 0
	}
	k.top++
	k.ok++
	return 1
}

func (s *score) answerable(k *kindScore, a asked) {
	s.n++
	if a.refused() || a.failed || len(a.rows) == 0 {
		s.lost++
	}
	top := len(a.rows) > 0 && curate.AnyMatches(a.rows[0], a.Gold)
	ok := len(a.rows) > 0 && curate.AnyMatches(a.rows[0], a.Gold, a.Also)
	if top {
		s.top++
		k.top++
	} else {
		s.bad = append(s.bad, a)
	}
	if ok {
		s.ok++
		k.ok++
	}
	s.shared(a)
}

// shared scores a question with several right duties: are all shown, and
// nothing else?
func (s *score) shared(a asked) {
	var want []dutyKey
	fine := map[dutyKey]bool{}
	for _, g := range a.Gold {
		if g.Unit == nil {
			continue
		}
		for _, key := range s.order {
			if key.unit == *g.Unit && g.Number() == curate.AllDuties {
				want = append(want, key)
			}
		}
		if g.Number() != curate.AllDuties {
			want = append(want, dutyKey{*g.Unit, atoi(g.Number())})
		}
	}
	if len(want) < 2 {
		return
	}
	for _, g := range a.Also {
		if g.Unit != nil && g.Number() != curate.AllDuties {
			fine[dutyKey{*g.Unit, atoi(g.Number())}] = true
		}
	}
	got := map[dutyKey]bool{}
	for _, r := range a.rows {
		if r.Kind == index.KindDuty && !r.Related {
			got[dutyKey{r.Unit, curate.Number(r)}] = true
		}
	}
	found := 0
	for _, key := range want {
		fine[key] = true
		if got[key] {
			found++
		}
	}
	right := 0
	for key := range got {
		if fine[key] {
			right++
		}
	}
	s.complete = append(s.complete, share(found, len(want)))
	s.clean = append(s.clean, share(right, len(got)))
}

func atoi(s string) int {
	n := 0
	_, _ = fmt.Sscan(s, &n) // a number that is none counts as 0
	return n
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}

func (s *score) figures() []figure {
	kept := 0.0
	if s.n > 0 {
		kept = 1 - share(s.lost, s.n)
	}
	return []figure{
		{"top1", share(s.top, s.n)}, {"ok1", share(s.ok, s.n)},
		{"complete", mean(s.complete)}, {"clean", mean(s.clean)},
		{"refuse_r", share(s.refusedRight, s.nones)}, {"refuse_p", share(s.refusedRight, s.refusals)},
		{"kept", kept}, {"gap", share(s.gapRight, s.gaps)}, {"cited", share(s.wordByWord, s.shown)},
	}
}

// print writes a row for each kind, the wrong ones if asked for, then the figures.
func (s *score) print(w io.Writer, verbose bool) {
	var kinds []string
	for k := range s.kinds {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, name := range kinds {
		k := s.kinds[name]
		printf(w, "%-11s n=%3d  top1=%.3f  ok1=%.3f\n", name, k.n, share(k.top, k.n), share(k.ok, k.n))
	}
	if verbose {
		for _, a := range s.bad {
			printBad(w, a)
		}
	}
	printFigures(w, s.figures())
}

func printFigures(w io.Writer, figures []figure) {
	parts := make([]string, len(figures))
	for i, f := range figures {
		parts[i] = fmt.Sprintf("%s=%.3f", f.name, f.value)
	}
	printf(w, "%s\n", strings.Join(parts, " "))
}

func printBad(w io.Writer, a asked) {
	var want, got []string
	for _, g := range a.Gold {
		switch {
		case g.Unit != nil:
			want = append(want, *g.Unit+"·"+g.Number())
		case g.Section != nil:
			want = append(want, *g.Section)
		case g.Fact != nil:
			want = append(want, *g.Fact)
		}
	}
	for _, r := range a.rows[:min(len(a.rows), 3)] {
		switch r.Kind {
		case index.KindDuty:
			got = append(got, fmt.Sprintf("%s·%d", r.Unit, curate.Number(r)))
		case index.KindTask:
			got = append(got, fmt.Sprintf("第%d项 %s", curate.Number(r), strings.Join(slices.Concat(r.Lead, r.Support), "、")))
		default:
			got = append(got, cmp.Or(r.Section, r.Fact))
		}
	}
	status := string(a.status)
	if a.failed {
		status = "error"
	}
	printf(w, "%s %s %s | want %s | got %s %s\n", a.Kind, a.ID, a.Q, strings.Join(want, ", "), status, strings.Join(got, ", "))
}

// planScore counts the answers to questions on documents of other shapes: does
// the first row name a right unit, and is refused what cannot be answered?
type planScore struct {
	name                        string
	asks, askRight, nones, none int
	bad                         []asked
}

func (s *planScore) add(a asked) {
	if a.Kind == curate.KindNone || a.Kind == curate.KindGap {
		s.nones++
		if a.refused() || a.status == index.Unassigned {
			s.none++
		} else {
			s.bad = append(s.bad, a)
		}
		return
	}
	s.asks++
	if len(a.rows) > 0 && curate.NamesUnit(a.rows[0], a.Gold) {
		s.askRight++
		return
	}
	s.bad = append(s.bad, a)
}

func (s *planScore) print(w io.Writer, verbose bool) {
	if verbose {
		for _, a := range s.bad {
			printBad(w, a)
		}
	}
	name := []rune(s.name)
	printf(w, "%-34s ask %d/%d none %d/%d\n", string(name[:min(len(name), 34)]), s.askRight, s.asks, s.none, s.nones)
}
