package activity

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"xietiao/bot/store"
)

// Whatever people do in whatever order, the places are never more than there are, nobody
// waits while one is free, all hours come out of the histories again, and there is no
// difference between what is stored and what they say.
func TestAnythingInAnyOrder(t *testing.T) {
	t.Parallel()
	var served atomic.Int64 // minutes, in all
	t.Cleanup(func() {
		if served.Load() == 0 {
			t.Error("nobody did anything")
		}
	})
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 5))
			h := newHall(t, "2026-04-17 10:00")
			v := h.members(12)
			v = append(v, h.outsider("外人", NewToken()))
			var all []Number
			for i := range 3 {
				all = append(all, h.publish(draft(func(d *Draft) {
					d.Capacity, d.Public, d.CheckOut, d.NoWait = r.IntN(6), r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(4) == 0
					d.Start = d.Start.Add(time.Duration(i) * time.Hour)
					d.End = d.Start.Add(time.Duration(60+r.IntN(120)) * time.Minute)
				})))
			}
			var refusals int
			for range 400 {
				h.set(h.clock().Add(time.Duration(r.IntN(8)) * time.Minute))
				if r.IntN(100) == 0 {
					h.set(h.clock().Add(12 * time.Hour))
				}
				n, who := all[r.IntN(len(all))], v[r.IntN(len(v))]
				err := h.Update(t.Context(), func(tx *store.Tx) error { return anyStep(h, tx, r.IntN(13), n, who, r) })
				var refused *Refusal
				switch {
				case errors.As(err, &refused):
					refusals++
				case err != nil:
					t.Fatal(err)
				}
				h.sound(all)
			}
			if refusals == 0 {
				t.Error("nothing was refused")
			}
			for h.clock().Before(at("2026-04-20 10:00")) {
				h.set(h.clock().Add(8 * time.Hour))
				h.pass()
			}
			served.Add(int64(h.rechecked(all, v)))
		})
	}
}

// anyStep does one of the things that can be done.
func anyStep(h *hall, tx *store.Tx, do int, n Number, who VolunteerID, r *rand.Rand) (err error) {
	switch do {
	case 0, 1, 2:
		_, err = h.Join(tx, n, who, Self(who))
	case 3:
		_, err = h.Leave(tx, n, who, Self(who))
	case 4:
		_, err = h.Add(tx, n, who, "电话", liaison)
	case 5:
		_, err = h.Remove(tx, n, who, "请假", liaison)
	case 6:
		_, err = h.Ticks(tx, n, []Tick{{Volunteer: who, Nonce: fmt.Sprint(r.Uint64()), Out: r.IntN(2) == 0}}, liaison)
	case 7:
		c, err := h.Code(tx, n, liaison)
		if err != nil {
			return err
		}
		_, err = h.Check(tx, n, Scan{Volunteer: who, Way: WayCode, Code: c.Digits, Out: r.IntN(3) == 0})
		return err
	case 8:
		_, err = h.Undo(tx, n, who, 1+r.IntN(3), "点错", liaison)
	case 9:
		_, err = h.Correct(tx, n, who, r.IntN(100), "看错", liaison)
	case 10:
		_, err = h.Dispute(tx, n, who, "不对", Self(who))
	case 11:
		_, err = h.Decide(tx, n, who, Decision{Grant: r.IntN(2) == 0, Minutes: r.IntN(60), Why: "核实"}, liaison)
	case 12:
		a, err := h.Get(tx, n)
		if err != nil {
			return err
		}
		d := a.Edit()
		d.Capacity = r.IntN(6)
		_, err = h.Amend(tx, n, 0, d, liaison)
		return err
	}
	return err
}

// sound wants the numbers of activities to be those of their lists.
func (h *hall) sound(all []Number) {
	h.Helper()
	h.see(func(r store.Reader) error {
		for _, n := range all {
			l, err := h.Listing(r, n)
			if err != nil {
				return err
			}
			taken, waiting := 0, 0
			var seqs []int
			err = eachSignup(r, n, func(s Signup) error {
				taken += count(s.State == SignJoined)
				waiting += count(s.State == SignWaiting)
				seqs = append(seqs, s.Seq)
				return nil
			})
			slices.Sort(seqs)
			if twice := len(slices.Compact(seqs)) < len(seqs); twice || taken != l.Taken || waiting != l.Waiting || l.Capacity > 0 && taken > l.Capacity {
				h.Fatalf("%s: %d and %d on the list, %d and %d counted, %d places", n, taken, waiting, l.Taken, l.Waiting, l.Capacity)
			}
			if h.now.Before(l.Start) && waiting > 0 && (l.Capacity == 0 || taken < l.Capacity) {
				h.Fatalf("%s: %d wait for %d of %d places", n, waiting, taken, l.Capacity)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// rechecked wants the histories to give what is stored, and the same hours, of which it
// returns the sum.
func (h *hall) rechecked(all []Number, v []VolunteerID) (sum int) {
	h.Helper()
	h.see(func(r store.Reader) error {
		services := map[VolunteerID][]Service{}
		for _, n := range all {
			if err := h.Recheck(r, n); err != nil {
				return err
			}
			entries, err := h.History(r, n)
			if err != nil {
				return err
			}
			list, err := Replay(cal.Location(), n, entries)
			if err != nil {
				return err
			}
			a, err := h.Get(r, n)
			if err != nil {
				return err
			}
			for _, s := range list {
				if in := Tally(a, s); !in.From.IsZero() {
					services[s.Volunteer] = append(services[s.Volunteer], in)
				}
			}
		}
		sum = 0
		for _, who := range v {
			got, err := h.HoursOf(r, who, 0)
			if err != nil {
				return err
			}
			minutes := 0
			for _, s := range Union(services[who]) {
				minutes += s.settled()
			}
			if minutes != got.Minutes {
				h.Errorf("%s: %d minutes stored, %d in the histories", who, got.Minutes, minutes)
			}
			sum += minutes
		}
		y, err := h.Year(r, 2026)
		units, held := 0, 0
		for _, u := range y.Units {
			units += u.Minutes
		}
		for _, a := range y.Held {
			held += a.Minutes
		}
		if sum != y.All.Minutes || sum != units || sum != held {
			h.Errorf("%d minutes of people, %d in total, %d by units, %d by activities", sum, y.All.Minutes, units, held)
		}
		return err
	})
	return sum
}

func TestWhatWasChangedBehindTheHistoryIsFound(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:50")
	n := h.publish(draft())
	v := h.member("甲")
	h.join(n, v)
	h.tick(n, Tick{Volunteer: v, Nonce: "1"})
	recheck := func() (err error) {
		h.see(func(r store.Reader) error { err = h.Recheck(r, n); return nil })
		return err
	}
	if err := recheck(); err != nil {
		t.Fatal(err)
	}
	good := h.signup(n, v)
	for name, change := range map[string]func(s *Signup){
		"a record's time":     func(s *Signup) { s.Records[0].At = s.Records[0].At.Add(-time.Hour) },
		"one record too many": func(s *Signup) { s.Records = append(s.Records, Record{No: 2, Act: ActOut, At: at("2026-04-18 11:00")}) },
		"its state":           func(s *Signup) { s.State = SignLeft },
	} {
		bad := good
		bad.Records = slices.Clone(good.Records)
		change(&bad)
		h.do(nil, func(tx *store.Tx) error { return put(tx, bucketSignup, signupKey(n, v), bad) })
		if err := recheck(); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.do(nil, func(tx *store.Tx) error { return tx.Delete(bucketSignup, signupKey(n, v)) })
	if err := recheck(); !errors.Is(err, ErrDiffers) {
		t.Errorf("gone: %v", err)
	}
}
