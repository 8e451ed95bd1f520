package bot

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

// What is said of tasks. What people wrote goes through chat.Plain.

const (
	textHelpTasks   = "我的任务：看没办完的任务；T12：看一项任务。签收、反馈、延期怎么说，看“任务帮助”"
	textHelpNewTask = "新建任务 名称，某某局牵头，12月10日前：核对后确认"

	textHelpAssess = "考评 [年份]：看年度考评的得分、公式和各项结果；联络员有异议说“申诉 T12 理由”"

	textButtonView = "查看"

	textContent     = "内容："
	textDeadlineWas = "期限 "
	textRemark      = "备注："

	textOpen     = "没办完的任务"
	textOverdue  = "逾期的任务"
	textDueIn    = "到期的任务"
	textUndated  = "待定期限的任务"
	textOperator = "管理员"

	textWaitsDelay    = "等答复的延期申请"
	textWaitsIssue    = "等协调的事项"
	textWaitsReturned = "有单位退回的任务"
	textWaitsReview   = "等复核的任务"
	textWaitsClose    = "等办结的任务"
	textWaitsHand     = "等交办的任务"

	textNothingForOffice = "没有等办公室办的任务。"
	textListsHint        = "“逾期”“本周到期”“待定期限”可以看别的任务。"

	textNoUnit        = "您没有绑定单位，看不到任务。说“我是谁”核对身份。"
	textNothingToSign = "好的。没有等您签收的任务。"
	textCanSay        = "现在可以回复："

	textNothingToConfirm = "没有等您确认的内容，或者已经过了 30 分钟。要新建任务请说“新建任务 名称，某某局牵头，12月10日前”。"
	textNothingToChange  = "没有等您确认的任务，或者已经过了 30 分钟。要修改已有的任务请写编号，例如“修改 T12 期限 12月20日”。"
	textNoTitle          = "还没有名称：说“改 名称 ……”。"
	textNoLeadUnit       = "还没有牵头单位：说“改 牵头 单位名称”。"
	textTwoDeadlines     = "期限写了两个：说“改 期限 ……”写明是哪一个。"

	shownWords = 200 // characters of what somebody wrote
)

// sayings are how each step is said, in the order of a task's life.
var sayings = []struct {
	do    task.Do
	words string
}{
	{task.DoHand, "交办 %s"},
	{task.DoSign, "收到 %s"},
	{task.DoReport, "完成 %s 结果"},
	{task.DoProgress, "进度 %s 60%% 说明"},
	{task.DoAsk, "延期 %s 到 12月10日 因为……"},
	{task.DoRaise, "提请协调 %s 内容"},
	{task.DoDecline, "退回 %s 原因"},
	{task.DoGrant, "同意 %s"},
	{task.DoDeny, "不同意 %s 原因"},
	{task.DoSettle, "答复 %s 协调结果"},
	{task.DoUrge, "催办 %s"},
	{task.DoReview, "复核 %s"},
	{task.DoReturn, "退回 %s 原因"},
	{task.DoClose, "办结 %s"},
	{task.DoStrike, "销号 %s"},
	{task.DoCancel, "取消 %s 原因"},
}

const textBulletinFile = "要正式文件，请管理员用 xietiao export -as bulletin 通报.docx 导出。"

func textFormFile(n task.Number) string {
	return fmt.Sprintf("要正式文件，请管理员用 xietiao export -as form -task %s 督办单.docx 导出。", n)
}

func textTaskHelp(isOffice bool) string {
	s := `“我的任务”：没办完的任务，最急的在前
“T12”：一项任务的内容、依据、进展和记录
“逾期”“本周到期”“待定期限”：按期限看
“收到 T12 T13”“收到 T1-T5”“全部收到”：签收；只有一项要签收时说“收到”就行
“进度 T12 60% 说明”：报告进度
“完成 T12 结果”：反馈办完
“延期 T12 到 12月10日 因为……”：申请延期，没有期限的也这样提
“退回 T12 原因”：不属于本单位
“提请协调 T12 内容”：请办公室协调
“撤销 T12”：撤回刚报的进度
“考评 2026”：本单位的得分和各项结果；“申诉 T12 理由”：对考评有异议`
	if !isOffice {
		return s
	}
	return `“我的任务”：等办公室办的事
“T12”：一项任务的内容、依据、进展和记录
“逾期”“本周到期”“待定期限”，后面可以写单位：按期限看
“新建任务 名称，某某局牵头，某某局配合，12月10日前”：核对后确认
“新建任务 文号 附件·单位·第2项，12月10日前”：由方案条款立项，单位按条款先填好；问到以后说“就这条建任务 期限12月底”“把第2条交办”也行
“修改 T12 期限 12月20日”：改名称、内容、牵头、配合、期限、备注；“撤销 T12”：撤回刚做的修改
“交办 T12”“交办 T1-T300”“交办全部”：可以写几个编号、一段编号
“催办 T12 [单位]”“复核 T12”“办结 T12”“销号 T12”
“退回 T12 [单位] 原因”：退回重办；“取消 T12 原因”
“同意 T12”“不同意 T12 原因”：答复延期；“答复 T12 结果”：答复协调事项
“完成 T12 市教育局 结果”：代没有账号的单位办理
“督办通报”：各单位进度、逾期和快到期的；“督办单 T12”：一项任务的督办单
“考评 2026”“考评 2026 市教育局”：得分和各项结果；“同意 申诉3 理由”“不同意 申诉3 理由”：答复申诉`
}

func textNoTasks(what, unit string) string {
	if unit == "" {
		return "没有" + what + "。"
	}
	return chat.Plain(unit) + "没有" + what + "。"
}

func textTaskList(what, unit string, n int) string {
	if unit == "" {
		return fmt.Sprintf("%s，%d 项：", what, n)
	}
	return fmt.Sprintf("%s%s，%d 项：", chat.Plain(unit), what, n)
}

func textMoreTasks(n int, isOffice bool) string {
	s := fmt.Sprintf("还有 %d 项没有列出。", n)
	if isOffice {
		s = fmt.Sprintf("还有 %d 项没有列出，后面写上单位可以看少些。", n)
	}
	return s
}

func textUnits(k task.Task) string {
	units := strings.Join(k.LeadUnits(), listMark)
	if units == "" {
		return ""
	}
	return chat.Plain(units) + "，"
}

func textOtherUnit(unit string) string {
	return "您只能看" + chat.Plain(unit) + "的任务。"
}

func textNotYours(k task.Task) string {
	units := strings.Join(append(k.LeadUnits(), k.SupportUnits()...), listMark)
	if units == "" {
		return fmt.Sprintf("%s 还没有责任单位，只有协调组办公室能看。", k.Number)
	}
	return fmt.Sprintf("%s 只有这项任务的单位（%s）和协调组办公室能看。", k.Number, chat.Plain(units))
}

func textStateOf(k task.Task) string {
	if k.Recurs() {
		return "周期任务，" + k.State.Word() + "。"
	}
	return k.State.Word() + "。"
}

// textShare is a unit's part in a task.
func textShare(k task.Task, s task.Share) string {
	line := s.Role() + " " + chat.Plain(s.Unit)
	if s.Handed.IsZero() || k.Recurs() {
		return line
	}
	line += colon + k.Stand(s)
	if s.Note != "" {
		line += "，" + quoteWords(s.Note)
	}
	return line
}

func quoteWords(words string) string {
	return quoteOpen + chat.Plain(clip(strings.Join(strings.Fields(words), " "), shownWords)) + quoteClose
}

func textDelay(d task.Delay) string {
	s := fmt.Sprintf("延期：%s申请延到 %s，%s", chat.Plain(d.Unit), d.To, quoteWords(d.Reason))
	switch {
	case d.Decided.IsZero():
		return s + "，等答复"
	case d.Granted:
		return s + "，已同意"
	case d.Why != "":
		return s + "，没有同意，" + quoteWords(d.Why)
	}
	return s + "，没有同意"
}

func textDelayWaits(n task.Number, d task.Delay) string {
	from := "（原来没有期限）"
	if !d.From.IsZero() {
		from = "（原定 " + d.From.String() + "）"
	}
	return fmt.Sprintf("%s申请延期到 %s%s，原因：%s。同意请回复“同意 %s”，不同意请回复“不同意 %s 原因”。",
		chat.Plain(d.Unit), d.To, from, quoteWords(d.Reason), n, n)
}

func textIssue(i task.Issue) string {
	s := "提请协调：" + chat.Plain(i.Unit) + "，" + quoteWords(i.Text)
	if i.Open() {
		return s + "，等答复"
	}
	return s + "，答复" + quoteWords(i.Outcome)
}

func textPartOf(p task.Task) string {
	return "· " + p.Heading() + column(p.State.Word())
}

func textNextDates(days []string) string {
	if len(days) == 0 {
		return "没有下一次。"
	}
	return fmt.Sprintf("接下来 %d 次：%s。", len(days), strings.Join(days, listMark))
}

func textHistory(n, all int) string {
	if n == all {
		return "记录："
	}
	return fmt.Sprintf("最近 %d 条记录（共 %d 条）：", n, all)
}

func textPerson(p org.Person) string {
	if p.Name == "" {
		return "已删除的人员"
	}
	return chat.Plain(strings.TrimSpace(p.Unit + " " + p.Name))
}

func textEntry(at time.Time, who string, e task.Entry) string {
	s := fmt.Sprintf("%d-%02d-%02d %s %s：%s", at.Year(), int(at.Month()), at.Day(), at.Format("15:04"), who, e.Do.Word())
	a := e.Action
	if a == nil {
		return s
	}
	if a.Do == task.DoProgress {
		s += fmt.Sprintf(" %d%%", a.Percent)
	}
	if !a.To.IsZero() {
		s += "到 " + a.To.String()
	}
	if a.Text != "" {
		s += "，" + quoteWords(a.Text)
	}
	return s
}

func textUnclear(n task.Number) string { return fmt.Sprintf("没有听懂要对 %s 做什么。", n) }

func textWhichTask(n int) string { return fmt.Sprintf("有 %d 项都可以，请写明编号：", n) }

const (
	textClauseChanged = "（现行方案里这一条的文字已经改了，这里是立项时的。）"
	textClauseGone    = "（现行方案里已经没有这一条。）"
	textNoClauseYet   = "不知道是哪一条。请先问到这一条，或者引用那条回答，或者写明出处，例如“附件·市教育局·第2项 建任务”。"
	textWhichPlan     = "没有认出是哪份方案的哪一条。请核对，写上文号和出处，例如“乐公共协〔2020〕1号 附件·市教育局·第2项 建任务”。"
)

func textWhichClause(cites []string) string {
	lines := []string{fmt.Sprintf("上一个回答有 %d 条，请写明是哪一条，例如“把第2条建任务”：", len(cites))}
	for i, s := range cites[:min(len(cites), shownTasks)] {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, s))
	}
	return strings.Join(lines, "\n")
}

func textNoSuchClause(n int, cites []string) string {
	return fmt.Sprintf("没有第 %d 条。", n) + textWhichClause(cites)
}

func textNoClause(plan string) string {
	return "没有在" + plan + "里找到这一条。出处请照回答里的写法，例如“附件·市教育局·第2项”“四（三）”。"
}

func textNameThem(do task.Do, first task.Number) string {
	example := ""
	for _, s := range sayings {
		if s.do == do {
			example = "例如“" + fmt.Sprintf(s.words, first) + "”"
		}
	}
	switch do {
	case task.DoSign:
		return example + "；全部签收请回复“全部收到”。"
	case task.DoHand:
		return example + "；全部交办请回复“交办全部”。"
	}
	return example + "。"
}

func textNoneFor(do task.Do) string {
	return "没有您现在可以" + do.Word() + "的任务。说“我的任务”看看。"
}

func textOwnLiaison(unit string) string {
	return "请" + chat.Plain(unit) + "的联络员或负责人回复。"
}

func textForUnit(n task.Number, do task.Do, unit string) string {
	for _, s := range sayings {
		if s.do == do {
			verb, rest, _ := strings.Cut(s.words, "%s")
			return "要代单位办理，请写上单位，例如“" + verb + n.String() + " " + chat.Plain(unit) + strings.ReplaceAll(rest, "%%", "%") + "”。"
		}
	}
	return ""
}

func textReportInstead(n task.Number) string {
	return fmt.Sprintf("本单位办完了，请回复“完成 %s 结果”。", n)
}

func textWhichDay(n task.Number) string {
	return fmt.Sprintf("没有听懂要延到哪一天。请写明日期和原因，例如“延期 %s 到 12月10日 因为……”。", n)
}

func textWhyDelay(n task.Number) string {
	return fmt.Sprintf("请写明为什么要延期，例如“延期 %s 到 12月10日 因为……”。", n)
}

// textNoUndo says what helps where a step cannot be taken back.
func textNoUndo(n task.Number, do task.Do) string {
	s := fmt.Sprintf("%s 的最后一步是“%s”，不能撤销。", n, do.Word())
	switch do {
	case task.DoSign:
		return s + fmt.Sprintf("不属于本单位的请回复“退回 %s 原因”。", n)
	case task.DoReport, task.DoReview:
		return s + fmt.Sprintf("要重新办理的，由办公室回复“退回 %s 原因”。", n)
	case task.DoAsk:
		return s + fmt.Sprintf("由办公室回复“不同意 %s 原因”。", n)
	case task.DoDecline:
		return s + fmt.Sprintf("由办公室回复“交办 %s”再次交办。", n)
	case task.DoHand:
		return s + fmt.Sprintf("不办了请回复“取消 %s 原因”。", n)
	}
	return s
}

func textUndone(k task.Task, a task.Action) string {
	s := fmt.Sprintf("已撤销 %s 的“%s”。", k.Number, a.Do.Word())
	if a.Do == task.DoProgress {
		s += fmt.Sprintf("进度回到 %d%%。", a.Percent)
	}
	return s
}

// What is said of a task that is to be made or changed.

var fieldWords = map[field]string{
	fieldTitle: "名称", fieldText: "内容", fieldLead: textLead, fieldSupport: textSupport, fieldDeadline: "期限", fieldSource: "依据", fieldRemark: "备注",
}

func textHowToNew(unit string) string {
	return "请写明名称、单位和期限，例如“新建任务 检查农家书屋消防，" + unit + "牵头，12月10日前”；或者写方案条款，例如“新建任务 乐公共协〔2020〕1号 附件·" + unit + "·第2项，12月10日前”。"
}

func textHowToAmend(n task.Number) string {
	return fmt.Sprintf("请写明改什么，例如“修改 %s 期限 12月20日”。可以改：名称、内容、牵头、配合、期限、备注。", n)
}

func textUnknownUnit(said string) string {
	return "没有认出单位“" + said + "”：说“改 牵头 单位名称”或“改 配合 单位名称”。"
}

func textNoDeadline(said string) string {
	return "没有看懂期限“" + said + "”：说“改 期限 12月10日”；还定不了就说“改 期限 待定”。"
}

func textPastDeadline(said string) string {
	return "期限“" + said + "”已经过去了：说“改 期限 12月10日”；还定不了就说“改 期限 待定”。"
}

func textSeveralClauses(n int) string {
	return fmt.Sprintf("这个出处有 %d 条，取了第一条，请核对。", n)
}

func textCreated(k task.Task) string {
	return fmt.Sprintf("已立项：%s。回复“交办 %s”发给单位。", k.Heading(), k.Number)
}

func textDropped(p proposal) string {
	switch {
	case len(p.Drafts) > 0:
		return "好的，没有交办。"
	case p.Days != nil:
		return "好的，没有录入。"
	case p.Number == 0:
		return "好的，没有新建。"
	}
	return fmt.Sprintf("好的，%s 没有修改。", p.Number)
}

// What is said of many tasks at once.

const (
	textBullet      = "· "
	textNoticesCome = "通知在工作时间发出。"
)

var textTooMany = fmt.Sprintf("一次最多说 %d 项，请分几次，例如“交办 T1-T%d”。", maxNumbers, maxNumbers)

var textFewer = fmt.Sprintf("请一次只说 %d 项以内，例如“撤销 T12”。", shownSteps)

func textNotListed(n int) string { return fmt.Sprintf("另有 %d 条没有列出。", n) }

func textFar(units []string) string {
	if len(units) == 0 {
		return ""
	}
	return chat.Plain(strings.Join(units, listMark)) + "没有群也没有账号，请电话通知。"
}

func textDone(do task.Do, done []task.Number) string {
	if len(done) == 0 {
		return "一项也没有" + do.Word() + "。"
	}
	return fmt.Sprintf("已%s %d 项：%s。", do.Word(), len(done), task.Spans(done))
}

func textNotDone(do task.Do, left []task.Number) string {
	return fmt.Sprintf("没%s %d 项：", do.Word(), len(left))
}

func textOverview(n int, left []task.Number, isOffice bool) string {
	why := "没有这些编号，或者不是本单位的"
	if isOffice {
		why = "没有这些编号"
	}
	if len(left) == 0 {
		return fmt.Sprintf("%d 项任务：", n)
	}
	return fmt.Sprintf("%d 项任务（%s：%s）：", n, why, task.Spans(left))
}

func textNothingToHand(h task.Handout) string {
	s := "没有可以交办的任务。"
	if len(h.Leaderless) > 0 {
		s += fmt.Sprintf("%s 没有牵头单位，请先填上，例如“修改 %s 牵头 单位名称”。", task.Spans(h.Leaderless), h.Leaderless[0])
	}
	if len(h.Returned) > 0 {
		s += task.Spans(h.Returned) + " 单位退回过，请先修改单位，或者写编号再次交办。"
	}
	return s
}

func textHandAll(h task.Handout) string {
	lines := []string{fmt.Sprintf("请核对要交办的 %d 项：%s。", len(h.Tasks), task.Spans(h.Tasks))}
	for _, odd := range h.Oddities() {
		lines = append(lines, textBullet+odd)
	}
	if h.Beyond > 0 {
		lines = append(lines, fmt.Sprintf("%s还有 %d 项，这次交办以后再说一次“交办全部”。", textBullet, h.Beyond))
	}
	return strings.Join(append(lines, "无误请回复“确认交办”；先改就说“修改 T12 牵头 单位”；不交办请回复“放弃”。30 分钟内有效。"), "\n")
}

// readBack says what was understood, and what to say next.
func (t taskCommands) readBack(c *Call, p proposal) string {
	d := p.Draft
	head := "请核对新任务："
	if p.Number != 0 {
		head = fmt.Sprintf("请核对 %s 改成：", p.Number)
	}
	values := map[field]string{
		fieldTitle: chat.Plain(d.Title), fieldText: chat.Plain(d.Text), fieldRemark: chat.Plain(d.Remark),
		fieldLead: chat.Plain(strings.Join(d.Leads, listMark)), fieldSupport: chat.Plain(strings.Join(d.Supports, listMark)),
		fieldDeadline: t.deadlineBack(c, p), fieldSource: chat.Plain(strings.TrimSpace(d.Source.Plan + " " + d.Source.Address)),
	}
	lines := []string{head}
	for _, f := range allFields {
		if values[f] != "" {
			lines = append(lines, fieldWords[f]+colon+values[f])
		}
	}
	if missing := p.missing(); len(missing) > 0 {
		lines = append(lines, "还要补充：")
		for _, m := range missing {
			lines = append(lines, "· "+m)
		}
		return strings.Join(append(lines, "不要了请回复“放弃”。"), "\n")
	}
	if p.Number != 0 {
		return strings.Join(append(lines, "无误请回复“确认”；还要改就说“改 期限 12月20日”这样；不改了请回复“放弃”。"), "\n")
	}
	if p.Hand {
		return strings.Join(append(lines, "无误请回复“确认”（立项并交办）或“确认立项”；要改就说“改 期限 12月20日”这样；不要了请回复“放弃”。30 分钟内有效。"), "\n")
	}
	return strings.Join(append(lines, "无误请回复“确认”（只立项）或“确认交办”；要改就说“改 期限 12月20日”这样；不要了请回复“放弃”。30 分钟内有效。"), "\n")
}

// deadlineBack reads a deadline back, with what was assumed of it and, of a series,
// the next dates.
func (t taskCommands) deadlineBack(c *Call, p proposal) string {
	d, today := p.Draft, t.today(c)
	switch {
	case !d.Rule.IsZero():
		return d.Rule.String() + "，" + t.nextDates(c, task.Task{Draft: d})
	case p.Faults[fieldDeadline] != "" && d.Deadline.IsZero():
		return ""
	case d.Deadline.IsZero() && d.DeadlineText != "":
		return "待定期限（" + chat.Plain(clip(d.DeadlineText, shownWords)) + "）"
	case d.Deadline.IsZero():
		return "待定期限"
	}
	s := fmt.Sprintf("%d年", d.Deadline.Y) + strings.TrimPrefix(task.DateWord(t.Board.Calendar(), d.Deadline, today), fmt.Sprintf("%d年", d.Deadline.Y))
	if p.Assumed {
		s += "（没有写年份，按最近的一次算）"
	}
	return s
}

// done says what came of a step.
func (t taskCommands) done(c *Call, k task.Task, a task.Action) (string, error) {
	s := fmt.Sprintf("%s 已%s。", k.Heading(), a.Do.Word())
	due := t.due(c, k) + "。"
	n := k.Number
	switch a.Do {
	case task.DoHand:
		far, err := t.Board.Unreachable(c.Tx, append(k.LeadUnits(), k.SupportUnits()...))
		s += chat.Plain(strings.Join(k.LeadUnits(), listMark)) + textLead
		if help := k.SupportUnits(); len(help) > 0 {
			s += "，" + chat.Plain(strings.Join(help, listMark)) + textSupport
		}
		s += "。" + due
		if k.Recurs() {
			s += t.nextDates(c, k) + "到时自动交办。"
		} else {
			s += textNoticesCome
		}
		return s + textFar(far), err
	case task.DoSign:
		return s + due + fmt.Sprintf("办完请回复“完成 %s 结果”。", n), nil
	case task.DoProgress:
		return fmt.Sprintf("%s 的进度记为 %d%%。", k.Heading(), a.Percent), nil
	case task.DoReport:
		return s + textAfterReport(k), nil
	case task.DoDecline, task.DoRaise:
		return s + "等办公室答复。", nil
	case task.DoAsk:
		d, _ := k.Pending()
		return fmt.Sprintf("%s 申请延期到%s，等办公室同意；同意以前期限不变：%s", k.Heading(), task.DateWord(t.Board.Calendar(), d.To, t.today(c)), due), nil
	case task.DoGrant:
		return s + due, nil
	case task.DoDeny:
		return s + "期限不变：" + due, nil
	case task.DoUrge:
		return s + "通知在工作时间发给" + textUndoneUnits(k, a.Unit) + "。", nil
	case task.DoReview:
		return s + fmt.Sprintf("可以回复“办结 %s”。", n), nil
	case task.DoReturn:
		return s + "等单位再次反馈。", nil
	case task.DoClose:
		return s + fmt.Sprintf("可以回复“销号 %s”。", n), nil
	case task.DoAmend:
		return s + due, nil
	}
	return s, nil
}

func textAfterReport(k task.Task) string {
	if k.State == task.StateReported {
		return "等办公室复核。"
	}
	var left []string
	for _, s := range k.Shares {
		if s.Lead && s.Done.IsZero() {
			left = append(left, s.Unit)
		}
	}
	return "还等" + chat.Plain(strings.Join(left, listMark)) + "反馈。"
}

func textUndoneUnits(k task.Task, unit string) string {
	var left []string
	for _, s := range k.Shares {
		if s.Done.IsZero() && s.Returned.IsZero() && (unit == "" || s.Unit == unit) {
			left = append(left, s.Unit)
		}
	}
	return chat.Plain(strings.Join(left, listMark))
}

// What is said of assessments.

func textNoAssessment(year int) string {
	return fmt.Sprintf("%d 年考评还没有定稿，请等协调组办公室公布。", year)
}

func assessmentTitle(a task.Assessment, published bool) string {
	if !published {
		return fmt.Sprintf("%d 年考评，现在算（还没有定稿，不作数）", a.Year)
	}
	return fmt.Sprintf("%d 年考评第 %d 版，截至 %s", a.Year, a.Version, a.Day)
}

func textScores(a task.Assessment, published bool) string {
	s := assessmentTitle(a, published) + "\n" + a.Weights.Formula()
	if len(a.Scores) == 0 {
		return s + "\n这一年没有交办过有期限的任务。"
	}
	return s + fmt.Sprintf("\n看一个单位的明细：“考评 %d %s”。", a.Year, chat.Plain(a.Scores[0].Unit))
}

// textScoreLines has a line for each unit.
func textScoreLines(a task.Assessment) (lines []string) {
	for _, s := range a.Scores {
		n := map[task.Status]int{}
		for _, r := range a.Results {
			if r.Unit == s.Unit {
				n[r.Status]++
			}
		}
		line := fmt.Sprintf("%s %s", chat.Plain(s.Unit), s.Word())
		if s.Results > 0 {
			line += fmt.Sprintf("（%d 项：按期 %d，逾期办结 %d，未办结 %d）", s.Results, n[task.StatusOnTime], n[task.StatusLate], n[task.StatusOverdue])
		}
		lines = append(lines, line)
	}
	return lines
}

// textUnitScore is a unit's score with the formula, and its objections.
func textUnitScore(a task.Assessment, published bool, unit string, all []task.Objection) string {
	lines := []string{assessmentTitle(a, published)}
	s, ok := a.Score(unit)
	switch {
	case !ok:
		return lines[0] + "\n" + chat.Plain(unit) + "没有牵头的有期限的任务。"
	case s.Results == 0:
		lines = append(lines, chat.Plain(unit)+"：还没有计分的任务。")
	default:
		lines = append(lines, fmt.Sprintf("%s：%s 分（%d 项共 %d 分）", chat.Plain(unit), s.Word(), s.Results, s.Points))
	}
	lines = append(lines, a.Weights.Formula())
	for _, o := range all {
		verdict := "等办公室决定"
		if o.Ruling != nil {
			verdict = o.Ruling.Word() + "，" + quoteWords(o.Ruling.Why)
		}
		lines = append(lines, fmt.Sprintf("申诉%d %s %s：%s", o.ID, o.Number, quoteWords(o.Text), verdict))
	}
	if published {
		lines = append(lines, "对某一项有异议，请联络员或负责人回复“申诉 编号 理由”。")
	}
	return strings.Join(append(lines, "各项："), "\n")
}

// textResult is a result with how its points come about.
func textResult(w task.Weights, r task.Result) string {
	s := r.Words()
	if r.Status.Counts() {
		s += column(w.Sum(r) + " 分")
	}
	return s
}

func textObjectFor(k task.Task) string {
	unit := "单位"
	if leads := k.LeadUnits(); len(leads) > 0 {
		unit = chat.Plain(leads[0])
	}
	return fmt.Sprintf("申诉由单位提出；要代单位提出，请写上单位，例如“申诉 %s %s 理由”。", k.Number, unit)
}

func textWhyObject(n task.Number) string {
	return fmt.Sprintf("请写明理由，例如“申诉 %s 材料 12 月 5 日就交了，有回执”。", n)
}

func textObjected(o task.Objection) string {
	return fmt.Sprintf("已记下申诉%d（%d 年考评，%s）。办公室决定以后会告诉%s。", o.ID, o.Year, o.Number, chat.Plain(o.Unit))
}

func textObjectionID(o task.Objection) string { return fmt.Sprintf("%s%d", letterObjection, o.ID) }

func textObjectionWaits(o task.Objection, r task.Result) string {
	return fmt.Sprintf("%s对 %d 年考评：%s。理由：%s。成立请回复“同意 %s 理由”（这一项不计，按某天办结计就写“按12月10日完成”），不成立请回复“不同意 %s 理由”。",
		chat.Plain(o.Unit), o.Year, r.Words(), quoteWords(o.Text), textObjectionID(o), textObjectionID(o))
}

func textWhichYear(all []task.Objection) string {
	var ids []string
	for _, o := range all {
		ids = append(ids, fmt.Sprintf("%s%d-%d", letterObjection, o.Year, o.ID))
	}
	return "有几年都有这个编号，请写上年份：" + strings.Join(ids, listMark) + "。"
}

func textWhyRuling(o task.Objection, yes bool) string {
	if !yes {
		return fmt.Sprintf("请写明理由，例如“不同意 %s 没有提供材料”。", textObjectionID(o))
	}
	return fmt.Sprintf("请写明理由，例如“同意 %s 场地没有交付，属实”，或者“同意 %s 按12月10日完成 有验收单”。", textObjectionID(o), textObjectionID(o))
}

func textWhichDone(o task.Objection) string {
	return fmt.Sprintf("没有听懂按哪一天办结，要是今天以前的一天，例如“同意 %s 按12月10日完成 有验收单”。", textObjectionID(o))
}

func textRuled(o task.Objection, r task.Ruling, a task.Assessment, far []string) string {
	s := fmt.Sprintf("%s %s。", textObjectionID(o), r.Word())
	if r.Granted {
		score, _ := a.Score(o.Unit)
		s += fmt.Sprintf("%d 年考评出了第 %d 版，%s的得分是 %s。", a.Year, a.Version, chat.Plain(o.Unit), score.Word())
	}
	if len(far) > 0 {
		return s + textFar(far)
	}
	return s + "决定在工作时间通知" + chat.Plain(o.Unit) + "。"
}

// What is said of files of tasks.

func textPlanNotInForce(p *plan.Plan) string {
	return "《" + cmp.Or(p.Title, p.DocNo) + "》的这一版还没有导入。任务要引用方案的原文，请先导入它；任务表请存成 xlsx 或 csv"
}

func textNoItems(p *plan.Plan) string {
	return "《" + cmp.Or(p.Title, p.DocNo) + "》没有写明责任单位的任务条目。可以把各单位的职责导出成任务表，填上期限再导入"
}
