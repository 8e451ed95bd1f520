package activity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

var errCrash = errors.New("the program died here")

// mortal is a ledger that fails at its nth use, or lets the program end after the
// transaction of that use.
type mortal struct {
	ledger
	left  *int
	after context.CancelFunc // nil: at once
}

func (m mortal) Put(tx *store.Tx, n outbox.Notice) (bool, error) {
	if *m.left--; *m.left == 0 {
		if m.after == nil {
			return false, errCrash
		}
		m.after()
	}
	return m.ledger.Put(tx, n)
}

// weeks lives a few weeks of two activities and a series, with a cancellation, a change, a
// dispute and people on the waiting list, and returns all that was written and all that is
// stored. The program dies at the nth use of its sender, if n is not 0, or after the
// transaction of that use; what was not done is tried again, as by the next instance.
func weeks(t *testing.T, n int, after bool) (told []string, kept string, died bool) {
	h := newHall(t, "2026-04-01 10:00")
	life, end := context.WithCancel(t.Context())
	defer end()
	m := mortal{left: &n}
	if after {
		m.after = end
	}
	h.Board.sender = m
	again := func(do func(ctx context.Context) error) {
		t.Helper()
		err := do(life)
		if errors.Is(err, errCrash) || errors.Is(err, context.Canceled) {
			died = true
			life = t.Context()
			err = do(life)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	step := func(fn func(tx *store.Tx) error) { again(func(ctx context.Context) error { return h.Update(ctx, fn) }) }
	first := h.publish(draft(func(d *Draft) { d.Capacity, d.Public = 3, true }))
	second := h.publish(draft(func(d *Draft) { d.Title, d.Start, d.End = "讲解", at("2026-04-18 14:00"), at("2026-04-18 16:00") }))
	h.publish(draft(func(d *Draft) {
		d.Title, d.Start, d.End = "晨读", at("2026-04-05 07:00"), at("2026-04-05 08:00")
		d.Series = SeriesRule{Every: EveryWeek, Until: cal.Day(at("2026-05-30 00:00"))}
	}))
	v := h.members(6)
	v = append(v, h.outsider("外人", NewToken()))
	for _, v := range v {
		h.join(first, v)
		if v != "V7" {
			h.join(second, v)
		}
	}
	h.join(4, v[0]) // the series' first
	when := []struct {
		at string
		do func(tx *store.Tx) error
	}{
		{"2026-04-03 22:00", func(tx *store.Tx) error { _, err := h.Leave(tx, first, v[0], Self(v[0])); return err }},
		{"2026-04-04 09:00", func(tx *store.Tx) error { _, err := h.Erase(tx, v[1], office); return err }},
		{"2026-04-10 23:00", func(tx *store.Tx) error {
			a, err := h.Get(tx, first)
			d := a.Edit()
			d.Place.Name, d.Capacity = "二楼", 4
			if err == nil {
				_, err = h.Amend(tx, first, a.Version, d, liaison)
			}
			return err
		}},
		{"2026-04-16 12:00", func(tx *store.Tx) error { _, err := h.Cancel(tx, second, "停电", liaison); return err }},
		{"2026-04-18 09:00", func(tx *store.Tx) error {
			_, err := h.Ticks(tx, first, []Tick{{Volunteer: v[2], Nonce: "1"}, {Volunteer: v[3], Nonce: "2"}, {Name: "路人", Nonce: "3"}}, liaison)
			return err
		}},
		{"2026-04-19 09:00", func(tx *store.Tx) error { _, err := h.Dispute(tx, first, v[2], "忘记签退", Self(v[2])); return err }},
		{"2026-04-29 09:00", func(tx *store.Tx) error {
			_, err := h.Decide(tx, first, v[2], Decision{Grant: true, Minutes: 100, Why: "属实"}, liaison)
			return err
		}},
		{"2026-06-10 09:00", func(*store.Tx) error { return nil }},
	}
	for _, w := range when {
		for h.clock().Before(at(w.at)) {
			var next = h.clock()
			again(func(ctx context.Context) error { got, err := h.Remind(ctx, h.Store); next = got; return err })
			if next.IsZero() || next.After(at(w.at)) {
				next = at(w.at)
			}
			h.set(next)
		}
		step(w.do)
	}
	for _, n := range h.notices() {
		told = append(told, n.Key+"\t"+n.After.Format("01-02 15:04")+"\t"+n.Reply.Text)
	}
	for _, line := range strings.Split(h.dump(), "\n") {
		if !strings.Contains(line, `"browser"`) && !strings.HasPrefix(line, bucketBrowser) { // made by chance
			kept += line + "\n"
		}
	}
	return told, kept, died
}

// Wherever the program dies, people are told the same, and the same is stored.
func TestADeathChangesNothing(t *testing.T) {
	t.Parallel()
	want, stored, _ := weeks(t, 0, false)
	if len(want) < 20 {
		t.Fatalf("only %d messages: %v", len(want), want)
	}
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			got, kept, died := weeks(t, n, after)
			if !slices.Equal(got, want) {
				t.Fatalf("dead at use %d, after %v:\n%s\nwant\n%s", n, after, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if kept != stored {
				t.Fatalf("dead at use %d, after %v: stored\n%s\nwant\n%s", n, after, kept, stored)
			}
			if !died {
				if n < 20 {
					t.Errorf("only %d places to die at", n)
				}
				break
			}
		}
	}
}

// Several instances pass at the same moment, and people and organisers are told once.
func TestInstancesTellOnce(t *testing.T) {
	t.Parallel()
	halls(t, "2026-04-01 10:00", func(t *testing.T, h *hall, stores []*store.Store) {
		v := h.members(pageOf + 20)
		for i := range 4 {
			n := h.publish(draft(func(d *Draft) { d.End = d.End.Add(time.Duration(i) * time.Minute) }))
			h.do(nil, func(tx *store.Tx) error {
				for _, v := range v {
					if _, err := h.Join(tx, n, v, Self(v)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		h.publish(draft(func(d *Draft) {
			d.Start, d.End, d.Series.Every = at("2026-04-05 09:00"), at("2026-04-05 10:00"), EveryWeek
		}))
		for _, when := range []string{"2026-04-17 18:00", "2026-04-18 08:00", "2026-04-18 23:00", "2026-04-19 08:00"} {
			h.set(at(when))
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					if _, err := newBoard(ledger{}).Remind(t.Context(), stores[i%len(stores)]); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		per := map[string]int{}
		ended := 0
		for _, n := range h.notices() {
			_, kind, _ := strings.Cut(n.Key, "/")
			kind, _, _ = strings.Cut(kind, "/")
			per[kind]++
			if kind == string(jobEnd) {
				ended += strings.Count(n.Reply.Text, "【活动结束】")
			}
		}
		if per["eve"] != len(v) || per["soon"] != 4*len(v) || ended != 4+2 {
			t.Errorf("%v, %d activities ended", per, ended)
		}
		h.see(func(r store.Reader) error {
			list, err := h.Occurrences(r, 5)
			if len(list) != 6 {
				t.Errorf("%d occurrences", len(list))
			}
			return err
		})
	})
}
