package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/store"
	"xietiao/config"
)

// activityRoster has a unit that organises, two volunteers, and the office.
const activityRoster = `姓名,单位,角色,企业微信账号,钉钉账号
陈主任,市文广旅体局,办公室,chen,chen
李联络,市教育局,联络员,li,li
张志愿,市教育局,志愿者,zhang,zhang
王志愿,市教育局,志愿者,wang,wang
`

// outing is a dialogue about activities: a service whose clock the test moves.
type outing struct {
	*office
	loc *time.Location
	day calendar.Date // of the activity
}

// newOuting opens a service at ten in the morning, three days before the activity.
func newOuting(t *testing.T, l line, c *clock, change ...func(*config.Config)) *outing {
	t.Helper()
	cfg := config.Default()
	loc := cfg.Location()
	today := calendar.Of(time.Now().In(loc)).AddDays(1)
	c.advance(time.Until(today.At(10, 0, loc)))
	o := &outing{open(t, l, c, change...), loc, today.AddDays(3)}
	o.imports("roster", activityRoster)
	for _, who := range []string{"chen", "li", "zhang", "wang"} { // some channels cannot begin to talk
		o.ask(who, "", "你好")
	}
	return o
}

// until moves the clock, and says what is due by then.
func (o *outing) goTo(d calendar.Date, hour, minute int) {
	o.t.Helper()
	o.clock.advance(d.At(hour, minute, o.loc).Sub(o.clock.now()))
	if _, err := o.app.activity.Remind(context.Background(), o.app.store); err != nil {
		o.t.Fatal(err)
	}
	o.settled()
}

// talk plays lines: who, what is said, and pieces of the reply. {A1} is the code of the moment.
func (o *outing) talk(lines ...[]string) {
	o.t.Helper()
	for _, line := range lines {
		o.clock.advance(7 * time.Second) // nobody writes faster
		said := strings.ReplaceAll(line[1], "{A1}", o.code())
		holds(o.t, line[0]+": "+said, o.ask(line[0], "", said), line[2:]...)
	}
}

// code is the first activity's, while it has one.
func (o *outing) code() (digits string) {
	o.view(func(r store.Reader) error {
		code, err := o.app.activity.Code(r, 1, activity.Operator)
		if err == nil {
			digits = code.Digits
		}
		return nil
	})
	return digits
}

// last is what somebody was sent last.
func (o *outing) last(who string) string {
	o.t.Helper()
	all := o.line.pushed(who)
	if len(all) == 0 {
		o.t.Fatalf("%s was sent nothing", who)
	}
	return all[len(all)-1].text
}

// An activity lives its whole life by chat: it is made, people sign up, are reminded, check
// in and out, see their hours, dispute them, have them corrected and certified.
func TestAnActivitysLifeOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := newOuting(t, l, c)
		date := fmt.Sprintf("%d年%d月%d日", o.day.Y, int(o.day.M), o.day.D)
		o.talk(
			[]string{"zhang", "新建活动 读书会，图书馆，" + date + "14点到16点", "只有协调组办公室、联络员、单位负责人可以办"},
			[]string{"li", "新建活动 读书会，" + date + "下午2点到4点，名额1，要签退", "还没有地点"},
			[]string{"li", "确认", "还没有地点"},
			[]string{"li", "改 地点 图书馆一楼", "无误请回复“确认”"},
			[]string{"li", "确认", "已新建：A1 读书会"},
			[]string{"zhang", "报名 A1", "登记为志愿者：姓名 张志愿", "同意请回复“同意”"},
			[]string{"zhang", "同意", "登记好了：张志愿，志愿者编号 V1", "A1 还没有发布"},
			[]string{"li", "发布 A1", "A1 读书会 已发布"},
			[]string{"zhang", "活动", "A1 读书会", "还剩 1 个名额"},
			[]string{"zhang", "报名 A1", "A1 读书会 报名成功"},
			[]string{"zhang", "报名 A1", "您已经报过名"},
			[]string{"wang", "报名A1", "登记为志愿者"},
			[]string{"wang", "同意", "候补第 1 位"},
			[]string{"wang", "签到", "您在 A1 的候补名单上"},
			[]string{"wang", "名单 A1", "要由活动的组织单位或协调组办公室办理"},
			[]string{"li", "名单 A1", "张志愿（V1）｜已报名", "王志愿（V2）｜候补第 1 位"},
			[]string{"zhang", "取消报名 A1", "的报名已取消"},
		)
		o.settled()
		holds(t, "wang is told", o.last("wang"), "【候补成功】A1 读书会")
		o.talk(
			[]string{"zhang", "报名 A1", "候补第 1 位"},
			[]string{"li", "修改 A1 名额 2", "名额：2"},
			[]string{"li", "确认", "A1 读书会 已修改"},
		)
		o.settled()
		holds(t, "zhang is told", o.last("zhang"), "【候补成功】A1 读书会")

		o.goTo(o.day.AddDays(-1), 18, 1)
		holds(t, "the eve", o.last("zhang"), "【明天的活动】", "A1 读书会")
		o.goTo(o.day, 12, 1)
		holds(t, "two hours before", o.last("wang"), "【活动提醒】A1 读书会 今天 14:00 开始")
		o.talk([]string{"zhang", "签到 A1 {A1}", "太早了", "13:30开始签到"})
		o.goTo(o.day, 13, 45)
		o.talk(
			[]string{"zhang", "签到", "请发现场屏幕上的六位数字"},
			[]string{"zhang", "签到 000001", "签到码不对"},
			[]string{"zhang", "{A1}", "A1 读书会 签到成功，13:4"},
			[]string{"zhang", "签到 A1 {A1}", "您已经在 13:4"},
			[]string{"li", "替签 A1 王志愿", "王志愿：13:4"},
			[]string{"li", "撤销签到 A1 王志愿", "撤销签到 A1 张三 原因"},
			[]string{"li", "撤销签到 A1 王志愿 点错了", "已撤销 王志愿"},
			[]string{"wang", "签到 A1 {A1}", "签到成功"},
		)
		o.goTo(o.day, 16, 0)
		o.talk(
			[]string{"zhang", "签退 A1 {A1}", "签退成功，16:00", "服务时长 2 小时"},
			[]string{"zhang", "我的时长", "活动结束后才计入"},
		)
		o.goTo(o.day, 16, 40)
		holds(t, "the organiser is told", o.last("li"), "【活动结束】A1 读书会：签到 2 人", "待核实 1 人")
		o.talk(
			[]string{"zhang", "我的时长", "2 小时，1 次"},
			[]string{"wang", "我的时长", "0 分钟", "待核实：没有签退"},
			[]string{"li", "待核实", "王志愿（V2）", "“核实 A1 V2”"},
			[]string{"li", "核定 A1 王志愿 90分钟 提前走了", "核定为 1 小时 30 分钟"},
		)
		o.settled()
		holds(t, "wang is told", o.last("wang"), "【时长更正】A1 读书会", "1 小时 30 分钟", "提前走了")
		o.talk(
			[]string{"wang", "时长有误 A1", "请写明哪里不对"},
			[]string{"wang", "时长有误 A1 我四点才走", "异议已交给市教育局"},
			[]string{"wang", "时长有误 A1 我四点才走", "异议还在等答复"},
			[]string{"li", "待确认", "王志愿（V2）对时长有异议：“我四点才走”"},
			[]string{"zhang", "同意 A1 王志愿 120分钟 是的", "要由活动的组织单位或协调组办公室办理"},
			[]string{"li", "不同意 A1 王志愿", "请这样写"},
			[]string{"li", "同意 A1 王志愿 120分钟 查过监控", "核定为 2 小时", "异议已答复"},
		)
		o.settled()
		holds(t, "wang is told", o.last("wang"), "【异议答复】同意更正", "2 小时", "查过监控")
		year := fmt.Sprint(o.day.Y)
		o.talk(
			[]string{"wang", "我的时长 " + year, "2 小时，1 次", "组织者核定"},
			[]string{"wang", "证明 " + year, "志愿服务记录证明（编号 ", "姓名：王志愿", "共 2 小时", "要盖章的纸质证明"},
			[]string{"li", "归档 A1", "A1 读书会 已归档"},
			[]string{"wang", "时长有误 A1 再看看", "已经归档"},
			[]string{"chen", "活动统计 " + year, "市教育局：2 人，1 场，4 小时"},
		)
		if l.able().groups {
			const group = "chat-volunteers"
			before := len(l.pushed("wang"))
			holds(t, "in a group", o.ask("wang", group, "我的时长"), "不便在群里显示")
			if told := o.heard("wang", before); len(told) != 1 || !strings.Contains(told[0].text, "2 小时，1 次") {
				t.Errorf("wang alone reads %q", told)
			}
		}
	})
}

// Somebody whom an organiser wrote down at the door turns out to be a volunteer already:
// the organiser makes them one, after a look at both.
func TestVolunteersAreMergedByChat(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := newOuting(t, l, c)
		date := fmt.Sprintf("%d年%d月%d日", o.day.Y, int(o.day.M), o.day.D)
		o.talk(
			[]string{"li", "新建活动 读书会，图书馆，" + date + "下午2点到4点", "无误请回复“确认”"},
			[]string{"li", "确认发布", "已发布"},
			[]string{"zhang", "报名 A1", "同意请回复“同意”"},
			[]string{"zhang", "同意", "V1", "报名成功"},
		)
		o.goTo(o.day, 13, 45)
		o.talk(
			[]string{"zhang", "{A1}", "签到成功"},
			[]string{"li", "替签 A1 张小志", "V2"},
		)
		o.goTo(o.day, 16, 10)
		o.talk(
			[]string{"zhang", "合并 V2 到 V1 本人", "只有协调组办公室、联络员、单位负责人可以办"},
			[]string{"li", "合并 V2 到 V1", "请写明为什么是同一个人"},
			[]string{"li", "合并 V2 到 V2 本人", "两个编号是一样的"},
			[]string{"li", "合并 V2 到 V9 本人", "没有这位志愿者"},
			[]string{"li", "合并 V2 到 V1 本人来电，小名", "要把 V2 合并到 V1", "V1 张志愿", "V2 张小志", "服务 2 小时，1 次", "重叠的只算一次", "拆不开", "本人来电，小名"},
			[]string{"li", "放弃"},
			[]string{"li", "确认V2"},
			[]string{"li", "合并 V2 到 V1，因为本人来电", "理由：本人来电"},
			[]string{"li", "确认", "V2 已合并到 V1 张志愿", "服务共 2 小时"},
			[]string{"li", "合并V2和V1 再来一次", "V2 已经合并到 V1"},
			[]string{"zhang", "我的时长", "2 小时，2 次", "重叠"},
			[]string{"zhang", "导出我的资料", "V2（已合并）"},
			[]string{"chen", fmt.Sprint("活动统计 ", o.day.Y), "市教育局：1 人，1 场，2 小时"},
		)
	})
}

var (
	certificateCode = regexp.MustCompile(`编号 ([A-Z2-7-]+)）`)
	oneTimeLink     = regexp.MustCompile(`https://xt\.example(/login/link/[A-Z2-7]+)`)
)

// With a public address people get the pages: the activity's, the screen of its code by a
// link that is good once, and a certificate's check.
func TestPagesOfActivitiesAreLinkedInChats(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, pagesAreLinked)
}

func pagesAreLinked(t *testing.T, l line, c *clock) {
	o := newOuting(t, l, c, func(c *config.Config) { c.PublicURL = "https://xt.example" })
	date := fmt.Sprintf("%d年%d月%d日", o.day.Y, int(o.day.M), o.day.D)
	o.talk(
		[]string{"li", "新建活动 读书会，图书馆，" + date + "14点到16点，坐标 28.12345,120.96789", "米内可以发位置签到"},
		[]string{"li", "确认发布", "活动页：https://xt.example/a/A1"},
		[]string{"zhang", "A1", "活动页：https://xt.example/a/A1"},
		[]string{"zhang", "加入志愿者", "同意"},
		[]string{"zhang", "同意", "V1"},
		[]string{"zhang", "报名 A1", "报名成功"},
	)
	o.goTo(o.day, 13, 45)
	screen := o.ask("li", "", "签到码 A1")
	link := oneTimeLink.FindStringSubmatch(screen)
	if link == nil {
		t.Fatalf("no link: %s", screen)
	}
	if code, page := o.get(link[1]); code != 200 || !strings.Contains(page, "A1 读书会") {
		t.Errorf("the link leads to %d %s", code, page)
	}
	holds(t, "the list", o.ask("li", "", "名单 A1"), "在手机上点名", "https://xt.example/login/link/")

	if app, ok := l.(appLine); ok { // no other channel brings a location
		place := func(latitude float64) string {
			c.advance(7 * time.Second)
			return joinedTexts(app.post(app.caller.Place("zhang", latitude, 120.96789, "市图书馆"), said{user: "zhang"}))
		}
		holds(t, "far away", place(28.2), "距离 ", "超出了 300 米的范围")
		holds(t, "at the venue", place(28.1235), "A1 读书会 签到成功", "离活动地点")
	} else {
		o.talk([]string{"zhang", "签到 A1 {A1}", "A1 读书会 签到成功"})
	}
	o.goTo(o.day, 16, 10)
	paper := o.ask("zhang", "", "证明")
	code := certificateCode.FindStringSubmatch(paper)
	if code == nil {
		t.Fatalf("no certificate: %s", paper)
	}
	holds(t, "the certificate", paper, "https://xt.example/a/certificate/"+code[1], "https://xt.example/a/check/"+code[1])
	if status, page := o.get("/a/check/" + url.PathEscape(code[1])); status != 200 || !strings.Contains(page, "2 小时") || strings.Contains(page, "张志愿") {
		t.Errorf("the check shows %d %s", status, page)
	}
}

func joinedTexts(all []shown) string {
	var texts []string
	for _, m := range all {
		texts = append(texts, m.text)
	}
	return strings.Join(texts, "\n")
}
