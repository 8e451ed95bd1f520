package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xietiao/bot/chat/chattest"
	"xietiao/config"
)

// roster names the first of the office, a liaison, and somebody without an
// account.
const roster = `姓名,单位,角色,企业微信账号,钉钉账号,手机
陈主任,市文广旅体局,办公室,chen,chen,` + chatPhone + `
李联络,市教育局,联络员,li,li,
张三,市教育局,工作人员,,,
`

// imports runs the command beside the service and returns what it prints.
func (o *office) imports(kind, text string) string {
	o.t.Helper()
	file := filepath.Join(o.t.TempDir(), kind+".csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
	got := inProcess("", "import", "-as", kind, "-yes", "-data", o.cfg.Data, file)
	if got.code != 0 {
		o.t.Fatalf("import %s: %+v", kind, got)
	}
	return got.stdout + got.stderr
}

// heard is what somebody was sent since they had n messages.
func (o *office) heard(where string, n int) []shown {
	o.t.Helper()
	o.settled()
	return o.line.pushed(where)[n:]
}

// A person binds an account, and the office agrees.
func TestBindingAnAccountOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		o.imports("roster", roster)
		holds(t, "office", o.ask("chen", "", "我是谁"), "陈主任", "办公室")
		holds(t, "stranger", o.ask("zhang", "", "我是谁"), "我还不认识您")

		office, zhang := len(l.pushed("chen")), len(l.pushed("zhang"))
		own := 0 // of what zhang is sent: answers
		if !l.able().answers {
			own = 1
		}
		holds(t, "绑定", o.ask("zhang", "", "绑定 张三 市教育局"), "B1")
		told := o.heard("chen", office)
		if len(told) != 1 {
			t.Fatalf("the office hears %q", told)
		}
		holds(t, "(request)", told[0].text, "张三", "市教育局", "B1", "同意")
		holds(t, "another request", o.ask("zhang", "", "绑定 张三 市教育局"), "B1")
		own += own
		if told := o.heard("chen", office); len(told) != 1 {
			t.Errorf("the office is asked again: %q", told)
		}

		if got := o.ask("li", "", "同意 B1"); strings.Contains(got, "已同意") {
			t.Errorf("a liaison decides: %s", got)
		}
		holds(t, "同意", o.ask("chen", "", "同意 B1"), "申请 B1（账号绑定）已同意")
		answered := o.heard("zhang", zhang+own)
		if len(answered) != 1 {
			t.Fatalf("the one who asked hears %q", answered)
		}
		holds(t, "(verdict)", answered[0].text, "申请 B1（账号绑定）已同意")
		o.ask("chen", "", "同意 B1")
		if again := o.heard("zhang", zhang+own); len(again) != 1 {
			t.Errorf("told again: %q", again)
		}
		holds(t, "bound", o.ask("zhang", "", "我是谁"), "张三", "市教育局")
	})
}

// A group serves a unit once both sides agree, and in it nobody's account is shown.
func TestBindingAGroupOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, func(a able) bool { return a.groups }, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		const group = "chat-education"
		o.imports("roster", roster)
		o.ask("chen", "", "你好")
		o.ask("li", "", "你好")

		who := o.ask("chen", group, "我是谁")
		holds(t, "我是谁", who, "陈主任")
		if strings.Contains(who, "chen") || strings.Contains(who, chatPhone) {
			t.Errorf("a group reads an account: %s", who)
		}
		holds(t, "a stranger", o.ask("zhao", group, "绑定 市教育局"), "我还不认识您")

		// The unit asks, the office agrees.
		office := len(l.pushed("chen"))
		holds(t, "绑定", o.ask("li", group, "绑定 市教育局"), "B1")
		if told := o.heard("chen", office); len(told) != 1 || !strings.Contains(told[0].text, "B1") {
			t.Fatalf("the office hears %q", told)
		}
		if got := o.ask("li", "", "同意 B1"); strings.Contains(got, "已同意") {
			t.Errorf("a unit agrees to its own request: %s", got)
		}
		inGroup, li := len(l.pushed(group)), len(l.pushed("li"))
		holds(t, "同意", o.ask("chen", "", "同意 B1"), "市教育局")
		// The group hears it, or who asked where the channel cannot begin to talk there.
		if told := append(o.heard(group, inGroup), o.heard("li", li)...); len(told) != 1 || !strings.Contains(told[0].text, "市教育局") {
			t.Errorf("the group and who asked hear %q", told)
		}
		holds(t, "bound already", o.ask("li", group, "绑定 市教育局"), "已")
		holds(t, "解绑", o.ask("li", group, "解绑 市教育局"), "不再接收市教育局的通知")

		// The office asks, the unit agrees.
		unit := len(l.pushed("li"))
		holds(t, "绑定 by the office", o.ask("chen", group, "绑定 市教育局"), "B2")
		if told := o.heard("li", unit); len(told) != 1 || !strings.Contains(told[0].text, "B2") {
			t.Fatalf("the unit hears %q", told)
		}
		holds(t, "同意 by the unit", o.ask("li", "", "同意 B2"), "市教育局")
	})
}

// Group robots are tested when they are imported, once, and a pause holds what
// we begin to say until the office goes on.
func TestGroupRobotsOfBothPlatforms(t *testing.T) {
	t.Parallel()
	c := &clock{}
	l := newAppLine(t, c).(appLine)
	ding := chattest.NewDingTalk(chattest.DingTalkOptions{Now: c.now})
	t.Cleanup(ding.Close)
	link := ding.AddWebhook(chattest.DingTalkWebhook{Token: chatDingRobot, Secret: chatDingSign, Conversation: "chat-ding"})
	o := open(t, l, c, func(c *config.Config) { c.DingTalk.OAPIBase = ding.URL() })
	o.imports("roster", roster)

	if got := o.ask("li", "", "暂停推送"); !strings.Contains(got, "只有协调组办公室") {
		t.Errorf("a liaison pauses: %s", got)
	}
	holds(t, "暂停推送", o.ask("chen", "", "暂停推送"), "暂停", "恢复推送")

	groups := "单位,平台,机器人地址,加签,群名\n市教育局,企业微信," + l.wecom.Webhook(chatRobotKey) + ",,教育局工作群\n市残联,钉钉," + link + "," + chatDingSign + ",残联群\n"
	out := o.imports("groups", groups)
	until(t, "both are held", func() bool { return o.stats().Held == 2 })
	if n := len(l.pushed(chatRobotKey)) + len(ding.Delivered("chat-ding")); n > 0 {
		t.Errorf("%d messages in spite of the pause", n)
	}
	holds(t, "恢复推送", o.ask("chen", "", "恢复推送"), "已恢复")
	read := func() (all []string) {
		for _, m := range l.pushed(chatRobotKey) {
			all = append(all, m.text)
		}
		for _, m := range ding.Delivered("chat-ding") {
			all = append(all, m.Text)
		}
		return all
	}
	until(t, "both are tested", func() bool { return len(read()) == 2 })
	out += o.imports("groups", groups)
	o.settled()
	texts := read()
	if len(texts) != 2 || o.stats().Held > 0 {
		t.Fatalf("the groups read %q", texts)
	}
	holds(t, "WeCom", texts[0], "测试消息", "市教育局")
	holds(t, "DingTalk", texts[1], "测试消息", "市残联")
	for _, s := range chatSecrets {
		if strings.Contains(out, s) {
			t.Errorf("the import prints %s:\n%s", s, out)
		}
	}
	if got := ding.Complaints(); len(got) > 0 {
		t.Error(got)
	}
}
