package curate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/audit"
	"xietiao/bot/curate"
	"xietiao/bot/store"
	"xietiao/index"
)

var clause = []index.ClauseRef{{Plan: "某发〔2026〕1号", Cite: "某发〔2026〕1号 第1项", Text: "推动图书馆开放。"}}

func (d *desk) put(by string, a curate.Answer) (kept curate.Answer, err error) {
	d.Helper()
	err = d.update(func(tx *store.Tx) (err error) {
		kept, err = curate.PutAnswer(tx, by, a)
		return err
	})
	return kept, err
}

func (d *desk) answers() (list []curate.Answer) {
	d.Helper()
	d.view(func(r store.Reader) (err error) {
		list, err = curate.Answers(r)
		return err
	})
	return list
}

// history are the entries, each with who and what.
func (d *desk) history() (lines []string) {
	d.Helper()
	d.view(func(r store.Reader) error {
		lines = nil
		list, err := audit.List(r, curate.Chain)
		for _, e := range list {
			lines = append(lines, e.By+" "+e.What)
		}
		return err
	})
	return lines
}

func TestAnswersAreAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d *desk) {
		first, err := d.put("P1", curate.Answer{Questions: []string{" 书架塌了谁修？ ", "書架塌了誰修", ""}, Clauses: clause, Text: "找图书馆。\n"})
		if err != nil || first.ID == "" || first.By != "P1" || first.Text != "找图书馆。" {
			t.Fatal(first, err)
		}
		if diff := cmp.Diff([]string{"书架塌了谁修？"}, first.Questions); diff != "" {
			t.Errorf("the same question twice, and an empty one: %s", diff)
		}
		second, err := d.put("P2", curate.Answer{Questions: []string{"灯坏了谁修"}, Clauses: clause})
		if err != nil {
			t.Fatal(err)
		}
		var taken *curate.TakenError
		if _, err := d.put("P2", curate.Answer{Questions: []string{"书架塌了，谁修"}, Clauses: clause}); !errors.As(err, &taken) || taken.Answer != first.ID {
			t.Errorf("two answers to one question: %v", err)
		}
		changed := first
		changed.Text = "找馆长。"
		if changed, err = d.put("P3", changed); err != nil || changed.ID != first.ID {
			t.Fatal(changed, err)
		}
		if _, err := d.put("P4", first); !errors.Is(err, curate.ErrChanged) {
			t.Errorf("who read it before the change is told: %v", err)
		}
		if diff := cmp.Diff([]curate.Answer{changed, second}, d.answers()); diff != "" {
			t.Error(diff)
		}
		for _, want := range []bool{true, false} {
			var there bool
			if err := d.update(func(tx *store.Tx) (err error) { there, err = curate.RemoveAnswer(tx, "P5", first.ID); return err }); err != nil || there != want {
				t.Error(there, err)
			}
		}
		if _, err := d.put("P3", changed); !errors.Is(err, curate.ErrChanged) {
			t.Errorf("it was removed meanwhile: %v", err)
		}
		if diff := cmp.Diff([]string{"P1 add-answer", "P2 add-answer", "P3 change-answer", "P5 remove-answer"}, d.history()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnswersThatCannotBeKept(t *testing.T) {
	t.Parallel()
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprint("问", i)
	}
	for _, tc := range []struct {
		name string
		a    curate.Answer
		want error
	}{
		{"no question", curate.Answer{Questions: []string{"？", " "}, Clauses: clause}, curate.ErrNoQuestion},
		{"no clause", curate.Answer{Questions: []string{"甲"}}, curate.ErrNoClause},
		{"too many questions", curate.Answer{Questions: many, Clauses: clause}, curate.ErrTooMany},
		{"too long a question", curate.Answer{Questions: []string{strings.Repeat("长", 501)}, Clauses: clause}, curate.ErrTooLong},
		{"too long a text", curate.Answer{Questions: []string{"甲"}, Clauses: clause, Text: strings.Repeat("长", 301)}, curate.ErrTooLong},
	} {
		_, err := tc.a.Trim()
		if text, ok := curate.Tell(err); !errors.Is(err, tc.want) || !ok || text == "" {
			t.Errorf("%s: %v %q", tc.name, err, text)
		}
	}
}

// Of many clerks who change what they read at once, one does, and the others are told.
func TestTwoClerksOneAnswer(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d *desk) {
		a, err := d.put("P1", curate.Answer{Questions: []string{"甲"}, Clauses: clause})
		if err != nil {
			t.Fatal(err)
		}
		d.now = d.now.Add(1) // a change is later than what it changes
		var won, told atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				mine := a
				mine.Text = fmt.Sprint("第", i, "稿")
				err := d.Update(context.Background(), func(tx *store.Tx) error {
					_, err := curate.PutAnswer(tx, "P2", mine)
					return err
				})
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, curate.ErrChanged):
					told.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || told.Load() != 7 {
			t.Errorf("%d changed it, %d were told", won.Load(), told.Load())
		}
	})
}
