package task

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
)

// Everything that users read of this package. What people wrote goes through
// chat.Plain.

const (
	textOffice = "协调组办公室"
	textMerged = "并入新的提醒"

	textWithdrawn = "办公室撤回"
	textSeeTasks  = "其余的回复“我的任务”查看。"
	textUnknown   = "假期未定"
	textNoDate    = "待定期限"
	textView      = "查看"
	textTo        = "发给"

	textReportUndone = "上一次报的进度已撤销"

	shownTitle = 60 // characters of a title in a message
	shownNote  = 80
)

func textGap(year int) string {
	return fmt.Sprintf("【假期未定】已有任务的期限或提醒在%d年，但%d年的节假日安排还没有录入，工作日暂时只按周末算。%s。", year, year, holidays.HowToEnter(year))
}

func textWithParent(n Number) string { return "上级任务 " + n.String() + " 已取消" }

var stateWords = map[State]string{
	StateDraft: "立项（还没有交办）", StateAssigned: "已交办，待签收", StateSigned: "已签收，办理中", StateReported: "已反馈，待复核",
	StateReviewed: "已复核，待办结", StateClosed: "已办结", StateStruck: "已销号", StateCancelled: "已取消",
}

// Word is the state in Chinese.
func (s State) Word() string { return cmp.Or(stateWords[s], string(s)) }

var doWords = map[Do]string{
	doCreate: "立项", DoHand: "交办", DoSign: "签收", DoProgress: "报告进度", DoReport: "反馈完成", DoDecline: "退回", DoAsk: "申请延期", DoRaise: "提请协调",
	DoGrant: "同意延期", DoDeny: "不同意延期", DoSettle: "答复协调事项", DoUrge: "催办", DoReview: "复核", DoReturn: "退回重办", DoClose: "办结",
	DoStrike: "销号", DoCancel: "取消", DoAmend: "修改",
}

// Word is the step in Chinese.
func (d Do) Word() string { return cmp.Or(doWords[d], string(d)) }

// Word is the colour in Chinese.
func (c Colour) Word() string {
	return map[Colour]string{Red: "红", Yellow: "黄", Blue: "蓝"}[c]
}

var causeWords = map[Cause]string{
	CauseSign: "还没有签收", CauseDeadline: "期限将到", CauseOverdue: "逾期", CauseHead: "逾期多日，告知负责人",
	CauseEscalate: "逾期多日，请办公室督办", CauseHand: "新交办", CauseUrge: "催办", CauseReturn: "退回重办",
	CauseChange: "内容或期限有修改", CauseGrant: "同意延期", CauseDeny: "不同意延期", CauseSettle: "协调有结果",
	CauseDrop: "不再承担", CauseCancel: "已取消", CauseReported: "已反馈，待复核", CauseDeclined: "有单位退回",
	CauseAsked: "申请延期", CauseRaised: "提请协调",
}

// Word says in Chinese why somebody is told of a task.
func (c Cause) Word() string { return cmp.Or(causeWords[c], string(c)) }

// Role is the unit's role in Chinese.
func (s Share) Role() string {
	if s.Lead {
		return "牵头"
	}
	return "配合"
}

// Stand is where a unit's own part stands, in Chinese.
func (t Task) Stand(s Share) string {
	switch {
	case !s.Returned.IsZero():
		return "已退回"
	case !s.Done.IsZero():
		return "已反馈"
	case t.State.Ended():
		return "没有反馈"
	case s.Signed.IsZero():
		return "待签收"
	case s.Percent > 0:
		return fmt.Sprintf("办理中 %d%%", s.Percent)
	}
	return "办理中"
}

// ColourFormula says how colours are computed.
func ColourFormula() string {
	return fmt.Sprintf("红：已过期限；黄：剩 %d 个工作日以内；蓝：剩得更多。按工作日计算，期限当天不足一天算 0。", yellowDays)
}

// tells are what users read instead of an error.
var tells = []struct {
	err  error
	text string
}{
	{ErrNotFound, "没有这项任务，请核对编号。"},
	{ErrNotTold, fmt.Sprintf("最近 %d 天没有给单位发过这项任务的提醒，没有可以撤回的。", int(keepTold/(24*time.Hour)))},
	{ErrForbidden, "这件事要由协调组办公室办理。"},
	{ErrChanged, "这项任务刚刚被别人改过，请看过最新内容后再改。"},
	{ErrNoVersion, "这一年还没有这一版考评，请先由办公室生成。"},
	{ErrNoObjection, "没有这条申诉，请核对编号。"},
	{ErrNoResult, "考评里没有这个单位的这项任务，请核对编号。"},
	{ErrDecided, "这条申诉已经有了决定。"},
	{ErrDiffers, "重算的结果和保存的不一样，请运行 xietiao verify 查历史。"},
	{ErrInvalid, "填写的内容不能用：任务要有名称，单位不能重复，文字不能太长，周期任务不能另定期限。请核对。"},
}

// Tell words an error of this package for users; empty if it is none of its own.
func Tell(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.tell()
	}
	var k *Kept
	if errors.As(err, &k) {
		return k.tell()
	}
	for _, t := range tells {
		if errors.Is(err, t.err) {
			return t.text
		}
	}
	return ""
}

func (k *Kept) tell() string {
	if k.Others {
		return fmt.Sprintf("%s 的最后一步“%s”不是您做的，不能撤销。", k.Number, k.Do.Word())
	}
	return fmt.Sprintf("%s 的最后一步是“%s”，不能撤销。", k.Number, k.Do.Word())
}

// tell says why, and who may or what would help.
func (r *Refusal) tell() string {
	n, who := r.Number.String(), strings.Join(r.Who, "、")
	unit := chat.Plain(r.Unit)
	switch r.Why {
	case WhyOffice:
		return fmt.Sprintf("%s 的“%s”要由协调组办公室办理。", n, r.Do.Word())
	case WhyUnit:
		if who == "" {
			return fmt.Sprintf("%s 还没有责任单位。", n)
		}
		return fmt.Sprintf("%s 的“%s”只能由这项任务的单位办理：%s。", n, r.Do.Word(), chat.Plain(who))
	case WhyState:
		return fmt.Sprintf("%s 现在是“%s”，不能%s。%s", n, r.State.Word(), r.Do.Word(), r.hint())
	case WhySeries:
		return fmt.Sprintf("%s 是周期任务，请对当期的任务办理；周期任务本身只能交办、修改、取消，交办后不能改成一次性的任务。", n)
	case WhyAgain:
		if r.Mark.IsZero() {
			return fmt.Sprintf("%s 已经%s过了。", n, r.Do.Word())
		}
		return fmt.Sprintf("%s 在%s已经%s过了（%s）。", unit, moment(r.Mark.At), r.Do.Word(), n)
	case WhyDone:
		return fmt.Sprintf("%s 在%s已经反馈完成，等办公室复核（%s）。", unit, moment(r.Mark.At), n)
	case WhyUnsigned:
		return fmt.Sprintf("%s 还没有签收，请先回复“收到 %s”。", unit, n)
	case WhyReturned:
		return fmt.Sprintf("%s 在%s退回了 %s，等办公室处理。", unit, moment(r.Mark.At), n)
	case WhyPending:
		return fmt.Sprintf("%s 在%s已经申请延期，等办公室答复（%s）。", unit, moment(r.Mark.At), n)
	case WhyNothing:
		return fmt.Sprintf("%s 没有可以%s的内容。", n, r.Do.Word())
	case WhyLead:
		return fmt.Sprintf("%s 没有牵头或责任单位，请先填上。", n)
	case WhyParts:
		return fmt.Sprintf("%s 还有没完成的子任务：%s。", n, numbers(r.Open))
	case WhyReason:
		return fmt.Sprintf("请写明原因或内容，例如“%s %s 因为……”。", r.Do.Word(), n)
	case WhyLong:
		return fmt.Sprintf("内容太长，请控制在 %d 字以内。", maxWords)
	case WhyPercent:
		return "进度要是 0 到 100 的数，例如“进度 " + n + " 60%”。"
	case WhyDate:
		return "新的期限要在今天以后，并且晚于现在的期限。"
	}
	return n + " 现在不能这样办。"
}

// hint says what would have to come first.
func (r *Refusal) hint() string {
	switch {
	case r.State == StateDraft:
		return "办公室交办以后才能办理。"
	case r.State.Ended():
		return "这项任务已经结束。"
	case r.Do == DoReview:
		return "要等所有牵头单位反馈完成。"
	case r.Do == DoClose:
		return "复核通过以后才能办结。"
	case r.Do == DoStrike:
		return "办结以后才能销号。"
	case r.Do == DoReturn:
		return "单位反馈以后才能退回重办。"
	case r.State == StateReported || r.State == StateReviewed:
		return "要重新办理的，请办公室先退回重办。"
	}
	return ""
}

func numbers(list []Number) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = n.String()
	}
	return strings.Join(words, "、")
}

func moment(t time.Time) string {
	return fmt.Sprintf("%d月%d日 %s", int(t.Month()), t.Day(), t.Format("15:04"))
}

const weekdays = "日一二三四五六"

func weekdayWord(d calendar.Date) string { return string([]rune(weekdays)[d.Weekday()]) }

// DateWord words a date: 12月10日（周四）, with the year if it is not the day's, and
// 假期未定 if the holidays of its year are not known.
func DateWord(cal *calendar.Calendar, d, today calendar.Date) string {
	if d.IsZero() {
		return textNoDate
	}
	year, unknown := "", ""
	if d.Y != today.Y {
		year = fmt.Sprintf("%d年", d.Y)
	}
	if !cal.Known(d.Y) {
		unknown = "，" + textUnknown
	}
	return fmt.Sprintf("%s%d月%d日（周%s%s）", year, int(d.M), d.D, weekdayWord(d), unknown)
}

// String reads a deadline back: with the date, and what was assumed of it.
func (w When) String() string {
	switch {
	case !w.Rule.IsZero():
		return w.Rule.String()
	case w.Open:
		return "长期，" + textNoDate
	case w.Date.IsZero():
		return textNoDate
	case w.Assumed:
		return fmt.Sprintf("%d年%d月%d日（没有写年份，按最近的一次算，请核对）", w.Date.Y, int(w.Date.M), w.Date.D)
	}
	return fmt.Sprintf("%d年%d月%d日", w.Date.Y, int(w.Date.M), w.Date.D)
}

// String words the rule: 每季度最后一天, 每月第3个工作日.
func (r Rule) String() string {
	if r.IsZero() {
		return ""
	}
	if r.Every == EveryWeek {
		return "每周" + string([]rune(weekdays)[r.N%weekDays])
	}
	period := map[Every]string{EveryMonth: "每月", EveryQuarter: "每季度", EveryHalf: "每半年", EveryYear: "每年"}[r.Every]
	last := "最后一天"
	switch {
	case r.Every == EveryMonth:
	case r.Month > 0 && r.Every == EveryYear:
		period += fmt.Sprintf("%d月", r.Month)
	case r.Month > 0:
		period += fmt.Sprintf("第%d个月", r.Month)
	case r.On != OnEnd:
		period += "最后一个月"
	}
	switch {
	case r.On == OnDay:
		return fmt.Sprintf("%s%d日", period, r.N)
	case r.On == OnWorkday && r.N == -1:
		return period + "最后一个工作日"
	case r.On == OnWorkday && r.N < 0:
		return fmt.Sprintf("%s倒数第%d个工作日", period, -r.N)
	case r.On == OnWorkday:
		return fmt.Sprintf("%s第%d个工作日", period, r.N)
	}
	return period + last
}

// period names the period that an occurrence's date lies in.
func (r Rule) period(d calendar.Date) string {
	switch r.Every {
	case EveryWeek:
		return fmt.Sprintf("%d年%d月%d日当周", d.Y, int(d.M), d.D)
	case EveryMonth:
		return fmt.Sprintf("%d年%d月", d.Y, int(d.M))
	case EveryQuarter:
		return fmt.Sprintf("%d年第%s季度", d.Y, []string{"一", "二", "三", "四"}[(d.M-1)/3])
	case EveryHalf:
		return fmt.Sprintf("%d年%s半年", d.Y, []string{"上", "下"}[(d.M-1)/6])
	}
	return fmt.Sprintf("%d年", d.Y)
}

// Heading is the task in a few words: T12 建设文化礼堂（2026年第三季度）.
func (t Task) Heading() string {
	s := t.Number.String() + " " + clip(t.Title, shownTitle)
	if t.Period != "" {
		s += "（" + t.Period + "）"
	}
	return s
}

func clip(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(chat.Plain(s)), " "))
	if len(r) > most {
		r = append(r[:most], '…')
	}
	return string(r)
}

// due words the deadline and what is left of it.
func (b *Board) dueWords(t Task, today calendar.Date) string {
	if t.Deadline.IsZero() {
		return textNoDate
	}
	left := t.Left(b.cal, today)
	when := DateWord(b.cal, t.Deadline, today)
	switch {
	case today.After(t.Deadline):
		return fmt.Sprintf("期限 %s，已过 %d 个工作日", when, -left)
	case left == 0:
		return fmt.Sprintf("期限 %s，今天是最后一个工作日", when)
	}
	return fmt.Sprintf("期限 %s，还剩 %d 个工作日", when, left)
}

// asks are what is wanted for each cause, the first that applies first. They say
// how to answer, as forms are not wanted.
var asks = []struct {
	cause Cause
	text  func(t Task, unit string) string
}{
	{CauseCancel, func(t Task, _ string) string { return "已取消，不用再办。" }},
	{CauseDrop, func(t Task, _ string) string { return "不再由本单位承担，不用再办。" }},
	{CauseEscalate, func(t Task, _ string) string {
		return "超过期限多日，请督办。未完成：" + late(t) + "。"
	}},
	{CauseDeclined, func(t Task, _ string) string {
		return "有单位退回：" + returned(t) + fmt.Sprintf("。可以修改单位，或者回复“交办 %s”再次交办。", t.Number)
	}},
	{CauseReported, func(t Task, _ string) string {
		return fmt.Sprintf("已全部反馈，请复核：回复“复核 %s”或“退回 %s 原因”。", t.Number, t.Number)
	}},
	{CauseAsked, func(t Task, _ string) string {
		d, _ := t.Pending()
		return fmt.Sprintf("%s申请延期到%s，原因：%s。请回复“同意 %s”或“不同意 %s 原因”。", chat.Plain(d.Unit), dayWord(d.To), clip(d.Reason, shownNote), t.Number, t.Number)
	}},
	{CauseRaised, func(t Task, _ string) string {
		return "提请协调：" + issues(t, Issue.Open, func(i Issue) string { return i.Text }) + "。"
	}},
	{CauseHand, textHanded},
	{CauseReturn, func(t Task, unit string) string {
		s, _ := t.Share(unit)
		return "退回重办：" + clip(s.Note, shownNote) + "。"
	}},
	{CauseChange, func(t Task, _ string) string { return "内容或期限有修改，请按新的办理。" }},
	{CauseGrant, func(t Task, _ string) string { return "延期已同意，按新的期限办理。" }},
	{CauseDeny, func(t Task, unit string) string { return "延期没有同意：" + denied(t, unit) + "。" }},
	{CauseSettle, func(t Task, unit string) string {
		return "协调结果：" + issues(t, func(i Issue) bool { return i.Unit == unit && !i.Open() }, func(i Issue) string { return i.Outcome }) + "。"
	}},
	{CauseUrge, func(t Task, _ string) string {
		return fmt.Sprintf("办公室催办，请抓紧；完成后回复“完成 %s 结果”。", t.Number)
	}},
	{CauseHead, func(t Task, _ string) string { return "逾期未完成，请督促办理。" }},
	{CauseOverdue, func(t Task, _ string) string {
		return fmt.Sprintf("请尽快办理，完成后回复“完成 %s 结果”；需要延期请回复“延期 %s 到几月几日 因为……”。", t.Number, t.Number)
	}},
	{CauseDeadline, func(t Task, unit string) string {
		return fmt.Sprintf("请按期办理（%s），完成后回复“完成 %s 结果”。", role(t, unit), t.Number)
	}},
	{CauseSign, func(t Task, _ string) string {
		return fmt.Sprintf("还没有签收，请回复“收到 %s”。", t.Number)
	}},
}

// textReceived is what signs, before the number.
const textReceived = "收到 "

func textHanded(t Task, unit string) string {
	return fmt.Sprintf("新交办（%s），请回复“%s%s”签收；不属于本单位的请回复“退回 %s 原因”。", role(t, unit), textReceived, t.Number, t.Number)
}

func role(t Task, unit string) string {
	s, _ := t.Share(unit)
	return s.Role()
}

func late(t Task) string {
	var units []string
	for _, s := range t.Shares {
		if s.Lead && s.Done.IsZero() {
			units = append(units, chat.Plain(s.Unit))
		}
	}
	return strings.Join(units, "、")
}

func returned(t Task) string {
	var units []string
	for _, s := range t.Shares {
		if !s.Returned.IsZero() {
			units = append(units, chat.Plain(s.Unit)+"（"+clip(s.Note, shownNote)+"）")
		}
	}
	return strings.Join(units, "、")
}

func denied(t Task, unit string) string {
	for _, d := range slices.Backward(t.Delays) {
		if d.Unit == unit && !d.Granted && !d.Decided.IsZero() {
			return clip(d.Why, shownNote)
		}
	}
	return ""
}

// issues words the last of the task's issues that match.
func issues(t Task, match func(Issue) bool, words func(Issue) string) string {
	for _, i := range slices.Backward(t.Issues) {
		if match(i) {
			return chat.Plain(i.Unit) + "：" + clip(words(i), shownNote)
		}
	}
	return ""
}

func dayWord(d calendar.Date) string { return fmt.Sprintf("%d年%d月%d日", d.Y, int(d.M), d.D) }

// words is an item of a message: what, by when, and what is wanted.
func (b *Board) words(it Item, today calendar.Date) string {
	head := it.Task.Heading()
	if it.Colour != None && !it.Task.State.Ended() {
		head = "［" + it.Colour.Word() + "］" + head
	}
	lines := []string{head}
	if !it.Task.State.Ended() && !slices.Contains(it.Causes, CauseDrop) {
		lines = append(lines, b.dueWords(it.Task, today)+"。")
	}
	var wants []string
	for _, a := range asks {
		if slices.Contains(it.Causes, a.cause) {
			wants = append(wants, a.text(it.Task, it.Unit))
		}
	}
	const most = 2 // wants of one task: the foremost
	return strings.Join(append(lines, strings.Join(wants[:min(len(wants), most)], "")), "\n")
}

// pageBytes is what a page may have, so that the smallest channel takes it in one
// message with the outbox's mark before it (2,048 bytes).
const pageBytes = 1900

// pages words items, the most urgent first, as at most so many messages. What does
// not fit is counted at the end of the last.
func (b *Board) pages(unit string, items []Item, most int, now time.Time) []Page {
	slices.SortStableFunc(items, compareItems)
	today := b.cal.Day(now)
	head := textDigest(unit, len(items), today)
	var pages []Page
	open, room := Page{Text: head}, pageBytes-len(textMore(len(items)))-len(textFoot())
	for i, it := range items {
		words := "\n\n" + b.words(it, today)
		if len(open.Text)+len(words) > room && len(open.Items) > 0 {
			if len(pages)+1 == most {
				open.Text += textMore(len(items) - i)
				open.Items = append(open.Items, items[i:]...)
				break
			}
			pages = append(pages, open)
			open = Page{Text: head + textOn(len(pages)+1)}
		}
		open.Text += words
		open.Items = append(open.Items, it)
	}
	if slices.ContainsFunc(items, func(it Item) bool { return it.Colour != None && !it.Task.State.Ended() }) {
		open.Text += textFoot()
	}
	return append(pages, open)
}

// compareItems puts red before yellow before blue before none, then what is due
// earlier, then the lower number.
func compareItems(a, b Item) int {
	order := []Colour{Red, Yellow, Blue, None}
	return cmp.Or(
		cmp.Compare(slices.Index(order, a.Colour), slices.Index(order, b.Colour)),
		cmp.Compare(dateKey(a.Task.Deadline), dateKey(b.Task.Deadline)),
		cmp.Compare(a.Task.Number, b.Task.Number),
	)
}

func textDigest(unit string, n int, today calendar.Date) string {
	return fmt.Sprintf("【任务提醒】%s：%d 项（%d月%d日 周%s）", chat.Plain(cmp.Or(unit, textOffice)), n, int(today.M), today.D, weekdayWord(today))
}

// textCorrection begins what is said in the place of a message that was wrong.
func textCorrection(list []Number, at time.Time) string {
	const most = 10
	what := numbers(list[:min(len(list), most)])
	if len(list) > most {
		what += fmt.Sprintf("等 %d 项任务", len(list))
	}
	return fmt.Sprintf("【更正】%s发的关于 %s 的提醒发错了，请以这条为准：", moment(at), what)
}

func textOn(page int) string { return fmt.Sprintf("（续 %d）", page) }

func textMore(n int) string {
	return fmt.Sprintf("\n\n另有 %d 项没有列出，回复“我的任务”查看全部。", n)
}

func textFoot() string { return "\n\n" + ColourFormula() }
