package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// crashPoints is how many times the model's program dies, over each store.
const crashPoints = 1000

// model drives an outbox with everything that can happen to it, at random.
type model struct {
	*desk
	r       *rand.Rand
	n       int             // notices put so far
	refused map[string]bool // put in transactions that failed
	crashes int
	taken   map[string]bool // keys of notices that were to be withdrawn
	tame    bool            // the platform answers well from now on
	paused  bool
}

func (m *model) chance(percent int) bool { return m.r.IntN(100) < percent }

// answer is what the platform does to a push.
func (m *model) answer(_ context.Context, p push) (chat.Outcome, bool) {
	if m.tame {
		return chat.Sent("id"), true
	}
	switch x := m.r.IntN(100); {
	case x < 70:
		return chat.Sent("id"), true
	case x < 76:
		return chat.Unknown(), true
	case x < 80:
		return chat.Unknown(), false
	case x < 92:
		return chat.RetryAfter(time.Duration(m.r.IntN(90)) * time.Second).Because("45009"), false
	case x < 96:
		return chat.Permanent("60020"), false
	}
	return chat.Partial("81013", "u1"), true
}

func (m *model) place() chat.Address {
	if m.chance(50) {
		return group(fmt.Sprint("g", m.r.IntN(4)))
	}
	return user(fmt.Sprint("u", m.r.IntN(6)))
}

func (m *model) putSome() {
	to := m.place()
	for range 1 + m.r.IntN(6) {
		m.n++
		n := Notice{Key: fmt.Sprintf("n%05d", m.n), Unit: fmt.Sprint(m.r.IntN(3)), To: to}
		n.Reply.Text = n.Key
		if m.chance(10) {
			n.After = m.c.now().Add(time.Duration(m.r.IntN(300)) * time.Second)
		}
		if m.chance(10) {
			n.Expires = m.c.now().Add(time.Duration(m.r.IntN(600)) * time.Second)
		}
		if m.chance(10) {
			n.To.Session = chat.Session{Link: "l", Until: m.c.now().Add(time.Duration(m.r.IntN(300)) * time.Second)}
		}
		if m.chance(20) {
			n.Fallback = []chat.Address{m.place()}
		}
		if m.chance(5) {
			n.Reply.Text = strings.Repeat(n.Key+"。", 30) // three parts
		}
		dies := m.chance(5)
		err := m.s.Update(context.Background(), func(tx *store.Tx) error {
			if _, err := m.box.Put(tx, n); err != nil {
				return err
			}
			if dies {
				return errCrash
			}
			return nil
		})
		if dies {
			m.refused[n.Key] = true
		} else if err != nil {
			m.t.Fatal(err)
		}
	}
}

// stepAndMaybeDie is step with a death at one of its points.
func (m *model) stepAndMaybeDie(die int) {
	ctx := context.Background()
	free := map[chat.Via]int{robot: 1 + m.r.IntN(8), person: 1 + m.r.IntN(8), ding: 1}
	if die == 1 { // before the claim is committed
		_ = m.s.Update(ctx, func(tx *store.Tx) error {
			if _, err := m.box.claimIn(tx, free); err != nil {
				m.t.Error(err)
			}
			return errCrash
		})
		m.reborn()
		return
	}
	got, err := m.box.claim(ctx, free)
	if err != nil {
		m.t.Fatal(err)
	}
	if die == 0 && m.chance(3) { // the program stands still
		m.c.advance(2 * time.Minute)
	}
	for i, j := range got.jobs {
		last := i == len(got.jobs)-1
		if die == 2 && last { // after the claim
			break
		}
		m.c.advance(time.Duration(m.r.IntN(1500)) * time.Millisecond)
		m.ordered(j.rec)
		o := m.box.push(ctx, j)
		if die == 3 && last { // after the push
			break
		}
		if die == 4 && last { // before the outcome is committed
			_ = m.s.Update(ctx, func(tx *store.Tx) error {
				if _, err := m.box.recordIn(tx, j, o); err != nil {
					m.t.Error(err)
				}
				return errCrash
			})
			break
		}
		if err := m.box.record(ctx, j, o); err != nil {
			m.t.Fatal(err)
		}
	}
	if die > 0 {
		m.reborn()
	}
}

// reborn starts a new program over the same store, at times under the old name.
func (m *model) reborn() {
	m.crashes++
	m.o.Holder = fmt.Sprint("life ", m.crashes/2)
	m.box = New(m.o)
	if err := m.box.takeUp(context.Background()); err != nil {
		m.t.Fatal(err)
	}
}

// ordered checks, just before a push, that nothing put into the lane before is
// still waiting there for its turn.
func (m *model) ordered(rec Record) {
	m.view(func(r store.Reader) error {
		return r.Scan(queueBucket, store.Range{Prefix: laneOf(rec.to()) + "/"}, func(key string, _ []byte) error {
			other, ok, err := load(r, keyIn(key, 3))
			if err != nil || !ok {
				return fmt.Errorf("%s: %v %w", key, ok, err)
			}
			failing := !other.FirstFail.IsZero() && !other.Due.Before(other.Blocks) || m.c.now().Sub(other.FirstFail) > laneHold
			if other.State == StateWaiting && other.Total == 0 && rec.Total == 1 && other.Address == 0 && rec.Address == 0 &&
				other.Key < rec.Key && !other.At.After(rec.At) && other.Part < 2 && !failing && !m.everHeld(other.Key) {
				m.t.Errorf("%s overtakes %s: %+v", rec.Key, other.Key, other)
			}
			if rec.Part > 1 && other.Key == partKey(rec.Key[:6], rec.Part-1) {
				m.t.Errorf("%s comes before %s", rec.Key, other.Key)
			}
			return nil
		})
	})
}

// everHeld says whether a notice may have been held: those of unit 1 are at times.
func (m *model) everHeld(key string) bool { return m.record(key).Unit == "1" }

func (m *model) run(points int) {
	for m.crashes < points {
		switch x := m.r.IntN(100); {
		case x < 25:
			m.putSome()
		case x < 30:
			m.paused = !m.paused
		case x < 33:
			m.f.gate(!m.f.Open())
		case x < 36 && m.n > 0:
			key := fmt.Sprintf("n%05d", 1+m.r.IntN(m.n))
			m.update(func(tx *store.Tx) error {
				_, err := m.box.Cancel(tx, key, "x")
				return err
			})
		case x < 42 && m.n > 0:
			key := fmt.Sprintf("n%05d", 1+m.r.IntN(m.n))
			if !m.refused[key] {
				m.put(Notice{Key: "w" + key, Withdraws: key})
				m.taken[key] = true
			}
		case x < 60:
			m.c.advance(time.Duration(m.r.IntN(20_000)) * time.Millisecond)
		default:
			m.stepAndMaybeDie(m.r.IntN(5))
		}
	}
	m.tame, m.paused = true, false
	m.f.gate(true)
	for range 3000 {
		m.drain()
		st := m.stats()
		if st.Waiting+st.Held+st.Sending == 0 {
			return
		}
		m.c.advance(30 * time.Second)
	}
	m.t.Errorf("notices that never end: %+v", m.stats())
}

// verify checks what must be true of every notice in the end.
func (m *model) verify() {
	arrived, unmarked := map[string]int{}, map[string]int{}
	for _, p := range m.f.seen() {
		name := p.name()
		if p.arrived {
			arrived[name]++
		}
		if p.arrived && !p.marked() {
			unmarked[name]++
		}
	}
	ends := map[State]int{}
	for i := 1; i <= m.n; i++ {
		key := fmt.Sprintf("n%05d", i)
		if m.refused[key] {
			if arrived[key] > 0 {
				m.t.Errorf("%s was never accepted and sent", key)
			}
			continue
		}
		for part := 1; part <= m.record(key).Parts; part++ {
			rec := m.record(partKey(key, part))
			ends[rec.State]++
			name := rec.Reply.Text
			if m.record(key).Parts > 1 {
				name = "" // parts may say the same
			}
			if !rec.State.Ended() || rec.Ended.IsZero() {
				m.t.Errorf("%s has not ended: %s", rec.Key, rec.State)
			}
			if name == "" {
				continue
			}
			if rec.State == StateSent && arrived[name] == 0 {
				m.t.Errorf("%s counts as sent and is lost", rec.Key)
			}
			if rec.State != StateSent && arrived[name] > 0 && !rec.Repeat && len(rec.Unreached) == 0 {
				m.t.Errorf("%s arrived and counts as %s", rec.Key, rec.State)
			}
			if unmarked[name] > 1 || arrived[name] > 2 {
				m.t.Errorf("%s arrived %d times, %d unmarked: %+v", rec.Key, arrived[name], unmarked[name], rec.Attempts)
			}
		}
	}
	for _, s := range []State{StateSent, StateFailed, StateExpired, StateCancelled} {
		if ends[s] == 0 {
			m.t.Errorf("the model never reached %s", s)
		}
	}
	backs := map[bool]int{}
	for key := range m.taken {
		n, w := m.record(key), m.record("w"+key)
		switch {
		case !w.State.Ended():
			m.t.Errorf("%s has not ended: %s", w.Key, w.State)
		case n.arrived() == (w.State == StateCancelled):
			m.t.Errorf("%s is %s, its withdrawal %s", key, n.State, w.State)
		case w.State == StateSent && !w.Speaks && n.Withdrawn.IsZero(), n.MessageID == "" && !n.Withdrawn.IsZero():
			m.t.Errorf("%s: withdrawn at %s, and %s", key, n.Withdrawn, w.State)
		case arrived[w.Key] > 2 || unmarked[w.Key] > 1 || arrived[w.Key] > 0 && !w.Speaks:
			m.t.Errorf("%s is said %d times", w.Key, arrived[w.Key])
		}
		if w.State == StateSent {
			backs[w.Speaks]++
		}
	}
	if backs[true] == 0 || backs[false] == 0 {
		m.t.Errorf("nothing was withdrawn, or nothing corrected: %v", backs)
	}
	m.view(func(r store.Reader) error { // exactly one state each
		keys, err := keysOf(r, stateBucket, store.Range{})
		listed := map[string]int{}
		for _, key := range keys {
			listed[keyIn(key, 2)]++
		}
		for key, n := range listed {
			if n > 1 {
				m.t.Errorf("%s is listed %d times", key, n)
			}
		}
		return err
	})
	m.f.wantRates(m.t)
	m.wantClean()
	m.t.Logf("%d notices, %d crashes, %d pushes, ends %v", m.n, m.crashes, len(m.f.seen()), ends)
}

func TestAThousandCrashes(t *testing.T) {
	t.Parallel()
	overSpaces(t, func(t *testing.T, space func() backend) {
		lives := 4 // stores, so that a fault shows in a small one
		if testing.Short() {
			lives = 1
		}
		for seed := range lives {
			m := &model{desk: newDesk(t, space()), r: rand.New(rand.NewPCG(uint64(seed), 7)), refused: map[string]bool{}, taken: map[string]bool{}}
			m.f.answer, m.f.room = m.answer, 120
			m.f.rates = rates
			m.with(func(o *Options) {
				o.Pushers = map[chat.Via]chat.Pusher{robot: m.f, person: keeper{m.f}, ding: m.f}
				o.Hold = func(_ store.Reader, rec Record) (bool, error) { return m.paused && rec.Unit == "1", nil }
			})
			m.run(crashPoints / 4)
			m.verify()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}

// rates are limits of a robot, and of a person by minute and hour.
func rates(to chat.Address) []chat.Rate {
	if to.Via == robot {
		return []chat.Rate{{Key: "robot/" + to.Robot, Max: 5, Per: time.Minute}}
	}
	return []chat.Rate{
		{Key: "person/" + string(to.User) + "/m", Max: 8, Per: time.Minute},
		{Key: "person/" + string(to.User) + "/h", Max: 200, Per: time.Hour},
		{Key: "app/s", Max: 10, Per: time.Second},
	}
}
