package index

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
)

// sameAnswers compares with everything that is not shown too.
var sameAnswers = cmp.AllowUnexported(Answer{})

// The same question gives the same answer: again, in another order, from many
// goroutines, from an index built again and from one on disk.
func TestTheSameQuestionGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	plans := append([]*plan.Plan{plan.Sample()}, counties(maxExact+2)...)
	for _, tc := range []struct {
		name  string
		plans []*plan.Plan
	}{
		{"one plan", plans[:1]},
		{"some plans", plans[:3]},
		{"more plans than are looked at one by one", plans},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			qs := devQuestions(t)
			if len(tc.plans) > 1 {
				qs = everyNth(qs, 4) // each is asked of several plans
			}
			ix := build(t, tc.plans...)
			want := make([]Answer, len(qs))
			for i, q := range qs {
				want[i] = ask(t, ix, q.query())
			}
			check := func(ix *Index, order []int) {
				for _, i := range order {
					if diff := cmp.Diff(want[i], ask(t, ix, qs[i].query()), sameAnswers); diff != "" {
						t.Errorf("%s: %s", qs[i].Q, diff)
					}
				}
			}
			order := make([]int, len(qs))
			for i := range order {
				order[i] = i
			}
			slices.Reverse(order)
			check(ix, order)
			var wait sync.WaitGroup
			for g := range 8 {
				wait.Go(func() {
					mine := slices.Clone(order)
					rand.New(rand.NewPCG(uint64(g), 7)).Shuffle(len(mine), func(a, b int) { mine[a], mine[b] = mine[b], mine[a] })
					check(ix, mine[:len(mine)/4])
				})
			}
			wait.Wait()
			check(build(t, tc.plans...), order)
			dir := t.TempDir()
			for range 2 { // built, and opened again
				disk, err := Open(dir, tc.plans, Options{Thesaurus: words(t)})
				if err != nil {
					t.Fatal(err)
				}
				check(disk, order)
				if err := disk.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func everyNth(qs []devQuestion, n int) []devQuestion {
	var out []devQuestion
	for i := 0; i < len(qs); i += n {
		out = append(out, qs[i])
	}
	return out
}
