package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
	"xietiao/index/doc"
)

// itemPlan is a plan with items that name their units.
const itemPlan = "某县文化任务方案\n\n某文发〔2026〕3号\n\n一、重点任务\n\n1.建设农村文化礼堂。（牵头单位：县教育局；配合单位：县财政局；完成时限：2036年12月底前）\n\n2.举办农民文化节。（牵头单位：县财政局；完成时限：每年10月底前）\n"

func TestTasksComeInFromTheMachine(t *testing.T) {
	t.Parallel()
	const sheet = "序号,任务,责任单位,配合单位,完成时限,备注\n1,建礼堂,县教育局,县财政局,2036年12月底,\n2,办展,外星局,,2036年12月底,\n"
	dir := files(t, map[string]string{"a.txt": countyPlan, "i.txt": itemPlan, "t.csv": sheet, "bad.csv": "姓名,电话\n张三,1\n"})
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, start := range map[string]func() string{
		"beside a running service": func() (data string) {
			service(t, func(c *config.Config) { data = c.Data })
			return data
		},
		"alone": t.TempDir,
	} {
		data := start()
		imported := func(answer string, args ...string) result {
			return inProcess(answer, append([]string{"import", "-data", data}, args...)...)
		}
		imported("", "-yes", file("a.txt")).want(t, 0)
		imported("n\n", "-as", "tasks", file("t.csv")).want(t, 1, "2 行：新建 1，修改 0，不变 0，看不清 1", "＋ B2 建礼堂", "？ C3：方案里没有单位“外星局”", "什么也没有变")
		imported("y\n", "-as", "tasks", file("t.csv")).want(t, 1, "已导入 "+file("t.csv"), "1 行看不清")
		imported("", "-as", "tasks", file("t.csv")).want(t, 1, "新建 0，修改 0，不变 1，看不清 1", "1 行看不清")
		imported("", "-as", "tasks", "-yes", file("bad.csv"), file("a.txt"), file("i.txt")).want(t, 1, "没有找到表头", "没有写明责任单位的任务条目", "这一版还没有导入")
		imported("", "-yes", file("i.txt")).want(t, 0)
		imported("", "-as", "tasks", "-yes", file("i.txt")).want(t, 0, "2 行：新建 2", "某文发〔2026〕3号!第1项 建设农村文化礼堂", "牵头 县教育局｜配合 县财政局｜2036年12月31日", "每年10月最后一天")
		imported("", "-as", "tasks", file("i.txt")).want(t, 0, "不变 2")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestWhatIsKeptGoesOut(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan, "t.csv": "任务,责任单位,完成时限\n建礼堂,县教育局,2026年12月底\n"})
	file := func(name string) string { return filepath.Join(dir, name) }
	var data string
	service(t, func(c *config.Config) { data = c.Data })
	do := func(args ...string) result { return inProcess("", append(args, "-data", data)...) }
	do("export", "-as", "duties", file("空.xlsx")).want(t, 1, "还没有导入写明单位职责的方案")
	do("import", "-yes", file("a.txt")).want(t, 0)
	do("import", "-yes", "-as", "tasks", file("t.csv")).want(t, 0)
	for kind, name := range map[string]string{exportLedger: "台账.xlsx", string(report.Bulletin): "通报.docx", string(report.Meeting): "会议.docx", string(report.Unanswered): "问题.docx", string(report.Load): "减负.xlsx", string(report.Annual): "年度.docx", string(report.Volunteers): "志愿.xlsx", exportDuties: "职责.xlsx"} {
		do("export", "-as", kind, file(name)).want(t, 0, "已导出到 "+file(name))
		do("export", "-as", kind, file(name)).want(t, 1, "已经有了")
	}
	for name, words := range map[string][]string{
		"台账.xlsx": {"T1", "建礼堂", "县教育局", "2026-12-31", "立项"}, "职责.xlsx": {"负责推动校园图书馆向社会开放", "县财政局", "某文发〔2026〕1号 附件·县教育局"}, "通报.docx": {"督办通报", "0 个单位牵头 0 项"},
		"会议.docx": {"协调组会议材料", "县财政局", "负责推动校园图书馆向社会开放", "没有交办的任务"}, "问题.docx": {"没有答上来的问题", "一共 0 问"}, "减负.xlsx": {"没有给单位发过消息"}, "年度.docx": {"缺少的资料", "县教育局"}, "志愿.xlsx": {"举办活动 0 场"},
	} {
		d, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := doc.Read(name, d, doc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if !strings.Contains(got.Text, w) {
				t.Errorf("%s: no %q in\n%s", name, w, got.Text)
			}
		}
	}
	// The sheet of duties comes in again.
	do("import", "-yes", "-as", "tasks", file("职责.xlsx")).want(t, 0, "新建 2", "待定期限")
	do("import", "-as", "tasks", file("职责.xlsx")).want(t, 0, "不变 2")

	do("assess", "-year", "2026").want(t, 0, "2026 年考评，现在算（还没有定）", "按期办结 100 分", "没有交办过")
	do("export", "-as", "form", "-task", "T99", file("督办单.docx")).want(t, 1, "没有这项任务")
	do("export", "-as", "form", "-task", "T1", file("督办单.docx")).want(t, 1, "还没有交办")
	do("export", "-as", "assessment", "-year", "2026", file("考评.xlsx")).want(t, 1, "还没有这一版考评")
	do("assess", "-year", "2026", "-publish").want(t, 0, "2026 年考评，第 1 版")
	do("assess", "-year", "2026").want(t, 0, "现在算（还没有定）")
	do("export", "-as", "assessment", "-year", "2026", file("考评.xlsx")).want(t, 0, "已导出")
	do("assess", "-year", "2026", "-object", "T1", "-unit", "县教育局", "-why", "雨").want(t, 1, "考评里没有这个单位的这项任务")
	do("assess", "-year", "2026", "-decide", "1", "-why", "雨").want(t, 1, "没有这条申诉")
	do("export", "-as", "calls", file("电话.docx")).want(t, 1, "没有要打电话告知的单位")
	do("export", "-as", "notices", file("通知.xlsx")).want(t, 0, "已导出")
	do("verify").want(t, 0, "5 条历史")
	for _, wrong := range [][]string{
		{"export", "-as", "x", "a.xlsx"}, {"export"}, {"export", "a.docx"}, {"export", "-as", "assessment", "a.xlsx"}, {"export", "-as", "form", "a.docx"}, {"export", "-as", "form", "-task", "x", "a.docx"}, {"assess"}, {"assess", "-year", "2026", "x"},
		{"export", "-as", "calls", "a.png"}, {"export", "-as", "calls", "-day", "x", "a.docx"}, {"export", "-as", "notices", "a.docx"},
		{"assess", "-year", "2026", "-publish", "-decide", "1", "-why", "x"}, {"assess", "-year", "2026", "-object", "T1"}, {"assess", "-year", "2026", "-decide", "1"},
		{"assess", "-year", "2026", "-decide", "1", "-why", "x", "-done", "2026-01-01"}, {"assess", "-year", "2026", "-decide", "1", "-why", "x", "-grant", "-done", "x"},
	} {
		do(wrong...).want(t, 2)
	}
}

// The whole way of an objection, and the picture, beside a service and alone.
func TestAnAssessmentFromTheMachine(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	ctx := t.Context()
	s, err := openStore(ctx, cfg, store.Options{Now: clockOf(cfg)})
	if err != nil {
		t.Fatal(err)
	}
	board, err := newBoard(cfg, outbox.New(outbox.Options{Store: s}))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(ctx, func(tx *store.Tx) error {
		d := task.Draft{Title: "建礼堂", Leads: []string{"县教育局"}, Deadline: board.Today(tx).AddDays(-3)}
		made, _, err := board.Create(tx, "", d, task.Operator)
		if err == nil {
			_, err = board.Apply(tx, made.Number, task.Action{Do: task.DoHand}, task.Operator)
		}
		return err
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	year := strconv.Itoa(time.Now().In(cfg.Location()).AddDate(0, 0, -3).Year())
	do := func(args ...string) result {
		return inProcess("", append([]string{"assess", "-year", year, "-data", cfg.Data}, args...)...)
	}
	do("-publish").want(t, 0, "第 1 版", "县教育局  0.00（1 项共 0 分）")
	form := filepath.Join(t.TempDir(), "督办单.docx")
	inProcess("", "export", "-as", "form", "-task", "t1", "-data", cfg.Data, form).want(t, 0, "已导出")
	if d, err := os.ReadFile(form); err != nil {
		t.Error(err)
	} else if got, err := doc.Read("督办单.docx", d, doc.Limits{}); err != nil || !strings.Contains(got.Text, "先回复“收到 T1”签收") || !strings.Contains(got.Text, "建礼堂") {
		t.Errorf("%v\n%s", err, got.Text)
	}
	do("-object", "T1", "-unit", "县教育局", "-why", "场地没有交付").want(t, 0, "已记下第 1 号申诉")
	do("-decide", "1", "-grant", "-why", "属实").want(t, 0, "第 2 版", "县教育局  —（0 项共 0 分）", "第 1 号申诉 T1 县教育局：场地没有交付——成立，这一项不计")
	out := filepath.Join(t.TempDir(), "考评.xlsx")
	inProcess("", "export", "-as", "assessment", "-year", year, "-version", "1", "-data", cfg.Data, out).want(t, 0)
	inProcess("", "export", "-as", "assessment", "-year", year, "-version", "3", "-data", cfg.Data, out).want(t, 1, "还没有这一版考评")
	picture := filepath.Join(t.TempDir(), "进度.png")
	if got := inProcess("", "export", "-as", "progress", "-data", cfg.Data, picture); got.code != 0 {
		got.want(t, 1, "没有中文字体")
	}
}

func TestWeightsAreTheYears(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Assess = []config.Weights{{Year: 2027, OnTime: 10, LateDay: 1, Late: 5, Delay: 2}}
	if got := weightsOf(cfg, 2026); got != task.DefaultWeights() {
		t.Errorf("%+v", got)
	}
	if got := weightsOf(cfg, 2027); got != (task.Weights{OnTime: 10, LateDay: 1, Late: 5, Delay: 2}) {
		t.Errorf("%+v", got)
	}
}

// What was sent, and who must be called up, can be printed.
func TestNoticesAndCallsGoOut(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filled(t)
	monday := time.Date(2026, time.March, 2, 10, 0, 0, 0, cfg.Location())
	a, err := newAppBy(t.Context(), cfg, programTime{now: func() time.Time { return monday }}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = a.store.Update(t.Context(), func(tx *store.Tx) error {
		made, _, err := a.board.Create(tx, "", task.Draft{
			Title: "修缮文化礼堂", Leads: []string{"县教育局"}, Supports: []string{"县财政局"}, Deadline: calendar.Date{Y: 2026, M: 3, D: 12},
		}, task.Operator)
		if err != nil {
			return err
		}
		_, err = a.board.Apply(tx, made.Number, task.Action{Do: task.DoHand}, task.Operator)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.board.Remind(t.Context(), a.store); err != nil {
		t.Fatal(err)
	}
	ex := exports{a.store, a.board, nil, a.press}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	for _, tc := range []struct {
		req   exportRequest
		words []string // none: an error
	}{
		{exportRequest{Kind: exportCalls, Ending: ".docx"}, []string{"电话名单（2026年3月2日）", "□\t县财政局", "T1 修缮文化礼堂 期限 3月12日", "新交办（配合）"}},
		{exportRequest{Kind: exportCalls, Ending: ".xlsx", Day: "2026-03-02"}, []string{"已告知\t单位\t联系人\t电话", "县财政局"}},
		{exportRequest{Kind: exportCalls, Ending: ".xlsx", Day: "2026-03-03"}, nil},
		{exportRequest{Kind: exportNotices, Ending: ".xlsx"}, []string{"2026-03-02 10:00\t任务提醒\t县教育局\t企业微信群机器人\t等着发", "【任务提醒】县教育局：1 项"}},
		{exportRequest{Kind: exportNotices, Ending: ".xlsx", Year: 2026, Unit: "县教育局"}, []string{"县教育局"}},
		{exportRequest{Kind: exportNotices, Ending: ".xlsx", Year: 2025}, []string{"时间\t种类"}},
	} {
		data, err := ex.file(t.Context(), tc.req)
		if tc.words == nil {
			if err == nil {
				t.Errorf("%+v: a file", tc.req)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", tc.req, err)
			continue
		}
		got, err := doc.Read("a"+tc.req.Ending, data, doc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Split(got.Text, "\n"), " ")
		for _, w := range tc.words {
			if !strings.Contains(flat, w) {
				t.Errorf("%+v: no %q in\n%s", tc.req, w, got.Text)
			}
		}
		if tc.req.Year == 2025 && strings.Contains(got.Text, "县教育局") {
			t.Errorf("of another year:\n%s", got.Text)
		}
	}
}

// How a notice stands is said in words.
func TestWordsOfNotices(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	n := outbox.Notice{Kind: task.KindRemind, To: chat.Address{Via: wecom.ViaApp, Kind: chat.Direct, User: "u"}}
	for _, tc := range []struct {
		change           func(*outbox.Record)
		kind, state, why string
	}{
		{func(r *outbox.Record) { r.State = outbox.StateSent }, "任务提醒", "已发出", ""},
		{func(r *outbox.Record) { r.State, r.Repeat = outbox.StateSent, true }, "任务提醒", "已发出（可能重复）", ""},
		{func(r *outbox.Record) { r.State, r.Withdrawn = outbox.StateSent, at }, "任务提醒", "已撤回", ""},
		{func(r *outbox.Record) { r.State, r.Code = outbox.StateFailed, "81013" }, "任务提醒", "没有发成", wecom.Advice("81013")},
		{func(r *outbox.Record) { r.State, r.Code = outbox.StateFailed, outbox.CodeUnknown }, "任务提醒", "没有发成", outbox.Advice(outbox.CodeUnknown)},
		{func(r *outbox.Record) { r.State, r.Code = outbox.StateFailed, "12345" }, "任务提醒", "没有发成", "平台的错误码（12345）"},
		{func(r *outbox.Record) { r.State, r.Why = outbox.StateCancelled, "办公室撤回" }, "任务提醒", "取消没有发", "办公室撤回"},
		{func(r *outbox.Record) {
			r.State, r.Attempts = outbox.StateExpired, []outbox.Attempt{{Verdict: chat.VerdictRetry, Code: "network"}}
		}, "任务提醒", "过期没有发", "连不上企业微信"},
		{func(r *outbox.Record) { r.Kind, r.Withdraws, r.State = task.KindWithdraw, "k", outbox.StateSent }, "撤回", "撤回成功", ""},
		{func(r *outbox.Record) {
			r.Kind, r.Withdraws, r.Speaks, r.State = task.KindWithdraw, "k", true, outbox.StateSent
		}, "更正", "已发出", ""},
	} {
		rec := outbox.Record{Notice: n, At: at}
		tc.change(&rec)
		table := bot.NoticeSheet([]outbox.Record{rec}, time.UTC, wayOf, platformAdvice)
		row := table.Rows[0]
		if len(row) != len(table.Head) || row[1] != tc.kind || row[4] != tc.state || !strings.HasPrefix(row[7], strings.TrimSuffix(tc.why, "。")) || (tc.why == "") != (row[7] == "") {
			t.Errorf("%q", row)
		}
	}
}
