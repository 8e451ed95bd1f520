package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/task"
)

// How the office says when a task's units are to be reminded: 提醒 T12 提前 10、5、2 天,
// T12 提前 5 天提醒, 提醒 T12 按默认. The patterns read folded text.
var (
	rulesFront  = regexp.MustCompile(`^(?:请|帮我|把|将|\s)*提醒\s*` + taskNumbers + `[\s:,的]*(?:规则|时间)?\s*(?:改为|改成|设为|在|要)?\s*(.*)$`)
	rulesBehind = regexp.MustCompile(`^(?:请|帮我|把|将|\s)*` + taskNumbers + `[\s:,的]*(?:提醒)?\s*(?:改为|改成|设为|在|要)?\s*((?:到期|期限)?前?(?:提前|按默认|恢复默认).*?)(?:提醒)?[。!]*$`)
)

const maxRuled = 20 // tasks of one message

// ruleCommands set when a task's units are reminded of its deadline.
func (t taskCommands) ruleCommands() []Command {
	return []Command{{Name: "task rules", Help: textHelpRules, Roles: office, Match: rulesWords, Run: t.setRules}}
}

// rulesWords gives the tasks, and how as it was said. T12 提前完成了 says something else.
func rulesWords(said string) ([]string, bool) {
	if asking.MatchString(said) {
		return nil, false
	}
	if args, ok := folded(rulesFront)(said); ok {
		return args, true
	}
	args, ok := folded(rulesBehind)(said)
	if ok {
		_, ok = task.ParseOffsets(args[1])
	}
	return args, ok
}

func (t taskCommands) setRules(c *Call) (chat.Reply, error) {
	list := numbersOf(nil, c.Args[0])
	days, ok := task.ParseOffsets(c.Args[1])
	switch {
	case len(list) == 0:
		return text(task.Tell(task.ErrNotFound))
	case !ok:
		return text(textHowToRemind(list[0]))
	case len(list) > maxRuled:
		return text(textTooManyRules)
	}
	var lines []string
	for _, n := range list {
		line, err := t.setOffsets(c, n, days)
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, line)
	}
	return text(strings.Join(lines, "\n"))
}

func (t taskCommands) setOffsets(c *Call, n task.Number, days []int) (string, error) {
	k, err := t.Board.Get(c.Tx, n)
	if err != nil {
		return t.refused(c, n, err)
	}
	d := k.Edit()
	d.Offsets = days
	k, err = t.Board.Apply(c.Tx, n, task.Action{Do: task.DoAmend, Draft: &d, Version: k.Version}, task.ActorOf(c.Person))
	if err != nil {
		return t.refused(c, n, err)
	}
	return textRemindedOn(k, t.nextReminders(c, k)), nil
}

// nextReminders are the days on which the task's units will be told of the deadline.
func (t taskCommands) nextReminders(c *Call, k task.Task) (days []string) {
	const ahead = 2 * 366
	for _, p := range t.Board.Upcoming(k, t.now(c), ahead) {
		day := task.DateWord(t.Board.Calendar(), t.Board.Calendar().Day(p.At), t.today(c))
		if p.Cause == task.CauseDeadline && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days
}

const textHelpRules = "提醒 T12 提前 10、5、2 天：改这项任务到期前几个工作日提醒；提醒 T12 按默认：改回来"

var textTooManyRules = fmt.Sprintf("一次最多改 %d 项任务的提醒，请分几次。", maxRuled)

func textHowToRemind(n task.Number) string {
	return fmt.Sprintf("请写明到期前几个工作日提醒，最多 %d 个，例如“提醒 %s 提前 10、5、2 天”，当天写“当天”；改回来说“提醒 %s 按默认”；现在就催请说“催办 %s”。", task.MaxOffsets, n, n, n)
}

func textRemindedOn(k task.Task, days []string) string {
	rule := k.OffsetsWord()
	if rule == "" {
		rule = "按默认的规则提醒"
	}
	s := k.Heading() + colon + rule + "。"
	switch {
	case k.Deadline.IsZero() && !k.Recurs():
		return s + "这项任务还没有期限，定了期限才提醒。"
	case len(days) > 0:
		return s + "接下来：" + strings.Join(days, listMark) + "。"
	case !k.Recurs() && k.Handed.IsZero():
		return s + "交办以后按这样提醒。"
	}
	return s
}
