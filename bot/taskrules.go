package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/task"
	"xietiao/index/zh"
)

// How the office says when a task's units are to be reminded: 提醒 T12 提前 10、5、2 天,
// T12 提前 5 天提醒, 提醒 T12 按默认. The patterns read folded text.
var (
	rulesFront    = regexp.MustCompile(`^(?:请|帮我|把|将|\s)*提醒\s*` + taskNumbers + `[\s:,的]*(?:规则|时间)?\s*(?:改为|改成|设为|在|要)?\s*(.*)$`)
	rulesBehind   = regexp.MustCompile(`^(?:请|帮我|把|将|\s)*` + taskNumbers + `[\s:,的]*(?:提醒)?\s*(?:改为|改成|设为|在|要)?\s*((?:到期|期限)?前?(?:提前|按默认|恢复默认).*?)(?:提醒)?[。!]*$`)
	usualRules    = regexp.MustCompile(`^(?:按|用|恢复|改回|回到)?\s*(?:默认|原来|平常)(?:的)?(?:规则|设置|时间|提醒)*[。!]*$`)
	offsetsSaid   = regexp.MustCompile(`^(?:到期|期限)?前?(?:提前)?\s*((?:(?:\d{1,4}|当天|当日|期限当天|到期当天)\s*(?:个?工作日|天|日)?[\s、,和及]*)+)(?:各?提醒(?:1次)?)?[。!]*$`)
	chineseNumber = regexp.MustCompile(`[一二两三四五六七八九十]+`)
	offsetNumber  = regexp.MustCompile(`\d+|当天|当日`)
)

const (
	maxOffsets = 10  // reminders before a deadline
	maxAhead   = 366 // working days
	maxRuled   = 20  // tasks of one message
)

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
		_, ok = readOffsets(args[1])
	}
	return args, ok
}

// readOffsets reads days before a deadline, the first to come first; nil: as usual.
func readOffsets(said string) (days []int, ok bool) {
	said = chineseNumber.ReplaceAllStringFunc(zh.Fold(strings.TrimSpace(said)), func(s string) string { return strconv.Itoa(numeral(s)) })
	if usualRules.MatchString(said) {
		return nil, true
	}
	m := offsetsSaid.FindStringSubmatch(said)
	if m == nil {
		return nil, false
	}
	for _, s := range offsetNumber.FindAllString(m[1], -1) {
		n, _ := strconv.Atoi(s) // 当天 is 0
		days = append(days, n)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	slices.Reverse(days)
	return days, len(days) <= maxOffsets && days[0] <= maxAhead
}

func (t taskCommands) setRules(c *Call) (chat.Reply, error) {
	list := numbersOf(nil, c.Args[0])
	days, ok := readOffsets(c.Args[1])
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
	return fmt.Sprintf("请写明到期前几个工作日提醒，最多 %d 个，例如“提醒 %s 提前 10、5、2 天”，当天写“当天”；改回来说“提醒 %s 按默认”；现在就催请说“催办 %s”。", maxOffsets, n, n, n)
}

// textOffsets is a task's own rule; empty: it has none.
func textOffsets(k task.Task) string {
	if k.Offsets == nil {
		return ""
	}
	var days []string
	for _, n := range k.Offsets {
		if n > 0 {
			days = append(days, strconv.Itoa(n))
		}
	}
	s := "到期前 " + strings.Join(days, listMark) + " 个工作日"
	switch last := slices.Contains(k.Offsets, 0); {
	case last && len(days) == 0:
		return "到期当天提醒"
	case last:
		s += "和到期当天"
	}
	return s + "提醒"
}

func textRemindedOn(k task.Task, days []string) string {
	rule := textOffsets(k)
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
