package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/task"
)

var remindCommand = command{
	name:    "remind",
	summary: "看某个时刻该提醒谁、为什么，不发",
	usage: `用法：xietiao remind -at 时刻 [-config 文件] [-data 文件夹]

  -at 时刻   例如 2026-12-01T09:00:00+08:00
  -config、-data  同 serve

列出到那个时刻该发、还没有发的任务提醒和活动通知：发给谁、走哪条路、为什么。什么也不改，什么也不发。
以后的日子按现在的任务来算：从那天零点起该发的，假定这之前都照常发了、没有人再动过任务，也不算每天几条的上限。
活动的通知（前一天、开始前两小时、改了、取消、结束后待核实、异议到期）按时刻列出，同样的话并在一起；候补递补、更正这些
当时就写好的，列出还在等着发的。
服务开着也能用。
`,
	run: runRemind,
}

func runRemind(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("remind", flag.ContinueOnError)
	moment := fs.String("at", "", "")
	flags := storeFlags(fs)
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	at, err := time.Parse(time.RFC3339, *moment)
	switch {
	case len(rest) > 0:
		return c.misuse("多余的参数 %q", rest[0])
	case *moment == "":
		return c.misuse("要给一个时刻，例如 -at 2026-12-01T09:00:00+08:00")
	case err != nil:
		return c.misuse("-at 的值 %q 不是 2026-12-01T09:00:00+08:00 这样的时刻", *moment)
	}
	cfg, err := c.storeSettings(flags)
	if err != nil {
		return c.fail("%v", err)
	}
	op, err := openOperator(ctx, cfg)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // read only
	rem, err := op.Remind(ctx, at)
	if err != nil {
		return c.fail("%v", err)
	}
	at = at.In(cfg.Location())
	printf(c.stdout, "%s（%s）\n", at.Format(minuteLayout), rem.Day)
	if len(rem.Messages) > 0 && rem.Opens.After(at) {
		printf(c.stdout, "不在发提醒的时段，下面这些最早 %s 发\n", rem.Opens.In(cfg.Location()).Format(minuteLayout))
	}
	for _, m := range rem.Messages {
		printf(c.stdout, "\n%s", m)
	}
	for _, m := range rem.Activities {
		printf(c.stdout, "\n%s", m.in(cfg.Location()))
	}
	if len(rem.Messages)+len(rem.Activities) == 0 {
		printf(c.stdout, "没有要提醒的\n")
	}
	return exitDone
}

const minuteLayout = "2006-01-02 15:04"

// dayWord says what kind of day it is.
func dayWord(cal *calendar.Calendar, at time.Time) string {
	day := cal.Day(at)
	kind := "工作日"
	if !cal.Workday(day) {
		kind = "休息日"
	}
	if name := cal.Name(day); name != "" {
		kind += "，" + name
	}
	if !cal.Known(day.Y) {
		kind += unknownYear
	}
	return "周" + string([]rune("日一二三四五六")[day.Weekday()]) + "，" + kind
}

// unknownYear follows a day of a year whose holidays are not known.
const unknownYear = "，假期未定"

// reminding is what is due at a moment.
type reminding struct {
	Day      string       `json:"day"`   // what kind of day it is
	Opens    time.Time    `json:"opens"` // from when on messages may go out; not before the moment
	Messages []dueMessage `json:"messages"`
	// Activities are the notices of activities, by their time. They go out on any day.
	Activities []dueOuting `json:"activities"`
}

// dueMessage is one message that is due, for people.
type dueMessage struct {
	Unit string   `json:"unit"` // empty: the office
	Head bool     `json:"head"` // to the unit's head, in person
	Ways []string `json:"ways"` // to each place, with what it falls back to; none: it must be called up
	Why  []string `json:"why"`  // a line for each task
}

func dueMessages(messages []task.Message, cal *calendar.Calendar) (list []dueMessage) {
	for _, m := range messages {
		d := dueMessage{Unit: m.Unit, Head: m.Head}
		for _, place := range m.Places {
			d.Ways = append(d.Ways, waysOf(place))
		}
		if len(m.Items) == 0 { // it is of no task
			lines := strings.Split(m.Pages[0].Text, "\n")
			d.Why = lines[:min(len(lines), 2)]
		}
		for _, it := range m.Items {
			d.Why = append(d.Why, whyOf(it, cal))
		}
		list = append(list, d)
	}
	return list
}

// String is the message's lines.
func (d dueMessage) String() string {
	to := cmp.Or(d.Unit, "协调组办公室")
	if d.Head {
		to += "的负责人"
	}
	return to + " ← " + cmp.Or(strings.Join(d.Ways, "、"), "没有群，也没有能找到的人，要打电话") + "\n  " + strings.Join(d.Why, "\n  ") + "\n"
}

// waysOf words a place: its way, and what it falls back to.
func waysOf(place []chat.Address) string {
	var ways []string
	for _, to := range place {
		if way := wayOf(to); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	if len(ways) == 1 {
		return ways[0]
	}
	return ways[0] + "（不通时：" + strings.Join(ways[1:], "、") + "）"
}

// wayOf words where a message goes.
func wayOf(to chat.Address) string {
	way := map[chat.Via]string{
		wecom.ViaApp: "企业微信应用", wecom.ViaAIBot: "企业微信智能机器人", wecom.ViaWebhook: "企业微信群机器人",
		dingtalk.ViaRobot: "钉钉机器人", dingtalk.ViaWebhook: "钉钉群机器人",
	}[to.Via]
	if to.Kind == chat.Direct {
		return way + "→" + string(to.User)
	}
	return way
}

// whyOf is a task, how urgent it is, and why somebody is told of it.
func whyOf(it task.Item, cal *calendar.Calendar) string {
	var why []string
	for _, c := range it.Causes {
		why = append(why, c.Word())
	}
	line := it.Task.Heading() + "：" + strings.Join(why, "、")
	if !it.Task.Deadline.IsZero() {
		unknown := ""
		if !cal.Known(it.Task.Deadline.Y) {
			unknown = unknownYear
		}
		line += fmt.Sprintf("（%s，期限 %s，剩 %d 个工作日%s）", it.Colour.Word(), it.Task.Deadline, it.Left, unknown)
	}
	return line
}
