package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// A unit with a group on each platform is told by the other one while the first is
// down, whatever way it is; once, and marked where the first may have shown it.
func TestOnePlatformStandsInForTheOther(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  chattest.WeComFault
		marked bool
		tries  int
		shown  int // by WeCom
	}{
		"the robot was removed":    {chattest.WeComFault{Code: 93000}, false, 2, 0},
		"nothing comes back":       {chattest.WeComFault{Drop: true}, true, 2, 0},
		"it did it and then broke": {chattest.WeComFault{Cut: true}, true, 2, 1},
		"it is down for the day":   {chattest.WeComFault{Status: 502}, false, 13, 0},
		"it says that it is busy":  {chattest.WeComFault{Code: -1}, false, 13, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := shanghai(time.March, 3, 9)
			h := &hands{at: start}
			c := newCounty(t, false)
			c.app, _ = c.serve(c.cfg, programTime{h.now, 1000})
			c.settle()
			until(t, "the groups are tested", func() bool {
				list := c.ledger(time.Time{}, time.Time{}, bot.KindTest)
				return len(list) == 2 && !slices.ContainsFunc(list, func(rec outbox.Record) bool { return !rec.State.Ended() })
			})
			c.wecom.Fail("webhook/send", tc.fault, -1)
			before := len(c.wecom.Delivered())
			c.update(func(tx *store.Tx) error {
				made, _, err := c.app.board.Create(tx, "", task.Draft{Title: "检查消防", Leads: []string{c.both}, Deadline: c.cal.Day(start).AddDays(30)}, task.Operator)
				if err != nil {
					return err
				}
				_, err = c.app.board.Apply(tx, made.Number, task.Action{Do: task.DoHand}, task.Operator)
				return err
			})
			var rec outbox.Record
			until(t, "the unit is told", func() bool {
				list := c.ledger(time.Time{}, time.Time{}, task.KindRemind)
				if len(list) == 0 || !list[0].State.Ended() {
					h.set(h.now().Add(time.Minute / 2))
					return false
				}
				rec = list[0]
				return true
			})
			if rec.State != outbox.StateSent || rec.Place().Robot == rec.To.Robot || rec.Total != tc.tries || rec.Repeat != tc.marked {
				t.Errorf("%s after %d tries by %+v, repeat %v: %+v", rec.State, rec.Total, rec.Place(), rec.Repeat, rec.Attempts)
			}
			shown := c.ding.Delivered("ding-group")
			if last := shown[len(shown)-1]; !strings.Contains(strings.Join(last.Lines(), "\n"), "T1 检查消防") || strings.Contains(strings.Join(last.Lines(), "\n"), markOfRepeat) != tc.marked {
				t.Errorf("%q", last.Lines())
			}
			if n := len(c.wecom.Delivered()) - before; n != tc.shown {
				t.Errorf("WeCom showed %d", n)
			}
		})
	}
}
