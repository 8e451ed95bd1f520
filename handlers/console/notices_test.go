package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// wire takes what is pushed, or refuses it with a code.
type wire struct {
	mu   sync.Mutex // guards what follows
	code string
	sent []string
}

func (w *wire) Room(chat.Address) int          { return 2048 }
func (w *wire) Rates(chat.Address) []chat.Rate { return nil }

func (w *wire) Push(_ context.Context, _ chat.Address, r chat.Reply) chat.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.code != "" {
		return chat.Permanent(w.code)
	}
	w.sent = append(w.sent, r.Text)
	return chat.Done()
}

func (w *wire) refuse(code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.code = code
}

// put writes a notice to somebody.
func (d *desk) put(n outbox.Notice) {
	d.t.Helper()
	n.To = chat.Address{Via: "wecom.app", Kind: chat.Direct, User: "u"}
	n.Reply.Text = cmp.Or(n.Reply.Text, "内容")
	d.update(func(tx *store.Tx) error { _, err := d.opt.Outbox.Put(tx, n); return err })
}

// send lets go out what is due.
func (d *desk) send() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error, 1)
	go func() { done <- d.opt.Outbox.Run(ctx) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for busy := true; busy; <-tick.C {
		err := d.opt.Store.View(ctx, func(r store.Reader) error {
			st, err := d.opt.Outbox.Stats(r)
			busy = st.Due+st.Sending > 0
			return err
		})
		if err != nil {
			d.t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		d.t.Fatal(err)
	}
}

func TestTheLedgerOfNotices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.as("周主任").get("/notices").see(t, "还没有发过通知")
	d.put(outbox.Notice{Key: "remind/市文化馆/1", Kind: task.KindRemind, Unit: "市文化馆", Reply: chat.Reply{Text: "请签收" + hostile}})
	d.put(outbox.Notice{Key: "answer", Kind: outbox.KindReply, Reply: chat.Reply{Text: "一句私下的回答"}})
	d.send()
	d.pass(24 * time.Hour)
	d.wire.refuse("93000")
	d.put(outbox.Notice{Key: "test/1", Kind: "test"})
	d.put(outbox.Notice{Key: "remind/市教育局/1", Kind: task.KindRemind, Unit: "市教育局"})
	d.send()
	d.put(outbox.Notice{Key: "bulletin/1", Kind: task.KindBulletin, After: d.clock().Add(time.Hour)})
	office, reader := d.as("周主任"), d.as("看戊")

	page := reader.get("/notices")
	page.see(t, "最近 7 天有 2 条没有发成", "督办通报", "等着发", "任务提醒", "没有发成", "平台的错误码（93000）", "已发出", "测试消息")
	page.lacks(t, "私下的回答", "全部重发")
	for query, want := range map[string][2]string{
		"state=failed":        {"2026-03-10", "2026-03-09 10:00"},
		"kind=bulletin":       {"等着发企业微信", "市教育局企业微信"},
		"unit=市文化馆":           {"市文化馆企业微信", "市教育局企业微信"},
		"day=2026-03-09":      {"市文化馆企业微信", "市教育局企业微信"},
		"day=x&state=y":       {"市文化馆企业微信", "没有符合"},
		"unit=市文化馆&kind=test": {"没有符合的通知", "市文化馆企业微信"},
	} {
		a := office.get("/notices?" + query)
		a.see(t, strings.ReplaceAll(want[0], "等着发企业微信", "等着发"))
		a.lacks(t, want[1])
	}
	if got := ledgerOf(t, office.get("/notices.xlsx?unit=市文化馆")); !strings.Contains(got, "请签收") || strings.Contains(got, "市教育局") {
		t.Error(got)
	}
	if got := ledgerOf(t, reader.get("/notices.xlsx")); strings.Contains(got, "私下") || strings.Count(got, "\n") != 5 {
		t.Error(got)
	}

	one := func(key string) string { return "/notices/one?key=" + url.QueryEscape(key) }
	page = office.get(one("remind/市文化馆/1"))
	page.see(t, "已发出", "请签收"+hostile, "平台收下了", "发了 1 次")
	page.lacks(t, "为什么重发")
	reader.get(one("test/1")).see(t, "没有发成", "平台不收：平台的错误码（93000）")
	reader.get(one("test/1")).lacks(t, "为什么重发")
	for _, key := range []string{"answer", "none", ""} {
		if a := office.get(one(key)); a.Code != http.StatusNotFound {
			t.Error(key, a.Code)
		}
		if a := office.post(one(key), "do", "stop", "why", "x"); a.Code != http.StatusNotFound {
			t.Error(key, a.Code)
		}
	}

	// Sent again for a reason, and stopped for one; both stay.
	office.post(one("test/1"), "do", "resend", "why", " ").see(t, "请写明原因")
	office.post(one("test/1"), "do", "resend", "why", strings.Repeat("长", 501)).see(t, "原因太长")
	office.post(one("test/1"), "do", "burn", "why", "x").see(t, "没有这样的步骤")
	office.post(one("test/1"), "do", "stop", "why", "x").see(t, "已经有了结果")
	d.wire.refuse("")
	office.follow(office.post(one("test/1"), "do", "resend", "why", "群换好了"+hostile)).see(t, "正在重发 1 条", "周主任重发 群换好了"+hostile)
	d.send()
	office.get(one("test/1")).see(t, "已发出", "发了 2 次")
	office.post(one("test/1"), "do", "resend", "why", "再来").see(t, "才能重发")
	office.follow(office.post(one("bulletin/1"), "do", "stop", "why", "写错了")).see(t, "已取消，不会再发", "取消没有发", "写错了")

	// All that failed, at once: a reminder waits for the hours.
	d.pass(10 * time.Hour) // 20:00
	office = d.as("周主任")
	office.post("/notices/resend", "why", "").see(t, "请写明原因")
	office.follow(office.post("/notices/resend", "why", "网络好了")).see(t, "重发 1 条：提醒和通报排在 2026-03-11 09:00 发")
	office.get("/notices").lacks(t, "没有发成。")
}

// A ledger of many is gone through in pages, and something rare in parts.
func TestTheLedgerInPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	d.put(outbox.Notice{Key: "rare", Kind: "test", Unit: "市文化馆"})
	d.pass(time.Minute)
	d.update(func(tx *store.Tx) error {
		for i := range noticesLook + 10 {
			n := outbox.Notice{Key: "k" + time.Duration(i).String(), Kind: task.KindRemind, Unit: "市教育局", To: chat.Address{Via: "wecom.app", Kind: chat.Direct, User: "u"}, Reply: chat.Reply{Text: "x"}}
			if _, err := d.opt.Outbox.Put(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	a := office.get("/notices")
	a.see(t, "更早的")
	if n := strings.Count(a.Body, "<tr>"); n != onPage+1 {
		t.Error(n, "rows")
	}
	a = office.get("/notices?unit=市文化馆")
	a.see(t, "找到了 2026-03-09 10:01", "继续往前找")
	a.lacks(t, "测试消息 ", "没有符合")
	next := between(t, a.Body, `</span><a class="button second" href="`+Path, `" rel="next"`)
	office.get(strings.ReplaceAll(next, "&amp;", "&")).see(t, "市文化馆企业微信")
}
