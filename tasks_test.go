package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
	"xietiao/handlers"
)

// The commands about tasks ask the running service, and change nothing.
func TestRemindAndVerify(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filled(t)
	monday := time.Date(2026, time.March, 2, 7, 0, 0, 0, cfg.Location())
	a, err := newAppBy(t.Context(), cfg, programTime{now: func() time.Time { return monday }}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	update := func(fn func(tx *store.Tx) error) {
		t.Helper()
		if err := a.store.Update(context.Background(), fn); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *store.Tx) error {
		made, _, err := a.board.Create(tx, "", task.Draft{
			Title: "修缮文化礼堂", Leads: []string{"县教育局"}, Supports: []string{"县财政局"}, Deadline: calendar.Date{Y: 2026, M: 3, D: 12},
		}, task.Operator)
		if err != nil {
			return err
		}
		_, err = a.board.Apply(tx, made.Number, task.Action{Do: task.DoHand}, task.Operator)
		return err
	})
	remind := func(at string) result { return inProcess("", "remind", "-data", cfg.Data, "-at", at) }
	same := func(got result, code int, want string) {
		t.Helper()
		if diff := gocmp.Diff(result{code, want, ""}, got, gocmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	const early = `2026-03-02 07:30（周一，工作日）
没有要提醒的
`
	const handed = `2026-03-02 09:00（周一，工作日）

县教育局 ← 企业微信群机器人
  T1 修缮文化礼堂：新交办（蓝，期限 2026-03-12，剩 8 个工作日）

县财政局 ← 没有群，也没有能找到的人，要打电话
  T1 修缮文化礼堂：新交办（蓝，期限 2026-03-12，剩 8 个工作日）
`
	const late = `2026-03-03 20:00（周二，工作日）
不在发提醒的时段，下面这些最早 2026-03-04 09:00 发

县教育局 ← 企业微信群机器人
  T1 修缮文化礼堂：还没有签收、期限将到（蓝，期限 2026-03-12，剩 7 个工作日）

县财政局 ← 没有群，也没有能找到的人，要打电话
  T1 修缮文化礼堂：还没有签收（蓝，期限 2026-03-12，剩 7 个工作日）
`
	same(remind("2026-03-02T07:30:00+08:00"), 0, early)
	same(remind("2026-03-02T01:00:00Z"), 0, handed)
	same(remind("2026-03-02T09:00:00+08:00"), 0, handed) // nothing was sent
	same(remind("2026-03-03T20:00:00+08:00"), 0, late)
	same(remind("2026-03-08T10:00:00+08:00"), 0, "2026-03-08 10:00（周日，休息日）\n没有要提醒的\n")
	for _, args := range [][]string{{}, {"-at", "tomorrow"}, {"-at", "2026-03-02T09:00:00+08:00", "more"}} {
		inProcess("", append([]string{"remind", "-data", cfg.Data}, args...)...).want(t, 2)
	}

	same(inProcess("", "verify", "-data", cfg.Data), 0, "核对了 2 条历史，共 3 条记录\n全部对得上\n")
	update(func(tx *store.Tx) error {
		const bucket, key = "audit.entry", "task/T1\x00000000000002"
		raw, ok, err := tx.Get(bucket, key)
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		return tx.Put(bucket, key, []byte(strings.Replace(string(raw), "hand", "sign", 1)))
	})
	inProcess("", "verify", "-data", cfg.Data).want(t, 1, "task/T1 第 2 条：内容和写入时不一样", "1 处对不上")
	inProcess("", "verify", "x").want(t, 2, "多余的参数")
}

// The settings of reminders and holidays are those that are followed.
func TestTheSettingsOfReminders(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	rules, err := rulesOf(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(task.DefaultRules(), rules); diff != "" {
		t.Errorf("the defaults of settings and of tasks differ (-tasks +settings)\n%s", diff)
	}
	cfg.Holidays = []config.Holiday{{Date: "2027-01-01", Off: true, Name: "元旦"}, {Date: "2027-01-03", Name: "元旦"}}
	book, err := holidaysOf(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cal := book.Last()
	first, sunday := calendar.Date{Y: 2027, M: 1, D: 1}, calendar.Date{Y: 2027, M: 1, D: 3}
	if cal.Workday(first) || cal.Name(first) != "元旦" || !cal.Workday(sunday) || cal.Location().String() != "Asia/Shanghai" {
		t.Errorf("%v %q %v", cal.Workday(first), cal.Name(first), cal.Workday(sunday))
	}
	cfg.Remind.Hours = "9-5"
	if _, err := newBoard(cfg, nil); err == nil {
		t.Error("hours that are none")
	}
}

// A fault is counted each time and said once, and the next look comes.
func TestRemindersWithoutAStore(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	s, err := openStore(t.Context(), cfg, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	board, err := newBoard(cfg, outbox.New(outbox.Options{Store: s}))
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	r := &reminders{
		board: board, store: s, time: programTime{now: time.Now}, log: slog.New(slog.NewTextHandler(log, nil)), metrics: handlers.NewMetrics(),
	}
	if wait := r.once(t.Context()); wait != remindEvery {
		t.Errorf("waits %s", wait)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if wait := r.once(t.Context()); wait < remindLeast || wait > remindEvery {
			t.Errorf("waits %s", wait)
		}
	}
	if n := strings.Count(log.String(), "component=reminders"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log)
	}
	page := httptest.NewRecorder()
	r.metrics.ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{`xietiao_reminder_passes_total{outcome="failed"} 2`, `xietiao_reminder_passes_total{outcome="ok"} 1`} {
		if !strings.Contains(page.Body.String(), line) {
			t.Errorf("no %s", line)
		}
	}
}

// A bulletin that is due is listed with its totals, and each place with what it falls
// back to.
func TestADueBulletinIsListed(t *testing.T) {
	t.Parallel()
	app := func(user chat.UserID) chat.Address {
		return chat.Address{Via: wecom.ViaApp, Kind: chat.Direct, User: user}
	}
	robot := chat.Address{Via: dingtalk.ViaRobot, Kind: chat.Direct, User: "b"}
	list := dueMessages([]task.Message{
		{Bulletin: true, Places: [][]chat.Address{{app("a")}, {app("b"), robot}}, Pages: []task.Page{{Text: "【督办通报（2026年3月2日）】\n1 个单位牵头 1 项。\n\n逾期：\nT1"}}},
		{Unit: "县教育局", Head: true, Places: [][]chat.Address{{app("c")}, {app("d")}}, Items: []task.Item{{Task: task.Task{Number: 1, Draft: task.Draft{Title: "甲"}}, Causes: []task.Cause{task.CauseHead}}}},
	}, calendar.New(time.UTC, nil))
	const want = "协调组办公室 ← 企业微信应用→a、企业微信应用→b（不通时：钉钉机器人→b）\n  【督办通报（2026年3月2日）】\n  1 个单位牵头 1 项。\n" +
		"县教育局的负责人 ← 企业微信应用→c、企业微信应用→d\n  T1 甲：逾期多日，告知负责人\n"
	if got := list[0].String() + list[1].String(); got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}
