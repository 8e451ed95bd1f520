package bot

import (
	"context"

	"xietiao/bot/curate"
	"xietiao/index"
	"xietiao/index/plan"
)

// Source is an Asker that also tells about its documents and its answers; see
// index.Index.
type Source interface {
	Asker
	Explain(ctx context.Context, q index.Query) (index.Answer, []index.Reading, error)
	Clauses(plan string) []index.Row
	Settles(question, plan string) bool
	Stale() []string
}

var _ Source = (*index.Index)(nil)

// Edition is all that answers are made of.
type Edition struct {
	Plans   []*plan.Plan
	Words   []curate.Word
	Answers []curate.Answer
}
