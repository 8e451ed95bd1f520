package outbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// FuzzRates counts pushes of every length at every moment, and looks
// at all windows of the moments at which the platform took them.
func FuzzRates(f *testing.F) {
	f.Add(uint8(5), uint16(60), []byte{0, 0, 0, 0, 0, 0, 200, 3, 1, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(uint8(1), uint16(1), []byte("aaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Add(uint8(89), uint16(0), []byte("900000001100000000000000")) // one that died is overtaken
	f.Add(uint8(20), uint16(600), bytes.Repeat([]byte{1, 250, 4}, 100))
	f.Fuzz(func(t *testing.T, most uint8, seconds uint16, script []byte) {
		rate := chat.Rate{Key: "r", Max: int(most%40) + 1, Per: time.Duration(seconds%3600+1) * time.Second}
		const longest = 15 * time.Second
		now := newClock().t
		var s slots
		var took []time.Time
		for _, b := range script[:min(len(script), 1000)] {
			now = now.Add(time.Duration(b) * rate.Per / 997)
			if s.free(now, rate).After(now) {
				continue
			}
			planned := slotOf(now.Add(longest), rate.Per)
			s, _ = s.add(planned, 1).live(now, rate.Per)
			lasts := longest * time.Duration(b%16) / 15
			took = append(took, now.Add(lasts/2)) // somewhere between
			if b%3 > 0 {                          // else it dies: nothing is settled
				now = now.Add(lasts)
				s = s.add(planned, -1).add(min(planned, slotOf(now, rate.Per)), 1)
			}
		}
		slices.SortFunc(took, time.Time.Compare) // those that died may be overtaken
		for i := range took {
			if j := i - rate.Max; j >= 0 && took[i].Sub(took[j]) < rate.Per {
				t.Fatalf("%d within %s, not %s", rate.Max+1, took[i].Sub(took[j]), rate.Per)
			}
		}
		if len(s) > slotsPerPeriod+2+int(longest*slotsPerPeriod/rate.Per) {
			t.Errorf("%d slots", len(s))
		}
	})
}

func FuzzDecodeSlots(f *testing.F) {
	f.Add([]byte(`[[1772442000000,3],[1772442001000,1]]`))
	f.Add([]byte(`[[9,1],[1,-5],[1,2]]`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, value []byte) {
		now := newClock().t
		s, n := decodeSlots(value).live(now, time.Minute)
		for i, p := range s {
			if p[1] <= 0 || p[0] <= now.Add(-time.Minute).UnixMilli() || i > 0 && s[i-1][0] > p[0] {
				t.Errorf("%v", s)
			}
		}
		if n < 0 {
			t.Errorf("%d counted", n)
		}
		if free := decodeSlots(value).free(now, chat.Rate{Max: 3, Per: time.Minute}); free.Before(now) || free.After(now.Add(time.Minute+time.Millisecond)) {
			t.Errorf("free at %s", free)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Error(err)
		}
	})
}

func TestPaceOfARobot(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.rates = func(to chat.Address) []chat.Rate {
		return []chat.Rate{{Key: to.Robot, Max: 20, Per: time.Minute}}
	}
	for i := range 50 {
		d.put(Notice{Key: fmt.Sprint("q", i), To: group("g")})
	}
	start := d.c.now()
	for range 10 * 60 * 10 {
		d.drain()
		if len(d.f.seen()) == 50 {
			break
		}
		d.c.advance(100 * time.Millisecond)
	}
	d.f.wantRates(t)
	// 50 at 20 a minute need two minutes, and a second for each rounding.
	if took := d.c.now().Sub(start); len(d.f.seen()) != 50 || took > 2*time.Minute+2*time.Second {
		t.Errorf("%d in %s", len(d.f.seen()), took)
	}
	d.wantClean()
}

// TestManyLanesShareARate: each place in the line is given once, and all are sent
// at the pace of the limit.
func TestManyLanesShareARate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.rates = func(chat.Address) []chat.Rate { return []chat.Rate{{Key: "all", Max: 20, Per: time.Minute}} }
	for i := range 200 {
		d.put(Notice{Key: fmt.Sprint("n", i), To: user(fmt.Sprint(i))})
	}
	start, looks := d.c.now(), 0
	for len(d.f.seen()) < 200 && d.c.now().Sub(start) < time.Hour {
		d.drain()
		d.c.advance(time.Second)
		d.view(func(r store.Reader) error {
			keys, err := keysOf(r, dueBucket, store.Range{To: string(person) + "/" + upTo(d.c.now())})
			looks += len(keys)
			return err
		})
	}
	d.f.wantRates(t)
	if took := d.c.now().Sub(start); len(d.f.seen()) != 200 || took > 12*time.Minute {
		t.Errorf("%d in %s", len(d.f.seen()), took)
	}
	if looks > 400 {
		t.Errorf("%d times a lane asked for room", looks)
	}
	d.wantClean()
}

func TestARateOfOneLaneLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.rates = func(to chat.Address) []chat.Rate {
		if to.Robot == "R-none" {
			return []chat.Rate{{Key: "none", Max: 0, Per: time.Minute}}
		}
		return []chat.Rate{{Key: "any", Max: 0, Per: 0}} // no period: no limit
	}
	d.put(Notice{Key: "a", To: group("none")})
	d.put(Notice{Key: "b", To: group("some")})
	d.drain()
	d.c.advance(time.Hour)
	d.drain()
	if got := d.f.names(); got != "b" {
		t.Error(got)
	}
	d.view(func(r store.Reader) error {
		keys, err := keysOf(r, rateBucket, store.Range{Prefix: rateMark})
		if len(keys) > 0 {
			t.Errorf("counted: %v", keys)
		}
		return err
	})
}

// What a rate is of can be an id that somebody else chose: it is counted, however
// long it is, and holds up nobody.
func TestARateOfALongNameIsCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.rates = func(to chat.Address) []chat.Rate {
		return []chat.Rate{{Key: string(to.Conversation), Max: 1, Per: time.Minute}}
	}
	long := strings.Repeat("x", store.MaxKey)
	for i, name := range []string{long + "1", long + "1", long + "1", long + "2", "short"} {
		d.put(Notice{Key: fmt.Sprint("n", i), To: group(name)})
	}
	d.drain()
	if got := d.f.names(); len(d.f.seen()) != 3 || strings.Contains(got, "n1") {
		t.Errorf("sent at first: %s", got)
	}
	for range 5 {
		d.c.advance(time.Minute)
		d.drain()
	}
	d.f.wantRates(t)
	if got := d.f.names(); len(d.f.seen()) != 5 {
		t.Errorf("sent: %s", got)
	}
	d.wantClean()
}

// In a rehearsal minutes of the program's clock go by while a push is on its way: it
// counts for all of them, until it is known when it was over.
func TestAPushOfARehearsalCountsForAsLongAsItMayTake(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	wall := d.c.now()
	d.with(func(o *Options) { o.Speed, o.Wall = 1000, func() time.Time { return wall } })
	d.f.rates = func(chat.Address) []chat.Rate { return []chat.Rate{{Key: "all", Max: 1, Per: time.Minute}} }
	d.put(Notice{Key: "a", To: user("a")})
	first := d.claim().jobs
	d.put(Notice{Key: "b", To: user("b")})
	d.c.advance(defaultSend*1000 - time.Minute)
	if got := d.claim(); len(first) != 1 || len(got.jobs) != 0 {
		t.Fatalf("%d and then %d are sent", len(first), len(got.jobs))
	}
	if err := d.box.record(t.Context(), first[0], d.box.push(t.Context(), first[0])); err != nil {
		t.Fatal(err)
	}
	for range 10 { // who waits in line asks again in time
		d.c.advance(defaultSend * 1000)
		d.drain()
	}
	d.f.wantRates(t)
	if got := d.f.names(); got != "a b" {
		t.Error(got)
	}
}
