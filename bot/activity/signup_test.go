package activity

import (
	"testing"

	"xietiao/bot/store"
)

func TestPlacesAndTheWaitingList(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft(places(2)))
	v := h.members(5)
	for i, want := range []struct {
		state    SignState
		position int
		free     int
	}{{SignJoined, 0, 1}, {SignJoined, 0, 0}, {SignWaiting, 1, 0}, {SignWaiting, 2, 0}, {SignWaiting, 3, 0}} {
		j := h.join(n, v[i])
		if j.State != want.state || j.Position != want.position || j.Free != want.free || !j.New {
			t.Errorf("%d: %+v, want %+v", i, j, want)
		}
		if again := h.join(n, v[i]); again.New || again.State != want.state || again.Seq != j.Seq {
			t.Errorf("%d: once more: %+v", i, again)
		}
	}
	h.wantTold()
	h.leave(n, v[2]) // who waits first gives up
	h.leave(n, v[0])
	h.leave(n, v[0])
	if s := h.signup(n, v[3]); s.State != SignJoined {
		t.Errorf("the next is %s", s.State)
	}
	h.wantTold("promote/A1/V4/4")
	if l := h.listing(n); l.Taken != 2 || l.Waiting != 1 {
		t.Errorf("%d and %d", l.Taken, l.Waiting)
	}
	if j := h.join(n, v[0]); j.State != SignWaiting || j.Position != 2 || j.Seq <= 5 {
		t.Errorf("who comes back waits last: %+v", j)
	}
	h.see(func(r store.Reader) error {
		for i, want := range map[int]int{1: 0, 4: 1, 0: 2} {
			if got, err := h.Position(r, h.signup(n, v[i])); got != want || err != nil {
				t.Errorf("%s is at %d, want %d: %v", v[i], got, want, err)
			}
		}
		return nil
	})
	h.do(nil, func(tx *store.Tx) error {
		d := draft(places(3))
		_, err := h.Amend(tx, n, 0, d, liaison)
		return err
	})
	if s := h.signup(n, v[4]); s.State != SignJoined {
		t.Errorf("with one more place, the next is %s", s.State)
	}
	r := h.refused(WhyCapacity, func(tx *store.Tx) error { _, err := h.Amend(tx, n, 0, draft(places(2)), liaison); return err })
	if r.Most != 3 {
		t.Errorf("%d places are taken", r.Most)
	}
	h.do(nil, func(tx *store.Tx) error { _, err := h.Remove(tx, n, v[4], "请假", liaison); return err })
	if s := h.signup(n, v[0]); s.State != SignJoined || h.listing(n).Waiting != 0 {
		t.Errorf("after a removal, the last is %s", s.State)
	}
}

func TestWhoMayNotSignUp(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	m, other := h.member("甲"), h.member("乙")
	outsider := h.outsider("外人", NewToken())
	var unpublished Number
	h.do(nil, func(tx *store.Tx) error {
		a, _, err := h.Create(tx, "", draft(), liaison)
		unpublished = a.Number
		return err
	})
	open := h.publish(draft())
	late := h.publish(draft(func(d *Draft) { d.SignFrom = at("2026-04-10 09:00") }))
	soon := h.publish(draft(func(d *Draft) { d.SignTo = at("2026-04-01 10:01") }))
	full := h.publish(draft(func(d *Draft) { d.Capacity, d.NoWait = 1, true }))
	series := h.publish(draft(func(d *Draft) { d.Series.Every = EveryWeek }))
	gone := h.publish(draft())
	h.do(nil, func(tx *store.Tx) error { _, err := h.Cancel(tx, gone, "下雨", liaison); return err })
	h.join(full, other)
	h.set(at("2026-04-01 10:01"))
	for _, tc := range []struct {
		n    Number
		v    VolunteerID
		want Why
	}{
		{unpublished, m, WhyDraft}, {late, m, WhyNotOpen}, {soon, m, WhyClosed}, {full, m, WhyFull}, {series, m, WhySeries},
		{gone, m, WhyCancelled}, {open, outsider, WhyMembers},
	} {
		h.refused(tc.want, func(tx *store.Tx) error { _, err := h.Join(tx, tc.n, tc.v, Self(tc.v)); return err })
	}
	h.do(ErrNotFound, func(tx *store.Tx) error { _, err := h.Join(tx, 99, m, Self(m)); return err })
	h.do(ErrVolunteer, func(tx *store.Tx) error { _, err := h.Join(tx, open, "V99", Self("V99")); return err })
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Join(tx, open, m, Self(other)); return err })
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Leave(tx, full, other, Self(m)); return err })
	h.refused(WhyNotListed, func(tx *store.Tx) error { _, err := h.Leave(tx, open, m, Self(m)); return err })
	h.join(open, m)
	h.set(at("2026-04-18 09:00"))
	h.refused(WhyStarted, func(tx *store.Tx) error { _, err := h.Leave(tx, open, m, Self(m)); return err })
	h.refused(WhyClosed, func(tx *store.Tx) error { _, err := h.Join(tx, open, other, Self(other)); return err })
	h.set(at("2026-04-18 11:30"))
	h.refused(WhyOver, func(tx *store.Tx) error { _, err := h.Join(tx, open, other, Self(other)); return err })
	h.do(nil, func(tx *store.Tx) error { _, err := h.Archive(tx, open, liaison); return err })
	h.refused(WhyArchived, func(tx *store.Tx) error { _, err := h.Join(tx, open, other, Self(other)); return err })
}

func TestOrganisersChangeTheListWithAReason(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft(places(1)))
	v := h.members(3)
	add := func(v VolunteerID, why string, by Actor) (j Joined, err error) {
		err = h.Update(t.Context(), func(tx *store.Tx) (err error) { j, err = h.Add(tx, n, v, why, by); return err })
		return j, err
	}
	if _, err := add(v[0], "领导交代", stranger); err == nil {
		t.Error("who organises nothing of it added somebody")
	}
	h.refused(WhyReason, func(tx *store.Tx) error { _, err := h.Add(tx, n, v[0], " ", liaison); return err })
	if j, err := add(v[0], "电话报名", liaison); err != nil || j.State != SignJoined {
		t.Error(j, err)
	}
	if j, err := add(v[1], "电话报名", office); err != nil || j.State != SignWaiting {
		t.Error("above the capacity:", j, err)
	}
	h.set(at("2026-04-18 08:50"))
	h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: h.code(n)}, "")
	h.refused(WhyStarted, func(tx *store.Tx) error { _, err := h.Remove(tx, n, v[0], "没有来", liaison); return err })
	h.set(at("2026-04-18 09:10"))
	if j, err := add(v[2], "现场补报", liaison); err != nil || j.State != SignWaiting {
		t.Error("after the start:", j, err)
	}
}
