package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
)

var cal = calendar.New(time.FixedZone("CST", 8*60*60), nil)

// at is a moment: "2026-03-02 09:00", with seconds if they are given.
func at(s string) time.Time {
	form := "2006-01-02 15:04:05"
	t, err := time.ParseInLocation(form[:len(s)], s, cal.Location())
	if err != nil {
		panic(err)
	}
	return t
}

var (
	office   = Actor{Person: "P1", Office: true}
	liaison  = Actor{Person: "P2", Unit: "市文化馆"}
	stranger = Actor{Person: "P3", Unit: "市教育局"}
)

const roster = `姓名,单位,角色,企业微信账号,钉钉账号
办甲,协调组办公室,办公室,office,
馆乙,市文化馆,联络员,guan,
教丙,市教育局,联络员,jiao,
志丁,市文化馆,志愿者,ding,ke
`

type town struct{}

func (town) Names() []string { return []string{"市文化馆", "市教育局"} }
func (town) Resolve(name string) (string, bool) {
	for _, u := range (town{}).Names() {
		if u == name || strings.TrimPrefix(u, "市") == name {
			return u, true
		}
	}
	return "", false
}

// hall is a store with a clock of the test's own, a few people and a Board over it.
type hall struct {
	testing.TB
	*store.Store
	*Board
	mu  sync.Mutex // guards now
	now time.Time
}

func newHall(t testing.TB, start string) *hall {
	t.Helper()
	h := &hall{TB: t, now: at(start)}
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "activity.db"), store.Options{Now: h.clock, NoSync: true, Queue: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	return h.over(s)
}

// over puts people and a Board into a store.
func (h *hall) over(s *store.Store) *hall {
	h.Helper()
	h.Cleanup(func() {
		if err := s.Close(); err != nil {
			h.Error(err)
		}
	})
	h.Store, h.Board = s, newBoard(ledger{})
	ro, problems, err := org.ReadRoster("名册.csv", []byte(roster), town{})
	if err != nil || len(problems) > 0 {
		h.Fatal(err, problems)
	}
	h.do(nil, func(tx *store.Tx) error { _, err := org.Apply(tx, ro, org.Operator); return err })
	return h
}

var secretKey = []byte("a key of the test, of thirty-two")

func newBoard(s Sender) *Board {
	vault, err := org.NewVault(secretKey)
	if err != nil {
		panic(err)
	}
	return New(Options{Holidays: holidays.New(cal.Location(), nil), Sender: s, Vault: vault, Routes: org.Routes{
		chat.WeCom: {Via: "wecom.app"}, chat.DingTalk: {Via: "dingtalk.app"},
	}})
}

// openRedis opens one more instance's store over a server.
func (h *hall) openRedis(url string) *store.Store {
	h.Helper()
	s, err := store.OpenRedis(url, "test", nil, store.Options{Now: h.clock, Queue: 20_000})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = s.Close() })
	return s
}

// halls calls fn with a hall over a file and one over Redis, whose stores are two instances'.
func halls(t *testing.T, start string, fn func(t *testing.T, h *hall, stores []*store.Store)) {
	t.Helper()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		h := newHall(t, start)
		fn(t, h, []*store.Store{h.Store})
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		h := &hall{TB: t, now: at(start)}
		url := storetest.NewRedis(t).URL()
		h.over(h.openRedis(url))
		fn(t, h, []*store.Store{h.Store, h.openRedis(url)})
	})
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

// refused wants a step to be refused for a reason, in words, and to leave nothing behind:
// in chats the refusal is kept in the transaction that it was said in.
func (h *hall) refused(want Why, fn func(tx *store.Tx) error) *Refusal {
	h.Helper()
	var r *Refusal
	before := h.dump()
	h.do(nil, func(tx *store.Tx) error {
		if err := fn(tx); !errors.As(err, &r) || r.Why != want {
			h.Fatalf("error %v, want a refusal for %s", err, want)
		}
		return nil
	})
	if after := h.dump(); after != before {
		h.Errorf("refused for %s, and written: %s", want, cmp.Diff(before, after))
	}
	if Tell(r) == "" {
		h.Errorf("%v is not worded", r)
	}
	return r
}

// draft is an activity of a Saturday in the spring.
func draft(change ...func(*Draft)) Draft {
	d := Draft{
		Title: "春联义写", Unit: "市文化馆", Start: at("2026-04-18 09:00"), End: at("2026-04-18 11:00"), CheckOut: true,
		Place: Place{Name: "文化馆一楼", Point: Point{28.1267, 120.9605, GCJ02}},
	}
	for _, c := range change {
		c(&d)
	}
	return d
}

func places(n int) func(*Draft) { return func(d *Draft) { d.Capacity = n } }

// publish makes an activity.
func (h *hall) publish(d Draft) (n Number) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) error {
		a, _, err := h.Create(tx, "", d, liaison)
		if err != nil {
			return err
		}
		n = a.Number
		_, err = h.Publish(tx, n, liaison)
		return err
	})
	return n
}

// member is a volunteer with an account.
func (h *hall) member(name string) (v VolunteerID) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) error {
		got, _, err := h.Enrol(tx, Application{
			Profile: Profile{Name: name, Consent: Consent{Version: "1"}}, Account: Account{chat.WeCom, chat.UserID(name)},
		})
		v = got.ID
		return err
	})
	return v
}

// members are so many volunteers.
func (h *hall) members(n int) []VolunteerID {
	h.Helper()
	list := make([]VolunteerID, n)
	for from := 0; from < n; from += 1000 {
		h.do(nil, func(tx *store.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				v, _, err := h.Enrol(tx, Application{
					Profile: Profile{Name: fmt.Sprint("志愿者", i), Consent: Consent{Version: "1"}}, Account: Account{chat.WeCom, chat.UserID(fmt.Sprint("u", i))},
				})
				if err != nil {
					return err
				}
				list[i] = v.ID
			}
			return nil
		})
	}
	return list
}

func (h *hall) join(n Number, v VolunteerID) (j Joined) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) (err error) { j, err = h.Join(tx, n, v, Self(v)); return err })
	return j
}

func (h *hall) leave(n Number, v VolunteerID) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) error { _, err := h.Leave(tx, n, v, Self(v)); return err })
}

func (h *hall) signup(n Number, v VolunteerID) (s Signup) {
	h.Helper()
	h.see(func(r store.Reader) (err error) { s, _, err = h.Signup(r, n, v); return err })
	return s
}

func (h *hall) tick(n Number, list ...Tick) (done []Checked) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) (err error) { done, err = h.Ticks(tx, n, list, liaison); return err })
	return done
}

// check scans by the way, and wants a refusal or none.
func (h *hall) check(n Number, sc Scan, want Why) (c Checked) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) (err error) { c, err = h.Check(tx, n, sc); return err })
	switch {
	case c.Refused == nil && want != "", c.Refused != nil && c.Refused.Why != want:
		h.Fatalf("refused %v, want %q", c.Refused, want)
	case c.Refused != nil && c.Refused.Tell() == "":
		h.Errorf("%v is not worded", c.Refused)
	}
	return c
}

func (h *hall) code(n Number) (digits string) {
	h.Helper()
	h.see(func(r store.Reader) error { c, err := h.Code(r, n, liaison); digits = c.Digits; return err })
	return digits
}

func (h *hall) listing(n Number) (l Listing) {
	h.Helper()
	h.see(func(r store.Reader) (err error) { l, err = h.Listing(r, n); return err })
	return l
}

func (h *hall) hours(v VolunteerID) (all Hours) {
	h.Helper()
	h.see(func(r store.Reader) (err error) { all, err = h.HoursOf(r, v, 0); return err })
	return all
}

// ledger is a Sender that keeps notices in the store and sends when it is told to.
type ledger struct{}

const bucketLedger = "test.ledger" // key → Notice

func (ledger) Put(tx *store.Tx, n outbox.Notice) (bool, error) {
	if _, ok, err := tx.Get(bucketLedger, n.Key); ok || err != nil {
		return false, err
	}
	return true, put(tx, bucketLedger, n.Key, n)
}

// notices lists all that was written, by key.
func (h *hall) notices() (list []outbox.Notice) {
	h.Helper()
	h.see(func(r store.Reader) error {
		list = nil
		return r.Scan(bucketLedger, store.Range{}, func(_ string, raw []byte) error {
			var n outbox.Notice
			err := json.Unmarshal(raw, &n)
			list = append(list, n)
			return err
		})
	})
	return list
}

// told lists the keys of what was written, without their common beginning.
func (h *hall) told() (keys []string) {
	h.Helper()
	for _, n := range h.notices() {
		keys = append(keys, strings.TrimPrefix(n.Key, Kind+"/"))
	}
	return keys
}

func (h *hall) wantTold(want ...string) {
	h.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, h.told()); diff != "" {
		h.Errorf("told (-want +got)\n%s", diff)
	}
}

// pass lets the board do what is due, and returns when it wants to look again.
func (h *hall) pass() time.Time {
	h.Helper()
	next, err := h.Remind(context.Background(), h.Store)
	if err != nil {
		h.Fatal(err)
	}
	return next
}

// live lets the time pass until the moment, the board at work.
func (h *hall) live(until string) {
	h.Helper()
	end := at(until)
	for {
		next := h.pass()
		if next.IsZero() || next.After(end) {
			h.set(end)
			return
		}
		if !next.After(h.clock()) {
			h.Fatalf("at %s the board wants to look at %s", h.clock(), next)
		}
		h.set(next)
	}
}

// outsider is a volunteer of a browser.
func (h *hall) outsider(name string, browser Token) (v VolunteerID) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) error {
		got, _, err := h.Enrol(tx, Application{Profile: Profile{Name: name, Consent: Consent{Version: "1"}}, Browser: browser})
		v = got.ID
		return err
	})
	return v
}
