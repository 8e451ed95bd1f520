package index

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"xietiao/index/plan"
)

// right tells whether the clause is one of the question's right answers.
func (q devQuestion) right(k clauseKey) bool {
	for _, g := range q.Gold {
		if g.Section != "" && g.Section == k.section || g.Unit != "" && g.Unit == k.unit && (g.No == "*" || fmt.Sprint(g.No) == fmt.Sprint(k.no)) {
			return true
		}
	}
	return false
}

// answerable leaves out what must be refused or is a gap.
func answerable(qs []devQuestion) []devQuestion {
	var out []devQuestion
	for _, q := range qs {
		if q.Kind != "none" && q.Kind != "gap" && len(q.Gold) > 0 {
			out = append(out, q)
		}
	}
	return out
}

// aboutClauses leaves out questions for facts, which no clause answers.
func aboutClauses(qs []devQuestion) []devQuestion {
	var out []devQuestion
	for _, q := range qs {
		if q.Kind != "fact" && q.Kind != "followup" {
			out = append(out, q)
		}
	}
	return out
}

func keyOf(r Row) clauseKey {
	k := clauseKey{unit: r.Unit, section: r.Section}
	if r.No != nil {
		k.no = *r.No
	}
	return k
}

// A right clause must come first far more often than plain Bleve puts one
// first, with any analyser. The table is printed with -v.
func TestAnswersAreBetterThanPlainBleves(t *testing.T) {
	t.Parallel()
	qs := answerable(devQuestions(t))
	keys := clauseKeys(plan.Sample())
	var table strings.Builder
	share := func(name string, first func(q devQuestion) bool) float64 {
		byKind, all := map[string][2]int{}, [2]int{}
		for _, q := range qs {
			n := byKind[q.Kind]
			n[1]++
			all[1]++
			if first(q) {
				n[0]++
				all[0]++
			}
			byKind[q.Kind] = n
		}
		fmt.Fprintf(&table, "%-22s %.3f ", name, float64(all[0])/float64(all[1]))
		for _, kind := range []string{"direct", "paraphrase", "typo", "role", "multi", "unit", "section", "followup", "fact"} {
			fmt.Fprintf(&table, " %s %.2f", kind, float64(byKind[kind][0])/float64(byKind[kind][1]))
		}
		table.WriteByte('\n')
		return float64(all[0]) / float64(all[1])
	}
	best := 0.0
	for _, analyser := range []string{analyserStandard, analyserCJK, dictionaryWords, analyzerName, lettersAndPairs} {
		b := newPlainBleve(t, analyser, []*plan.Plan{plan.Sample()})
		best = max(best, share("Bleve "+analyser, func(q devQuestion) bool {
			hits := b.search(t, q.Q, 1)
			return len(hits) > 0 && q.right(keys[hits[0][1]])
		}))
	}
	ix := build(t, plan.Sample())
	ours := share("ours", func(q devQuestion) bool {
		rows := ask(t, ix, q.query()).Results
		return len(rows) > 0 && (q.right(keyOf(rows[0])) || q.Kind == "fact" && rows[0].Fact == q.Gold[0].Fact)
	})
	t.Log("\n" + table.String())
	const margin = 0.1
	if ours < best+margin {
		t.Errorf("ours %.3f, the best of plain Bleve %.3f", ours, best)
	}
}

// BenchmarkAnalysers compares what Bleve can index a clause's text as, over
// 100,000 clauses: how often the first hit and one of the first 60 are right,
// what building costs, and what a question costs.
func BenchmarkAnalysers(b *testing.B) {
	plans := make([]*plan.Plan, corpusPlans)
	from := make([][]clauseKey, corpusPlans)
	for i := range plans {
		plans[i], from[i] = countyFrom(i)
	}
	qs := aboutClauses(answerable(devQuestions(b)))
	for _, analyser := range []string{analyserStandard, analyserCJK, analyzerName, lettersAndPairs} {
		b.Run(analyser, func(b *testing.B) {
			before, start := heap(), time.Now()
			p := newPlainBleve(b, analyser, plans)
			built, size := time.Since(start), heap()-before
			first, among := 0, 0
			for _, q := range qs {
				hits := p.search(b, q.Q, firstHits)
				for k, h := range hits {
					if q.right(from[h[0]][h[1]]) {
						among++
						if k == 0 {
							first++
						}
						break
					}
				}
			}
			rounds := 0
			start = time.Now()
			for b.Loop() {
				for _, q := range qs {
					p.search(b, q.Q, plainHits)
				}
				rounds++
			}
			b.ReportMetric(time.Since(start).Seconds()*1e3/float64(rounds*len(qs)), "ms/question")
			b.ReportMetric(float64(first)/float64(len(qs)), "first")
			b.ReportMetric(float64(among)/float64(len(qs)), "among60")
			b.ReportMetric(built.Seconds(), "s-build") // after the loop, which begins by clearing
			b.ReportMetric(size, "MB-heap")
		})
	}
}

// BenchmarkCandidates tells how often the plans that Bleve picks for a question
// hold a right clause that answers first, of the 1,500 plans.
func BenchmarkCandidates(b *testing.B) {
	plans := make([]*plan.Plan, corpusPlans)
	from := make([]map[clauseKey]clauseKey, corpusPlans)
	for i := range plans {
		p, keys := countyFrom(i)
		plans[i], from[i] = p, map[clauseKey]clauseKey{}
		for j, k := range clauseKeys(p) {
			from[i][k] = keys[j]
		}
	}
	ix := build(b, plans...)
	qs := aboutClauses(answerable(devQuestions(b)))
	right, some := 0, 0
	for _, q := range qs {
		picked, err := ix.candidates(b.Context(), ix.queryWords(q.query()))
		if err != nil {
			b.Fatal(err)
		}
		if len(picked) == 0 {
			continue
		}
		some++
		a := ix.views.get(picked[0]).ask(ix.t, q.query())
		if len(a.Results) > 0 && q.right(from[picked[0]][keyOf(a.Results[0])]) {
			right++
		}
	}
	rounds := 0
	start := time.Now()
	for b.Loop() {
		for _, q := range qs {
			if _, err := ix.candidates(context.Background(), ix.queryWords(q.query())); err != nil {
				b.Fatal(err)
			}
		}
		rounds++
	}
	b.ReportMetric(time.Since(start).Seconds()*1e3/float64(rounds*len(qs)), "ms/question")
	b.ReportMetric(float64(some)/float64(len(qs)), "picked")
	b.ReportMetric(float64(right)/float64(len(qs)), "first")
}
