package activity

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"xietiao/bot/store"
)

// on is the sign-up of somebody with such records.
func on(n Number, list ...Record) Signup {
	for i := range list {
		list[i].No = i + 1
	}
	return Signup{Activity: n, Volunteer: "V1", State: SignJoined, Records: list}
}

func in(when string) Record  { return Record{Act: ActIn, At: at("2026-04-18 " + when)} }
func out(when string) Record { return Record{Act: ActOut, At: at("2026-04-18 " + when)} }
func undo(no int) Record     { return Record{Act: ActUndo, Of: no} }
func set(n int) Record       { return Record{Act: ActCorrect, Minutes: n} }

func TestMinutesFollowFromRecords(t *testing.T) {
	t.Parallel()
	accept := Record{Act: ActAccept}
	mock := func(r Record) Record { r.Claim = &Claim{Mock: true}; return r }
	rule := func(r Rule) func(*Draft) { return func(d *Draft) { d.Rule = r } }
	noOut := func(d *Draft) { d.CheckOut = false }
	for _, tc := range []struct {
		name  string
		draft Draft
		list  []Record
		want  int
		doubt Doubt
	}{
		{"nothing", draft(), nil, 0, ""},
		{"on time", draft(), []Record{in("09:00"), out("11:00")}, 120, ""},
		{"early in counts from the start", draft(), []Record{in("08:31"), out("11:00")}, 120, ""},
		{"late in, early out", draft(), []Record{in("09:20"), out("10:50")}, 90, ""},
		{"out within the slack", draft(), []Record{in("09:00"), out("11:29")}, 149, ""},
		{"out before the start", draft(), []Record{in("08:31"), out("08:50")}, 0, ""},
		{"forgotten out", draft(), []Record{in("09:30")}, 90, DoubtNoOut},
		{"forgotten out, accepted", draft(), []Record{in("09:30"), accept}, 90, ""},
		{"accepted before it was taken back", draft(), []Record{in("09:30"), accept, undo(1), in("09:40")}, 80, DoubtNoOut},
		{"out taken back", draft(), []Record{in("09:00"), out("10:00"), undo(2)}, 120, DoubtNoOut},
		{"out taken back and anew", draft(), []Record{in("09:00"), out("10:00"), undo(2), out("11:00")}, 120, ""},
		{"in taken back", draft(), []Record{in("09:00"), undo(1)}, 0, ""},
		{"in anew after the out", draft(), []Record{in("09:00"), out("10:00"), undo(1), in("10:30")}, 30, DoubtNoOut},
		{"rounded down", draft(rule(Rule{Round: 30})), []Record{in("09:01"), out("11:00")}, 90, ""},
		{"below the least share", draft(rule(Rule{Least: 50})), []Record{in("09:00"), out("09:59")}, 0, ""},
		{"at the least share", draft(rule(Rule{Least: 50})), []Record{in("09:00"), out("10:00")}, 60, ""},
		{"little slack", draft(rule(Rule{Slack: 10})), []Record{in("09:00"), out("11:10")}, 130, ""},
		{"no check-out: planned", draft(noOut), []Record{in("09:50")}, 120, ""},
		{"no check-out: from the check-in", draft(noOut, rule(Rule{Count: CountFromIn})), []Record{in("09:50")}, 70, ""},
		{"a mocked place", draft(), []Record{mock(in("09:00")), out("11:00")}, 120, DoubtMock},
		{"a mocked place, accepted", draft(), []Record{mock(in("09:00")), out("11:00"), accept}, 120, ""},
		{"corrected", draft(), []Record{in("09:00"), set(100)}, 100, ""},
		{"corrected twice", draft(), []Record{in("09:00"), set(100), set(0)}, 0, ""},
		{"a correction taken back", draft(), []Record{in("09:00"), out("11:00"), set(10), undo(3)}, 120, ""},
		{"corrected, though never in", draft(), []Record{set(120)}, 120, ""},
		{"corrected above what there was", draft(), []Record{set(100_000)}, 150, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := Tally(Activity{Number: 1, Draft: tc.draft, State: StatePublished}, on(1, tc.list...))
			if got.Minutes != tc.want || got.Doubt != tc.doubt {
				t.Errorf("%d minutes, %q; want %d, %q", got.Minutes, got.Doubt, tc.want, tc.doubt)
			}
			for _, s := range []State{StateCancelled, StateArchived} {
				if gone := Tally(Activity{Number: 1, Draft: tc.draft, State: s, Why: "下雨"}, on(1, tc.list...)); gone.Minutes != 0 {
					t.Errorf("cancelled, %s, and %d minutes", s, gone.Minutes)
				}
			}
		})
	}
}

// anything makes up an activity and records without sense.
func anything(r *rand.Rand, n Number) (Activity, Signup) {
	d := draft(func(d *Draft) {
		d.Start = at("2026-04-18 06:00").Add(time.Duration(r.IntN(600)) * time.Minute)
		d.End = d.Start.Add(time.Duration(1+r.IntN(500)) * time.Minute)
		d.CheckOut = r.IntN(2) == 0
		d.Rule = Rule{Round: r.IntN(40), Least: r.IntN(101), Slack: r.IntN(60), Count: []Count{"", CountPlanned, CountFromIn}[r.IntN(3)]}
	})
	var list []Record
	for range r.IntN(8) {
		rec := Record{Act: Acts[r.IntN(len(Acts))], At: d.Start.Add(time.Duration(r.IntN(1500)-500) * time.Minute), Minutes: r.IntN(1000) - 100}
		if rec.Act == ActUndo {
			rec.Of = 1 + r.IntN(len(list)+1)
		}
		if r.IntN(6) == 0 {
			rec.Claim = &Claim{Mock: true}
		}
		list = append(list, rec)
	}
	return Activity{Number: n, Draft: d, State: StatePublished}, on(n, list...)
}

func TestLawsOfMinutes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		var list []Service
		var first, last time.Time
		for n := range Number(1 + r.IntN(6)) {
			a, s := anything(r, n+1)
			v := Tally(a, s)
			if again := Tally(a, s); again != v {
				t.Fatalf("computed again: %+v, then %+v", v, again)
			}
			slack := 0
			if a.CheckOut {
				slack = a.Rule.orDefault().Slack
			}
			if v.Minutes < 0 || v.Minutes > a.Planned()+slack || v.To.Before(v.From) || time.Duration(v.Minutes)*time.Minute > v.To.Sub(v.From) {
				t.Fatalf("%+v of %+v with %+v", v, a.Draft, s.Records)
			}
			if v.settled() > 0 {
				if first.IsZero() || v.From.Before(first) {
					first = v.From
				}
				last = later(last, v.To)
			}
			list = append(list, v)
		}
		counted := Union(list)
		sum, apart := 0, 0
		for i, v := range counted {
			if v.Minutes < 0 || v.Minutes+v.Overlap != list[i].Minutes || v.Activity != list[i].Activity {
				t.Fatalf("%+v became %+v", list[i], v)
			}
			sum += v.settled()
			apart += list[i].settled()
		}
		if time.Duration(sum)*time.Minute > last.Sub(first) || sum > apart || sum > covered(list) {
			t.Fatalf("%d minutes of %d, %d covered, between %s and %s", sum, apart, covered(list), first, last)
		}
		mixed := slices.Clone(list)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		total := 0
		for _, v := range Union(mixed) {
			total += v.settled()
		}
		if total != sum {
			t.Fatalf("in another order %d, not %d", total, sum)
		}
	}
}

// covered counts the minutes in which anything was done, one by one.
func covered(list []Service) int {
	done := map[int64]bool{}
	for _, v := range list {
		if v.settled() == 0 {
			continue
		}
		for m := v.From.Unix() / 60; m < v.To.Unix()/60; m++ {
			done[m] = true
		}
	}
	return len(done)
}

func TestOverlapsCountOnce(t *testing.T) {
	t.Parallel()
	serve := func(n Number, from, to string) Service {
		s := Service{Activity: n, From: at("2026-04-18 " + from), To: at("2026-04-18 " + to)}
		s.Minutes = int(s.To.Sub(s.From) / time.Minute)
		return s
	}
	list := []Service{
		serve(3, "10:00", "12:00"), serve(1, "09:00", "11:00"), serve(2, "09:00", "09:30"), serve(4, "10:30", "11:30"),
		serve(5, "14:00", "15:00"), serve(6, "11:50", "12:10"),
	}
	doubt := serve(7, "09:00", "15:00")
	doubt.Doubt = DoubtNoOut
	var got []int
	for _, s := range Union(append(list, doubt)) {
		got = append(got, s.Minutes)
	}
	if want := []int{60, 120, 0, 0, 60, 10, 360}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A volunteer's affair from the sign-up to the certificate.
func TestServiceDisputeCorrectionCertificate(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft())
	v := h.member("张三丰")
	h.join(n, v)
	h.set(at("2026-04-18 09:30"))
	h.check(n, Scan{Volunteer: v, Way: WayCode, Code: h.code(n)}, "")
	if got := h.hours(v); len(got.Stints) != 0 {
		t.Errorf("before the end: %+v", got)
	}
	h.refused(WhyRunning, func(tx *store.Tx) error { _, err := h.Correct(tx, n, v, 60, "x", liaison); return err })
	h.set(at("2026-04-20 10:00")) // a Monday
	if got := h.hours(v); got.Minutes != 0 || got.Doubt != 1 || got.Stints[0].Minutes != 90 {
		t.Errorf("forgotten out: %+v", got)
	}
	h.refused(WhyNothing, func(tx *store.Tx) error { _, err := h.Issue(tx, v, 0, nil, Self(v)); return err })
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Dispute(tx, n, v, "x", Self("V9")); return err })
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Dispute(tx, n, v, "我九点就到了，手机没电", Self(v))
		return err
	})
	r := h.refused(WhyOpenDispute, func(tx *store.Tx) error { _, err := h.Dispute(tx, n, v, "再说一次", Self(v)); return err })
	if !r.Until.Equal(at("2026-04-27 21:00")) {
		t.Errorf("to be decided until %s", r.Until)
	}
	h.refused(WhyOpenDispute, func(tx *store.Tx) error { _, err := h.Archive(tx, n, liaison); return err })
	h.refused(WhyMinutes, func(tx *store.Tx) error {
		_, err := h.Decide(tx, n, v, Decision{Grant: true, Minutes: 151, Why: "x"}, liaison)
		return err
	})
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Decide(tx, n, v, Decision{Grant: true, Minutes: 120, Why: "现场照片为证"}, liaison)
		return err
	})
	h.refused(WhyNothing, func(tx *store.Tx) error {
		_, err := h.Decide(tx, n, v, Decision{Why: "x"}, liaison)
		return err
	})
	if got := h.hours(v); got.Minutes != 120 || got.Stints[0].Disputed || !got.Stints[0].Corrected {
		t.Errorf("corrected: %+v", got)
	}
	var c Certificate
	h.do(nil, func(tx *store.Tx) (err error) { c, err = h.Issue(tx, v, 2026, nil, Self(v)); return err })
	if c.Name != "张三丰" || c.Minutes != 120 || c.Issuer != "市文化馆" || len(c.Items) != 1 || c.Items[0].Title != "春联义写" || c.Items[0].Day.String() != "2026-04-18" {
		t.Errorf("%+v", c)
	}
	h.do(nil, func(tx *store.Tx) error {
		again, err := h.Issue(tx, v, 0, []Number{n}, liaison)
		if again.Code != c.Code {
			t.Errorf("%s, then %s", c.Code, again.Code)
		}
		return err
	})
	verify := func(want Validity) {
		t.Helper()
		h.see(func(r store.Reader) error {
			got, worth, err := h.Verify(r, " "+c.Code[:9]+c.Code[10:]+" ")
			if worth != want || got.Code != c.Code || worth.Word() == "" {
				t.Errorf("%s is %s, want %s", got.Code, worth, want)
			}
			return err
		})
	}
	verify(Valid)
	h.do(nil, func(tx *store.Tx) error { _, err := h.Correct(tx, n, v, 100, "看错了", liaison); return err })
	verify(Changed)
	h.do(nil, func(tx *store.Tx) error { _, err := h.Correct(tx, n, v, 120, "没有看错", liaison); return err })
	verify(Valid)
	h.do(ErrForbidden, func(tx *store.Tx) error { return h.Revoke(tx, c.Code, liaison) })
	h.do(ErrCode, func(tx *store.Tx) error { return h.Revoke(tx, "AAAA-AAAA-AAAA-AAAA", office) })
	h.do(nil, func(tx *store.Tx) error { return h.Revoke(tx, c.Code, office) })
	verify(Revoked)
	h.see(func(r store.Reader) error {
		for _, bad := range []string{"", "x", "AAAA-AAAA-AAAA-AAAA", c.Code + "A"} {
			if _, _, err := h.Verify(r, bad); Tell(err) == "" {
				t.Errorf("%q: %v", bad, err)
			}
		}
		y, err := h.Year(r, 2026)
		if len(y.Brigades) != 1 || len(y.Units) != 1 || y.Units[0] != (Total{"市文化馆", 1, 1, 120}) || y.Brigades[0].Name != "" || y.All != (Total{"", 1, 1, 120}) {
			t.Errorf("%+v", y)
		}
		if len(y.Held) != 1 || y.Held[0].Number != n || y.Held[0].Came != 1 || y.Held[0].Minutes != 120 || y.Held[0].Doubt != 0 || y.Cancelled != 0 {
			t.Errorf("%+v", y.Held)
		}
		return err
	})
	h.do(nil, func(tx *store.Tx) error { _, err := h.Archive(tx, n, liaison); return err })
	h.refused(WhyArchived, func(tx *store.Tx) error { _, err := h.Correct(tx, n, v, 1, "x", liaison); return err })
	if got := h.hours(v); got.Minutes != 120 {
		t.Errorf("archived: %+v", got)
	}
}

func TestMaskName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "", "王": "王*", "张三": "张*", "欧阳修文": "欧**"} {
		if got := MaskName(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
