package task

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index/doc"
)

// bulletins picks the bulletins among what went out.
func bulletins(out []sent) (list []sent) {
	for _, s := range out {
		if strings.HasPrefix(s.text, "【督办通报") {
			list = append(list, s)
		}
	}
	return list
}

func TestTheBulletinComesOnceAWeek(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-01-05 08:00", Rules{Bulletin: true})
	out := h.live("2026-01-07 10:00")
	if len(out) > 0 {
		t.Fatalf("without a task: %v", out)
	}
	n := h.create(draft("晚会", "2026-12-18", "市教育局"))
	h.step(n, Action{Do: DoSign}, teachers)
	out = bulletins(h.live("2026-03-07 10:00"))
	// The week of the 16th of February has no working day, the one before has seven.
	if got := times(out); got != "01-12 09:00, 01-19 09:00, 01-26 09:00, 02-02 09:00, 02-09 09:00, 02-24 09:00, 03-02 09:00" {
		t.Errorf("told at %s", got)
	}
	if len(to(out, "office")) != len(out) || !strings.Contains(out[0].text, "1 个单位牵头 1 项") {
		t.Errorf("%v", out)
	}
	var bu Bulletin
	h.see(func(r store.Reader) (err error) { bu, err = h.Drawn(r, "bulletin/2026-03-02"); return err })
	if diff := cmp.Diff([]Progress{{Unit: "市教育局", Tasks: 1}}, bu.Units); diff != "" || bu.Day != date("2026-03-02") {
		t.Errorf("%s: %s", bu.Day, diff)
	}
	for _, name := range []string{"bulletin/2026-02-16", "bulletin/x", "2026-03-02"} {
		err := h.View(t.Context(), func(r store.Reader) error { _, err := h.Drawn(r, name); return err })
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.finish(n, "2026-03-09")
	if got := times(bulletins(h.live("2027-01-20 10:00"))); !strings.HasSuffix(got, "12-28 09:00") {
		t.Errorf("with nothing left in the new year: %s", got)
	}
}

// What people asked and nobody could answer is told also where no task is handed out;
// that all was answered is not.
func TestTheBulletinSaysHowQuestionsFared(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-10-31 16:00", Rules{Bulletin: true})
	h.ask("")
	out := bulletins(h.live("2026-11-03 10:00"))
	h.ask("市教育局")
	h.set(at("2026-11-04 10:00"))
	h.ask("")
	out = append(out, bulletins(h.live("2026-11-28 10:00"))...)
	if got := times(out); got != "11-02 09:00, 11-09 09:00" {
		t.Fatalf("told at %s", got)
	}
	const line = "问答：2026年11月2日以来问了 2 次，1 次没有人答得出。"
	if !strings.Contains(out[1].text, "\n"+line+"哪些、为什么，见控制台“报表·没有答上来的问题”。") {
		t.Error(out[1].text)
	}
	for _, rec := range h.notices() {
		if rec.Reply.Picture != "" {
			t.Errorf("a picture of nothing: %+v", rec.Reply)
		}
	}
	h.set(at("2026-11-09 09:00"))
	if parts := h.bulletin().Document("办公室"); !slices.ContainsFunc(parts, func(o doc.Out) bool { return o.Text == line }) {
		t.Errorf("%+v", parts)
	}
}

// What did not go out on its day comes in the next morning of the week, with the
// figures of then.
func TestALostBulletinComesTheNextDay(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-08 10:00", Rules{Bulletin: true})
	h.create(draft("晚会", "2026-12-18", "市教育局"))
	var out []sent
	for day := date("2026-11-09"); day != date("2026-11-17"); day = day.AddDays(1) {
		h.set(day.At(9, 0, cal.Location()))
		if next := h.pass(); !next.After(h.clock()) {
			t.Errorf("%s: look again at %s", day, next)
		}
		h.pass()
		if day.D >= 11 {
			out = append(out, h.deliver()...)
		}
	}
	if got := times(bulletins(out)); got != "11-11 09:00, 11-16 09:00" {
		t.Errorf("told at %s", got)
	}
	states := map[outbox.State]int{}
	for _, rec := range h.notices() {
		if rec.Kind == KindBulletin {
			states[rec.State]++
		}
	}
	if diff := cmp.Diff(map[outbox.State]int{outbox.StateCancelled: 2, outbox.StateSent: 2}, states); diff != "" {
		t.Error(diff)
	}
}

// A service that was down for the first day of a week catches up; after the week it
// does not.
func TestABulletinThatWasMissed(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-06 10:00", Rules{Bulletin: true})
	h.pass()
	h.create(draft("晚会", "2026-12-18", "市教育局"))
	h.set(at("2026-11-12 15:00"))
	if got := times(bulletins(h.live("2026-11-13 12:00"))); got != "11-12 15:00" {
		t.Errorf("caught up at %s", got)
	}
	h.set(at("2026-11-21 10:00")) // a Saturday
	if got := times(bulletins(h.live("2026-11-27 12:00"))); got != "11-23 09:00" {
		t.Errorf("after a week: %s", got)
	}
}

func TestTheOfficesGroupGetsTheBulletin(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-06 10:00", Rules{Bulletin: true})
	h.do(nil, func(tx *store.Tx) error {
		_, err := org.AskGroup(tx, chat.Address{Via: "wecom.aibot", Kind: chat.Group, Conversation: "office-group"}, org.OfficeUnit, "P1")
		return err
	})
	h.create(draft("晚会", "2026-12-18", "市教育局"))
	h.live("2026-11-09 09:00")
	var list []outbox.Record
	for _, rec := range h.notices() {
		if rec.Kind == KindBulletin && rec.Put.Equal(at("2026-11-09 09:00")) {
			list = append(list, rec)
		}
	}
	if len(list) != 1 || list[0].To.Conversation != "office-group" || len(list[0].Fallback) != 1 || list[0].Fallback[0].User != "office" || list[0].Reply.Picture != "bulletin/2026-11-09" {
		t.Errorf("%+v", list)
	}
}

func TestTheBulletinThatIsDueIsListed(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-06 10:00", Rules{Bulletin: true})
	due := func(when string) (n int) {
		h.see(func(r store.Reader) error {
			list, err := h.Due(r, at(when))
			for _, m := range list {
				if m.Bulletin {
					n++
				}
				if m.Bulletin && (m.Unit != Office || len(m.Places) != 1 || len(m.Pages) != 1 || len(m.Items) > 0) {
					t.Errorf("%+v", m)
				}
			}
			return err
		})
		return n
	}
	if n := due("2026-11-09 09:00"); n != 0 {
		t.Error("without a task")
	}
	h.pass()
	h.create(draft("晚会", "2026-12-18", "市教育局"))
	for when, want := range map[string]int{
		"2026-11-06 11:00": 0, "2026-11-09 08:59": 0, "2026-11-09 09:00": 1, "2026-11-09 17:00": 1, "2026-11-10 09:00": 0, "2027-01-04 09:00": 1,
	} {
		if got := due(when); got != want {
			t.Errorf("%s: %d", when, got)
		}
	}
	h.set(at("2026-11-09 09:00"))
	if due("2026-11-09 09:00") != 1 {
		t.Error("not due on its day")
	}
	h.pass()
	h.set(at("2026-11-09 09:00").Add(time.Minute))
	if due("2026-11-09 10:00") != 0 || due("2026-11-16 09:00") != 1 {
		t.Error("said, and still due")
	}
}
