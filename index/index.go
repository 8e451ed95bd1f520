package index

import (
	"context"
	"errors"
	"math/bits"
	"time"

	"xietiao/index/plan"
)

// Options configure an index. The zero value uses the built-in thesaurus.
type Options struct {
	Thesaurus *Thesaurus
}

// ErrNoPlan is returned where a question names a plan that is not loaded.
var ErrNoPlan = errors.New("no such plan")

// Index answers questions about its plans. It is immutable and safe for
// concurrent use.
type Index struct {
	t     *Thesaurus
	views []*view
}

// Build makes an index in memory.
func Build(plans []*plan.Plan, opt Options) (*Index, error) {
	t := opt.Thesaurus
	if t == nil {
		var err error
		if t, err = LoadThesaurus(); err != nil {
			return nil, err
		}
	}
	ix := &Index{t: t}
	for _, p := range plans {
		ix.views = append(ix.views, newView(p, t))
	}
	return ix, nil
}

// Close frees the index.
func (ix *Index) Close() error { return nil }

// Ask answers one question. The same question gives the same answer.
func (ix *Index) Ask(ctx context.Context, q Query) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	var scope []*view
	for _, v := range ix.views {
		if q.Plan == "" || q.Plan == v.plan.DocNo || q.Plan == v.plan.Title {
			scope = append(scope, v)
		}
	}
	if len(scope) == 0 {
		return Answer{}, ErrNoPlan
	}
	a := scope[0].ask(ix.t, q)
	return a, nil
}

func trailing(w uint64) int { return bits.TrailingZeros64(w) }

var _ = time.Now
