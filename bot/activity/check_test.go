package activity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/store"
)

func TestCheckingInByCode(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:29")
	n, other := h.publish(draft(places(2))), h.publish(draft())
	v := h.members(4)
	for _, v := range v[:3] {
		h.join(n, v)
	}
	scan := func(i int, code string) Scan { return Scan{Volunteer: v[i], Way: WayCode, Code: code} }
	r := h.check(n, scan(0, h.code(n)), WhyEarly).Refused
	if !r.From.Equal(at("2026-04-18 08:30")) || !strings.Contains(r.Tell(), "08:30") {
		t.Errorf("opens at %s: %s", r.From, r.Tell())
	}
	h.set(at("2026-04-18 08:59:50"))
	h.check(n, scan(2, h.code(n)), WhyWaiting)
	h.check(n, scan(3, h.code(n)), WhyNotListed)
	h.check(n, scan(0, h.code(other)), WhyCode)
	h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: h.code(n), Out: true}, WhyNotIn)
	old := h.code(n)
	h.set(at("2026-04-18 09:00:29")) // the step after it
	first := h.check(n, scan(0, old[:3]+" "+old[3:]), "")
	if first.Again || first.Record.No != 1 || first.Record.Way != WayCode {
		t.Errorf("%+v", first)
	}
	h.set(at("2026-04-18 09:00:59"))
	h.check(n, scan(1, old), WhyExpired)
	again := h.check(n, scan(0, "whatever"), "")
	if !again.Again || !again.Record.At.Equal(first.Record.At) || len(again.Signup.Records) != 1 {
		t.Errorf("a second scan: %+v", again)
	}
	h.set(at("2026-04-18 11:29"))
	h.check(n, scan(1, h.code(n)), WhyOver)
	h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: h.code(n), Out: true}, "")
	h.see(func(r store.Reader) error {
		if _, err := h.Code(r, n, stranger); err == nil {
			t.Error("a stranger sees the code")
		}
		return nil
	})
}

// A photo of the screen is of no use a minute later, and codes say nothing of others.
func TestCodes(t *testing.T) {
	t.Parallel()
	secret, another := []byte("secret"), []byte("another")
	from := at("2026-04-18 09:00")
	seen := map[string]int{}
	for s := range 600 {
		now := from.Add(time.Duration(s) * time.Second)
		code := codeAt(secret, 7, stepAt(now))
		seen[code]++
		for _, late := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
			if ok, _ := match(secret, 7, code, now.Add(late)); !ok {
				t.Fatalf("%s: not taken %s later", now, late)
			}
		}
		for _, late := range []time.Duration{-61 * time.Second, 60 * time.Second, 5 * time.Minute} {
			if ok, _ := match(secret, 7, code, now.Add(late)); ok && late > 0 {
				t.Fatalf("%s: taken %s later", now, late)
			}
		}
		if ok, _ := match(another, 7, code, now); ok {
			t.Errorf("%s: taken with another secret", now)
		}
		if ok, _ := match(secret, 8, code, now); ok {
			t.Errorf("%s: taken for another activity", now)
		}
	}
	if len(seen) < 19 || len(seen) > 21 {
		t.Errorf("%d codes in ten minutes", len(seen))
	}
}

func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 09:00")
	h.Board.rules.Eve = 18 * 60
	n := h.publish(draft(func(d *Draft) { d.SignTo = at("2026-04-18 10:30") }))
	v := h.members(guessTotal/guessOwn + 2)
	wrong := "000000"
	for _, v := range v {
		h.join(n, v)
	}
	for i := range guessOwn {
		if h.code(n) == wrong {
			wrong = "000001"
		}
		if r := h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: wrong}, WhyCode).Refused; r.Left != guessOwn-1-i {
			t.Errorf("%d more after %d", r.Left, i+1)
		}
	}
	r := h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: h.code(n)}, WhyLimited).Refused
	if !r.Until.Equal(at("2026-04-18 09:10")) {
		t.Errorf("until %s", r.Until)
	}
	for _, v := range v[1 : guessTotal/guessOwn] {
		for range guessOwn {
			h.check(n, Scan{Volunteer: v, Way: WayCode, Code: wrong}, WhyCode)
		}
	}
	last := v[len(v)-1]
	h.check(n, Scan{Volunteer: last, Way: WayCode, Code: h.code(n)}, WhyLimited)
	if done := h.tick(n, Tick{Volunteer: last, Nonce: "a"}); done[0].Refused != nil {
		t.Errorf("the organiser's list: %v", done[0].Refused)
	}
	h.set(at("2026-04-18 09:10"))
	h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: h.code(n)}, "")
}

func TestCheckingInByPlace(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:40")
	n := h.publish(draft())
	nowhere := h.publish(draft(func(d *Draft) { d.Place = Place{Name: "线上"} }))
	v := h.members(3)
	for _, v := range v {
		h.join(n, v)
		h.join(nowhere, v)
	}
	near := Claim{Point: Point{28.1280, 120.9610, GCJ02}, Accuracy: 30}
	far := Claim{Point: Point{28.1357, 120.9605, GCJ02}, Accuracy: 30}
	scan := func(i int, c Claim) Scan { return Scan{Volunteer: v[i], Way: WayPlace, Claim: &c} }
	if r := h.check(n, scan(0, far), WhyFar).Refused; r.Distance < 990 || r.Distance > 1010 || !strings.Contains(r.Tell(), fmt.Sprintf("距离 %d 米", r.Distance)) {
		t.Errorf("%d: %s", r.Distance, r.Tell())
	}
	far.Accuracy = 1e9 // who knows nothing is not everywhere
	h.check(n, scan(0, far), WhyFar)
	h.check(nowhere, scan(0, near), WhyNoPlace)
	done := h.check(n, scan(0, near), "")
	if c := done.Record.Claim; c == nil || c.Distance == 0 || c.Distance > 200 || c.Accuracy != 30 || c.System != GCJ02 {
		t.Errorf("kept %+v", done.Record.Claim)
	}
	// The same place as a satellite tells it is 500 m away as numbers.
	raw := near
	raw.Point = fromMap(near.Point)
	wrong := raw
	wrong.System = GCJ02
	h.check(n, scan(1, wrong), WhyFar)
	h.check(n, scan(1, raw), "")
	near.Mock = true
	h.check(n, scan(2, near), "")
	h.check(n, Scan{Volunteer: v[2], Way: WayPlace, Out: true, Claim: &near}, "")
	h.set(at("2026-04-18 12:00"))
	if got := h.hours(v[2]); got.Minutes != 0 || got.Doubt != 1 || got.Stints[0].Doubt != DoubtMock {
		t.Errorf("a made up place: %+v", got)
	}
	h.do(ErrInvalid, func(tx *store.Tx) error { _, err := h.Check(tx, n, Scan{Volunteer: v[1], Way: WayPlace}); return err })
}

func TestTheOrganisersList(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:50")
	n := h.publish(draft(func(d *Draft) { d.Capacity, d.Public = 2, true }))
	v := h.members(3)
	out := h.outsider("外人", NewToken())
	h.join(n, v[0])
	h.join(n, out)
	h.join(n, v[1]) // waits
	h.check(n, Scan{Volunteer: out, Way: WayCode, Code: h.code(n)}, WhyUnconfirmed)
	done := h.tick(n,
		Tick{Volunteer: v[0], Nonce: "a"},
		Tick{Volunteer: v[0], Nonce: "a"},
		Tick{Volunteer: v[0], Nonce: "b"},
		Tick{Volunteer: out, Nonce: "c", At: at("2026-04-18 08:45")},
		Tick{Volunteer: v[1], Nonce: "d"},
		Tick{Volunteer: v[2], Nonce: "e"},
		Tick{Name: "路人", Nonce: "f"},
		Tick{Name: "路人", Nonce: "f"},
		Tick{Name: "", Nonce: "g"},
		Tick{Volunteer: v[2], Nonce: "h", Out: true, At: at("2026-04-18 08:30")},
		Tick{Volunteer: v[2], Nonce: "i", At: at("2026-04-18 09:00")},
		Tick{Volunteer: v[2], Nonce: "j", Out: true, At: at("2026-04-18 08:00")},
	)
	for i, want := range []struct {
		again bool
		state SignState
		why   Why
	}{
		{false, SignJoined, ""}, {true, SignJoined, ""}, {true, SignJoined, ""}, {false, SignJoined, ""}, {false, SignWalkIn, ""},
		{false, SignWalkIn, ""}, {false, SignWalkIn, ""}, {true, SignWalkIn, ""}, {false, "", WhyName}, {false, SignWalkIn, WhyNotIn},
		{false, "", WhyTime}, {false, "", WhyTime},
	} {
		got := done[i]
		why := Why("")
		if got.Refused != nil {
			why = got.Refused.Why
		}
		if got.Again != want.again || got.Signup.State != want.state || why != want.why {
			t.Errorf("%d: again %v, %s, %q; want %+v", i, got.Again, got.Signup.State, why, want)
		}
	}
	if done[6].Record.No != 1 || done[6].Signup.Volunteer != done[7].Signup.Volunteer {
		t.Errorf("a walk-in sent twice: %+v and %+v", done[6], done[7])
	}
	if l := h.listing(n); l.Taken != 2 || l.Waiting != 0 {
		t.Errorf("%d places, %d wait", l.Taken, l.Waiting)
	}
	h.see(func(r store.Reader) error {
		p, err := h.Volunteer(r, out)
		if p.Standing != StandingConfirmed {
			t.Errorf("who was ticked is %s", p.Standing)
		}
		return err
	})
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Ticks(tx, n, nil, stranger); return err })
	h.do(ErrInvalid, func(tx *store.Tx) error { _, err := h.Ticks(tx, n, []Tick{{Volunteer: v[0]}}, liaison); return err })
}

func TestPaperAgainstWhatIsRecorded(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:50")
	n := h.publish(draft())
	for _, name := range []string{"张三", "李四", "王五"} {
		h.join(n, h.member(name))
	}
	h.do(nil, func(tx *store.Tx) error { // of one name
		v, _, err := h.Enrol(tx, Application{Profile: Profile{Name: "王 五", Consent: Consent{Version: "1"}}, By: liaison})
		if err != nil {
			return err
		}
		_, err = h.Add(tx, n, v.ID, "电话报名", liaison)
		return err
	})
	h.set(at("2026-04-18 09:20"))
	h.check(n, Scan{Volunteer: "V1", Way: WayCode, Code: h.code(n)}, "")
	h.set(at("2026-04-20 10:00"))
	paper := func(name, when string, out bool) Tick {
		return Tick{Name: name, At: at("2026-04-18 " + when), Out: out, Nonce: name + when, Paper: true}
	}
	done := h.tick(n,
		paper("张三", "09:17", false), // near enough
		paper("张三", "10:00", false),
		paper("李四", "08:58", false), paper("李四", "10:30", true),
		paper("王五", "08:58", false),
		paper("赵六", "09:05", false), paper("赵六", "11:00", true),
		paper("赵 六", "11:20", true),
		paper("李四", "12:30", true),
	)
	want := []Why{"", WhyConflict, "", "", WhyName, "", "", WhyConflict, WhyTime}
	for i, c := range done {
		why := Why("")
		if c.Refused != nil {
			why = c.Refused.Why
			t.Log(c.Refused.Tell())
		}
		if why != want[i] {
			t.Errorf("line %d: %q, want %q", i, why, want[i])
		}
	}
	if r := done[1].Refused; r.Record == nil || r.Record.Way != WayCode || r.Volunteer != "V1" {
		t.Errorf("%+v", r)
	}
	if got := h.hours("V2"); got.Minutes != 90 {
		t.Errorf("李四 has %d minutes", got.Minutes)
	}
}

func TestUndoIsANewRecord(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:50")
	n := h.publish(draft())
	v := h.member("甲")
	h.join(n, v)
	h.check(n, Scan{Volunteer: v, Way: WayCode, Code: h.code(n), Nonce: "1"}, "")
	h.set(at("2026-04-18 10:50"))
	h.check(n, Scan{Volunteer: v, Way: WayCode, Code: h.code(n), Out: true}, "")
	undo := func(no int, why string, by Actor) error {
		return h.Update(t.Context(), func(tx *store.Tx) error { _, err := h.Undo(tx, n, v, no, why, by); return err })
	}
	h.refused(WhyReason, func(tx *store.Tx) error { _, err := h.Undo(tx, n, v, 1, "", liaison); return err })
	h.refused(WhyNothing, func(tx *store.Tx) error { _, err := h.Undo(tx, n, v, 3, "点错", liaison); return err })
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Undo(tx, n, v, 1, "点错", Self(v)); return err })
	for range 2 {
		if err := undo(1, "点错了人", liaison); err != nil {
			t.Fatal(err)
		}
	}
	s := h.signup(n, v)
	if len(s.Records) != 4 || s.Records[0].Act != ActIn || s.Records[2].Of != 2 || s.Records[3].Of != 1 || s.Records[3].Why != "点错了人" {
		t.Errorf("%+v", s.Records)
	}
	if _, ok := s.Standing(ActIn); ok {
		t.Error("it still stands")
	}
	h.wantTold("undo/A1/V1/4")
	if text := h.notice("undo/A1/V1/4"); !strings.Contains(text, "您的签到记录已撤销。理由：点错了人") {
		t.Error(text)
	}
	// A scan that was sent before and comes late brings nothing back; a new one does.
	if c := h.check(n, Scan{Volunteer: v, Way: WayCode, Code: h.code(n), Nonce: "1"}, ""); !c.Again || len(c.Signup.Records) != 4 {
		t.Errorf("%+v", c)
	}
	if c := h.check(n, Scan{Volunteer: v, Way: WayCode, Code: h.code(n), Nonce: "2"}, ""); c.Again || c.Record.No != 5 {
		t.Errorf("%+v", c)
	}
	h.set(at("2026-04-25 11:00"))
	r := h.refused(WhyTooLate, func(tx *store.Tx) error { _, err := h.Undo(tx, n, v, 5, "太迟", liaison); return err })
	if !r.Until.Equal(at("2026-04-25 11:00")) {
		t.Errorf("until %s", r.Until)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"A7", "Ａ７", "活动 12", "a#3", "A0", "A99999999999", "七", "a 7 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ParseNumber(s)
		if !ok {
			return
		}
		if again, ok := ParseNumber(n.String()); !ok || again != n || n <= 0 {
			t.Errorf("%q is %s, and that %v", s, n, again)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"482913", "482 913", "４８２９１３", "48291", "4829131", "482-913", "签到"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseCode(s)
		if ok != (len(code) == codeDigits) || strings.Trim(code, "0123456789") != "" {
			t.Errorf("%q is %q", s, code)
		}
		if again, ok2 := ParseCode(code); ok && (!ok2 || again != code) {
			t.Errorf("%q is %q, and that %q", s, code, again)
		}
		_, _ = match([]byte("secret"), 7, code, time.Unix(1_800_000_000, 0))
	})
}

// Nobody is made known by a check-out without a check-in.
func TestACheckOutMakesNoWalkIn(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 10:30")
	n := h.publish(draft())
	before := h.dump()
	if done := h.tick(n, Tick{Name: "路人", Out: true, Nonce: "1"}); done[0].Refused == nil || done[0].Refused.Why != WhyNotIn {
		t.Errorf("%+v", done[0])
	}
	if after := h.dump(); after != before {
		t.Error(cmp.Diff(before, after))
	}
}

// Before anybody can be there a tick is too early, whatever time it names.
func TestTicksBeforeTheDoorsOpen(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:00")
	n, v := h.publish(draft()), h.member("甲")
	for _, at := range []time.Time{{}, at("2026-04-18 08:50")} {
		done := h.tick(n, Tick{Volunteer: v, Nonce: "1", At: at})
		if r := done[0].Refused; r == nil || r.Why != WhyEarly || !strings.Contains(r.Tell(), "08:30") {
			t.Errorf("%s: %+v", at, done[0])
		}
	}
}
