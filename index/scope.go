package index

import (
	"context"
	"slices"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// planNames finds the plans that a query or a question names.
type planNames struct {
	all     []int
	exact   map[string][]int // by 文号 and title as printed
	said    map[string][]int // by what a folded question may say: 文号, title, place
	lengths []int            // of the keys of said, in runes
}

func newPlanNames(plans []*plan.Plan) planNames {
	n := planNames{exact: map[string][]int{}, said: map[string][]int{}}
	for i, p := range plans {
		n.all = append(n.all, i)
		put(n.exact, i, p.DocNo, p.Title)
		put(n.said, i, zh.Fold(p.DocNo), zh.Fold(p.Title), placeOf(p))
	}
	for name := range n.said {
		n.lengths = append(n.lengths, len([]rune(name)))
	}
	slices.Sort(n.lengths)
	n.lengths = slices.Compact(n.lengths)
	return n
}

func put(m map[string][]int, i int, names ...string) {
	for _, name := range names {
		if us := m[name]; name != "" && (len(us) == 0 || us[len(us)-1] != i) {
			m[name] = append(us, i)
		}
	}
}

// placeOf is the place that issued a plan without its level: 乐清 of
// 乐清市公共文化服务体系建设协调组.
func placeOf(p *plan.Plan) string {
	for _, name := range []string{p.Issuer, p.Title} {
		rs := []rune(zh.Fold(name))
		for i, r := range rs {
			if i >= 2 && i <= 4 && (r == '市' || r == '县' || r == '区') {
				return string(rs[:i])
			}
		}
	}
	return ""
}

// in lists the plans that a folded question names, in order.
func (n *planNames) in(question string) []int {
	var starts []int
	for i := range question {
		starts = append(starts, i)
	}
	starts = append(starts, len(question))
	var out []int
	for i, start := range starts {
		for _, size := range n.lengths {
			if i+size < len(starts) {
				out = append(out, n.said[question[start:starts[i+size]]]...)
			}
		}
	}
	return unique(out)
}

// maxExact is the number of plans that are all looked at exactly; of more,
// Bleve first picks those that speak of the question's words.
const maxExact = 8

// meant lists the plans that the query may be about, in order.
func (ix *Index) meant(q Query) ([]int, error) {
	all := ix.names.all
	if q.Plan != "" {
		all = ix.names.exact[q.Plan]
	}
	if len(all) == 0 {
		return nil, ErrNoPlan
	}
	return all, nil
}

// namedIn lists those of several plans that the text names by number, title or
// place; none where it names more than can be looked at one by one.
func (ix *Index) namedIn(text string, all []int) []int {
	if len(all) == 1 || text == "" {
		return nil
	}
	named := within(ix.names.in(zh.Fold(text)), all)
	if len(named) > maxExact {
		return nil
	}
	return named
}

// narrow leaves as many plans as can be looked at one by one: those that Bleve
// finds to speak of the question's words.
func (ix *Index) narrow(ctx context.Context, all []int, q Query) ([]int, error) {
	if len(all) <= maxExact {
		return all, nil
	}
	best, err := ix.candidates(ctx, ix.queryWords(q))
	if err != nil {
		return nil, err
	}
	if best = within(best, all); len(best) == 0 {
		best = all[:maxCandidatePlans] // asks for no matter, or for one of no plan: any of them say so
	}
	return best, nil
}

// within keeps the plans that are in all, which is sorted.
func within(plans, all []int) []int {
	return slices.DeleteFunc(plans, func(i int) bool { _, ok := slices.BinarySearch(all, i); return !ok })
}

// queryWords are the words that Bleve is asked for: what the question is about
// and what that may be called in documents.
func (ix *Index) queryWords(q Query) []string {
	var out []string
	for _, text := range []string{q.Q, q.Prev} {
		for _, t := range join(lexer{ix.t, nil}.cut(zh.Fold(zh.CleanQuestion(text)))) {
			switch t.kind {
			case tokRaw, tokTerm, tokOutside, tokMissing:
				out = append(out, t.text)
				for i, e := range ix.t.expand(t.text) {
					if i > 0 && i <= 3 && e.sim >= simInstance {
						out = append(out, e.text)
					}
				}
			}
		}
	}
	return out
}
