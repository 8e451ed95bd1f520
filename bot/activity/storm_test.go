package activity

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xietiao/bot/store"
)

// storm calls fn for so many at once, and returns how long the last of them waited.
func storm(t testing.TB, n int, fn func(i int) error) time.Duration {
	t.Helper()
	var all sync.WaitGroup
	var longest atomic.Int64
	gate := make(chan struct{})
	var start time.Time
	for i := range n {
		all.Go(func() {
			<-gate
			if err := fn(i); err != nil {
				t.Error(err)
			}
			for took := int64(time.Since(start)); ; {
				if old := longest.Load(); took <= old || longest.CompareAndSwap(old, took) {
					return
				}
			}
		})
	}
	start = time.Now()
	close(gate)
	all.Wait()
	return time.Duration(longest.Load())
}

// All want a place at once, some of them twice.
func TestAThousandSignUpsForAHundredPlaces(t *testing.T) {
	t.Parallel()
	halls(t, "2026-04-01 10:00", func(t *testing.T, h *hall, stores []*store.Store) {
		const people, capacity = 1000, 100
		n := h.publish(draft(places(capacity)))
		v := h.members(people)
		var mu sync.Mutex
		told := map[VolunteerID]Joined{}
		storm(t, people+people/4, func(i int) error {
			who := v[i%people]
			var j Joined
			err := stores[i%len(stores)].UpdateKeys(t.Context(), JoinKeys(n, who), func(tx *store.Tx) (err error) {
				j, err = h.Join(tx, n, who, Self(who))
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if j.New {
				if _, twice := told[who]; twice {
					t.Errorf("%s is signed up twice", who)
				}
				told[who] = j
			}
			return err
		})
		var list []Signup
		h.see(func(r store.Reader) error {
			list = nil
			return eachSignup(r, n, func(s Signup) error { list = append(list, s); return nil })
		})
		slices.SortFunc(list, func(a, b Signup) int { return cmp.Compare(a.Seq, b.Seq) })
		for i, s := range list {
			want, position := SignJoined, 0
			if i >= capacity {
				want, position = SignWaiting, i-capacity+1
			}
			if j := told[s.Volunteer]; s.Seq != i+1 || s.State != want || j.State != want || j.Position != position || j.Seq != s.Seq {
				t.Fatalf("%d: %+v, who was told %+v", i, s, j)
			}
		}
		if l := h.listing(n); len(list) != people || l.Taken != capacity || l.Waiting != people-capacity {
			t.Errorf("%d sign-ups, %d places taken, %d wait", len(list), l.Taken, l.Waiting)
		}
		// Places are given on in the order of the commits, whoever gives them up.
		storm(t, 50, func(i int) error {
			who := list[i].Volunteer
			return stores[i%len(stores)].Update(t.Context(), func(tx *store.Tx) error { _, err := h.Leave(tx, n, who, Self(who)); return err })
		})
		for i, s := range list {
			want := SignWaiting
			switch {
			case i < 50:
				want = SignLeft
			case i < capacity+50:
				want = SignJoined
			}
			if got := h.signup(n, s.Volunteer); got.State != want {
				t.Fatalf("%d is %s, want %s", i, got.State, want)
			}
		}
	})
}

func TestAThousandCheckInsEachSentTwice(t *testing.T) {
	t.Parallel()
	halls(t, "2026-04-18 08:40", func(t *testing.T, h *hall, stores []*store.Store) {
		const people = 1000
		n := h.publish(draft())
		v := h.members(people)
		h.do(nil, func(tx *store.Tx) error {
			for _, v := range v {
				if _, err := h.Join(tx, n, v, Self(v)); err != nil {
					return err
				}
			}
			return nil
		})
		code := h.code(n)
		storm(t, 2*people, func(i int) error {
			who := v[i/2]
			return stores[i%len(stores)].UpdateKeys(t.Context(), CheckKeys(n, who), func(tx *store.Tx) error {
				c, err := h.Check(tx, n, Scan{Volunteer: who, Way: WayCode, Code: code, Nonce: fmt.Sprint("n", i/2)})
				if err == nil && c.Refused != nil {
					return c.Refused
				}
				if err == nil && len(c.Signup.Records) != 1 {
					err = errors.New("not one record")
				}
				return err
			})
		})
		h.see(func(r store.Reader) error {
			sum, err := h.Summary(r, n)
			entries, err2 := h.History(r, n)
			records := 0
			for _, e := range entries {
				records += count(e.What == string(DoRecord))
			}
			if sum.In != people || records != people {
				t.Errorf("%d are in, %d records", sum.In, records)
			}
			return errors.Join(err, err2)
		})
	})
}
