package bot

import (
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// sampleCommands are all commands over the built-in plan's units.
func sampleCommands() []Command {
	all := Commands(OrgOptions{Units: func() org.Units { return indexUnits{sampleIndex()} }}, TaskOptions{}, ActivityOptions{})
	return append(all, helpCommand(all))
}

// What people type is the command they mean, and nothing else is one. A question
// mark behind the name: only if no document has the words.
func TestWordsAreTheCommandsPeopleMean(t *testing.T) {
	t.Parallel()
	commands := sampleCommands()
	for _, tc := range []struct{ text, want string }{
		{"绑定", "bind "}, {"申请绑定", "bind "}, {"绑定 张三 市教育局", "bind 张三|市教育局"}, {"绑定市教育局张三", "bind 张三|市教育局"},
		{"绑定张三市教育局", "bind 张三|市教育局"}, {"绑定：张三，市教育局。", "bind 张三|市教育局"}, {"请帮我绑定一下市教育局的张三", "bind 张三|市教育局"},
		{"我是市教育局的张三，绑定", "bind 张三|市教育局"}, {"姓名：张三 单位：市教育局 绑定", "bind 张三|市教育局"}, {"绑定 我叫张三，市教育局的", "bind 张三|市教育局"},
		{"绑定 欧阳娜娜 教育局", "bind 欧阳娜娜|市教育局"}, {"绑定 张三（市教育局）", "bind 张三|市教育局"}, {"绑定 市教育局", "bind |市教育局"},
		{"绑定 张三 市教遇局", "bind? 张三市教遇局|"}, {"绑定社保卡", "bind? 社保卡|"},
		{"社保卡和银行卡绑定", ""}, {"绑定工作由谁负责", ""}, {"怎么绑定", "how to bind"}, {"如何绑定账号？", "how to bind"}, {"怎么绑定社保卡", ""},
		{"解绑", "unbind "}, {"取消绑定", "unbind "}, {"解绑 张三", "unbind? 张三|"},

		{"同意b3", "approve b3"}, {"同意 B3", "approve  b3"}, {"同意Ｂ３", "approve b3"}, {"B3同意", "approve b3"}, {"同意 B3、B4", "approve  b3、b4"},
		{"同意", "approve "}, {"同意3号", "approve 3号"}, {"拒绝b3，谢谢", "reject b3"}, {"不同意B3", "reject b3"},
		{"同意该方案", ""}, {"同意 B3，不同意 B4", ""}, {"同意 B3 之外的", ""},

		{"暂停推送", "pause |"}, {"暂停推送到周五", "pause |周五"}, {"别推了", "pause |"}, {"停一下提醒", "pause |"}, {"不要再提醒了", "pause |"}, {"先别发通知了", "pause |"},
		{"暂停三天推送", "pause |三天"}, {"暂停推送三天", "pause |三天"}, {"把提醒先停到周五", "pause |周五"}, {"停止推送 全部单位", "pause 全部单位|"},
		{"暂停市教育局推送", "pause 市教育局|"}, {"把市教育局的推送停一下", "pause 市教育局|"}, {"别给市教育局发提醒了", "pause 市教育局|"},
		{"暂停推送 市教育局 到 2026-12-10", "pause 市教育局|2026-12-10"}, {"暂停 市教育局 推送 直到12月10日为止。", "pause 市教育局|12月10日"},
		{"暂停营业的通知", "pause? 营业|"}, {"暂停营业的通知由谁发", ""}, {"停车场发展规划", ""}, {"不要推进太快", ""}, {"要不要推送", ""}, {"停", ""},
		{"恢复推送", "resume |"}, {"继续推送", "resume |"}, {"可以推了", "resume |"}, {"可以继续发了", "resume |"}, {"恢复市教育局的推送", "resume 市教育局|"},
		{"继续推进文化礼堂建设", ""}, {"继续发展", ""}, {"可以通知市教育局", ""}, {"推送文化活动信息", ""},

		{"推送状态", "pauses"}, {"待确认", "pending"}, {"我是谁", "whoami"}, {"我绑定了吗", "whoami"}, {"帮助", "help"}, {"HELP", "help"}, {"你会什么", "help"},
		{"控制台", "console"}, {"打开后台", "console"}, {"给我控制台的链接。", "console"}, {"后台谁管理", ""},
		{"农家书屋归谁管", ""}, {"我是谁的下级", ""}, {"帮助农民工的是哪个部门", ""},
	} {
		got := ""
		for _, c := range commands {
			args, ok := c.Match(tc.text)
			if !ok {
				continue
			}
			if got = c.Name; c.Sure != nil && !c.Sure(args) {
				got += "?"
			}
			switch c.Name {
			case "bind", "unbind":
				name, unit := orgCommands{OrgOptions{Units: func() org.Units { return indexUnits{sampleIndex()} }}}.nameAndUnit(fields(args[0]))
				args = []string{strings.Trim(name+"|"+unit, "|")}
				if name != "" || unit != "" {
					args[0] = name + "|" + unit
				}
			}
			if len(args) > 0 {
				got += " " + strings.Join(args, "|")
			}
			break
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

// Every question of the built-in plan's own words stays a question.
func TestAPlansWordsAreNoCommand(t *testing.T) {
	t.Parallel()
	p := plan.Sample()
	var texts []string
	for _, u := range p.Units {
		for _, d := range u.Duties {
			texts = append(texts, d.Text)
		}
	}
	for _, s := range p.Sections {
		texts = append(texts, s.Title)
	}
	for _, text := range texts {
		for _, q := range []string{text, strings.TrimRight(text, "；。") + "由谁负责", text + "归谁管"} {
			for _, c := range sampleCommands() {
				if args, ok := c.Match(q); ok {
					t.Errorf("%s is %s %q", q, c.Name, args)
				}
			}
			if _, _, ok := ratingOf(q); ok {
				t.Errorf("%s is a rating", q)
			}
		}
	}
}

// Where a plan speaks of 绑定 or 暂停 itself, its clause wins over a command that
// makes no sense.
func TestAClauseWithTheCommandsWordWins(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ q, word string }{{"绑定社保卡", "绑定"}, {"暂停营业的通知", "暂停"}} {
		o := newBureau(t)
		row := halls
		row.Text = "负责" + tc.word + "的事；"
		o.desk.Use(New(fake{tc.q: {Status: index.Answered, Intent: index.IntentResponsible, Results: []index.Row{row}}}, Options{}))
		if got := o.says("zhuren", tc.q); !strings.Contains(got, row.Text) {
			t.Errorf("%s: %s", tc.q, got)
		}
		row.Text = "负责别的事；"
		o.desk.Use(New(fake{tc.q: {Status: index.Answered, Intent: index.IntentResponsible, Results: []index.Row{row}}}, Options{}))
		if got := o.says("zhuren", tc.q); strings.Contains(got, row.Text) {
			t.Errorf("%s is answered by what does not have the word: %s", tc.q, got)
		}
	}
}

func TestRatingsInWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, rating, remark string }{
		{"有误", "bad", ""}, {"有误，应该是教育局", "bad", "应该是教育局"}, {"不对啊", "bad", ""}, {"这个回答不对", "bad", ""}, {"答案不准确：少了一家", "bad", "少了一家"},
		{"你说错了", "bad", ""}, {"答非所问", "bad", ""}, {"没用", "bad", ""}, {"我不满意", "bad", ""}, {"满意", "good", ""},
		{"有用", "good", ""}, {"答得对！", "good", ""}, {"回答正确", "good", ""}, {"很有帮助。谢谢", "good", "谢谢"},
		{"有误差的数据谁管", "", ""}, {"不对外开放的场馆归谁管", "", ""}, {"有用的设施谁管", "", ""}, {"错误归谁纠正", "", ""},
	} {
		rating, remark, ok := ratingOf(tc.text)
		if rating != tc.rating || remark != tc.remark || ok != (tc.rating != "") {
			t.Errorf("%s: %q %q %v", tc.text, rating, remark, ok)
		}
	}
}

func TestDaysAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	cst := time.FixedZone("CST", 8*3600)
	wednesday := time.Date(2026, 11, 25, 9, 30, 0, 0, cst)
	newYear := time.Date(2026, 12, 31, 23, 59, 0, 0, cst)
	for _, tc := range []struct {
		now     time.Time
		s, want string
	}{
		{wednesday, "2026-12-10", "2026-12-10"}, {wednesday, "2026年12月10日", "2026-12-10"}, {wednesday, "２０２６.12.10", "2026-12-10"}, {wednesday, "二〇二七年一月五日", "2027-01-05"},
		{wednesday, "2020-12-10", "2020-12-10"}, {wednesday, "2026-02-30", ""},
		{wednesday, "12月10日", "2026-12-10"}, {wednesday, "12月10", "2026-12-10"}, {wednesday, "十二月十号", "2026-12-10"}, {wednesday, "12 月 10 日", "2026-12-10"}, {wednesday, "12-10", "2026-12-10"}, {wednesday, "12/10", "2026-12-10"},
		{wednesday, "11月25日", "2026-11-25"}, {wednesday, "11月24日", "2027-11-24"}, {wednesday, "2月29日", "2028-02-29"}, {wednesday, "2月30日", ""}, {wednesday, "13月1日", ""},
		{wednesday, "25号", "2026-11-25"}, {wednesday, "10号", "2026-12-10"}, {wednesday, "31日", "2026-12-31"}, {wednesday, "32日", ""}, {newYear, "1号", "2027-01-01"}, {newYear, "30号", "2027-01-30"},
		{wednesday, "周五", "2026-11-27"}, {wednesday, "周三", "2026-11-25"}, {wednesday, "星期二", "2026-12-01"}, {wednesday, "本周二", "2026-11-24"}, {wednesday, "这周日", "2026-11-29"},
		{wednesday, "下周一", "2026-11-30"}, {wednesday, "下周日", "2026-12-06"}, {wednesday, "下个星期天", "2026-12-06"}, {wednesday, "周末", "2026-11-29"},
		{wednesday, "今天", "2026-11-25"}, {wednesday, "明天", "2026-11-26"}, {newYear, "后天", "2027-01-02"}, {wednesday, "月底", "2026-11-30"}, {wednesday, "年底", "2026-12-31"},
		{wednesday, "三天", "2026-11-28"}, {wednesday, "3天后", "2026-11-28"}, {wednesday, "两周", "2026-12-09"}, {wednesday, "一个星期", "2026-12-02"}, {wednesday, "0天", ""},
		{wednesday, "", ""}, {wednesday, "猴年", ""}, {wednesday, "周八", ""}, {wednesday, "10", ""}, {wednesday, "12月10日下午", ""},
	} {
		got := ""
		if day, ok := dayOf(tc.s, tc.now); ok {
			got = day.Format(time.DateOnly)
			if day.Hour() != 0 || day.Location() != cst {
				t.Errorf("%s: %v is no midnight there", tc.s, day)
			}
		}
		if got != tc.want {
			t.Errorf("%s from %s: %q, want %q", tc.s, tc.now.Format(time.DateTime), got, tc.want)
		}
	}
}

// Pauses hold what we send of our own accord, and never an answer.
func TestPausesHoldNoAnswers(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	held := func(kind, unit string) (held bool) {
		o.update(func(tx *store.Tx) (err error) {
			held, err = Held(tx, outbox.Record{Notice: outbox.Notice{Kind: kind, Unit: unit}})
			return err
		})
		return held
	}
	if held("remind", "市教育局") {
		t.Error("held without a pause")
	}
	o.says("zhuren", "暂停市教育局的推送")
	for _, tc := range []struct {
		kind, unit string
		want       bool
	}{{"remind", "市教育局", true}, {"remind", "市委宣传部", false}, {outbox.KindReply, "市教育局", false}, {kindNotice, "市教育局", false}} {
		if got := held(tc.kind, tc.unit); got != tc.want {
			t.Errorf("%s for %s: held %v", tc.kind, tc.unit, got)
		}
	}
}

// Before the documents are read nobody knows any unit, and nothing breaks.
func TestCommandsBeforeTheDocumentsAreRead(t *testing.T) {
	t.Parallel()
	o := newBureau(t, func(opt *DeskOptions) {
		opt.Commands = Commands(OrgOptions{Units: func() org.Units { return nil }}, TaskOptions{}, ActivityOptions{})
	})
	for _, q := range []string{"绑定 张三 市教育局", "我是谁", "暂停市教育局推送"} {
		if o.says("xinren", q) == "" {
			t.Errorf("%s: nothing", q)
		}
	}
}

// Packages with commands of their own find them in the help.
func TestTheHelpListsEveryCommandThatThePersonMayUse(t *testing.T) {
	t.Parallel()
	say := func(s string) func(*Call) (chat.Reply, error) {
		return func(*Call) (chat.Reply, error) { return text(s) }
	}
	match := func(word string) func(string) ([]string, bool) {
		return func(text string) ([]string, bool) { return nil, text == word }
	}
	o := newBureau(t, func(opt *DeskOptions) {
		opt.Commands = []Command{
			{Name: "a", Help: "甲：做甲", Match: match("甲"), Run: say("做了甲")},
			{Name: "b", Help: "乙：做乙", Roles: office, Match: match("乙"), Run: say("做了乙")},
			{Name: "place", Match: match(placeWord), Run: say("到了")},
		}
	})
	if got := o.says("luren", "帮助"); !strings.Contains(got, "甲：做甲") || strings.Contains(got, "乙：做乙") {
		t.Error(got)
	}
	if got := o.says("zhuren", "帮助"); !strings.Contains(got, "乙：做乙") {
		t.Error(got)
	}
	if got := o.says("luren", "乙"); !strings.Contains(got, "只有协调组办公室可以办") {
		t.Error(got)
	}
	if got := o.take(o.event("luren", chat.Event{Kind: chat.EventCard, Key: "甲"})).Text; got != "做了甲" {
		t.Error(got)
	}
	m := o.direct("luren", "")
	m.Type = chat.TypePlace
	if got := o.take(m).Text; got != "到了" {
		t.Error(got)
	}
	if got := o.says("luren", placeWord); got == "到了" {
		t.Error("words pass for a place")
	}
}

// A command with nothing to say leaves the text to the next one that it may be, and in the
// end, where no command was sure of it, to be answered as a question.
func TestACommandMayPassAWordOn(t *testing.T) {
	t.Parallel()
	says := func(name, said string, sure bool, roles ...org.Role) Command {
		c := Command{Name: name, Roles: roles, Match: func(text string) ([]string, bool) { return nil, text == "文化礼堂" }, Run: func(*Call) (chat.Reply, error) { return text(said) }}
		if !sure {
			c.Sure = never
		}
		return c
	}
	for _, tc := range []struct {
		name     string
		commands []Command
		want     string
	}{
		{"the first that speaks", []Command{says("a", "", false), says("b", "乙", true), says("c", "丙", true)}, "乙"},
		{"a sure one passes, too", []Command{says("a", "", true), says("b", "乙", false)}, "乙"},
		{"all pass", []Command{says("a", "", false), says("b", "", false)}, halls.Text},
		{"who may not use the next", []Command{says("a", "", false), says("b", "乙", true, org.RoleOffice)}, halls.Text},
	} {
		o := newBureau(t, func(opt *DeskOptions) { opt.Commands = tc.commands })
		o.desk.Use(New(fake{"文化礼堂": {Status: index.Answered, Intent: index.IntentResponsible, Results: []index.Row{halls}}}, Options{}))
		if got := o.says("zhiyuan", "文化礼堂"); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s", tc.name, got)
		}
	}
}

// A link into the console goes to its owner alone.
func TestALinkIntoTheConsole(t *testing.T) {
	t.Parallel()
	o := newBureau(t, func(opt *DeskOptions) {
		org := sampleOrg()
		org.Console = func(_ *store.Tx, who chat.Visitor) (string, error) {
			return "https://xt.example/link/" + string(who.User), nil
		}
		opt.Commands = Commands(org, TaskOptions{}, ActivityOptions{})
	})
	for _, m := range []chat.Message{o.direct("zhuren", "控制台"), o.group("大群", "zhuren", "控制台"), o.direct("luren", "控制台"), o.direct("zhiyuan", "控制台")} {
		got := o.take(m).Text
		mine := m.Kind == chat.Direct && m.Sender == "zhuren"
		if strings.Contains(got, "https://xt.example/link/zhuren") != mine || strings.Contains(got, "/link/") != mine {
			t.Errorf("%s %s: %s", m.Sender, m.Kind, got)
		}
	}
	if got := newBureau(t).says("zhuren", "控制台"); !strings.Contains(got, "public_url") {
		t.Error(got)
	}
}
