package bot

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// After a restore nothing of the backup goes out by itself, answers included;
// what is said afterwards does, but for pushes.
func TestARestoredBackupHoldsAnswersToo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "db"), store.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Migrate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	pause := func(restored bool) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			if restored {
				return org.HoldRestored(tx)
			}
			return org.SetPause(tx, org.All, org.Operator, time.Time{})
		}
	}
	for _, tc := range []struct {
		restored bool
		kind     string
		put      time.Time
		held     bool
	}{
		{false, "remind", now, true},
		{false, outbox.KindReply, now.Add(-time.Hour), false},
		{false, kindNotice, now.Add(-time.Hour), false},
		{true, "remind", now, true},
		{true, outbox.KindReply, now.Add(-time.Hour), true},
		{true, kindNotice, now.Add(-time.Hour), true},
		{true, outbox.KindReply, now, false},
		{true, kindNotice, now, false},
	} {
		if err := s.Update(t.Context(), pause(tc.restored)); err != nil {
			t.Fatal(err)
		}
		err := s.View(t.Context(), func(r store.Reader) error {
			held, err := Held(r, outbox.Record{Notice: outbox.Notice{Kind: tc.kind, To: chat.Address{Via: "x"}}, Put: tc.put})
			if err != nil || held != tc.held {
				t.Errorf("%+v: held %v, %v", tc, held, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// What comes up while a unit's pushes are paused is one message after it, in its then
// words, also when the pause ends of itself; others are told meanwhile.
func TestAPauseEndsInOneSummary(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ pause, resume string }{
		{"暂停推送 市教育局", "恢复推送 市教育局"}, {"暂停推送 市教育局 到 11月26日", ""},
	} {
		p := newPost(t)
		p.handOut("检查消防，市教育局牵头，11月30日前")
		p.handOut("检查书屋，市教育局牵头，市财政局配合，12月1日前")
		p.heard()
		to := func(user string) (list []string) {
			for _, s := range p.heard() {
				if strings.HasPrefix(s, user) {
					list = append(list, s)
				}
			}
			return list
		}
		p.paused = true
		p.wants("zhuren", tc.pause, "已暂停")
		days := func(n int) {
			for range n {
				p.advance(15*time.Hour + 30*time.Minute) // past the hours
				p.remind()
				p.advance(8*time.Hour + 30*time.Minute) // 09:00
				p.remind()
			}
		}
		days(2)
		p.says("zhuren", "修改 T1 名称 再查消防")
		p.says("zhuren", "确认")
		p.remind()
		days(1)
		all := p.heard()
		if joined := strings.Join(all, "\n"); strings.Contains(joined, "lianluo") || !strings.Contains(joined, "cailian：【任务提醒】市财政局") {
			t.Fatalf("%s: paused, they hear %q", tc.pause, all)
		}
		if tc.resume != "" {
			p.wants("zhuren", tc.resume, "已恢复")
			p.advance(time.Minute) // the outbox looks at what is held every few seconds
		} else {
			p.advance(15 * time.Hour) // the day is over, and the pause
			p.remind()
			p.advance(9 * time.Hour)
			p.remind()
		}
		p.paused = false
		p.settle()
		got := to("lianluo")
		if len(got) != 1 || !strings.Contains(got[0], "2 项") || !strings.Contains(got[0], "再查消防") || !strings.Contains(got[0], "还没有签收") {
			t.Errorf("%s: afterwards %q", tc.pause, got)
		}
		p.advance(time.Hour)
		p.remind()
		if got := to("lianluo"); len(got) > 0 {
			t.Errorf("%s: and then %q", tc.pause, got)
		}
	}
}
