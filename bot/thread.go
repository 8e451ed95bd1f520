package bot

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"xietiao/index"
)

// maxThread bounds a thread in characters, so that a long talk stays one about
// its last matter.
const maxThread = 120

// threadMark joins a question to what it leans on.
const threadMark = "，"

// Thread returns what a follow-up to q leans on, where prev was the thread before
// q and r the reply to q. It is a question that stands by itself and has r's
// answer, if there is one, since 谁牵头 or 下一条 says nothing without what came
// before it; else q where q has an answer of its own, and prev where it has not.
func (b *Bot) Thread(ctx context.Context, q, prev string, r Reply) (string, error) {
	if r.Answer.Intent == index.IntentChat { // a thank-you does not end the matter
		return prev, nil
	}
	if prev == "" || r.Answer.Status == index.Unknown {
		return q, nil
	}
	if r.Leans { // the matter stays, and with it the choices
		return prev, nil
	}
	alone, err := b.Ask(ctx, q, "", "")
	if err != nil {
		return "", fmt.Errorf("thread: %w", err)
	}
	if sameRows(alone.Answer, r.Answer) {
		return q, nil
	}
	for _, t := range append([]string{prev, prev + threadMark + q}, addresses(r.Answer.Results)...) {
		if t == "" || utf8.RuneCountInString(t) > maxThread {
			continue
		}
		whole, err := b.Ask(ctx, t, "", "")
		if err != nil {
			return "", fmt.Errorf("thread: %w", err)
		}
		if sameRows(whole.Answer, r.Answer) {
			return t, nil
		}
	}
	if alone.Answer.Status == index.Unknown {
		return prev, nil
	}
	return q, nil
}

// leaning returns prev where the reply to q leaned on it, else nothing.
func (b *Bot) leaning(ctx context.Context, q, prev string, r Reply) (string, error) {
	if prev == "" || r.Leans {
		return prev, nil
	}
	alone, err := b.Ask(ctx, q, "", "")
	if err != nil {
		return "", fmt.Errorf("thread: %w", err)
	}
	if sameRows(alone.Answer, r.Answer) {
		return "", nil
	}
	return prev, nil
}

// sameRows reports whether both answers are the same clauses.
func sameRows(a, b Answer) bool {
	return a.Status == b.Status && slices.Equal(cites(a.Results), cites(b.Results))
}

// addresses asks for the row by its title or where it stands, if there is only one.
func addresses(rows []index.Row) []string {
	if len(rows) != 1 {
		return nil
	}
	r := rows[0]
	switch {
	case r.Kind == index.KindDuty && rowNo(r) > 0:
		return []string{fmt.Sprintf("%s第%d项", r.Unit, rowNo(r))}
	case r.Kind == index.KindSection && r.Section != "":
		return []string{r.Title, r.Section}
	}
	return nil
}
