package task

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// The steps that are offered are those that the table of steps has and Step takes.
func TestStepsThatAreOffered(t *testing.T) {
	t.Parallel()
	for _, a := range arrows {
		if !slices.Contains(steps, a.do) {
			t.Errorf("%s is never offered", a.do)
		}
	}
	h := newHall(t, "2026-11-02 10:00", Rules{})
	d := draft("晚会", "2026-11-20", "市教育局")
	d.Supports = []string{"市科协"}
	h.create(d)
	want := func(unit string, by Actor, want ...Do) {
		t.Helper()
		if got := Steps(h.task(1), unit, h.clock(), by); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	want("", teachers, DoSign, DoRaise, DoDecline)
	want("", office, DoUrge, DoAmend, DoCancel)
	want("市教育局", office, DoSign, DoRaise, DoDecline, DoUrge, DoAmend, DoCancel) // for a unit without an account
	want("市科协", teachers)
	want("", Actor{By: "P9"})
	h.step(1, Action{Do: DoSign}, teachers)
	want("", teachers, DoReport, DoProgress, DoAsk, DoRaise, DoDecline)
	h.step(1, Action{Do: DoAsk, To: date("2026-12-20"), Text: "场地"}, teachers)
	want("", office, DoGrant, DoDeny, DoUrge, DoAmend, DoCancel)
	h.step(1, Action{Do: DoReport}, teachers)
	want("", teachers, DoRaise)
	want("", office, DoReview, DoReturn, DoCancel)
}

func TestChangesInWords(t *testing.T) {
	t.Parallel()
	before := draft("晚会", "2026-11-20", "市教育局")
	after := before
	after.Title, after.Leads, after.Deadline, after.Offsets, after.Remark = "春晚", []string{"市科协"}, date("2026-12-01"), []int{5, 0}, "重要"
	want := []string{"名称 晚会 → 春晚", "牵头 市教育局 → 市科协", "期限 2026年11月20日 → 2026年12月1日", "提醒 按默认 → 到期前 5 个工作日和到期当天提醒", "备注 （空） → 重要"}
	if diff := cmp.Diff(want, Changes(before, after)); diff != "" {
		t.Error(diff)
	}
	if got := Changes(before, before); got != nil {
		t.Error(got)
	}
}

func TestUnitsOfAField(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":             nil,
		"教育局、市科协":      {"市教育局", "市科协"},
		"市科协， 教育局\n科协": {"市科协", "市教育局"},
		"市教育局；市科协,宣传部": {"市教育局", "市科协", "市委宣传部"},
		"各成员单位":        townUnits,
	} {
		got, problems := ReadUnits(town{}, text)
		if !slices.Equal(got, want) || len(problems) > 0 {
			t.Errorf("%q: %q, %v", text, got, problems)
		}
	}
	if got, problems := ReadUnits(town{}, "市教育局、市交通局"); len(got) != 1 || len(problems) != 1 {
		t.Errorf("%q, %v", got, problems)
	}
}

// A year that something is planned in and that has no holidays is named; others are not.
func TestYearsWithoutHolidays(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	want := func(want ...int) {
		t.Helper()
		h.see(func(r store.Reader) error {
			got, err := h.UnknownYears(r)
			if !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			return err
		})
	}
	want()
	h.create(draft("晚会", "2026-12-20", "市教育局"))
	want()
	h.create(draft("年会", "2027-03-01", "市教育局"))
	want(2027)
}

// A handful at once: who is odd is named, what units gave back is left for people.
func TestWhatWaitsToBeHandedOut(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	for _, d := range []Draft{
		draft("一", "2026-12-01", "市教育局"), draft("二", "2026-12-01"), draft("三", "", "市教育局"), draft("四", "2026-10-01", "市教育局"), draft("五", "2026-12-01", "市教育局"),
	} {
		h.do(nil, func(tx *store.Tx) error { _, _, err := h.Create(tx, "", d, office); return err })
	}
	h.create(draft("六", "2026-12-01", "市教育局"))
	h.step(6, Action{Do: DoDecline, Text: "不是"}, teachers)
	h.see(func(r store.Reader) error {
		got, err := h.Handout(r, 4)
		want := Handout{Tasks: []Number{1, 2, 3, 4}, Leaderless: []Number{2}, Undated: []Number{3}, Past: []Number{4}, Returned: []Number{6}, Beyond: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return err
	})
}

func TestReasonsAreSaidOnce(t *testing.T) {
	t.Parallel()
	got := Reasons([]Said{{1, "T1 没有牵头单位。"}, {2, "T2 没有牵头单位。"}, {3, "T3 还有子任务 T9。"}, {4, "没有牵头"}})
	if diff := cmp.Diff([]string{"T1、T2 没有牵头单位。", "T3 还有子任务 T9。", "没有牵头"}, got); diff != "" {
		t.Error(diff)
	}
}

// The deadline that a series is shown with is read as the same again.
func TestRulesAreReadAsTheyAreShown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"每季度末", "每月5日", "每月第3个工作日", "每月最后一个工作日", "每周五", "每年12月10日前", "每年3月底前", "每半年", "年度报告", "每季度首月10日前", "每季度第2个月15日"} {
		r, ok := ParseRule(text)
		again, ok2 := ParseRule(r.String())
		if !ok || !ok2 || r != again {
			t.Errorf("%s: %+v is shown as %s and read as %+v", text, r, r, again)
		}
	}
	d := date("2026-12-10")
	w, ok := ParseDeadline(cal, calendar.Date{Y: 2026, M: 1, D: 1}, When{Date: d}.String())
	if !ok || w.Date != d || w.Assumed {
		t.Errorf("%+v", w)
	}
}
