package index

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"xietiao/index/plan"
)

func BenchmarkReadSample(b *testing.B) {
	b.SetBytes(int64(len(plan.SampleText)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Read(plan.SampleName, plan.SampleText); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadThesaurus(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := LoadThesaurus(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewView(b *testing.B) {
	t := words(b)
	plans := counties(16)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		newView(plans[i%len(plans)], t)
		i++
	}
}

// BenchmarkBuild builds what one plan needs for its first answer, and the
// smallest set of plans that needs Bleve.
func BenchmarkBuild(b *testing.B) {
	t := words(b)
	for name, plans := range map[string][]*plan.Plan{"1 plan": {plan.Sample()}, "9 plans": counties(maxExact + 1)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ix, err := Build(plans, Options{Thesaurus: t})
				if err != nil {
					b.Fatal(err)
				}
				ask(b, ix, Query{Q: "村里的图书角归谁管"})
				if err := ix.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAsk asks the development questions of one plan, kind by kind.
func BenchmarkAsk(b *testing.B) {
	ix := build(b, plan.Sample())
	byKind := map[string][]Query{}
	for _, q := range devQuestions(b) {
		byKind[q.Kind] = append(byKind[q.Kind], q.query())
	}
	for _, kind := range []string{"direct", "paraphrase", "typo", "none", "followup", "multi", "role", "unit", "gap"} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			qs := byKind[kind]
			i := 0
			for b.Loop() {
				ask(b, ix, qs[i%len(qs)])
				i++
			}
		})
	}
}

// heap is the live heap in MB.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// BenchmarkMemory reports the live heap of what a program holds: the word lists,
// one plan made ready for questions, Bleve with nine plans and with 1,500.
func BenchmarkMemory(b *testing.B) {
	plans := counties(corpusPlans)
	grown := func(f func()) float64 {
		before := heap()
		f()
		return heap() - before
	}
	var t *Thesaurus
	var views []*view
	var few, all *Index
	report := map[string]float64{}
	report["MB-words"] = grown(func() {
		var err error
		if t, err = LoadThesaurus(); err != nil {
			b.Fatal(err)
		}
	})
	const some = 100
	report["MB-view"] = grown(func() {
		for _, p := range plans[:some] {
			views = append(views, newView(p, t))
		}
	}) / some
	report["MB-bleve-9"] = grown(func() { few = build(b, plans[:maxExact+1]...) })
	report["MB-bleve-1500"] = grown(func() { all = build(b, plans...) })
	report["MB-plans-1500"] = grown(func() { plans = append(plans, counties(corpusPlans)...) })
	for b.Loop() {
		runtime.KeepAlive([]any{t, views, few, all, plans})
	}
	for name, mb := range report {
		b.ReportMetric(mb, name)
	}
}

func BenchmarkBuild100k(b *testing.B) {
	t := words(b)
	plans := counties(corpusPlans)
	for b.Loop() {
		ix, err := Build(plans, Options{Thesaurus: t})
		if err != nil {
			b.Fatal(err)
		}
		if err := ix.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(corpusPlans*corpusClauses), "clauses")
}

// BenchmarkOpen100k opens the index of 100,000 clauses from disk, once it is
// built: comparing versions included, reading the plans not.
func BenchmarkOpen100k(b *testing.B) {
	t := words(b)
	plans := counties(corpusPlans)
	dir := b.TempDir()
	open := func() {
		ix, err := Open(dir, plans, Options{Thesaurus: t})
		if err != nil {
			b.Fatal(err)
		}
		if err := ix.Close(); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	open()
	built := time.Since(start)
	for b.Loop() {
		open()
	}
	b.ReportMetric(built.Seconds(), "s-build")
}

// percentiles reports the middle and the slow end of latencies.
func percentiles(b *testing.B, name string, took []time.Duration) {
	slices.Sort(took)
	at := func(p float64) float64 { return float64(took[int(p*float64(len(took)-1))]) / 1e6 }
	b.ReportMetric(at(0.5), "p50-ms"+name)
	b.ReportMetric(at(0.99), "p99-ms"+name)
}

// BenchmarkAskWithin asks the development questions within one of 1,500 plans,
// another one each time.
func BenchmarkAskWithin(b *testing.B) {
	plans := counties(corpusPlans)
	ix := build(b, plans...)
	qs := devQuestions(b)
	var took []time.Duration
	k := 0
	for b.Loop() { // all questions in each round, so that every kind counts
		for _, dev := range qs {
			q := dev.query()
			q.Plan = plans[k*7%len(plans)].Title
			k++
			start := time.Now()
			if _, err := ix.Ask(context.Background(), q); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
	}
	percentiles(b, "", took)
}

// BenchmarkAskAll asks the development questions of all 1,500 plans at once,
// and plain Bleve the same in the same run.
func BenchmarkAskAll(b *testing.B) {
	plans := counties(corpusPlans)
	ix := build(b, plans...)
	cjk := newPlainBleve(b, analyserCJK, plans)
	standard := newPlainBleve(b, analyserStandard, plans)
	qs := devQuestions(b)
	var ours, theirs, others []time.Duration
	timed := func(list *[]time.Duration, f func()) {
		start := time.Now()
		f()
		*list = append(*list, time.Since(start))
	}
	for b.Loop() {
		for _, q := range qs {
			timed(&ours, func() { ask(b, ix, q.query()) })
			timed(&theirs, func() { cjk.search(b, q.Q, plainHits) })
			timed(&others, func() { standard.search(b, q.Q, plainHits) })
		}
	}
	percentiles(b, "-ours", ours)
	percentiles(b, "-cjk", theirs)
	percentiles(b, "-standard", others)
	b.ReportMetric(float64(sum(ours))/float64(sum(theirs)), "ours/cjk")
	b.ReportMetric(float64(sum(ours))/float64(sum(others)), "ours/standard")
}

// plainHits is the size of a result page, Bleve's default.
const plainHits = 10

func sum(list []time.Duration) (total time.Duration) {
	for _, d := range list {
		total += d
	}
	return total
}
