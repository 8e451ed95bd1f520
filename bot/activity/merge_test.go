package activity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/store"
)

func (h *hall) merge(from, into VolunteerID) (v Volunteer) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) (err error) { v, err = h.Merge(tx, from, into, "本人来电", liaison); return err })
	return v
}

// Somebody known in chat and as a guest of the page is one person from the merger on: on
// every list, at the door, in hours, on certificates, when exported and when erased.
func TestTwoVolunteersBecomeOne(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	public := func(d *Draft) { d.Public = true }
	past, later := h.publish(draft(public)), func(d *Draft) { d.Start, d.End = at("2026-05-16 09:00"), at("2026-05-16 11:00") }
	both, guests := h.publish(draft(public, later, places(1))), h.publish(draft(public, later))
	token, second := NewToken(), NewToken()
	v, guest, other := h.member("甲"), h.outsider("甲某", token), h.member("乙")
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Edit(tx, guest, Profile{Phone: "13800001234", Skills: []string{"书法"}}, Self(guest))
		return err
	})
	h.join(past, v)
	h.join(past, guest)
	h.join(both, guest) // has the place
	h.join(both, v)     // waits first
	h.join(both, other)
	h.join(guests, guest)
	h.set(at("2026-04-18 08:50"))
	h.tick(past, Tick{Volunteer: v, Nonce: "1"}, Tick{Volunteer: guest, Nonce: "2"})
	h.set(at("2026-04-18 10:00"))
	h.tick(past, Tick{Volunteer: v, Nonce: "3", Out: true})
	h.set(at("2026-04-18 11:00"))
	h.tick(past, Tick{Volunteer: guest, Nonce: "4", Out: true})
	h.set(at("2026-04-20 10:00"))
	var paper Certificate
	h.do(nil, func(tx *store.Tx) (err error) { paper, err = h.Issue(tx, guest, 0, nil, liaison); return err })
	h.do(ErrTaken, func(tx *store.Tx) error {
		_, err := h.Link(tx, guest, Account{chat.WeCom, "甲"}, liaison)
		return err
	})

	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Merge(tx, guest, v, "本人", Self(v)); return err })
	h.do(ErrVolunteer, func(tx *store.Tx) error { _, err := h.Merge(tx, "V99", v, "本人", liaison); return err })
	h.refused(WhyReason, func(tx *store.Tx) error { _, err := h.Merge(tx, guest, v, " ", liaison); return err })
	h.refused(WhyTwo, func(tx *store.Tx) error { _, err := h.Merge(tx, other, v, "本人", liaison); return err })
	got := h.merge(guest, v)
	if got.ID != v || got.Name != "甲" || got.Phone.Reveal() != "13800001234" || !got.Browser || !slices.Equal(got.Skills, []string{"书法"}) || !slices.Equal(got.Of, []VolunteerID{guest}) {
		t.Errorf("%+v", got)
	}
	before := h.dump()
	h.merge(guest, v) // again, and the other way round: they are one
	h.merge(v, guest)
	if h.dump() != before {
		t.Error("merged again, something changed")
	}

	h.see(func(r store.Reader) error {
		by, ok, err := h.ByBrowser(r, token)
		if !ok || by.ID != v {
			t.Errorf("the browser is %+v's", by)
		}
		return err
	})
	if p := h.volunteer(guest); p.Into != v || p.Name != "甲" {
		t.Errorf("under the old number: %+v", p)
	}
	if l := h.listing(both); l.Taken != 1 || l.Waiting != 1 {
		t.Errorf("%d have a place, %d wait", l.Taken, l.Waiting)
	}
	if s := h.signup(both, v); s.State != SignJoined || s.Volunteer != guest {
		t.Errorf("on both lists: %+v", s)
	}
	if j := h.join(guests, v); j.New {
		t.Errorf("signed up twice: %+v", j)
	}
	hours := h.hours(v)
	if hours.Minutes != 120 || len(hours.Stints) != 2 || h.hours(guest).Minutes != 120 {
		t.Errorf("%+v", hours)
	}
	h.see(func(r store.Reader) error {
		year, err := h.Year(r, 2026)
		units := year.Units
		if len(units) != 1 || units[0].Volunteers != 1 || units[0].Minutes != 120 {
			t.Errorf("%+v", units)
		}
		d, err2 := h.Export(r, v)
		if len(d.Signups) != 5 || len(d.Papers) != 1 || !slices.Equal(d.Numbers, []VolunteerID{guest}) {
			t.Errorf("%+v", d)
		}
		c, worth, err3 := h.Verify(r, paper.Code)
		if c.Name != "甲" || worth != Changed { // an hour of its two is the other number's
			t.Errorf("%s %+v", worth, c)
		}
		list, err4 := audit.List(r, chainVolunteers)
		last := list[len(list)-1]
		if last.What != "merge" || last.By != "P2" || !strings.Contains(string(last.Data), "本人来电") {
			t.Errorf("%+v", last)
		}
		report, err5 := audit.VerifyAll(r)
		if len(report.Breaks) != 0 {
			t.Errorf("%+v", report)
		}
		for _, n := range []Number{past, both, guests} {
			if err := h.Recheck(r, n); err != nil {
				t.Error(err)
			}
		}
		for _, err := range []error{err2, err3, err4, err5} {
			if err != nil {
				return err
			}
		}
		return err
	})

	h.set(at("2026-05-16 08:50")) // one scan, one record, wherever it was signed up for
	code := h.code(guests)
	first := h.check(guests, Scan{Volunteer: v, Way: WayCode, Code: code}, "")
	if again := h.check(guests, Scan{Volunteer: v, Way: WayCode, Code: code}, ""); !again.Again || again.Record.No != first.Record.No {
		t.Errorf("%+v", again)
	}
	h.tick(guests, Tick{Volunteer: guest, Nonce: "5"}) // an old list of the organiser's
	if s := h.signup(guests, v); len(s.Records) != 1 {
		t.Errorf("%+v", s)
	}

	third := h.outsider("甲", second) // of a third number, which has a browser of its own
	h.merge(third, guest)
	h.see(func(r store.Reader) error {
		by, ok, err := h.ByBrowser(r, second)
		if !ok || by.ID != v {
			t.Errorf("the second browser is %+v's", by)
		}
		return err
	})
	h.do(nil, func(tx *store.Tx) error { _, err := h.Erase(tx, v, office); return err })
	if all := h.dump(); strings.Contains(all, "甲") || strings.Contains(all, token.hash()) || strings.Contains(all, second.hash()) {
		t.Error("something of the person is left")
	}
	h.see(func(r store.Reader) error {
		_, worth, err := h.Verify(r, paper.Code)
		if worth != Revoked {
			t.Errorf("the certificate is %s", worth)
		}
		return err
	})
}

// Whatever two numbers of a person did, the hours of the one are the union of both.
func TestHoursOfAMergerAreTheUnion(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		h := newHall(t, "2026-04-18 05:00")
		v := []VolunteerID{h.member("甲"), h.outsider("甲", NewToken())}
		day := func(minute int) time.Time { return at("2026-04-18 06:00").Add(time.Duration(minute) * time.Minute) }
		var all []Number
		for range 2 + r.IntN(5) {
			from := r.IntN(400)
			all = append(all, h.publish(draft(func(d *Draft) {
				d.Start, d.End, d.CheckOut, d.Public = day(from), day(from+30+r.IntN(300)), r.IntN(3) > 0, true
			})))
		}
		h.set(day(900)) // all are over
		var services []Service
		alone := [2]int{}
		for _, n := range all {
			a := h.listing(n).Activity
			for i, v := range v {
				if r.IntN(4) == 0 {
					continue
				}
				in := a.Start.Add(time.Duration(r.IntN(20)) * time.Minute)
				list := []Tick{{Volunteer: v, Nonce: fmt.Sprint(n, v), At: in}}
				if a.CheckOut && r.IntN(4) > 0 {
					list = append(list, Tick{Volunteer: v, Nonce: fmt.Sprint(n, v, "out"), Out: true, At: in.Add(time.Duration(r.IntN(a.Planned()-20)) * time.Minute)})
				}
				h.tick(n, list...)
				services = append(services, Tally(a, h.signup(n, v)))
				alone[i] = h.hours(v).Minutes
			}
		}
		h.merge(v[1], v[0])
		want := covered(services)
		if got := h.hours(v[0]); got.Minutes != want || h.hours(v[1]).Minutes != want || want > alone[0]+alone[1] || want < max(alone[0], alone[1]) {
			t.Fatalf("seed %d: %d minutes, want %d of %v: %+v", seed, got.Minutes, want, alone, got)
		}
		h.see(func(r store.Reader) error {
			year, err := h.Year(r, 2026)
			units := year.Units
			if want > 0 && (len(units) != 1 || units[0].Minutes != want || units[0].Volunteers != 1) {
				t.Errorf("seed %d: %+v, want %d", seed, units, want)
			}
			return err
		})
	}
}
