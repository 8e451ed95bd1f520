package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/index/doc"
)

func TestActivitiesComeInFromTheMachine(t *testing.T) {
	t.Parallel()
	const table = "活动名称,主办单位,活动时间,地点,名额,报名截止,签退\n" +
		"春联义写,教育局,2036年12月18日上午9点至11点,文化馆一楼,20人,2036年12月17日,是\n" +
		"读书会,县财政局,2036年12月20日 19:00 至 2036年12月21日 9:00,,不限,,否\n"
	const wrong = "活动名称,主办单位,活动时间,名额,报名截止,签退\n" +
		"读书会1,县图书馆,2036年12月20日 9:00-11:00,20,,\n读书会2,,2036年12月20日 9:00-11:00,20,,\n" +
		"读书会3,县教育局,12月20日下午,20,,\n读书会4,县教育局,2036年12月20日 11:00-9:00,20,,\n读书会5,县教育局,,20,,\n" +
		"读书会6,县教育局,2036年12月20日 9:00-11:00,很多,,\n读书会7,县教育局,2036年12月20日 9:00-11:00,二十,2036年12月25日,\n" +
		",县教育局,2036年12月20日 9:00-11:00,20,,\n读书会9,县教育局,2036年12月20日 9:00-11:00,20,,也许\n" +
		"读书会10,县教育局、县财政局,2036年12月20日 9:00-11:00,20,,\n好,县教育局,2036年12月20日 9:00-11:00,20,,\n好,教育局,2036年12月20日 9:00-11:00,20,,\n合计,,,200,,\n,,填表人：张三,,,\n"
	dir := files(t, map[string]string{
		"a.txt": countyPlan, "t.csv": table, "wrong.csv": wrong, "no.csv": "姓名,电话\n张三,1\n",
		"change.csv": "活动编号,活动名称,名额\nA1,春联义写,50\n", "unknown.csv": "活动编号,活动名称,名额\nA9,春联义写,50\n七,春联义写,50\n",
		"newer.csv": strings.ReplaceAll(table, "20人", "30人"),
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, begin := range map[string]func() string{
		"beside a running service": func() (data string) {
			service(t, func(c *config.Config) { data = c.Data })
			return data
		},
		"alone": t.TempDir,
	} {
		data := begin()
		do := func(answer string, args ...string) result { return inProcess(answer, append(args, "-data", data)...) }
		do("", "import", "-yes", file("a.txt")).want(t, 0)
		do("", "export", "-as", "activities", file("空.xlsx")).want(t, 1, "没有这样的活动")
		do("", "import", "-as", "activities", "-yes", file("wrong.csv")).want(t, 1,
			"？ B2：方案里没有单位“县图书馆”", "？ B3：没有写主办单位", "？ C4：时间“12月20日下午”看不懂", "？ C5：时间“2036年12月20日 11:00-9:00”的结束不在开始后面",
			"？ C6：没有写时间", "？ D7：名额“很多”不是人数", "？ E8：报名截止“2036年12月25日”在活动结束以后", "？ A9：没有写活动名称", "？ F10：“也许”看不懂，请写是或否",
			"？ B11：“县教育局、县财政局”有几个单位", "？ A13：和 A12 是同一个活动", "有 11 行看不清，整份都没有导入")
		do("", "export", "-as", "activities", file("空.xlsx")).want(t, 1, "没有这样的活动")
		do("n\n", "import", file("t.csv")).want(t, 1, "t.csv 像是活动安排表", "＋ 第2行 春联义写｜县教育局｜2036年12月18日（周四）09:00–11:00", "＋ 第3行 读书会", "什么也没有变")
		do("y\n", "import", file("t.csv")).want(t, 0, "已导入", "新建的 A1－A2 还没有发布")
		do("", "import", file("t.csv")).want(t, 0, "新建 0，修改 0，不变 2")
		do("", "import", file("newer.csv")).want(t, 0, "已经有了（A1），没有动", "名额 20 → 30")
		out := file(name + ".xlsx")
		do("", "export", "-as", "activities", out).want(t, 0)
		do("", "import", out).want(t, 0, "新建 0，修改 0，不变 2")
		do("", "import", "-yes", file("change.csv"), "-as", "activities").want(t, 0, "改 第2行 A1 春联义写：名额 20 → 50")
		do("n\n", "import", out).want(t, 1, "A1 春联义写：名额 50 → 20")
		do("", "import", "-as", "activities", file("unknown.csv"), file("no.csv"), file("a.txt")).want(t, 1, "没有活动 A9", "“七”看不懂", "没有找到表头")
		do("", "verify").want(t, 0, "从历史重算了 2 个活动")
		do("n\n", "import", "-as", "plan", file("t.csv")).want(t, 1, "新文件")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	for _, usage := range [][]string{
		{"import", "-as", "signsheet", "x.csv"}, {"import", "-activity", "A1", "x.csv"}, {"import", "-as", "signsheet", "-activity", "7", "x.csv"}, {"import", "-as", "x", "y"},
		{"export", "-as", "signsheet", "x.xlsx"}, {"export", "-as", "hours", "x.csv"}, {"export", "-layout", "x", "x.xlsx"}, {"export", "-as", "hours", "-from", "x", "x.xlsx"},
		{"export", "-as", "hours", "-from", "2026-02-01", "-to", "2026-01-01", "x.xlsx"},
	} {
		inProcess("", usage...).want(t, 2)
	}
}

// livedActivity is a data folder in which one activity was held three days ago, and its day.
// One volunteer was there for two hours, of which an hour and a half were left by a correction;
// one has not checked out; one was certified.
func livedActivity(t *testing.T) (data string, day calendar.Date) {
	t.Helper()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", t.TempDir()
	dir := files(t, map[string]string{"a.txt": countyPlan, "r.csv": "姓名,单位,角色,企业微信账号\n李联络,县教育局,联络员,li\n陈主任,协调组办公室,办公室,chen\n"})
	inProcess("", "import", "-yes", "-data", cfg.Data, filepath.Join(dir, "a.txt")).want(t, 0)
	inProcess("", "import", "-yes", "-as", "roster", "-data", cfg.Data, filepath.Join(dir, "r.csv")).want(t, 0)
	loc := cfg.Location()
	day = calendar.Of(time.Now().In(loc)).AddDays(-3)
	now := day.AddDays(-2).At(10, 0, loc)
	a, err := newAppBy(t.Context(), cfg, programTime{now: func() time.Time { return now }}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	do := func(fn func(tx *store.Tx) error) {
		t.Helper()
		if err := a.store.Update(context.Background(), fn); err != nil {
			t.Fatal(err)
		}
	}
	var v []activity.VolunteerID
	do(func(tx *store.Tx) error {
		v = nil
		made, _, err := a.activity.Create(tx, "", activity.Draft{
			Title: "读书会", Unit: "县教育局", Start: day.At(9, 0, loc), End: day.At(11, 0, loc), CheckOut: true,
		}, activity.Operator)
		if err == nil {
			_, err = a.activity.Publish(tx, made.Number, activity.Operator)
		}
		for _, name := range []string{"=1+1", "张志愿"} {
			if err != nil {
				return err
			}
			var who activity.Volunteer
			who, _, err = a.activity.Enrol(tx, activity.Application{
				Profile: activity.Profile{Name: name, Phone: "13800001234", Consent: activity.Consent{Version: "1"}},
				Account: activity.Account{Platform: chat.WeCom, User: chat.UserID(name)},
			})
			if err == nil {
				_, err = a.activity.Join(tx, 1, who.ID, activity.Self(who.ID))
			}
			v = append(v, who.ID)
		}
		return err
	})
	now = day.At(9, 0, loc)
	do(func(tx *store.Tx) error {
		_, err := a.activity.Ticks(tx, 1, []activity.Tick{{Volunteer: v[0], Nonce: "1"}, {Volunteer: v[1], Nonce: "2"}}, activity.Operator)
		return err
	})
	now = day.At(11, 0, loc)
	do(func(tx *store.Tx) error {
		_, err := a.activity.Ticks(tx, 1, []activity.Tick{{Volunteer: v[0], Nonce: "3", Out: true}}, activity.Operator)
		return err
	})
	now = day.At(15, 0, loc)
	do(func(tx *store.Tx) error {
		_, err := a.activity.Correct(tx, 1, v[0], 90, "早走了", activity.Operator)
		if err == nil {
			_, err = a.activity.Issue(tx, v[0], 0, nil, activity.Self(v[0]))
		}
		return err
	})
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return cfg.Data, day
}

func TestHoursAndSignInSheetsGoOutAndIn(t *testing.T) {
	t.Parallel()
	data, day := livedActivity(t)
	dir := files(t, map[string]string{
		"layout.txt": "# 省平台\n志愿者姓名 = 姓名\n服务类型 = \"公共文化\"\n时长 = 小时\n", "bad.txt": "时长 = 工资\n",
		"s.csv":     "编号,姓名,签到时间,签退时间\nV1,,9:02,\nV2,张志愿,,10:30\n,路人,9:10,√\n",
		"clash.csv": "编号,姓名,签到时间,签退时间\nV1,,8:40,\n,新人,9:10,\n", "when.csv": "姓名,签到时间\n张志愿,一早\n", "empty.csv": "姓名,签到时间\n张志愿,\n",
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	do := func(args ...string) result { return inProcess("", append(args, "-data", data)...) }
	rows := func(name string) string {
		t.Helper()
		d, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		book, err := zip.NewReader(bytes.NewReader(d), int64(len(d)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range book.File { // what begins with = is text
			f, err := part.Open()
			if err != nil {
				t.Fatal(err)
			}
			if xml, err := io.ReadAll(f); err != nil || bytes.Contains(xml, []byte("<f>")) {
				t.Errorf("%s has a formula, %v", part.Name, err)
			}
		}
		got, err := doc.Read(name, d, doc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return got.Text
	}
	from, to := day.String(), day.String()
	do("export", "-as", "hours", "-layout", file("bad.txt"), file("x.xlsx")).want(t, 1, "第 1 行", "“时长 = 工资”看不懂")
	do("export", "-as", "hours", "-from", from, "-to", to, "-layout", file("layout.txt"), file("时长.xlsx")).want(t, 0, "已导出")
	if got := rows("时长.xlsx"); !strings.Contains(got, "志愿者姓名\t服务类型\t时长\n=1+1\t公共文化\t1.50\n张志愿\t公共文化\t0.00") {
		t.Errorf("%q", got)
	}
	do("export", "-as", "hours", "-from", from, file("全.xlsx")).want(t, 0)
	if got := rows("全.xlsx"); !strings.Contains(got, "13800001234") || !strings.Contains(got, "已更正") {
		t.Errorf("%q", got)
	}
	before := day.AddDays(-1).String()
	do("export", "-as", "hours", "-from", "2020-01-01", "-to", before, file("无.xlsx")).want(t, 1, "2020-01-01 到 "+before+" 没有服务时长")
	do("export", "-as", "signsheet", "-activity", "A9", file("无.xlsx")).want(t, 1, "没有这个活动")
	do("export", "-as", "signsheet", "-activity", "a1", file("签到.xlsx")).want(t, 0)
	do("import", "-as", "signsheet", "-activity", "A1", file("签到.xlsx")).want(t, 0, "记 0 条，已经有的 3 条")

	signed := func(name string) result {
		return do("import", "-yes", "-as", "signsheet", "-activity", "A1", file(name))
	}
	signed("when.csv").want(t, 1, "B2：时间“一早”看不懂")
	signed("empty.csv").want(t, 1, "没有填签到时间")
	signed("clash.csv").want(t, 1, "？ V1 签到 08:40：和已有记录不一致", "＋ 新人 签到 09:10（不在名单上", "整份都没有补录")
	signed("s.csv").want(t, 0, "记 3 条，已经有的 1 条", "＋ V2 张志愿 签退 10:30", "有 1 人不在名单上")
	signed("s.csv").want(t, 0, "记 0 条，已经有的 4 条")
	do("verify").want(t, 0, "从历史重算了 1 个活动，3 人次，共 4 小时 50 分钟；证明 1 份", "全部对得上")
	do("import", "-as", "signsheet", "-activity", "A9", file("s.csv")).want(t, 1, "没有这个活动")
}

// What somebody changes in the store itself, verify names: records, corrected minutes, the
// activity's own times, certificates, and what is gone.
func TestVerifyNamesWhatWasChangedInTheStore(t *testing.T) {
	t.Parallel()
	data, day := livedActivity(t)
	cfg := config.Default()
	cfg.Data = data
	verify := func() result { return inProcess("", "verify", "-data", data) }
	change := func(bucket, old, changed string) (back func()) {
		t.Helper()
		s, err := openStore(t.Context(), cfg, store.Options{Now: clockOf(cfg)})
		if err != nil {
			t.Fatal(err)
		}
		key, was := "", []byte(nil)
		err = s.Update(t.Context(), func(tx *store.Tx) error {
			err := tx.Scan(bucket, store.Range{}, func(k string, raw []byte) error {
				if key == "" && strings.Contains(string(raw), old) {
					key, was = k, bytes.Clone(raw)
				}
				return nil
			})
			if err != nil || changed == "" {
				return errors.Join(err, tx.Delete(bucket, key))
			}
			return tx.Put(bucket, key, bytes.ReplaceAll(was, []byte(old), []byte(changed)))
		})
		if err != nil || key == "" {
			t.Fatal(key, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return func() {
			s, err := openStore(t.Context(), cfg, store.Options{Now: clockOf(cfg)})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Put(bucket, key, was) }); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	verify().want(t, 0, "全部对得上")
	for _, tc := range []struct{ bucket, old, changed, says string }{
		{"activity.signup", `"minutes":90`, `"minutes":120`, "A1 V1：报名、签到的记录和历史对不上；时长按存着的是 2 小时，按历史是 1 小时 30 分钟"},
		{"activity.signup", day.String() + "T11:00:00", day.String() + "T10:00:00", "A1 V1：报名、签到的记录和历史对不上"},
		{"activity.signup", `"volunteer":"V2"`, "", "A1 V2：报名、签到的记录和历史对不上"},
		{"activity.signup", `{`, `[`, "A1：存着的内容或历史不完整"},
		{"activity", `"check_out":true`, `"check_out":false`, "A1：活动的时间、规则或状态和历史对不上"},
		{"activity", `读书会`, "", "A1：存着的内容或历史不完整"},
		{"activity.paper", `"minutes":90`, `"minutes":900`, "V1 的一份服务证明和开出时登记的不一样：存着的是 15 小时，登记的是 1 小时 30 分钟"},
		{"audit.entry", `"minutes":90`, `"minutes":10`, "内容和写入时不一样"},
	} {
		back := change(tc.bucket, tc.old, tc.changed)
		verify().want(t, 1, tc.says, "对不上")
		back()
	}
	verify().want(t, 0, "全部对得上")
}

// What is due of activities is listed with whom and why, and doctor says what is missing.
func TestNoticesOfActivitiesAtTheMachine(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	loc := cfg.Location()
	day := calendar.Of(time.Now().In(loc)).AddDays(5)
	when := func(d calendar.Date, h int) string { return d.At(h, 0, loc).Format(time.RFC3339) }
	dir := files(t, map[string]string{
		"a.txt": countyPlan, "r.csv": "姓名,单位,角色,企业微信账号\n李联络,县教育局,联络员,li\n张志愿,县教育局,志愿者,zhang\n",
		"t.csv": "活动名称,主办单位,时间,公开\n读书会," + "县教育局," + day.String() + " 14:00-16:00,是\n义诊,县财政局," + day.String() + " 9:00-10:00,否\n",
	})
	cfg.Listen, cfg.Data = "127.0.0.1:0", t.TempDir()
	cfg.WeCom.CorpID, cfg.WeCom.AgentID, cfg.WeCom.Secret, cfg.WeCom.APIBase = "ww1", 1000002, "secret", "http://127.0.0.1:9"
	do := func(args ...string) result {
		return inProcess("", append(args, "-config", settingsFile(t, cfg), "-data", cfg.Data)...)
	}
	do("import", "-yes", filepath.Join(dir, "a.txt")).want(t, 0)
	do("import", "-yes", "-as", "roster", filepath.Join(dir, "r.csv")).want(t, 0)
	do("import", "-yes", filepath.Join(dir, "t.csv")).want(t, 0)
	do("remind", "-at", when(day.AddDays(-1), 18)).want(t, 0, "没有要提醒的")
	a, err := newAppBy(t.Context(), cfg, programTime{now: clockOf(cfg)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = a.store.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := a.activity.Publish(tx, 1, activity.Operator); err != nil {
			return err
		}
		for _, who := range []activity.Application{
			{Profile: activity.Profile{Consent: activity.Consent{Version: "1"}}, Account: activity.Account{Platform: chat.WeCom, User: "zhang"}},
			{Profile: activity.Profile{Name: "王公众", Phone: "13800001234", Consent: activity.Consent{Version: "1"}}, Browser: "a-browser-of-the-test-1234567890"},
		} {
			v, _, err := a.activity.Enrol(tx, who)
			if err == nil {
				_, err = a.activity.Join(tx, 1, v.ID, activity.Self(v.ID))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	waitReady(t, a.url())
	check := func() {
		t.Helper()
		do("remind", "-at", when(day.AddDays(-1), 17)).want(t, 0, "没有要提醒的")
		do("remind", "-at", when(day.AddDays(-1), 18)).want(t, 0, "18:00 【明天的活动】1 个", "A1 读书会", "张志愿（V1） ← 企业微信应用→zhang",
			"王公众（V2） ← 没有账号，收不到消息", "【请电话通知】明天的活动：有 1 人没有账号", "县教育局的组织者 ← 企业微信应用→li")
		do("remind", "-at", when(day, 12)).want(t, 0, "12:00 【活动提醒】A1 读书会 今天 14:00 开始", "张志愿（V1）")
		do("remind", "-at", when(day, 17)).want(t, 0, "【活动结束】A1 读书会：签到 0 人，缺席 2 人")
		do("doctor").want(t, 1, "✗ 活动：A2（县财政局） 没有能收到消息的组织者", "A1 对公众开放，但没有配 public_url")
	}
	check()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	check()
	do("verify").want(t, 0, "从历史重算了 2 个活动")
}

func TestWhatDoctorSaysOfActivities(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	state, fault := describeOutings(cfg, standing{Outings: outings{Open: 2}})
	if !strings.HasPrefix(state, unseen+"开放着的 2 个。没有配 public_url") || fault != "" {
		t.Errorf("%q %q", state, fault)
	}
	cfg.PublicURL = "https://bot.example.gov.cn"
	if state, fault := describeOutings(cfg, standing{Outings: outings{Open: 2, Public: []string{"A1"}}}); state != "开放着的 2 个" || fault != "" {
		t.Errorf("%q %q", state, fault)
	}
	if _, fault := describeOutings(cfg, standing{Outings: outings{Unattended: strings.Split("A1 A2 A3 A4 A5 A6", " ")}}); !strings.HasPrefix(fault, "A1、A2、A3、A4、A5 等 6 个 没有能收到消息的组织者") {
		t.Errorf("%q", fault)
	}
}
