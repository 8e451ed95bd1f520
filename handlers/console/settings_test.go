package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// fakeMachine is a service with one fault.
type fakeMachine struct{}

func (fakeMachine) Findings(_ context.Context, far bool) []Finding {
	list := []Finding{
		{Name: "数据库", State: "可用", Sure: true, Page: Path + "/people"},
		{Name: "日历", State: "2027年假期未定", Page: Path + "/settings/calendar"},
		{Name: "钉钉应用"},
		{Name: "通知", Fault: "3 条没有发成", Page: Path + "/no-such-page"},
	}
	if far {
		list = append(list, Finding{Name: "时钟", State: "和平台相差 1s", Sure: true})
	}
	return list
}

func (fakeMachine) Contents(context.Context) (string, error) { return "方案 1 份", nil }
func (fakeMachine) Settings() []Setting {
	return []Setting{{"任务提醒的时段", "08:30-17:30", "remind.hours"}, {"活动通知的时段", "08:00-21:00", ""}}
}

func TestFindingsAndRules(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	a := b.get("/settings")
	a.see(t, "有 1 项要改", "3 条没有发成", "2027年假期未定 去看看", "没有配置", "连平台一起检查")
	a.unseen(t, "no-such-page", "时钟")
	if strings.Index(a.Body, "3 条没有发成") > strings.Index(a.Body, "可用") {
		t.Error("what is wrong is not the first")
	}
	b.get("/settings/all").see(t, "和平台相差 1s")
	reader := d.as("看戊")
	reader.get("/settings").see(t, "有 1 项要改")
	reader.get("/settings").unseen(t, "/settings/all", "/settings/backup")
	reader.get("/settings/rules").see(t, "任务提醒的时段08:30-17:30remind.hours")
}

const notice2027 = `国务院办公厅关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。
五、端午节：6月9日（周三）放假。
六、中秋节：9月15日（周三）放假。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。`

// A notice is read back before it counts, and what counts is what was read back.
func TestEnteringHolidays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	b.get("/settings/calendar").see(t, "2026年", "2027年 假期未定", "录入放假通知")
	d.as("看戊").get("/settings/calendar").unseen(t, "录入放假通知")
	read := func(text, year string) answer {
		t.Helper()
		return b.post("/settings/calendar/read", "text", text, "year", year)
	}
	read("今天天气不错", "").must(t, http.StatusConflict).see(t, "没有读到哪天放假", "今天天气不错")
	read(notice2027, "2026").must(t, http.StatusConflict).see(t, "另一年")
	a := read(notice2027+"\n八、<script>节：13月1日放假。", "").must(t, http.StatusOK)
	a.see(t, "这样理解，对吗？", "2027年节假日安排", "没有看懂")
	a.unseen(t, "<script>节")
	a = read(notice2027, "").must(t, http.StatusOK)
	b.get("/settings/calendar").see(t, "2027年 假期未定") // nothing was entered yet
	b.post("/settings/calendar", "text", notice2027, "seen", "x").must(t, http.StatusConflict).see(t, "又变了")
	b.follow(b.post("/settings/calendar", "text", notice2027, "seen", a.field(t, "seen"))).
		see(t, "2027年的节假日录入了", "元旦：1月1日（周五）至1月3日（周日）放假", "协调组办公室 周主任于2026年3月9日录入的通知")
	b.get("/settings/calendar").unseen(t, "假期未定")
	read(notice2027, "").see(t, "和现在的日历一样")
	b.follow(b.post("/settings/calendar/undo", "year", "2027")).see(t, "2027年的录入撤销了", "2027年 假期未定")
	b.follow(b.post("/settings/calendar/undo", "year", "2027")).see(t, "元旦：1月1日")
	b.post("/settings/calendar/undo", "year", "2026").must(t, http.StatusConflict).see(t, "没有可以撤销的")
	b.post("/settings/calendar/undo").must(t, http.StatusConflict).see(t, "哪一年")
}

func TestPausingAndResuming(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	b.get("/settings/pauses").see(t, "没有暂停")
	b.post("/settings/pauses").must(t, http.StatusConflict).see(t, "请选单位")
	b.post("/settings/pauses", "unit", "别的局").must(t, http.StatusConflict).see(t, "请选单位")
	b.post("/settings/pauses", "unit", "all", "until", "2026-03-08").must(t, http.StatusConflict).see(t, "日期不对")
	b.post("/settings/pauses", "unit", "all", "until", "明天").must(t, http.StatusConflict).see(t, "日期不对")
	b.follow(b.post("/settings/pauses", "unit", "市教育局", "until", "2026-03-09")).see(t, "市教育局的推送已暂停，到 3月9日 24:00 为止", "协调组办公室 周主任")
	held := func(unit string) (is bool) {
		t.Helper()
		err := d.opt.Store.View(t.Context(), func(r store.Reader) (err error) {
			is, err = bot.Held(r, outbox.Record{Notice: outbox.Notice{Kind: "remind", Unit: unit, To: chat.Address{Via: "wecom.app"}}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if !held("市教育局") || held("市文化馆") {
		t.Error("another unit is paused")
	}
	b.follow(b.post("/settings/pauses", "unit", "all")).see(t, "全部单位的推送已暂停，直到恢复")
	if !held("市文化馆") {
		t.Error("not all are paused")
	}
	d.as("看戊").get("/settings/pauses").see(t, "全部单位的推送已暂停")
	b.post("/settings/pauses/resume").must(t, http.StatusConflict)
	b.follow(b.post("/settings/pauses/resume", "unit", "all")).see(t, "恢复了", "市教育局的推送已暂停")
	b.follow(b.post("/settings/pauses/resume", "unit", "all")).see(t, "没有暂停着")
	d.pass(14 * time.Hour)
	if held("市教育局") {
		t.Error("a pause goes on after its end")
	}
	d.update(org.HoldRestored)
	d.as("周主任").get("/settings/pauses").see(t, "恢复备份以后自动暂停的")
}

// A backup is the whole store, and that somebody took it is in the log.
func TestDownloadingABackup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	b.get("/settings/backup").see(t, "方案 1 份", "secret_key")
	a := b.post("/settings/backup").must(t, http.StatusOK)
	if got := a.Header.Get("Content-Disposition"); got != `attachment; filename="xietiao-2026-03-09.xtb"` {
		t.Error(got)
	}
	other, err := store.OpenFile(t.TempDir()+"/y.db", store.Options{Now: d.clock, Wall: d.clock, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	if err := other.Restore(t.Context(), bytes.NewReader([]byte(a.Body))); err != nil {
		t.Fatal(err)
	}
	err = other.View(t.Context(), func(r store.Reader) error {
		p, ok, err := org.ByID(r, d.people["馆乙"].ID)
		if p.Name != "馆乙" {
			err = errors.Join(err, fmt.Errorf("found %v %v", p, ok))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	b.get("/people/history").see(t, "协调组办公室 周主任下载了全部数据的备份")
	d.as("看戊").post("/settings/backup").must(t, http.StatusForbidden)
}

func TestVerifyingFromTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.someTask("建设文化礼堂", "市文化馆")
	b := d.as("周主任")
	b.get("/settings/verify").see(t, "全部对得上")
	d.update(func(tx *store.Tx) error { // somebody writes into the store
		var key string
		err := tx.Scan("audit.entry", store.Range{}, func(k string, raw []byte) error {
			if bytes.Contains(raw, []byte("建设文化礼堂")) {
				key = k
				return tx.Put("audit.entry", k, bytes.ReplaceAll(raw, []byte("建设文化礼堂"), []byte("拆除文化礼堂")))
			}
			return nil
		})
		if key == "" {
			return errors.Join(err, errors.New("no history"))
		}
		return err
	})
	b.get("/settings/verify").see(t, "有 1 处对不上")
}
