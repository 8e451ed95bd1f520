package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"xietiao/bot/audit"
	"xietiao/bot/store"
)

func draft(title, deadline string, leads ...string) Draft {
	d := Draft{Title: title, Leads: leads}
	if deadline != "" {
		d.Deadline = date(deadline)
	}
	return d
}

func TestCreatingOnceByKey(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	h.do(nil, func(tx *store.Tx) error {
		one, fresh, err := h.Create(tx, Key("任务.xlsx", "1"), draft("一", "2026-12-10", "市教育局"), office)
		if err != nil || !fresh || one.Number != 1 || one.State != StateDraft || one.Version != 1 {
			t.Errorf("%+v, %t, %v", one, fresh, err)
		}
		again, fresh, err := h.Create(tx, Key("任务.xlsx", "1"), draft("别的", "", "市科协"), office)
		if err != nil || fresh || again.Title != "一" {
			t.Errorf("again: %+v, %t, %v", again, fresh, err)
		}
		two, fresh, err := h.Create(tx, Key("任务.xls", "x1"), draft("二", "", "市教育局"), office)
		if err != nil || !fresh || two.Number != 2 {
			t.Errorf("another key: %+v, %t, %v", two, fresh, err)
		}
		return nil
	})
	if Key("a", "bc") == Key("ab", "c") || Key("a,b") == Key("a", "b") {
		t.Error("two lists give one key")
	}
}

func TestWhatCannotBeATask(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	for name, d := range map[string]Draft{
		"no title": {Title: " "}, "a unit twice": draft("一", "", "市教育局", "市教育局"),
		"a lead that supports": {Title: "一", Leads: []string{"市教育局"}, Supports: []string{"市教育局"}},
		"an empty unit":        draft("一", "", ""), "a long title": draft(strings.Repeat("字", 201), ""),
		"a series with a deadline": {Title: "一", Deadline: date("2026-12-10"), Rule: Rule{Every: EveryMonth}},
		"a bad rule":               {Title: "一", Rule: Rule{Every: EveryMonth, On: OnDay, N: 40}},
		"an offset of the past":    {Title: "一", Offsets: []int{-1}},
	} {
		h.do(ErrInvalid, func(tx *store.Tx) error {
			_, _, err := h.Create(tx, name, d, office)
			if Tell(err) == "" {
				t.Errorf("%s is not worded", name)
			}
			return err
		})
	}
	h.do(ErrForbidden, func(tx *store.Tx) error {
		_, _, err := h.Create(tx, "", draft("一", "", "市教育局"), teachers)
		return err
	})
	h.do(ErrNotFound, func(tx *store.Tx) error {
		_, _, err := h.Create(tx, "", Draft{Title: "一", Parent: 9}, office)
		return err
	})
}

func TestLists(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	h.create(draft("一", "2026-12-10", "市教育局"))
	h.create(draft("二", "2026-11-30", "市科协", "市教育局"))
	h.create(draft("三", "", "市教育局"))
	h.create(draft("四", "2026-12-01", "市科协"))
	h.create(draft("五", "2026-12-10", "市科协"))
	h.do(nil, func(tx *store.Tx) error {
		_, _, err := h.Create(tx, "", draft("六", "", "市教育局"), office)
		return err
	})
	h.step(5, Action{Do: DoCancel, Text: "重复"}, office)
	h.step(1, Action{Do: DoSign}, teachers)
	for name, tc := range map[string]struct {
		q    Query
		want string
	}{
		"all that are open":   {Query{}, "T2 T4 T1 T3 T6"},
		"of a unit":           {Query{Unit: "市教育局"}, "T2 T1 T3 T6"},
		"of another":          {Query{Unit: "市科协"}, "T2 T4"},
		"of nobody":           {Query{Unit: "市文化馆"}, ""},
		"signed":              {Query{States: []State{StateSigned}}, "T1"},
		"cancelled":           {Query{States: []State{StateCancelled}}, "T5"},
		"due by a day":        {Query{To: date("2026-12-01")}, "T2 T4"},
		"due from a day":      {Query{From: date("2026-12-01")}, "T4 T1"},
		"due on a day":        {Query{From: date("2026-12-01"), To: date("2026-12-01")}, "T4"},
		"of a unit by a day":  {Query{Unit: "市教育局", To: date("2026-12-01")}, "T2"},
		"undated":             {Query{Undated: true}, "T3 T6"},
		"undated, handed out": {Query{Undated: true, States: []State{StateAssigned}}, "T3"},
		"the first two":       {Query{Limit: 2}, "T2 T4"},
	} {
		h.see(func(r store.Reader) error {
			list, err := h.List(r, tc.q)
			var got []string
			for _, task := range list {
				got = append(got, task.Number.String())
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%s: %v, want %s", name, got, tc.want)
			}
			return err
		})
	}
}

// counted counts the records that are read.
type counted struct {
	store.Reader
	reads int
}

func (c *counted) Get(bucket, key string) ([]byte, bool, error) {
	c.reads++
	return c.Reader.Get(bucket, key)
}

func (c *counted) Scan(bucket string, rg store.Range, fn func(string, []byte) error) error {
	return c.Reader.Scan(bucket, rg, func(key string, value []byte) error {
		c.reads++
		return fn(key, value)
	})
}

// What waits for the office is all that waits, of any life, and it is found without
// the other tasks.
func TestWhatWaitsForTheOfficeIsFound(t *testing.T) {
	t.Parallel()
	check := func(h *hall) (waiting, reads int) {
		h.Helper()
		h.see(func(r store.Reader) error {
			all, err := h.List(r, Query{States: States})
			if err != nil {
				return err
			}
			waiting, reads = 0, 0
			for _, c := range officeWaits {
				var want []Number
				for _, k := range all {
					if k.concerns(Office, c) {
						want = append(want, k.Number)
					}
				}
				slices.Sort(want)
				counter := &counted{Reader: r}
				list, err := h.Waiting(counter, c)
				if err != nil {
					return err
				}
				var got []Number
				for _, k := range list {
					got = append(got, k.Number)
				}
				if !slices.Equal(got, want) {
					h.Errorf("%s: %v, want %v", c, got, want)
				}
				waiting, reads = waiting+len(got), reads+counter.reads
			}
			return nil
		})
		return waiting, reads
	}
	h := newHall(t, "2026-09-01 09:00", Rules{})
	r := newRandomSteps(7)
	most := 0
	for range 150 {
		r.step(h)
		n, _ := check(h)
		most = max(most, n)
	}
	waiting, reads := check(h)
	for range 100 { // others that wait for nothing
		h.create(draft("任务", "2026-12-10", "市教育局"))
	}
	if n, more := check(h); most < 5 || waiting != n || reads != more || reads > 2*n+len(officeWaits) { // and of the calendar in force
		t.Errorf("%d wait, %d at most: %d reads, with 100 other tasks %d wait and %d reads", waiting, most, reads, n, more)
	}
}

func TestHistoryTellsAllAndIsVerified(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	n := h.create(draft("一", "2026-12-10", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	h.do(nil, func(tx *store.Tx) error {
		if _, err := h.Apply(tx, n, Action{Do: DoSign}, teachers); err == nil {
			t.Error("signed twice")
		}
		return nil // a refused step leaves nothing, even if the rest is kept
	})
	h.step(n, Action{Do: DoAsk, To: date("2026-12-20"), Text: "经费未到"}, teachers)
	h.step(n, Action{Do: DoGrant}, office)
	h.see(func(r store.Reader) error {
		list, err := h.History(r, n)
		var got []string
		for _, e := range list {
			var data Entry
			if err := json.Unmarshal(e.Data, &data); err != nil || string(data.Do) != e.What {
				t.Errorf("%s: %v", e.Data, err)
			}
			got = append(got, fmt.Sprintf("%s by %s: %s %s", e.What, e.By, data.State, data.Deadline))
		}
		const want = "create by P1: draft 2026-12-10|hand by P1: assigned 2026-12-10|sign by P2: signed 2026-12-10|ask by P2: signed 2026-12-10|grant by P1: signed 2026-12-20"
		if strings.Join(got, "|") != want {
			t.Errorf("%v", got)
		}
		return errors.Join(err, audit.Verify(r, n.Chain()))
	})
	if d := h.task(n).Delays[0]; !d.Granted || d.From != date("2026-12-10") || d.Reason != "经费未到" {
		t.Errorf("%+v", d)
	}
}

func TestPartsAndTheirWhole(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	whole := h.create(draft("整体", "2026-12-31", "市教育局"))
	d := draft("部分", "2026-12-10", "市科协")
	d.Parent = whole
	part := h.create(d)
	for _, do := range []Do{DoSign, DoReport} {
		h.step(whole, Action{Do: do}, teachers)
	}
	h.step(whole, Action{Do: DoReview}, office)
	err := h.Update(t.Context(), func(tx *store.Tx) error { _, err := h.Apply(tx, whole, Action{Do: DoClose}, office); return err })
	if r := refusal(t, err, WhyParts); len(r.Open) != 1 || r.Open[0] != part || !strings.Contains(Tell(err), part.String()) {
		t.Errorf("%v: %s", r.Open, Tell(err))
	}
	err = h.Update(t.Context(), func(tx *store.Tx) error {
		d.Parent = part
		_, _, err := h.Create(tx, "", d, office)
		return err
	})
	refusal(t, err, WhyState) // a part has no parts
	h.step(whole, Action{Do: DoCancel, Text: "合并"}, office)
	if got := h.task(part); got.State != StateCancelled {
		t.Errorf("the part is %s", got.State)
	}
}

func TestOccurrencesOfASeries(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-01-05 10:00", Rules{})
	d := draft("季度报告", "", "市教育局")
	d.Rule = Rule{Every: EveryQuarter}
	series := h.create(d)
	if out := h.live("2026-02-27 18:00"); len(out) > 0 {
		t.Errorf("a quarter's report is asked for early: %v", out)
	}
	h.live("2026-03-03 18:00")
	parts := func() (list []Task) {
		h.see(func(r store.Reader) (err error) { list, err = h.Parts(r, series); return err })
		return list
	}
	if list := parts(); len(list) != 1 || list[0].Deadline != date("2026-03-31") || list[0].State != StateAssigned ||
		list[0].Heading() != "T2 季度报告（2026年第一季度）" || list[0].Handed.Format("01-02 15:04") != "03-01 09:00" {
		t.Fatalf("%+v", list)
	}
	h.step(2, Action{Do: DoSign}, teachers)
	h.step(2, Action{Do: DoReport}, teachers)
	h.live("2026-07-01 18:00")
	if list := parts(); len(list) != 2 || list[1].Deadline != date("2026-06-30") {
		t.Fatalf("%+v", list)
	}
	h.step(series, Action{Do: DoCancel, Text: "不再报送"}, office)
	h.live("2026-12-31 18:00")
	if list := parts(); len(list) != 2 || list[1].State.Ended() {
		t.Errorf("after the end of the series: %d occurrences, the open one is %s", len(list), list[1].State)
	}
}

// A service that was down makes what came meanwhile, once.
func TestOccurrencesAfterAnOutage(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-01-05 10:00", Rules{})
	d := draft("周报", "", "市教育局")
	d.Rule = Rule{Every: EveryWeek, On: OnDay, N: 5}
	series := h.create(d)
	h.set(at("2026-02-06 10:00"))
	h.pass()
	h.pass()
	h.see(func(r store.Reader) error {
		list, err := h.Parts(r, series)
		if len(list) != 5 || list[0].Deadline != date("2026-01-09") || list[4].Deadline != date("2026-02-06") {
			t.Errorf("%d occurrences: %v", len(list), list)
		}
		return err
	})
	if out := h.deliver(); len(out) != 1 || strings.Count(out[0].text, "周报") != 5 {
		t.Errorf("%v", out)
	}
}

// A number in JSON comes back, and none is none.
func TestNumbersAsText(t *testing.T) {
	t.Parallel()
	type doc struct {
		One  Number            `json:"one"`
		Some map[Number]string `json:"some"`
	}
	for _, tc := range []struct {
		in   doc
		want string
	}{
		{doc{One: 12, Some: map[Number]string{3: "甲"}}, `{"one":"T12","some":{"T3":"甲"}}`},
		{doc{}, `{"one":"","some":null}`},
	} {
		raw, err := json.Marshal(tc.in)
		if err != nil || string(raw) != tc.want {
			t.Errorf("%s, want %s: %v", raw, tc.want, err)
		}
		out := doc{One: 7}
		if err := json.Unmarshal(raw, &out); err != nil || out.One != tc.in.One || len(out.Some) != len(tc.in.Some) {
			t.Errorf("%s is read as %+v: %v", raw, out, err)
		}
	}
	for _, bad := range []string{"T0", "12", "T-1", "T1234567890"} {
		if err := new(Number).UnmarshalText([]byte(bad)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestWaitingIsCounted(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	for range 3 {
		h.create(draft("一", "2026-12-01", "市教育局"))
	}
	h.step(1, Action{Do: DoDecline, Text: "不是"}, teachers)
	h.step(2, Action{Do: DoDecline, Text: "不是"}, teachers)
	h.step(3, Action{Do: DoRaise, Text: "场地"}, teachers)
	h.see(func(r store.Reader) error {
		got, err := h.WaitingCount(r)
		st, err2 := h.Standing(r)
		if got[CauseDeclined] != 2 || got[CauseRaised] != 1 || len(got) != 2 || st.Open[StateDraft] != 2 || st.Open[StateAssigned] != 1 {
			t.Errorf("%v, %v", got, st.Open)
		}
		return errors.Join(err, err2)
	})
}
