package task

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

var cal = calendar.New(time.FixedZone("CST", 8*60*60), nil)

// at is a moment of 2026 or another year: "2026-03-02 09:00".
func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, cal.Location())
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

var (
	office   = Actor{By: "P1", Office: true}
	teachers = Actor{By: "P2", Unit: "市教育局"}
	writers  = Actor{By: "P3", Unit: "市委宣传部"}
	science  = Actor{By: "P4", Unit: "市科协"}
)

// town is an org.Units of a few units with aliases.
type town struct{}

var townUnits = []string{"市委宣传部", "市教育局", "市财政局", "市科协", "市文化馆"}

func (town) Names() []string { return townUnits }

func (town) Resolve(name string) (string, bool) {
	for _, u := range townUnits {
		if u == name || strings.TrimPrefix(u, "市") == name || u == "市委"+name {
			return u, true
		}
	}
	return "", false
}

// hall is a store with a clock of the test's own, an office with a person for each
// of the first units, and a Board over it.
type hall struct {
	testing.TB
	*store.Store
	*Board
	mu  sync.Mutex // guards now
	now time.Time
}

const roster = `姓名,单位,角色,企业微信账号,钉钉账号
办甲,协调组办公室,办公室,office,
教乙,市教育局,联络员,jiao,
宣丙,市委宣传部,联络员,xuan,
科丁,市科协,联络员,,ke
教戊,市教育局,负责人,jiaohead,
教己,市教育局,负责人,,
教庚,市教育局,负责人,jiaohead2,
`

func newHall(t testing.TB, start string, rules Rules) *hall {
	t.Helper()
	h := &hall{TB: t, now: at(start)}
	o := store.Options{Now: h.clock, NoSync: true}
	open := func() (*store.Store, error) { return store.OpenFile(filepath.Join(t.TempDir(), "task.db"), o) }
	if url, ok := redisOf(t); ok {
		open = func() (*store.Store, error) { return store.OpenRedis(url, crand.Text(), nil, o) }
	}
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Store = s
	h.Board = newBoard(rules)
	ro, problems, err := org.ReadRoster("名册.csv", []byte(roster), town{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	h.do(nil, func(tx *store.Tx) error { _, err := org.Apply(tx, ro, org.Operator); return err })
	return h
}

// bucketAsked holds when people asked, and whether somebody could answer.
const bucketAsked = "test.asked"

func questionsAsked(r store.Reader, since time.Time) (asked, unanswered int, err error) {
	err = r.Scan(bucketAsked, store.Range{From: digits(since)}, func(_ string, value []byte) error {
		asked++
		unanswered += count(len(value) == 0)
		return nil
	})
	return asked, unanswered, err
}

// ask has somebody ask now.
func (h *hall) ask(answer string) {
	h.do(nil, func(tx *store.Tx) error { return tx.Put(bucketAsked, digits(tx.Now()), []byte(answer)) })
}

func newBoard(rules Rules) *Board {
	return New(Options{Asked: questionsAsked, Holidays: holidays.New(cal.Location(), nil), Sender: ledger{}, Rules: rules, Routes: org.Routes{
		chat.WeCom: {Via: "wecom.app"}, chat.DingTalk: {Via: "dingtalk.app"},
	}})
}

func (h *hall) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hall) set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = t
}

// do changes the store and wants the error.
func (h *hall) do(want error, fn func(tx *store.Tx) error) {
	h.Helper()
	if err := h.Update(context.Background(), fn); !errors.Is(err, want) || err != nil && want == nil {
		h.Fatalf("error %v, want %v", err, want)
	}
}

func (h *hall) see(fn func(r store.Reader) error) {
	h.Helper()
	if err := h.View(context.Background(), fn); err != nil {
		h.Fatal(err)
	}
}

// create makes a task and hands it out.
func (h *hall) create(d Draft) Number {
	h.Helper()
	var n Number
	h.do(nil, func(tx *store.Tx) error {
		t, _, err := h.Create(tx, "", d, office)
		n = t.Number
		return err
	})
	h.step(n, Action{Do: DoHand}, office)
	return n
}

func (h *hall) step(n Number, a Action, by Actor) (t Task) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) (err error) { t, err = h.Apply(tx, n, a, by); return err })
	return t
}

func (h *hall) task(n Number) (t Task) {
	h.Helper()
	h.see(func(r store.Reader) (err error) { t, err = h.Get(r, n); return err })
	return t
}

// pass lets the board say what is due, and returns when it wants to look again.
func (h *hall) pass() time.Time {
	h.Helper()
	next, err := h.Remind(context.Background(), h.Store)
	if err != nil {
		h.Fatal(err)
	}
	return next
}

// ledger is a Sender that keeps notices in the store and sends when it is told to.
type ledger struct{}

const (
	bucketLedger  = "test.ledger"  // key → outbox.Record
	bucketWaiting = "test.waiting" // key of one that waits → nothing
)

func (ledger) Record(r store.Reader, key string) (rec outbox.Record, ok bool, err error) {
	return get[outbox.Record](r, bucketLedger, key)
}

func (l ledger) Put(tx *store.Tx, n outbox.Notice) (bool, error) {
	if _, ok, err := l.Record(tx, n.Key); ok || err != nil {
		return false, err
	}
	if n.Withdraws != "" {
		old, _, err := l.Record(tx, n.Withdraws)
		if err != nil {
			return false, err
		}
		n.To = old.To
	}
	err := tx.Put(bucketWaiting, n.Key, nil)
	return true, errors.Join(err, put(tx, bucketLedger, n.Key, outbox.Record{Notice: n, State: outbox.StateWaiting, Put: tx.Now()}))
}

func (l ledger) Cancel(tx *store.Tx, key, why string) (bool, error) {
	rec, ok, err := l.Record(tx, key)
	if err != nil || !ok || rec.State != outbox.StateWaiting {
		return false, err
	}
	rec.State, rec.Why = outbox.StateCancelled, why
	err = tx.Delete(bucketWaiting, key)
	return true, errors.Join(err, put(tx, bucketLedger, key, rec))
}

func (h *hall) notices(states ...outbox.State) (list []outbox.Record) {
	h.Helper()
	h.see(func(r store.Reader) error {
		list = nil
		return r.Scan(bucketLedger, store.Range{}, func(_ string, raw []byte) error {
			var rec outbox.Record
			err := json.Unmarshal(raw, &rec)
			if len(states) == 0 || slices.Contains(states, rec.State) {
				list = append(list, rec)
			}
			return err
		})
	})
	return list
}

// sent is a message that went out.
type sent struct {
	at   time.Time
	unit string
	to   chat.UserID
	text string
}

func (s sent) String() string {
	return fmt.Sprintf("%s %s→%s %s", s.at.Format("01-02 15:04"), s.unit, s.to, s.text)
}

// waiting lists the keys of notices that wait.
func (h *hall) waiting() (keys []string) {
	h.Helper()
	h.see(func(r store.Reader) error {
		keys = nil
		return r.Scan(bucketWaiting, store.Range{}, func(key string, _ []byte) error {
			keys = append(keys, key)
			return nil
		})
	})
	return keys
}

// deliver sends what waits; what has expired ends so.
func (h *hall) deliver() (out []sent) {
	h.Helper()
	keys := h.waiting()
	if len(keys) == 0 {
		return nil
	}
	h.do(nil, func(tx *store.Tx) error {
		out = nil
		for _, key := range keys {
			rec, _, err := ledger{}.Record(tx, key)
			if err != nil {
				return err
			}
			if rec.Speaks = rec.Withdraws != "" && rec.To.Via.Platform() == chat.DingTalk; rec.Speaks && rec.After.After(tx.Now()) {
				continue // here nothing is taken back
			}
			rec.State = outbox.StateSent
			switch {
			case !tx.Now().Before(rec.Expires):
				rec.State = outbox.StateExpired
			case rec.Withdraws == "" || rec.Speaks:
				out = append(out, sent{tx.Now(), rec.Unit, rec.To.User, rec.Reply.Text})
			}
			if err := errors.Join(tx.Delete(bucketWaiting, key), put(tx, bucketLedger, key, rec)); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// live lets the time pass until the moment, the board and the ledger at work, and
// returns what went out.
func (h *hall) live(until string) (out []sent) {
	h.Helper()
	end := at(until)
	for {
		next := h.pass()
		out = append(out, h.deliver()...)
		if next.IsZero() || next.After(end) {
			h.set(end)
			return out
		}
		if !next.After(h.clock()) {
			h.Fatalf("at %s the board wants to look at %s", h.clock(), next)
		}
		h.set(next)
	}
}

// refusal wants a step to be refused for a reason.
func refusal(t *testing.T, err error, why Why) *Refusal {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Why != why {
		t.Fatalf("error %v, want a refusal for %s", err, why)
	}
	if Tell(err) == "" {
		t.Errorf("%v is not worded", err)
	}
	return r
}

// rnd is a source of chance that a failure can be repeated with.
type rnd struct{ *rand.Rand }

func newRandomSteps(seed uint64) *randomSteps {
	return &randomSteps{rnd: rnd{rand.New(rand.NewPCG(seed, 2))}}
}
