package bot

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// wire is a platform whose direct messages can be taken back, and which can be out of
// order.
type wire struct {
	mu   sync.Mutex // guards what follows
	down string     // a code; empty: it works
	said []string
}

func (w *wire) Rates(chat.Address) []chat.Rate { return nil }
func (w *wire) Room(chat.Address) int          { return 2048 }

func (w *wire) Push(_ context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down != "" {
		return chat.Permanent(w.down)
	}
	w.said = append(w.said, string(to.User)+string(to.Conversation)+"："+r.Text)
	return chat.Sent("7")
}

func (w *wire) Withdraw(_ context.Context, to chat.Address, _ string) chat.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if to.Kind == chat.Group {
		return chat.Permanent("too late")
	}
	w.said = append(w.said, "撤回 "+string(to.User))
	return chat.Done()
}

func (w *wire) set(down string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

func (w *wire) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.said
	w.said = nil
	return out
}

// post is a bureau whose notices really go out, by one wire.
type post struct {
	*bureau
	*wire
	board  *task.Board
	box    *outbox.Box
	paused bool // what is held may stay so
}

func newPost(t *testing.T) *post {
	t.Helper()
	c := aMonday()
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "store"), store.Options{Now: c.now, Wall: c.now})
	if err != nil {
		t.Fatal(err)
	}
	p := &post{wire: &wire{}, bureau: &bureau{TB: t, clock: c, store: s, read: map[string]bool{}}}
	p.box = outbox.New(outbox.Options{Store: s, Pushers: map[chat.Via]chat.Pusher{"wecom.aibot": p.wire, "wecom.webhook": p.wire}, Hold: Held, Wall: c.now, Poll: time.Millisecond})
	opt := sampleOrg()
	opt.Ledger = p.box
	opt.Advice = func(via chat.Via, code string) string {
		return map[string]string{"wecom.aibot 93000": "机器人已被移出群：重新添加。"}[string(via)+" "+code]
	}
	p.board = task.New(task.Options{Holidays: holidays.New(c.t.Location(), nil), Sender: p.box, Routes: opt.Routes, Rules: task.DefaultRules()})
	p.desk = NewDesk(DeskOptions{Store: s, Outbox: p.box, Wall: c.now, PerMinute: 1000, Commands: Commands(opt, TaskOptions{Board: p.board}, ActivityOptions{})})
	p.desk.Use(sampleBot())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.box.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p.update(func(tx *store.Tx) error {
		entry := func(name, unit string, role org.Role, user chat.UserID, phone org.Phone) org.RosterEntry {
			e := org.RosterEntry{Name: name, Unit: unit, Role: role, Phone: phone, IDs: map[chat.Platform]chat.UserID{}}
			if user != "" {
				e.IDs[chat.WeCom] = user
			}
			return e
		}
		_, err := org.Apply(tx, org.Roster{Entries: []org.RosterEntry{
			entry("主任", "", org.RoleOffice, "zhuren", ""), entry("联络员", "市教育局", org.RoleLiaison, "lianluo", ""),
			entry("财联", "市财政局", org.RoleLiaison, "cailian", ""), entry("残联员", "市残联", org.RoleLiaison, "", "13800001234"),
		}}, org.Operator)
		return err
	})
	return p
}

// remind lets the board say what is due, and waits until it has gone out or failed.
func (p *post) remind() {
	p.Helper()
	if _, err := p.board.Remind(p.Context(), p.store); err != nil {
		p.Fatal(err)
	}
	p.settle()
}

// settle waits until nothing is to be sent at this moment.
func (p *post) settle() {
	p.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		var st outbox.Stats
		err := p.store.View(p.Context(), func(r store.Reader) (err error) { st, err = p.box.Stats(r); return err })
		if err != nil {
			p.Fatal(err)
		}
		if st.Due+st.Sending == 0 && (p.paused || st.Held == 0) {
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("not all has gone out: %+v", st)
		}
	}
}

// wants fails the test unless the reply has all the pieces.
func (p *post) wants(user chat.UserID, said string, pieces ...string) string {
	p.Helper()
	got := p.says(user, said)
	for _, piece := range pieces {
		if !strings.Contains(got, piece) {
			p.Errorf("%s: %q lacks %q", said, got, piece)
		}
	}
	p.settle()
	return got
}

// handOut makes a task by chat and lets its units be told.
func (p *post) handOut(words string) {
	p.Helper()
	p.says("zhuren", "新建任务 "+words)
	p.wants("zhuren", "确认交办", "已交办")
	p.remind()
}

func TestTheOfficeWithdrawsAReminder(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.remind() // the week's bulletin, of nothing
	p.handOut("检查消防，市教育局牵头，市财政局配合，12月10日前")
	if heard := p.heard(); len(heard) != 2 {
		t.Fatalf("%q", heard)
	}
	p.wants("lianluo", "撤回 T1", "要由协调组办公室办理", "撤销 T12")
	p.wants("luren", "撤回 T1", "绑定")
	p.wants("zhuren", "撤回", "请写编号")
	p.wants("zhuren", "撤回 T9", "T9：没有这项任务")
	p.wants("zhuren", "把T1的提醒撤回一下", "T1 的提醒（11月23日 09:00）：", "市教育局（企业微信 联络员）：正在撤回，撤不回的改发更正", "市财政局（企业微信 财联）", "再说“撤回 T1”")
	heard := p.heard()
	slices.Sort(heard)
	if strings.Join(heard, " ") != "撤回 cailian 撤回 lianluo" {
		t.Errorf("%q", heard)
	}
	if got := p.wants("zhuren", "撤回 T1", "市教育局（企业微信 联络员）：已撤回", "市财政局（企业微信 财联）：已撤回"); strings.Contains(got, "再说") {
		t.Error(got)
	}
	if heard := p.heard(); len(heard) > 0 {
		t.Errorf("said twice: %q", heard)
	}
	// One that is quoted is found by its words; of several tasks it is that message.
	p.advance(24 * time.Hour)
	p.remind()
	var quoted string
	for _, said := range p.heard() {
		if user, words, _ := strings.Cut(said, "："); user == "lianluolianluo" {
			quoted = words
		}
	}
	m := p.direct("zhuren", "撤回")
	m.Quoted = quoted
	if got := p.take(m).Text; !strings.Contains(got, "T1 的提醒（11月24日 09:00）：\n市教育局（企业微信 联络员）：正在撤回") || strings.Contains(got, "市财政局") {
		t.Error(got)
	}
	m = p.direct("zhuren", "撤回这条提醒")
	m.Quoted = "T1 和 T2 是什么"
	if got := p.take(m).Text; !strings.Contains(got, "请写编号") {
		t.Error(got)
	}
}

func TestAGroupIsCorrected(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.remind()
	p.take(p.group("jiaoyu-qun", "zhuren", "绑定 市教育局"))
	p.take(p.direct("lianluo", "同意"))
	p.settle()
	p.heard()
	p.handOut("检查消防，市教育局牵头，12月10日前")
	p.heard()
	p.wants("zhuren", "撤回 T1", "市教育局（企业微信群）：正在撤回")
	if heard := p.heard(); len(heard) != 1 || !strings.HasPrefix(heard[0], "jiaoyu-qun：【更正】11月23日 09:00发的关于 T1 的提醒发错了") {
		t.Errorf("%q", heard)
	}
	p.wants("zhuren", "撤回 T1", "没有撤回，已发更正")
}

func TestTheOfficeSendsFailedNoticesAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.remind()
	p.wants("zhuren", "失败列表", "最近 7 天没有发送失败的通知")
	p.wants("lianluo", "失败列表", "只有协调组办公室")
	p.set("93000")
	p.handOut("检查消防，市教育局牵头，市财政局配合，12月10日前")
	p.advance(24 * time.Hour)
	p.remind() // what failed yesterday is in it, and fails again
	list := p.wants("zhuren", "哪些没发成", "没有发成的通知，2 条：", "1. ", "市教育局，企业微信 联络员，11月24日 09:00 任务提醒：机器人已被移出群：重新添加\n", "重发全部")
	if strings.Contains(list, "11月23日") {
		t.Errorf("the older ones are listed: %s", list)
	}
	p.wants("zhuren", "重发 1、7", "正在重发 1 条", "第 7 条不在失败列表里")
	p.wants("zhuren", "失败的通知", "2 条")
	p.set("")
	p.heard()
	p.wants("zhuren", "重发 2", "正在重发 1 条")
	if heard := p.heard(); len(heard) != 1 || !strings.Contains(heard[0], "【任务提醒】") {
		t.Errorf("%q", heard)
	}
	p.wants("zhuren", "重发 2", "第 2 条不在失败列表里")
	p.advance(10 * time.Hour) // 19:00
	if got := p.says("zhuren", "重发全部"); !strings.Contains(got, "重发 1 条：任务的提醒和通报排在 11月25日 09:00 发") {
		t.Error(got)
	}
	if heard := p.heard(); len(heard) > 0 {
		t.Errorf("out of the hours: %q", heard)
	}
	p.advance(14 * time.Hour)
	p.settle()
	if heard := p.heard(); len(heard) != 1 {
		t.Errorf("in the morning: %q", heard)
	}
	p.wants("zhuren", "重发", "最近 7 天没有发送失败的通知")
}

// However much is answered, what was not sent is not lost among the answers.
func TestFailedNoticesAmongManyAnswers(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.set("93000")
	p.handOut("检查消防，市教育局牵头，12月10日前")
	p.set("")
	p.update(func(tx *store.Tx) error {
		for i := range failedMost + 1 {
			n := outbox.Notice{Key: fmt.Sprint("reply/x", i), Kind: outbox.KindReply, To: chat.Address{Via: "wecom.app", Kind: chat.Direct, User: "u"}, Reply: chat.Reply{Text: "答"}, After: tx.Now().Add(time.Hour)}
			if _, err := p.box.Put(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if got := p.says("zhuren", "失败列表"); !strings.Contains(got, "没有发成的通知，2 条") {
		t.Error(got)
	}
	// Who sent it again is kept.
	p.says("zhuren", "重发全部")
	err := p.store.View(t.Context(), func(r store.Reader) error {
		deeds, err := outbox.Deeds(r, "remind/市教育局/2026-11-23/1/1")
		if len(deeds) != 1 || deeds[0].What != outbox.DeedResend {
			t.Errorf("%+v", deeds)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheCallListIsForTheOffice(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.wants("zhuren", "电话名单", "今天没有要打电话告知的单位")
	p.handOut("检查消防，市残联、市科协牵头，12月10日前")
	p.wants("zhuren", "电话名单", "电话名单（11月23日），2 个单位：", "市残联：残联员 13800001234\n", "T1 检查消防", "新交办（牵头）", "市科协：名册里没有联络员和负责人", "export -as calls")
	if got := p.take(p.group("qun", "zhuren", "谁要打电话")).Text; !strings.Contains(got, "残联员 138****1234") {
		t.Error(got)
	}
	p.wants("lianluo", "电话名单", "只有协调组办公室")
}

func TestWordsOfNoticeCommands(t *testing.T) {
	t.Parallel()
	all := (&Desk{opt: DeskOptions{Commands: Commands(func() OrgOptions { o := sampleOrg(); o.Ledger = outbox.New(outbox.Options{}); return o }(),
		TaskOptions{Board: task.New(task.Options{Holidays: holidays.New(time.UTC, nil)})}, ActivityOptions{})}})
	for said, want := range map[string]string{
		"撤回 T12": "withdraw T12", "撤回T12的提醒": "withdraw T12", "请撤回一下任务12": "withdraw 任务12", "T12的提醒撤回": "withdraw T12", "把 T12、T13 的通知撤回了吧": "withdraw T12、T13",
		"撤回": "withdraw", "撤回这条": "withdraw", "麻烦把刚才的提醒撤回一下，谢谢": "withdraw", "撤销 T12": "task", "收回 T12": "withdraw T12",
		"失败列表": "failed", "有哪些没发成的通知？": "failed", "哪些通知没发出去": "", "发送失败的": "failed", "没发出去的提醒": "failed",
		"重发": "resend", "重发 2": "resend 2", "重发第2条": "resend 2条", "重发2、3": "resend 2、3", "重发全部": "resend 全部", "重新发送所有": "resend 所有", "再发一次 3": "resend 3",
		"电话名单": "calls", "今天谁要打电话？": "calls", "要打电话的单位": "calls", "电话": "", "撤回了多少资金": "", "失败是成功之母": "", "重发展轻保护": "",
	} {
		got := ""
		if uses := all.uses(said); len(uses) > 0 {
			got = uses[0].command.Name
			if args := uses[0].args; got != "task" && len(args) > 0 {
				got = strings.TrimSpace(got + " " + strings.ToUpper(args[0]))
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}
