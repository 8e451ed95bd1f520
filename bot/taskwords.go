package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot/task"
	"xietiao/index/zh"
)

// What people want of a task besides the steps of their own names.
const (
	doView    task.Do = "view"    // to read it
	doUndo    task.Do = "undo"    // to take the last step back
	doUnclear task.Do = "unclear" // nobody knows
)

// wanted is what somebody said of tasks.
type wanted struct {
	do      task.Do
	numbers []task.Number // none: those that are quoted, or the only one it can be
	all     bool          // all that wait for it
	words   string        // a reason, a report, a date: as they were said
}

// args and wantedOf carry it through Command.
func (w wanted) args() []string {
	var numbers []string
	for _, n := range w.numbers {
		numbers = append(numbers, n.String())
	}
	return []string{string(w.do), strings.Join(numbers, " "), strconv.FormatBool(w.all), w.words}
}

func wantedOf(args []string) wanted {
	w := wanted{do: task.Do(args[0]), all: args[2] == "true", words: args[3]}
	for _, s := range strings.Fields(args[1]) {
		if n, ok := task.ParseNumber(s); ok {
			w.numbers = append(w.numbers, n)
		}
	}
	return w
}

// maxNumbers is how many tasks one message may be about: one transaction does them all.
const maxNumbers = 1000

// The patterns read folded text.
const (
	taskNumber  = `(?:t|任务)\s*[#-]?\s*\d{1,9}号?`
	upTo        = `\s*(?:[-~—–]+|到|至)\s*`
	taskSpan    = taskNumber + `(?:` + upTo + taskNumber + `)?`
	taskNumbers = `(` + taskSpan + `(?:[\s、,;和及与]*` + taskSpan + `|[、和及与]\d{1,9}号?)*)`
	bareSpan    = taskNumber + `(?:` + upTo + taskNumber + `|[-~—–]+\d{1,9}号?)?`
	bareNumbers = `(` + bareSpan + `(?:[\s、,;和及与]*` + bareSpan + `|[、和及与]\d{1,9}(?:[-~—–]+\d{1,9})?号?)*)`
	deedHead    = `^(?:请|麻烦|帮忙|帮我|我们单位|我单位|本单位|我们|我局|我|已经?|好的|好|[,。]|\s)*`
	wishHead    = `^(?:请|麻烦|劳驾|帮忙|帮我|给我|我要|我想|想|要|需要|申请|先|那|就|你|您|我们|我局|本单位|我|再|[,。]|\s)*`
	deedMid     = `[\s:,、]*(?:(?:我们|我局|本单位|我们单位|这里|现在|已经?|都)\s*)*`
	wishMid     = `[\s:,、]*(?:(?:我们|我局|本单位|我们单位|现在|请|想|要|再|需要?|申请)\s*)*`
	soft        = `(?:一下|一次|了|啦|吧|掉)*`
)

// verbs are how steps are said, in the order in which they are tried. A deed is
// no wish: 想完成 T12 is not yet done.
var verbs = []verb{
	newVerb(task.DoSign, true, `签收|收到|收悉`),
	newVerb(task.DoProgress, true, `报告进度|进度|进展|做到|完成到|推进到`),
	newVerb(task.DoReport, true, `反馈完成|反馈|完成|办完|办好|做完|办理完毕|办理完成`),
	newVerb(task.DoAsk, false, `申请延期|延期|延后|延迟|推迟|延长|延`),
	newVerb(task.DoDecline, false, `退回重办|退回|打回`), // DoReturn where the office says it
	newVerb(task.DoRaise, false, `提请协调|请求协调|申请协调|协调`),
	newVerb(task.DoSettle, false, `答复协调事项|协调结果|答复`),
	newVerb(task.DoUrge, false, `催办|催`),
	newVerb(task.DoHand, false, `交办|下发|派发`),
	newVerb(task.DoReview, false, `复核通过|复核`),
	newVerb(task.DoClose, false, `办结`),
	newVerb(task.DoStrike, false, `销号`),
	newVerb(task.DoCancel, false, `取消`),
	newVerb(doUndo, false, `撤销|撤消`),
}

// wordless are the steps that need no words: what stands behind T1- is a number, and
// never a date or a share.
var wordless = []task.Do{task.DoSign, task.DoHand, task.DoUrge, task.DoReview, task.DoClose, task.DoStrike}

// verb is a step with its patterns: in front of the numbers, behind them, and alone.
type verb struct {
	do                   task.Do
	front, behind, alone *regexp.Regexp
}

func newVerb(do task.Do, deed bool, words string) verb {
	head, mid := wishHead, wishMid
	if deed {
		head, mid = deedHead, deedMid
	}
	numbers := taskNumbers
	if slices.Contains(wordless, do) {
		numbers = bareNumbers
	}
	say := `(?:` + words + `)` + soft
	return verb{
		do:     do,
		front:  regexp.MustCompile(head + `(?:全部|都)?` + say + `[\s:,、]*` + numbers + `(.*)$`),
		behind: regexp.MustCompile(`^(?:把|将)?\s*` + numbers + mid + say + `(.*)$`),
		alone:  regexp.MustCompile(head + `(?:把|将)?(?:(全部|都|所有)(?:的?任务)?都?)?` + say + `(全部|所有)?(?:任务)?` + thanks),
	}
}

var (
	numberPattern = regexp.MustCompile(`(?:^|[^a-z])(?:t|任务)\s*[#-]?\s*(\d{1,9})`)
	anyNumber     = regexp.MustCompile(`\d{1,9}`)
	spanPattern   = regexp.MustCompile(`(\d{1,9})号?(?:` + upTo + `(?:(?:t|任务)\s*[#-]?\s*)?(\d{1,9}))?`)
	viewPattern   = regexp.MustCompile(`^(?:请|帮我|给我|我要|我想|查一下|查询|查看?|看一下|看看?|打开|显示|\s)*` + taskNumbers + `\s*(?:的|是)?(?:详情|详细|情况|内容|状态|历史|记录|进展|进度|什么)*[?。!]*$`)
	edgePattern   = regexp.MustCompile(`^(?:把|将)?\s*` + taskNumber + `|` + taskNumber + `[。.!?]*$`)
	progressAlone = regexp.MustCompile(deedHead + `(?:进度|进展)[\s:,到]*(` + percentWord + `(?:[\s,。;:].*)?)$`)

	percentWord = `(?:\d{1,3}\s*%|百分之[零一二三四五六七八九十百]{1,4}|[一二三四五六七八九十]成)`
	percentSaid = regexp.MustCompile(`^[\s:,到至了为]*(` + percentWord + `|\d{1,3}(?:[\s,。;:]|$))`)
	bareShare   = regexp.MustCompile(`^[\s:,到至了为]*\d{1,3}(?:[\s,。;:]|$)`)
	counted     = regexp.MustCompile(`^[\s:,到至了为]*\d{1,3}\s+[家个项处所座次人户份件条本场套间名期批级天周月年万元亩公里平米多余]`) // 35 家, no share

	// parted begins words that stand apart from the verb.
	parted = regexp.MustCompile(`^(?:[\s,。.:;!、(\-]|因为|由于|原因|理由|到|至|[了啦](?:[\s,。.:;!、]|$))`)
	// unfinished begins words that say that it is not done.
	unfinished   = regexp.MustCompile(`(?:但|不属于|不是我|不归)|^[\s,。.:;!、]*(?:不|没|未|还|一半|过半|大半|多半|部分|大部分|初步|基本|差|情况|度|时间|期限|时限|率)`)
	isAsked      = regexp.MustCompile(`(?:\?|吗|呢|没有|什么时候|多少|谁)[。.?!]*$`)
	leadingMarks = regexp.MustCompile(`^[\s,，。.:：;；!！、-]*(?:[了啦](?:$|[\s,，。.:：;；!！、]+))?`)
	because      = regexp.MustCompile(`^(?:因为|由于|原因(?:是|为)?|理由(?:是|为)?)[:：]?`)
	closingWords = regexp.MustCompile(`^` + thanks)
)

// readTask reads what somebody says of tasks: 收到 T12、T13, T12 已完成，…, 延期T12到
// 12月10日. A question about a task is to view it. False: it names no task, and is
// none of the words that may stand alone.
func readTask(said string) (wanted, bool) {
	folded := strings.TrimRight(zh.Fold(said), " ")
	if m := viewPattern.FindStringSubmatch(folded); m != nil {
		return wanted{do: doView, numbers: numbersOf(nil, m[1])}, true
	}
	if !numberPattern.MatchString(folded) {
		return alone(said, folded)
	}
	verbal := false
	for _, v := range verbs {
		for i, p := range []*regexp.Regexp{v.front, v.behind} {
			m := p.FindStringSubmatchIndex(folded)
			if m == nil {
				continue
			}
			verbal = true
			w := wanted{do: v.do, numbers: numbersOf(nil, folded[m[2]:m[3]]), words: original(said, folded, m[4], m[5])}
			if w.settle(folded[m[4]:m[5]], i == 1) {
				return w, true
			}
		}
	}
	w := wanted{do: doUnclear, numbers: numbersIn(folded)}
	if asking.MatchString(folded) {
		w.do = doView
	}
	return w, verbal || edgePattern.MatchString(folded)
}

// settle makes sense of the words behind the verb and the numbers; false: it makes
// none. tight says that the verb stands directly before them.
func (w *wanted) settle(rest string, tight bool) bool {
	if closingWords.MatchString(rest) {
		rest, w.words = "", ""
	}
	share, _, percent := percentOf(rest)
	deed := w.do == task.DoReport || w.do == task.DoSign
	free := !tight && (w.do == task.DoRaise || w.do == task.DoSettle) || w.do == task.DoAsk
	switch {
	case isAsked.MatchString(rest):
		w.do, w.words = doView, ""
	case w.do == task.DoReport && percent:
		if bareShare.MatchString(rest) { // 完成 T12 60: done with 60 of them, or to 60%
			return false
		}
		if share < 100 {
			w.do = task.DoProgress
		}
	case deed && unfinished.MatchString(rest):
		return false
	case w.do == task.DoProgress && rest == "":
		w.do = doView
	case w.do == task.DoProgress && percent, free:
	case rest != "" && !parted.MatchString(rest):
		return false
	}
	w.words = trimWords(w.words)
	return len(w.numbers) > 0
}

// trimWords takes off what parts words from what they belong to.
func trimWords(s string) string { return strings.TrimSpace(leadingMarks.ReplaceAllString(s, "")) }

// reasonOf is words without 因为 and the like before them.
func reasonOf(words string) string { return trimWords(because.ReplaceAllString(words, "")) }

// alone reads what may be said without a number.
func alone(said, folded string) (wanted, bool) {
	if m := progressAlone.FindStringSubmatchIndex(folded); m != nil {
		return wanted{do: task.DoProgress, words: original(said, folded, m[2], m[3])}, true
	}
	for _, v := range verbs {
		if m := v.alone.FindStringSubmatch(folded); m != nil && v.standsAlone(folded) {
			return wanted{do: v.do, all: m[1] != "" || m[2] != ""}, true
		}
	}
	return wanted{}, false
}

// standsAlone leaves 取消 and the like to other talk.
func (v verb) standsAlone(folded string) bool {
	switch v.do {
	case task.DoSign, task.DoUrge, task.DoReview, task.DoClose, task.DoStrike, task.DoHand:
		return true
	case task.DoReport:
		return folded != "反馈"
	}
	return false
}

// numbersIn lists the tasks' numbers in a folded text.
func numbersIn(folded string) (list []task.Number) {
	for _, m := range numberPattern.FindAllStringSubmatch(folded, -1) {
		list = numbersOf(list, m[1])
	}
	return list
}

// numbersOf adds the numbers in text that has no other digits to the list, each once:
// 12, 12、15, 1-300. It lists at most one more than maxNumbers.
func numbersOf(list []task.Number, text string) []task.Number {
	for _, m := range spanPattern.FindAllStringSubmatch(text, -1) {
		first, _ := strconv.Atoi(m[1])
		last := first
		if m[2] != "" {
			last, _ = strconv.Atoi(m[2])
		}
		for n := max(1, min(first, last)); n <= max(first, last) && len(list) <= maxNumbers; n++ {
			if !slices.Contains(list, task.Number(n)) {
				list = append(list, task.Number(n))
			}
		}
	}
	return list
}

// percentOf reads a share of the work at the beginning of a text, and what stands
// behind it: 60%, 60, 百分之六十, 六成.
func percentOf(said string) (percent int, rest string, ok bool) {
	folded := zh.Fold(said)
	m := percentSaid.FindStringSubmatchIndex(folded)
	if m == nil || counted.MatchString(folded) {
		return 0, said, false
	}
	s := folded[m[2]:m[3]]
	rest = trimWords(string([]rune(said)[runeLen(folded[:m[3]]):]))
	if d := anyNumber.FindString(s); d != "" {
		percent, _ = strconv.Atoi(d)
		return percent, rest, true
	}
	if tens, isTens := strings.CutSuffix(s, "成"); isTens {
		return 10 * numeral(tens), rest, true
	}
	return numeral(strings.TrimPrefix(s, "百分之")), rest, true
}
