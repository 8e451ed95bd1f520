package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"xietiao/bot/calendar"
	"xietiao/config"
)

// taskRoster has the liaisons of two units, and the office.
const taskRoster = `姓名,单位,角色,企业微信账号,钉钉账号
陈主任,市文广旅体局,办公室,chen,chen
李联络,市教育局,联络员,li,li
王联络,市科协,联络员,wang,wang
`

// atWork puts the clock forward to ten o'clock of a working day, when messages of tasks
// go out, and returns the day.
func atWork(t *testing.T, c *clock) calendar.Date {
	t.Helper()
	cfg := config.Default()
	loc := cfg.Location()
	open := calendar.New(loc, nil).NextOpen(time.Now().In(loc).Add(15*time.Hour), calendar.Hours{From: 10 * 60, To: 11 * 60})
	day := calendar.Of(open)
	c.advance(time.Until(day.At(10, 0, loc)))
	return day
}

// remind lets the tasks say what is due.
func (o *office) remind() {
	o.t.Helper()
	if _, err := o.app.board.Remind(context.Background(), o.app.store); err != nil {
		o.t.Fatal(err)
	}
	o.settled()
}

func dateWord(d calendar.Date) string { return fmt.Sprintf("%d年%d月%d日", d.Y, int(d.M), d.D) }

// A task lives its whole life by chat, and each step that somebody may not take, or not
// yet, or not without a reason, is refused in words that say what to do.
func TestATasksLifeOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		today := atWork(t, c)
		o := open(t, l, c)
		o.imports("roster", taskRoster)
		for _, who := range []string{"chen", "li", "wang"} { // some channels cannot begin to talk
			o.ask(who, "", "你好")
		}
		talk := func(lines ...[]string) {
			t.Helper()
			for _, line := range lines {
				c.advance(7 * time.Second)
				holds(t, line[0]+": "+line[1], o.ask(line[0], "", line[1]), line[2:]...)
			}
		}
		// told lets the tasks say what is due, and wants one message to somebody.
		told := func(who string, pieces ...string) {
			t.Helper()
			before := len(l.pushed(who))
			o.remind()
			// The reminders of the service itself may have been first.
			all := l.pushed(who)
			if len(all) == 0 {
				t.Fatalf("%s is told nothing", who)
			}
			if holds(t, who+" is told", all[len(all)-1].text, pieces...); len(all) > before+1 {
				t.Errorf("%s is told more than once: %q", who, all[before:])
			}
		}
		due, later := dateWord(today.AddDays(20)), dateWord(today.AddDays(40))

		talk(
			[]string{"li", "新建任务 检查消防，市教育局牵头", "只有协调组办公室可以办"},
			[]string{"chen", "新建任务 检查消防，" + due + "前", "还没有牵头单位"},
			[]string{"chen", "确认", "还没有牵头单位"},
			[]string{"chen", "改 牵头 市教育局", "牵头：市教育局", "期限：" + due, "无误请回复“确认”"},
			[]string{"chen", "确认", "已立项：T1 检查消防"},
			[]string{"li", "收到 T1", "办公室交办以后才能办理"},
			[]string{"li", "交办 T1", "要由协调组办公室办理"},
			[]string{"chen", "交办 T1", "T1 检查消防 已交办", "市教育局牵头"},
		)
		told("li", "T1 检查消防", "新交办（牵头）", "“收到 T1”")
		talk(
			[]string{"chen", "交办 T1", "已经交办过了"},
			[]string{"wang", "收到 T1", "只能由这项任务的单位办理：市教育局"},
			[]string{"zhao", "收到 T1", "我还不认识您"},
			[]string{"li", "完成 T1 已查完", "还没有签收，请先回复“收到 T1”"},
		)
		if l.able().buttons {
			holds(t, "the button", l.press("li", "签收"), "T1 检查消防 已签收")
			holds(t, "the other button", l.press("li", "查看"), "T1 检查消防", "已签收，办理中", "李联络：签收")
		} else {
			talk([]string{"li", "收到", "T1 检查消防 已签收", "“完成 T1 结果”"})
		}
		talk(
			[]string{"li", "收到 T1", "已经签收过了"},
			[]string{"li", "进度 T1 120%", "进度要是 0 到 100 的数"},
			[]string{"li", "T1 进度 60%，已查 30 家", "进度记为 60%"},
			[]string{"li", "延期 T1 到 " + later, "请写明为什么要延期"},
			[]string{"wang", "延期 T1 到 " + later + " 因为忙", "只能由这项任务的单位办理"},
			[]string{"li", "延期 T1 到 " + later + " 因为还有 5 家没开门", "申请延期到", "等办公室同意"},
			[]string{"li", "延期 T1 到 " + later + " 因为还要久", "已经申请延期，等办公室答复"},
			[]string{"li", "同意 T1", "要由协调组办公室办理"},
		)
		told("chen", "市教育局申请延期到"+later, "还有 5 家没开门", "“同意 T1”")
		talk(
			[]string{"chen", "待确认", "T1 市教育局申请延期"},
			[]string{"chen", "不同意 T1", "请写明原因"},
			[]string{"chen", "同意 T1", "已同意延期", fmt.Sprintf("期限 %s", strings.TrimPrefix(later, fmt.Sprintf("%d年", today.Y)))},
			[]string{"chen", "同意 T1", "没有可以同意延期的内容"},
		)
		told("li", "延期已同意")
		talk(
			[]string{"chen", "复核 T1", "要等所有牵头单位反馈完成"},
			[]string{"li", "完成 T1，35 家查完", "已反馈完成", "等办公室复核"},
			[]string{"li", "完成 T1", "不能反馈完成", "请办公室先退回重办"},
		)
		told("chen", "已全部反馈，请复核", "“复核 T1”")
		talk(
			[]string{"chen", "办结 T1", "复核通过以后才能办结"},
			[]string{"li", "复核 T1", "要由协调组办公室办理"},
			[]string{"chen", "退回 T1", "请写明原因"},
			[]string{"chen", "退回 T1 没有附清单", "已退回重办"},
		)
		told("li", "退回重办：没有附清单")
		talk([]string{"li", "完成 T1 清单已附", "已反馈完成"})
		told("chen", "已全部反馈，请复核")
		talk(
			[]string{"chen", "复核 T1", "已复核", "“办结 T1”"},
			[]string{"chen", "销号 T1", "办结以后才能销号"},
			[]string{"li", "办结 T1", "要由协调组办公室办理"},
			[]string{"chen", "办结 T1", "T1 检查消防 已办结"},
			[]string{"li", "进度 T1 70%", "这项任务已经结束"},
			[]string{"chen", "销号 T1", "T1 检查消防 已销号"},
			[]string{"chen", "销号 T1", "这项任务已经结束"},
			[]string{"li", "我的任务", "市教育局没有没办完的任务"},
			[]string{"chen", "T1", "已销号", "“清单已附”", "已同意", "共 12 条"},
		)
		if l.able().groups {
			holds(t, "in a group", o.ask("li", "chat-education", "T1"), "T1 检查消防", "已销号")
			holds(t, "another unit in a group", o.ask("wang", "chat-education", "T1"), "只有这项任务的单位（市教育局）")
		}
	})
}
