package task

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// withdraw takes back what was last said of the task, and words what became of it.
func (h *hall) withdraw(n Number, quoted string) (list []string) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) error {
		all, err := h.Withdraw(tx, n, quoted, office)
		list = nil
		for _, w := range all {
			list = append(list, fmt.Sprint(w.Unit, " ", w.To.User, " ", w.State))
		}
		return err
	})
	slices.Sort(list)
	return list
}

func (h *hall) wantWithdrawn(n Number, quoted string, want ...string) {
	h.Helper()
	if diff := cmp.Diff(want, h.withdraw(n, quoted)); diff != "" {
		h.Errorf("(-want +got)\n%s", diff)
	}
}

// What went out last is taken back where that can be, and corrected elsewhere: in
// this town DingTalk takes nothing back.
func TestAReminderIsWithdrawn(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	h.live("2026-11-02 10:00")
	h.create(draft("晚会", "2026-11-20", "市教育局", "市科协"))
	h.live("2026-11-02 10:01")
	h.wantWithdrawn(1, "", "市教育局 jiao asked", "市科协 ke asked")
	h.wantWithdrawn(1, "", "市教育局 jiao asked", "市科协 ke asked") // nothing more
	out := h.deliver()
	if len(out) != 1 || out[0].to != "ke" || !strings.HasPrefix(out[0].text, "【更正】11月2日 10:00发的关于 T1 的提醒发错了，请以这条为准：\n\n［蓝］T1 晚会\n期限 11月20日（周五），还剩 14 个工作日。") {
		t.Fatalf("%v", out)
	}
	h.wantWithdrawn(1, "", "市教育局 jiao done", "市科协 ke corrected")
	for _, rec := range h.notices() {
		if rec.Kind == KindWithdraw && (rec.Withdraws == "" || !rec.Expires.Equal(at("2026-11-02 17:30"))) {
			t.Errorf("%+v", rec)
		}
	}
	// The next day's reminder is another matter, and this one alone is the last.
	h.live("2026-11-03 09:00")
	h.wantWithdrawn(1, "", "市教育局 jiao asked", "市科协 ke asked")
	if out := h.deliver(); len(out) != 1 || !strings.Contains(out[0].text, "11月3日 09:00发的") {
		t.Errorf("%v", out)
	}
}

// What has not gone out is stopped; what never will is left.
func TestWithdrawingWhatWaits(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	h.create(draft("晚会", "2026-11-20", "市教育局"))
	h.pass()
	h.wantWithdrawn(1, "", "市教育局 jiao stopped")
	h.wantWithdrawn(1, "", "市教育局 jiao never")
	if out := h.deliver(); len(out) > 0 {
		t.Errorf("%v", out)
	}
	if out := h.live("2026-11-03 09:00"); len(out) != 1 || !strings.Contains(out[0].text, "新交办") {
		t.Errorf("the next morning: %v", out) // it is still to be signed
	}
}

// Other tasks of the same message stand; of a message that is quoted nothing does.
func TestADigestIsCorrectedOrQuoted(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 18:00", Rules{})
	for _, title := range []string{"晚会", "书屋", "影院"} {
		h.create(draft(title, "2026-11-20", "市教育局", "市科协"))
	}
	digest := to(h.live("2026-11-03 09:00"), "jiao")[0].text
	h.step(2, Action{Do: DoCancel, Text: "不办了"}, office)
	h.wantWithdrawn(2, "", "市教育局 jiao correcting", "市科协 ke correcting")
	for _, s := range h.deliver() {
		if !strings.Contains(s.text, "T2 书屋\n已取消，不用再办。") || strings.Contains(s.text, "晚会") {
			t.Errorf("%v", s)
		}
	}
	h.wantWithdrawn(2, "", "市教育局 jiao corrected", "市科协 ke corrected")
	quoted := "协调助手：" + strings.ReplaceAll(string([]rune(digest)[:60]), "\n", " ")
	h.wantWithdrawn(1, string([]rune(quoted)[5:]), "市教育局 jiao asked")
	h.deliver()
	h.wantWithdrawn(1, digest, "市教育局 jiao done")
	for _, rec := range h.notices(outbox.StateSent) {
		if rec.Withdraws != "" && !strings.Contains(rec.Reply.Text, "关于 T1、T2、T3 的") {
			t.Errorf("%q", rec.Reply.Text)
		}
	}
}

func TestWhatCannotBeWithdrawn(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	h.create(draft("晚会", "2026-11-20", "市教育局"))
	refused := func(n Number, quoted string, by Actor, want error) {
		t.Helper()
		h.do(want, func(tx *store.Tx) error { _, err := h.Withdraw(tx, n, quoted, by); return err })
		if Tell(want) == "" {
			t.Errorf("%v is not worded", want)
		}
	}
	refused(1, "", office, ErrNotTold)
	refused(2, "", office, ErrNotFound)
	h.live("2026-11-02 12:00")
	refused(1, "", teachers, ErrForbidden)
	refused(1, "别的话，说了很久很久很久很久", office, ErrNotTold)
	refused(1, "T1", office, ErrNotTold)
	h.step(1, Action{Do: DoSign}, teachers)
	h.set(h.clock().Add(keepTold + time.Minute))
	refused(1, "", office, ErrNotTold)
}

// Out of the hours a message is taken back at once, and corrected in the morning.
func TestACorrectionKeepsTheHours(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-06 17:00", Rules{}) // a Friday
	h.create(draft("晚会", "2026-11-20", "市教育局", "市科协"))
	h.live("2026-11-06 20:00")
	h.wantWithdrawn(1, "", "市教育局 jiao asked", "市科协 ke asked")
	if out := h.deliver(); len(out) > 0 {
		t.Errorf("%v", out)
	}
	h.wantWithdrawn(1, "", "市教育局 jiao done", "市科协 ke asked")
	h.step(1, Action{Do: DoSign}, teachers)
	h.step(1, Action{Do: DoSign}, science)
	for _, when := range []string{"2026-11-09 08:59", "2026-11-09 09:00"} {
		h.set(at(when))
		if n := len(h.deliver()); n != count(when == "2026-11-09 09:00") {
			t.Errorf("%s: %d corrections", when, n)
		}
	}
}

// What units were told lately can be looked at, with what was done about it.
func TestWhatWasTold(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	want := func(want ...string) {
		t.Helper()
		var got []string
		h.see(func(r store.Reader) error {
			all, err := h.Told(r, 1)
			got = nil
			for _, w := range all {
				if _, ok, err := h.sender.Record(r, w.Key); err != nil || !ok {
					t.Error(w.Key, ok, err)
				}
				got = append(got, fmt.Sprint(w.Unit, " ", w.State))
			}
			return err
		})
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	want()
	h.create(draft("晚会", "2026-11-20", "市教育局", "市科协"))
	h.live("2026-11-02 10:01")
	want("市教育局 ", "市科协 ")
	h.withdraw(1, "")
	want("市教育局 asked", "市科协 asked")
	h.deliver()
	want("市教育局 done", "市科协 corrected")
}
