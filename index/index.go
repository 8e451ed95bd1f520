package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2"

	"xietiao/index/plan"
)

// Options configure an index. The zero value uses the built-in thesaurus.
type Options struct {
	Thesaurus *Thesaurus
}

// ErrNoPlan is returned where a question names a plan that is not loaded.
var ErrNoPlan = errors.New("no such plan")

// Index answers questions about its plans. It is immutable and safe for
// concurrent use; Close it once no question is under way.
type Index struct {
	t     *Thesaurus
	plans []*plan.Plan
	names planNames
	bleve bleve.Index // nil where no question needs it
	views *viewCache

	approved *approvals // nil: none

	register func() *register // of the units; made when first needed
}

// Build makes an index in memory. Plans that are few enough to be looked at one
// by one need no Bleve, and the first answer comes sooner without it.
func Build(plans []*plan.Plan, opt Options) (*Index, error) {
	return open(plans, opt, func(*Thesaurus) (bleve.Index, error) {
		if len(plans) <= maxExact {
			return nil, nil
		}
		b, err := memory()
		if err != nil {
			return nil, err
		}
		if err := fill(b, plans); err != nil {
			return nil, errors.Join(err, b.Close())
		}
		return b, nil
	})
}

// Open opens the index in dir, which it owns, and rebuilds it beside the old
// one where the plans, the thesaurus or the format have changed.
func Open(dir string, plans []*plan.Plan, opt Options) (*Index, error) {
	return open(plans, opt, func(t *Thesaurus) (bleve.Index, error) { return openDisk(dir, plans, t) })
}

func open(plans []*plan.Plan, opt Options, openBleve func(*Thesaurus) (bleve.Index, error)) (*Index, error) {
	t := opt.Thesaurus
	if t == nil {
		var err error
		if t, err = LoadThesaurus(); err != nil {
			return nil, err
		}
	}
	b, err := openBleve(t)
	if err != nil {
		return nil, err
	}
	ix := &Index{t: t, plans: plans, names: newPlanNames(plans), bleve: b}
	ix.views = &viewCache{make: func(i int) *view { return newView(plans[i], t) }}
	ix.register = sync.OnceValue(func() *register { return newRegister(plans, t) })
	return ix, nil
}

// Close frees the index.
func (ix *Index) Close() error {
	if ix.bleve == nil {
		return nil
	}
	if err := ix.bleve.Close(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// Plans lists the plans it answers from; they are not to be changed.
func (ix *Index) Plans() []*plan.Plan { return ix.plans }

// Ask answers one question. The same question gives the same answer, in any
// order and from any number of goroutines. ErrNoPlan is returned where q.Plan
// is not loaded; any other question gets an answer, if only a refusal.
func (ix *Index) Ask(ctx context.Context, q Query) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	a, err := ix.find(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	return ix.approve(q, a), nil
}

// find answers from the documents alone, but for the parts of a message.
func (ix *Index) find(ctx context.Context, q Query) (Answer, error) {
	all, err := ix.meant(q)
	if err != nil {
		return Answer{}, err
	}
	if named := ix.namedIn(q.Q, all); len(named) > 0 {
		return ix.each(named, q, ix.answer(named, q)), nil
	}
	// A follow-up stays with the plan that the question before it named, where
	// that one has an answer.
	if named := ix.namedIn(q.Prev, all); len(named) > 0 {
		if a := ix.answer(named, q); a.Status != Unknown {
			return a, nil
		}
	}
	plans, err := ix.narrow(ctx, all, q)
	if err != nil {
		return Answer{}, err
	}
	return ix.each(plans, q, ix.answer(plans, q)), nil
}

func (ix *Index) answer(plans []int, q Query) Answer {
	if before := ix.questions(plans, q.Prev); len(before) > 0 {
		q.Prev = before[len(before)-1] // the last one asked is leant on
	}
	if len(plans) == 1 {
		return ix.views.get(plans[0]).ask(ix.t, q)
	}
	answers := make([]Answer, len(plans))
	for i, k := range plans {
		answers[i] = ix.views.get(k).ask(ix.t, q)
	}
	return merge(answers)
}

// sameScore is how near the best answers of two plans must be for the question
// to be ambiguous, as a share of the better one's score.
const sameScore = 0.98

// merge makes one answer of several plans': the best by what its first clause
// has of the question; where plans answer equally well, their first rows as
// choices.
func merge(answers []Answer) Answer {
	slices.SortStableFunc(answers, func(a, b Answer) int {
		if d := cmp.Compare(rankOf(a), rankOf(b)); d != 0 {
			return d
		}
		return cmp.Compare(b.score, a.score)
	})
	best := answers[0]
	if best.Status != Answered && best.Status != Unassigned || len(best.Results) == 0 {
		return best
	}
	choices := []Row{best.Results[0]}
	for _, a := range answers[1:] {
		if rankOf(a) == rankOf(best) && len(a.Results) > 0 && a.score >= sameScore*best.score {
			choices = append(choices, a.Results[0])
		}
	}
	if len(choices) > 1 {
		return Answer{Status: Ambiguous, Intent: best.Intent, Results: choices}
	}
	return best
}

func rankOf(a Answer) int {
	switch a.Status {
	case Answered:
		return 0
	case Unassigned:
		return 1
	}
	return 2
}

// maxViews bounds the plans kept ready; docs/performance.md says what one takes.
const maxViews = 256

// viewCache makes views when they are first asked for and keeps the latest.
type viewCache struct {
	make func(i int) *view

	mu    sync.Mutex // guards the fields below
	kept  map[int]*entry
	clock int
}

type entry struct {
	once sync.Once
	v    *view
	used int
}

func (c *viewCache) get(i int) *view {
	e := c.entry(i)
	e.once.Do(func() { e.v = c.make(i) })
	return e.v
}

func (c *viewCache) entry(i int) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[int]*entry{}
	}
	c.clock++
	e := c.kept[i]
	if e == nil {
		if len(c.kept) >= maxViews {
			delete(c.kept, c.oldest())
		}
		e = &entry{}
		c.kept[i] = e
	}
	e.used = c.clock
	return e
}

func (c *viewCache) oldest() int {
	oldest, at := -1, 0
	for i, e := range c.kept {
		if oldest < 0 || e.used < at {
			oldest, at = i, e.used
		}
	}
	return oldest
}

func trailing(w uint64) int { return bits.TrailingZeros64(w) }
