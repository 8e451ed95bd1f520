package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xietiao/bot/calendar"
	"xietiao/config"
	"xietiao/index/doc"
)

// A year's notice comes in from the machine, all or nothing, and counts at once.
func TestHolidaysComeInFromTheMachine(t *testing.T) {
	t.Parallel()
	const notice = "国务院办公厅关于2036年\n部分节假日安排的通知\n\n一、元旦：1月1日（周二）放假，共1天。\n二、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月26日（周六）上班。\n三、国庆节：10月1日至7日放假调休，共7天。\n"
	dir := files(t, map[string]string{
		"通知.txt": notice, "看不懂.txt": strings.Replace(notice, "共5天", "共6天", 1), "白纸.txt": "各单位：请做好值班。\n",
		"表.csv": "日期,安排,名称\n2036-10-08,放假,国庆节\n2036-10-11,上班,国庆节\n", "坏表.csv": "日期,安排\n2036-10-08,放假\n国庆,放假\n",
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	var paragraphs []doc.Out
	for line := range strings.Lines(notice) {
		paragraphs = append(paragraphs, doc.Out{Text: strings.TrimSpace(line)})
	}
	var docx bytes.Buffer
	if err := doc.WriteDOCX(&docx, paragraphs); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file("通知.docx"), docx.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func() string{
		"beside a running service": func() (data string) {
			service(t, func(c *config.Config) { data = c.Data })
			return data
		},
		"alone": t.TempDir,
	} {
		data := start()
		imported := func(answer string, args ...string) result {
			return inProcess(answer, append([]string{"import", "-data", data, "-as", "holidays"}, args...)...)
		}
		newYear := func() result {
			return inProcess("", "remind", "-data", data, "-at", "2036-01-01T10:00:00+08:00")
		}
		imported("n\n", file("通知.txt")).want(t, 1, "2036年节假日安排，放假 13 天，调休上班 1 天", "劳动节：5月1日（周四）至5月5日（周一）放假，4月26日（周六）上班", "还没有读到：春节、清明节", "什么也没有变")
		newYear().want(t, 0, "（周二，工作日，假期未定）")
		imported("", "-yes", file("看不懂.txt")).want(t, 1, "整份都没有导入", "共6天")
		imported("", "-yes", file("白纸.txt")).want(t, 1, "没有读到哪天放假")
		imported("", "-yes", file("坏表.csv")).want(t, 1, "A3：“国庆”不是日期")
		newYear().want(t, 0, "（周二，工作日，假期未定）")
		imported("y\n", file("通知.docx")).want(t, 0, "已导入 "+file("通知.docx"))
		newYear().want(t, 0, "（周二，休息日，元旦）")
		imported("", file("通知.txt")).want(t, 0, "没有变化")
		imported("", "-yes", file("表.csv")).want(t, 0, "改为休息：10月8日（周三）\n改为上班：10月11日（周六）")
		inProcess("", "import", "-data", data, "-as", "holidays", "-remove", "2036").want(t, 2, "-remove 只能")
		inProcess("", "verify", "-data", data).want(t, 0, "全部对得上")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// The settings' days are those of the store once a service has started with them.
func TestTheSettingsDaysAreAdopted(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filepath.Join(t.TempDir(), "data")
	for _, off := range []bool{false, true, false} {
		cfg.Holidays = nil
		if off {
			cfg.Holidays = []config.Holiday{{Date: "2036-01-02", Off: true, Name: "防汛"}}
		}
		a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
		want := "（周三，工作日，假期未定）"
		if off {
			want = "（周三，休息日，防汛，假期未定）"
		}
		inProcess("", "remind", "-data", cfg.Data, "-at", "2036-01-02T10:00:00+08:00").want(t, 0, want)
	}
}

func TestDoctorNamesTheYearsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		month time.Month
		years []int
		want  string
	}{
		{time.March, []int{2026}, "2026年的节假日有"}, {time.September, []int{2026}, "2026年的节假日有"},
		{time.October, []int{2026}, "－2027年假期未定"}, {time.December, []int{2026}, "一般在2026年11月公布"},
		{time.November, []int{2026, 2027}, "2026年、2027年的节假日都有"}, {time.January, nil, "－2026年假期未定"}, {time.January, []int{2027}, "－2026年假期未定"},
	} {
		state, fault := describeCalendar(config.Default(), standing{Today: calendar.Date{Y: 2026, M: tc.month, D: 1}, Years: tc.years})
		if !strings.Contains(state, tc.want) || fault != "" {
			t.Errorf("%s, %v known: %q %q", tc.month, tc.years, state, fault)
		}
	}
	inProcess("", "doctor", "-data", t.TempDir()).want(t, 0, " 日历：")
}
