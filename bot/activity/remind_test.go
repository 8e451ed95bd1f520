package activity

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot/store"
)

func (h *hall) notice(key string) string {
	h.Helper()
	for _, n := range h.notices() {
		if n.Key == Kind+"/"+key {
			return n.Reply.Text
		}
	}
	h.Fatalf("no notice %s among %v", key, h.told())
	return ""
}

func TestPeopleAreRemindedOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft(func(d *Draft) { d.Capacity, d.Public = 3, true }))
	m := h.publish(draft(func(d *Draft) {
		d.Title, d.Start, d.End = "展厅讲解", at("2026-04-18 14:00"), at("2026-04-18 16:00")
	}))
	v := h.members(3)
	out := h.outsider("外人", NewToken())
	h.join(n, out)
	for _, v := range v { // the last waits
		h.join(n, v)
	}
	h.join(m, v[0])
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Edit(tx, out, Profile{Phone: "13800001234"}, liaison)
		return err
	})
	h.live("2026-04-17 17:59")
	h.wantTold()
	h.live("2026-04-18 08:59")
	want := []string{
		"eve/A0/2026-04-18/V1", "eve/A0/2026-04-18/V2", "call/eve/2026-04-18/市文化馆",
		"soon/A1/2026-04-18T01:00/V1", "soon/A1/2026-04-18T01:00/V2",
	}
	h.wantTold(want...)
	if text := h.notice("eve/A0/2026-04-18/V1"); !strings.Contains(text, "2 个") || strings.Index(text, "A1") > strings.Index(text, "A2") {
		t.Error(text)
	}
	if text := h.notice("call/eve/2026-04-18/市文化馆"); !strings.Contains(text, "外人（V4） 138****1234") || strings.Contains(text, "V1") {
		t.Error(text)
	}
	for _, n := range h.notices() {
		if hour := n.After.Hour(); hour < 8 || hour >= 21 || n.Kind != Kind || n.Unit != "市文化馆" {
			t.Errorf("%s goes out at %s, kind %s, unit %s", n.Key, n.After, n.Kind, n.Unit)
		}
	}
	h.check(n, Scan{Volunteer: v[0], Way: WayCode, Code: h.code(n)}, "")
	h.live("2026-04-18 20:00")
	h.wantTold(append(want, "soon/A2/2026-04-18T06:00/V1", "end/A1/2026-04-18T03:30", "end/A2/2026-04-18T08:30")...)
	if text := h.notice("end/A1/2026-04-18T03:30"); text != "【活动结束】A1 春联义写：签到 1 人，缺席 2 人，待核实 1 人（没有签退等），待确认 1 人。\n请说“待核实”“待确认”逐个办理，或在活动页的名单上办；核实以后才计入时长。" {
		t.Error(text)
	}
	if next := h.pass(); !next.IsZero() {
		t.Errorf("still planned at %s", next)
	}
}

// Whoever gets a place and has no account is called up.
func TestOrganisersCallWhoWasPromoted(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft(func(d *Draft) { d.Capacity, d.Public = 1, true }))
	v, out := h.member("甲"), h.outsider("外人", NewToken())
	h.join(n, v)
	h.join(n, out)
	h.do(nil, func(tx *store.Tx) error { _, err := h.Leave(tx, n, v, Self(v)); return err })
	h.wantTold("call/promote/A1/" + string(out) + "/2")
	if text := h.notice("call/promote/A1/" + string(out) + "/2"); !strings.Contains(text, "A1 候补成功") || !strings.Contains(text, "外人") || !strings.Contains(text, "“电话 A1”") {
		t.Error(text)
	}
}

// What is promised to who signs up is what Remind says.
func TestRemindersThatAreStillToCome(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	for _, tc := range []struct{ now, start, eve, soon string }{
		{"2026-04-01 10:00", "2026-04-18 14:00", "2026-04-17 18:00", "2026-04-18 12:00"},
		{"2026-04-17 18:00", "2026-04-18 14:00", "", "2026-04-18 12:00"},
		{"2026-04-17 12:00", "2026-04-18 08:30", "2026-04-17 18:00", "2026-04-18 08:00"},
		{"2026-04-17 12:00", "2026-04-18 07:30", "2026-04-17 18:00", ""},
		{"2026-04-17 12:00", "2026-04-18 23:30", "2026-04-17 18:00", ""},
		{"2026-04-18 12:00", "2026-04-18 14:00", "", ""},
	} {
		eve, soon := h.Reminders(Activity{Draft: Draft{Start: at(tc.start)}}, at(tc.now))
		show := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Format("2006-01-02 15:04")
		}
		if show(eve) != tc.eve || show(soon) != tc.soon {
			t.Errorf("%s at %s: %s, %s", tc.start, tc.now, show(eve), show(soon))
		}
	}
}

func TestChangesAndCancellationsAreTold(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 22:00")
	n := h.publish(draft(places(1)))
	v := h.members(3)
	h.join(n, v[0])
	h.join(n, v[1]) // waits
	amend := func(version int, change func(*Draft)) error {
		return h.Update(t.Context(), func(tx *store.Tx) error {
			a, err := h.Get(tx, n)
			d := a.Edit()
			change(&d)
			if err == nil {
				_, err = h.Amend(tx, n, version, d, liaison)
			}
			return err
		})
	}
	for _, change := range []func(*Draft){
		func(d *Draft) { d.Text = "自带毛笔" },
		func(d *Draft) { d.Place.Name = "文化馆二楼" },
		func(d *Draft) { d.Start, d.End = d.Start.AddDate(0, 0, 1), d.End.AddDate(0, 0, 1) },
	} {
		if err := amend(0, change); err != nil {
			t.Fatal(err)
		}
	}
	if err := amend(2, func(*Draft) {}); Tell(err) != Tell(ErrChanged) {
		t.Errorf("of an old version: %v", err)
	}
	h.pass()
	h.wantTold() // it is night
	h.live("2026-04-02 08:00")
	h.pass()
	h.wantTold("change/A1/5/V1", "change/A1/5/V2") // both changes as one
	if text := h.notice("change/A1/5/V1"); !strings.Contains(text, "4月19日（周日）09:00–11:00，地点：文化馆二楼") {
		t.Error(text)
	}
	h.live("2026-04-18 12:00")
	h.wantTold("change/A1/5/V1", "change/A1/5/V2") // the old day's reminders are off
	h.do(nil, func(tx *store.Tx) error { _, err := h.Cancel(tx, n, "场地停电", liaison); return err })
	h.do(nil, func(tx *store.Tx) error { _, err := h.Cancel(tx, n, "场地停电", liaison); return err })
	h.live("2026-04-20 12:00")
	h.wantTold("change/A1/5/V1", "change/A1/5/V2", "cancel/A1//V1", "cancel/A1//V2")
	if text := h.notice("cancel/A1//V2"); !strings.Contains(text, "原因：场地停电") {
		t.Error(text)
	}
}

// What begins before the morning is told of at once; what begins later waits for the morning.
func TestNightIsNoReasonToComeInVain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		start  string
		cancel bool
		want   []string
	}{
		{"2026-04-18 07:30", true, []string{"cancel/A1//V1", "call/cancel/A1/3/市文化馆"}},
		{"2026-04-18 08:00", true, []string{"cancel/A1//V1", "call/cancel/A1/3/市文化馆"}},
		{"2026-04-18 08:01", true, nil},
		{"2026-04-18 07:30", false, []string{"change/A1/3/V1", "call/change/A1/3/市文化馆"}},
		{"2026-04-18 09:30", false, nil},
	} {
		h := newHall(t, "2026-04-01 10:00")
		n := h.publish(draft(func(d *Draft) {
			d.Start, d.Public = at(tc.start), true
			d.End = d.Start.Add(time.Hour)
		}))
		v, out := h.member("甲"), h.outsider("外人", NewToken())
		h.join(n, v)
		h.join(n, out)
		h.live("2026-04-17 20:00")
		h.pass()
		before := h.told()
		h.set(at("2026-04-17 23:00"))
		h.do(nil, func(tx *store.Tx) error {
			if tc.cancel {
				_, err := h.Cancel(tx, n, "停电", liaison)
				return err
			}
			a, err := h.Get(tx, n)
			if err != nil {
				return err
			}
			d := a.Edit()
			d.Start, d.End = d.Start.AddDate(0, 0, 1), d.End.AddDate(0, 0, 1)
			_, err = h.Amend(tx, n, a.Version, d, liaison)
			return err
		})
		h.pass()
		var got []string
		for _, n := range h.notices() {
			key := strings.TrimPrefix(n.Key, Kind+"/")
			if slices.Contains(before, key) {
				continue
			}
			got = append(got, key)
			if !n.After.Equal(at("2026-04-17 23:00")) {
				t.Errorf("%s goes out at %s", n.Key, n.After)
			}
		}
		slices.Sort(got)
		slices.Sort(tc.want)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s, cancelled %v: %v are told at night, want %v", tc.start, tc.cancel, got, tc.want)
		}
	}
}

func TestDisputesAreRemindedAndEscalated(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:40")
	n := h.publish(draft())
	v := h.member("甲")
	h.join(n, v)
	h.check(n, Scan{Volunteer: v, Way: WayCode, Code: h.code(n)}, "")
	h.live("2026-04-19 12:00")
	before := h.told()
	dispute := func() {
		h.do(nil, func(tx *store.Tx) error { _, err := h.Dispute(tx, n, v, "我签退了", Self(v)); return err })
	}
	h.set(at("2026-04-20 12:00"))
	dispute()
	raised := "/A1/V1/1776657600000"
	h.live("2026-04-27 07:59")
	h.wantTold(append(slices.Clone(before), "raised"+raised)...)
	h.live("2026-04-27 23:00")
	h.wantTold(append(slices.Clone(before), "raised"+raised, "due"+raised)...)
	h.live("2026-04-28 09:00")
	h.wantTold(append(slices.Clone(before), "raised"+raised, "due"+raised, "late"+raised+"/1")...)
	h.see(func(r store.Reader) error {
		for unit, want := range map[string]int{"": 1, "市文化馆": 1, "市教育局": 0} {
			list, err := h.Disputes(r, unit)
			if len(list) != want || err != nil {
				t.Errorf("%q: %d, %v", unit, len(list), err)
			}
		}
		return nil
	})
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Decide(tx, n, v, Decision{Why: "没有签退记录"}, liaison)
		return err
	})
	keys := h.told()
	if want := "deny" + raised; !slices.Contains(keys, want) || h.hours(v).Doubt != 1 {
		t.Errorf("%v, %+v", keys, h.hours(v))
	}
	dispute() // once more, and decided in time
	h.do(nil, func(tx *store.Tx) error { _, err := h.Decide(tx, n, v, Decision{Why: "一样"}, office); return err })
	count := len(h.told())
	h.live("2026-06-01 12:00")
	if len(h.told()) != count {
		t.Errorf("%d more notices", len(h.told())-count)
	}
}

func TestASeriesMakesItsOccurrences(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-01-05 10:00")
	week := h.publish(draft(func(d *Draft) {
		d.Start, d.End, d.SignTo = at("2026-01-10 09:00"), at("2026-01-10 11:00"), at("2026-01-09 18:00")
		d.Series = SeriesRule{Every: EveryWeek, Until: cal.Day(at("2026-02-28 00:00"))}
	}))
	month := h.publish(draft(func(d *Draft) {
		d.Start, d.End, d.Series.Every = at("2026-01-31 09:00"), at("2026-01-31 11:00"), EveryMonth
	}))
	starts := func(n Number) (days []string) {
		h.see(func(r store.Reader) error {
			days = nil
			list, err := h.Occurrences(r, n)
			for _, a := range list {
				days = append(days, a.Start.Format("01-02 15:04"))
				if a.Of != n || !a.Series.IsZero() || a.End.Sub(a.Start) != 2*time.Hour {
					t.Errorf("%+v", a)
				}
			}
			return err
		})
		return days
	}
	if got := strings.Join(starts(week), " "); got != "01-10 09:00 01-17 09:00 01-24 09:00 01-31 09:00" {
		t.Errorf("ahead: %s", got)
	}
	h.do(nil, func(tx *store.Tx) error {
		a, err := h.Get(tx, week)
		d := a.Edit()
		d.Start, d.End = at("2026-01-10 10:00"), at("2026-01-10 12:00")
		if err == nil {
			_, err = h.Amend(tx, week, a.Version, d, liaison)
		}
		return err
	})
	h.live("2026-05-10 12:00")
	if got := strings.Join(starts(week), " "); got != "01-10 09:00 01-17 09:00 01-24 09:00 01-31 09:00 02-07 10:00 02-14 10:00 02-21 10:00 02-28 10:00" {
		t.Errorf("all: %s", got)
	}
	if got := strings.Join(starts(month), " "); got != "01-31 09:00 02-28 09:00 03-31 09:00 04-30 09:00 05-31 09:00" {
		t.Errorf("monthly: %s", got)
	}
	list := starts(month)
	h.do(nil, func(tx *store.Tx) error { _, err := h.Cancel(tx, month, "不办了", liaison); return err })
	h.live("2026-09-10 12:00")
	if got := starts(month); !slices.Equal(got, list) {
		t.Errorf("after its end: %v", got)
	}
	h.see(func(r store.Reader) error {
		all, err := h.Occurrences(r, month)
		if last := all[len(all)-1]; last.State != StateCancelled || all[0].State != StatePublished {
			t.Errorf("the last is %s, the first %s", last.State, all[0].State)
		}
		return err
	})
}

// What is said to be due is what then goes out.
func TestWhatIsDueIsWhatGoesOut(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft())
	h.publish(draft(func(d *Draft) {
		d.Start, d.End, d.Series.Every = at("2026-04-05 09:00"), at("2026-04-05 10:00"), EveryWeek
	}))
	v := h.members(2)
	for _, v := range v {
		h.join(n, v)
	}
	due := func(when string) (texts []string) {
		h.see(func(r store.Reader) error {
			texts = nil
			list, err := h.Due(r, at(when))
			for _, m := range list {
				texts = append(texts, m.Text)
				if len(m.To) == 0 || m.Unit == "" || m.At.After(at(when)) {
					t.Errorf("%+v", m)
				}
			}
			return err
		})
		slices.Sort(texts)
		return texts
	}
	if got := due("2026-04-16 20:00"); len(got) != 0 {
		t.Errorf("nothing is due then, but %v", got)
	}
	step := func(when string) {
		t.Helper()
		want := due(when)
		before := len(h.notices())
		h.live(when)
		h.pass()
		var got []string
		for _, n := range h.notices() {
			got = append(got, n.Reply.Text)
		}
		if before+len(want) != len(got) || len(want) == 0 {
			t.Errorf("%s: %d are due, %d go out", when, len(want), len(got)-before)
		}
		for _, text := range want {
			if !slices.Contains(got, text) {
				t.Errorf("%s: %s is due and does not go out", when, text)
			}
		}
	}
	h.live("2026-04-17 10:00")
	step("2026-04-17 18:00")
	h.live("2026-04-18 07:00")
	step("2026-04-18 08:00")
	h.set(at("2026-04-18 09:00"))
	h.tick(n, Tick{Volunteer: v[0], Nonce: "1"})
	h.live("2026-04-18 11:00")
	step("2026-04-18 12:00")
	h.do(nil, func(tx *store.Tx) error { _, err := h.Dispute(tx, n, v[0], "不对", Self(v[0])); return err })
	h.live("2026-04-23 20:00")
	step("2026-04-24 08:00") // the last day
	h.live("2026-04-24 20:00")
	step("2026-04-25 08:00") // the office
}
