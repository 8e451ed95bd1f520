package task

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

var errCrash = errors.New("the program died here")

// mortal is a ledger that fails at its nth use.
type mortal struct {
	ledger
	left *int
}

func (m mortal) use() error {
	if *m.left--; *m.left == 0 {
		return errCrash
	}
	return nil
}

func (m mortal) Put(tx *store.Tx, n outbox.Notice) (bool, error) {
	if err := m.use(); err != nil {
		return false, err
	}
	return m.ledger.Put(tx, n)
}

func (m mortal) Cancel(tx *store.Tx, key, why string) (bool, error) {
	if err := m.use(); err != nil {
		return false, err
	}
	return m.ledger.Cancel(tx, key, why)
}

func (m mortal) Record(r store.Reader, key string) (outbox.Record, bool, error) {
	if err := m.use(); err != nil {
		return outbox.Record{}, false, err
	}
	return m.ledger.Record(r, key)
}

// fortnight lives two weeks of a few tasks, with messages that wait and are taken
// back, and returns what went out. The board's sender fails at its nth use, if n is
// not 0; then the pass or the step is tried again, as by the next instance.
func fortnight(t *testing.T, n int) (out []string, died bool) {
	h := newHall(t, "2026-11-02 10:00", Rules{Bulletin: true})
	h.Board.sender = mortal{left: &n}
	again := func(do func() error) {
		t.Helper()
		err := do()
		if errors.Is(err, errCrash) {
			died = true
			err = do()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	pass := func() {
		again(func() error { _, err := h.Remind(t.Context(), h.Store); return err })
	}
	step := func(number Number, do Do, by Actor) {
		again(func() error {
			return h.Update(t.Context(), func(tx *store.Tx) error {
				_, err := h.Apply(tx, number, Action{Do: do, Text: "说明"}, by)
				return err
			})
		})
	}
	for i, d := range []Draft{draft("晚会", "2026-11-11", "市教育局"), draft("书屋", "2026-11-12", "市教育局", "市科协"), draft("影院", "2026-11-04", "市科协")} {
		h.create(d)
		step(Number(i+1), DoSign, science1(d))
	}
	for day := date("2026-11-02"); day.Before(date("2026-11-14")); day = day.AddDays(1) {
		for hour := 9; hour < 19; hour += 3 {
			h.set(day.At(hour, 1, cal.Location()))
			pass()
			if day == date("2026-11-09") && hour == 9 {
				step(2, DoReport, teachers) // the digest of this morning waits
				pass()
			}
			if day.D%3 == 0 || hour > 12 {
				for _, s := range h.deliver() {
					out = append(out, s.String())
				}
			}
		}
	}
	return out, died
}

// science1 acts for the first lead.
func science1(d Draft) Actor {
	if d.Leads[0] == "市科协" {
		return science
	}
	return teachers
}

// Wherever the program dies, the units are told the same.
func TestADeathChangesNothing(t *testing.T) {
	t.Parallel()
	want, _ := fortnight(t, 0)
	if len(want) < 15 {
		t.Fatalf("only %d messages", len(want))
	}
	for n := 1; ; n++ {
		got, died := fortnight(t, n)
		if !slices.Equal(got, want) {
			t.Fatalf("dead at use %d:\n%s\nwant\n%s", n, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if !died {
			if n < 30 {
				t.Errorf("only %d places to die at", n)
			}
			return
		}
	}
}

// Several instances pass at the same moment.
func TestInstancesTellOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	for i := range 12 {
		h.create(draft(fmt.Sprintf("任务%d", i+1), "2026-11-20", []string{"市教育局", "市科协", "市委宣传部"}[i%3]))
	}
	d := draft("周报", "", "市教育局")
	d.Rule = Rule{Every: EveryWeek, On: OnDay, N: 5}
	h.create(d)
	for _, when := range []string{"2026-11-03 10:00", "2026-11-04 09:00", "2026-11-05 09:00"} {
		h.set(at(when))
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := newBoard(Rules{Bulletin: true}).Remind(t.Context(), h.Store); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		perUnit := map[string]int{}
		for _, s := range h.deliver() {
			perUnit[s.unit]++
		}
		for unit, n := range perUnit {
			if n != 1 {
				t.Errorf("%s: %s is told %d times", when, unit, n)
			}
		}
	}
	if undone := h.notices(outbox.StateCancelled); len(undone) > 0 {
		t.Errorf("%d messages of one instance were taken back by another", len(undone))
	}
	h.see(func(r store.Reader) error {
		list, err := h.Parts(r, 13)
		if len(list) != 1 {
			t.Errorf("%d occurrences", len(list))
		}
		return err
	})
}
