package console

import (
	"fmt"
	"net/http"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/task"
	"xietiao/handlers"
)

// What the pages on tasks say; the templates hold the rest.
const (
	textTasks       = "任务"
	textHandAll     = "交办全部"
	textNewTask     = "新建任务"
	textOpenTasks   = "没有结束的"
	textAllTasks    = "全部"
	textAnyDeadline = "不限"
	textOverdue     = "逾期"
	textSoon        = "7 天内到期"
	textUndated     = "待定期限"
	textSeries      = "周期任务"
	textLedgerFile  = "任务台账"

	textWhichStep     = "没有这样的步骤，请在页面上重新选。"
	textNothingTicked = "一项也没有勾选。请先在任务前面打勾。"
	textWhichDay      = "没有看懂要延到哪一天，例如 12月10日、12月底。"
	textWithdrawing   = "撤回最近一次的提醒："

	textSaid     = "说明（可以不写）"
	textResult   = "结果（可以不写，写了考评和报告都用得上）"
	textReason   = "原因"
	textMatter   = "要协调什么"
	textOutcome  = "协调结果"
	textAllLeads = "全部牵头单位"

	textAllUndone     = "没有办完的全部单位"
	textClauseChanged = "现行方案里这一条的文字已经改了，这里是立项时的。"
	textClauseGone    = "现行方案里已经没有这一条。"
)

const (
	textNoTitle        = "还没有写名称。"
	textNoUnits        = "方案还没有读好，没法核对单位名，请过几秒再试。"
	textBadOffsets     = "提醒看不懂：请写到期前几个工作日，例如 10、5、2，当天写“当天”；按默认就空着。"
	textNoSuchClause   = "现行方案里没有这一条。文号照方案写，条款照回答里的写法，例如 附件·市教育局·第2项、四（三）。"
	textKeepSource     = "依据可以改成别的条款，不能清空。"
	textTaskStale      = "这项任务刚刚被别人改过，没有保存。您填的内容都在；请看过别人的修改，再保存一次。"
	textNothingChanged = "没有改动，什么也没有保存。"
)

func textBothSides(unit string) string {
	return unit + "既写在牵头里，又写在配合里，请留一处。"
}

func textBadDeadline(said string) string {
	return "期限“" + said + "”看不懂。请写成一天（2026年12月31日）、一段时间的末尾（12月底、第四季度）、周期（每季度末）；还没有定就空着。"
}

func textAssumedDay(w task.When) string { return "期限按 " + w.String() + "。" }

func textPastDay(d calendar.Date) string { return "期限 " + d.String() + " 已经过了。" }

func textSeveralClauses(n int) string {
	return fmt.Sprintf("这个出处有 %d 条，取了第一条，请核对。", n)
}

func textEditTask(n task.Number) string { return "修改 " + n.String() }

func textMade(t task.Task) string { return "已立项 " + t.Number.String() + "，还没有交办。" }

func textTaskChanged(n task.Number, changes []string) string {
	return "已修改 " + n.String() + "：" + strings.Join(changes, "；") + "。"
}

// textWaits word what waits for the office.
var textWaits = map[task.Cause]string{
	task.CauseAsked: "等答复的延期", task.CauseRaised: "等协调的事项", task.CauseDeclined: "有单位退回", task.CauseReported: "等复核",
}

func textTooManyTicked(most int) string {
	return fmt.Sprintf("一次最多 %d 项，请分几次。", most)
}

func textReasonFor(do task.Do) string {
	return do.Word() + "要写原因，请写在“原因”里。"
}

func textDoneMany(do task.Do, done []task.Number) string {
	if len(done) == 0 {
		return "一项也没有" + do.Word() + "。"
	}
	s := fmt.Sprintf("已%s %d 项：%s。", do.Word(), len(done), task.Spans(done))
	if do == task.DoHand || do == task.DoUrge || do == task.DoCancel {
		s += "通知在工作时间发出。"
	}
	return s
}

func textNotDoneMany(do task.Do, n int) string { return fmt.Sprintf("没%s %d 项：", do.Word(), n) }

func textCallThem(far []string) string {
	return strings.Join(far, "、") + "没有群也没有账号，请电话通知。"
}

func textUpcoming(at, unit string, why task.Cause) string {
	return at + " " + unit + "：" + why.Word()
}

func textUntil(d calendar.Date) string { return "到 " + d.String() }

func textSure(do task.Do, t task.Task) string {
	return fmt.Sprintf("%s %s？", do.Word(), t.Heading())
}

// textStepped says what was done, and where the task stands now.
func textStepped(t task.Task, a task.Action) string {
	s := fmt.Sprintf("%s：已%s", t.Number, a.Do.Word())
	switch a.Do {
	case task.DoGrant:
		s += "，期限改为 " + t.Deadline.String()
	case task.DoProgress:
		s += fmt.Sprintf(" %d%%", a.Percent)
	case task.DoAsk:
		s += textUntil(a.To) + "，等办公室答复"
	}
	return s + "。现在是“" + t.State.Word() + "”。"
}

func textUndone(n task.Number, a task.Action) string {
	s := fmt.Sprintf("已撤销 %s 的“%s”。", n, a.Do.Word())
	if a.Do == task.DoProgress {
		s += fmt.Sprintf("进度回到 %d%%。", a.Percent)
	}
	return s
}

func textFormFile(n task.Number) string { return "督办单 " + n.String() }

// What is said of files of tasks.
const (
	textImportTasks   = "导入任务表"
	textIntakeChanged = "任务或方案在这期间改过了，和刚才列出的不一样，没有导入。请看过现在的再导入。"
	textNoDuties      = "还没有导入写明单位职责的方案。请先在“方案”里导入。"
	textCheckFile     = "任务表核对"
	textDutiesFile    = "职责任务表"
)

var errUploadGone = handlers.Fault{Code: http.StatusGone, Text: "这个文件已经导入，或者放了两个小时，不再保留。请重新上传。"}

func textBigFile(most int64) string {
	return fmt.Sprintf("文件超过 %d MB，请拆开。", most>>20)
}

func textImported(in task.Intake) string {
	s := fmt.Sprintf("导入完成：新建 %d 项，修改 %d 项，不变 %d 项。", in.Count(task.FateNew), in.Count(task.FateChange), in.Count(task.FateSame))
	if n := in.Count(task.FateUnclear); n > 0 {
		s += fmt.Sprintf("有 %d 行看不清，没有导入；改好表再导入一次，已有的不会重复。", n)
	}
	if in.Count(task.FateNew) > 0 {
		s += "新任务还没有交办：核对后用“交办全部”。"
	}
	return s
}
