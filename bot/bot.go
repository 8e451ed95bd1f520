// Package bot turns one message into one reply: it asks the index, words the
// answer for a phone, and refuses politely what the documents do not hold.
//
// It must not know HTTP, XML, Bleve, Redis or any chat platform: it takes
// strings and gives back a value with the reply as plain text and as markdown.
package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"xietiao/index"
	"xietiao/index/plan"
)

// Asker finds the answer to one question in the documents. The same query gives
// the same answer as long as the documents stay the same.
type Asker interface {
	Ask(ctx context.Context, q index.Query) (index.Answer, error)
}

// Options are what a Bot may be given beyond its index. The zero value works:
// it then cannot say which documents it holds.
type Options struct {
	Plans []*plan.Plan     // the documents behind the index; read only
	Now   func() time.Time // for took_us; nil: time.Now
}

// Bot answers messages. It keeps no state between messages and is safe for
// concurrent use if its Asker is.
type Bot struct {
	ix    Asker
	plans []*plan.Plan
	now   func() time.Time
}

// New returns a Bot over ix.
func New(ix Asker, opt Options) *Bot {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Bot{ix: ix, plans: opt.Plans, now: opt.Now}
}

// Answer is the JSON form of an answer, as `ask -json` prints it and the API
// returns it. ID is the caller's, verbatim: a JSON string or number.
type Answer struct {
	ID      json.RawMessage `json:"id"`
	Q       string          `json:"q"`
	Status  index.Status    `json:"status"`
	Intent  index.Intent    `json:"intent"`
	Results []index.Row     `json:"results"`          // every row, whatever the reply shows; never null
	Office  string          `json:"office,omitempty"` // the office's own words; the first rows are the clauses it chose
	Reply   string          `json:"reply"`            // Text of the Reply
	TookUS  int64           `json:"took_us"`
}

// Reply is one answer in every form somebody shows it. Text and Markdown are
// cut at clause borders to fit one chat message of either platform; Full is the
// same words with nothing left out.
type Reply struct {
	Answer   Answer
	Text     string
	Markdown string
	Full     string
	Leans    bool         // q was 更多 or took a choice: it is about prev, as the next message will be
	Reason   index.Reason // why nothing answers
	Office   string       // id of the office's own answer, where it is one
}

// Ask answers q. prev is the same person's previous question or empty; plan
// restricts the search to the document with this 文号 or title. After a cut
// reply, q 更多 with the same prev shows the rest; after a question that was
// asked back, q may be the number of a choice or a word of its name; a number
// beyond the choices is told so. Errors come from the index.
func (b *Bot) Ask(ctx context.Context, q, prev, plan string) (Reply, error) {
	start := b.now()
	question, before, page := q, prev, 0
	more := isMore(q) && strings.TrimSpace(prev) != ""
	if more {
		question, before, page = prev, "", 1
	}
	choice, err := b.choiceOf(ctx, q, prev, plan)
	if err != nil {
		return Reply{}, fmt.Errorf("ask: %w", err)
	}
	if choice > 0 {
		question, before = prev, ""
	}
	a, err := b.ix.Ask(ctx, index.Query{Q: question, Prev: before, Plan: plan})
	if err != nil {
		return Reply{}, fmt.Errorf("ask: %w", err)
	}
	if choice > len(a.Results) && a.Status == index.Ambiguous {
		a.Hint = hintBeyond
	} else if choice > 0 {
		a, choice, err = b.choose(ctx, a, index.Query{Q: q, Prev: prev, Plan: plan}, choice)
		if err != nil {
			return Reply{}, fmt.Errorf("ask choice: %w", err)
		}
		if choice == 0 {
			question, before = q, prev
		}
	}
	r := b.word(a, question, before, page)
	r.Leans, r.Reason = more || choice > 0, a.Reason
	r.Answer = Answer{
		ID: json.RawMessage(`""`), Q: q, Status: a.Status, Intent: a.Intent, Results: a.Results,
		Reply: r.Text, TookUS: max(0, b.now().Sub(start).Microseconds()),
	}
	if a.Office != nil {
		r.Office, r.Answer.Office = a.Office.ID, a.Office.Text
	}
	if r.Answer.Results == nil {
		r.Answer.Results = []index.Row{}
	}
	return r, nil
}

// choose answers the n-th choice of an ambiguous answer. Where a is no question
// asked back, the number is taken as an ordinary message and comes back as 0.
func (b *Bot) choose(ctx context.Context, a index.Answer, q index.Query, n int) (index.Answer, int, error) {
	if a.Status != index.Ambiguous {
		a, err := b.ix.Ask(ctx, q)
		return a, 0, err
	}
	row := a.Results[n-1]
	if severalPlans(a.Results) {
		a, err := b.ix.Ask(ctx, index.Query{Q: q.Prev, Plan: row.Plan})
		return a, n, err
	}
	a.Status, a.Results = index.Answered, []index.Row{row}
	return a, n, nil
}

func severalPlans(rows []index.Row) bool {
	for _, r := range rows {
		if r.Plan != rows[0].Plan {
			return true
		}
	}
	return false
}

// planNamed finds the document a row was taken from, or the only one there is
// when there is no row; nil when it is not known.
func (b *Bot) planNamed(name string) *plan.Plan {
	for _, p := range b.plans {
		if name != "" && (p.DocNo == name || p.Title == name) {
			return p
		}
	}
	if name == "" && len(b.plans) == 1 {
		return b.plans[0]
	}
	return nil
}
