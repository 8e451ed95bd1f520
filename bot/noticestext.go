package bot

import (
	"fmt"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/handover"
	"xietiao/bot/outbox"
	"xietiao/bot/task"
)

// What is said about notices.

const (
	textHelpCalls  = "电话名单：今天要打电话告知的单位；撤回 T12：撤回刚发的提醒"
	textHelpFailed = "失败列表：没有发成的通知和原因；重发 2、重发全部"

	textWithdrawOffice = "撤回提醒要由协调组办公室办理。要撤销刚报的进度，请说“撤销 T12”。"
	textWithdrawWhich  = "要撤回哪一项任务的提醒？请写编号，例如“撤回 T12”，或者引用那条提醒说“撤回”。"

	textNoCalls    = "今天没有要打电话告知的单位。"
	textCallsPrint = "要打印的名单：在服务器上运行 xietiao export -as calls 电话名单.docx。"
	textNoneFailed = "最近 7 天没有发送失败的通知。"
	textGroup      = "群"
)

// withdrawWords say how it stands with one place.
var withdrawWords = map[task.WithdrawState]string{
	task.WithdrawStopped: "还没有发出，已取消", task.WithdrawNever: "没有发成，不用撤回", task.WithdrawAsked: "正在撤回，撤不回的改发更正",
	task.WithdrawDone: "已撤回", task.WithdrawCorrecting: "那条里还有别的任务或者撤不回，正在发更正",
	task.WithdrawCorrected: "没有撤回，已发更正", task.WithdrawFailed: "没有撤回，更正也没有发成，请看“失败列表”",
}

// WithdrawWord says how it stands with the withdrawing of a message; "" where nobody
// withdraws it.
func WithdrawWord(s task.WithdrawState) string { return withdrawWords[s] }

func textWithdrawn(n task.Number, at time.Time) string {
	return fmt.Sprintf("%s 的提醒（%d月%d日 %s）：", n, int(at.Month()), at.Day(), at.Format("15:04"))
}

func textWithdrawHint(n task.Number) string {
	return fmt.Sprintf("过一会再说“撤回 %s”看结果。更正里写的是任务现在的内容，写错了的请先“修改 %s ……”，改了以后会另外通知。", n, n)
}

func textCalls(day calendar.Date, n int) string {
	return fmt.Sprintf("电话名单（%d月%d日），%d 个单位：", int(day.M), day.D, n)
}

func textCall(unit string, who []string) string {
	if len(who) == 0 {
		who = []string{"名册里没有联络员和负责人"}
	}
	return chat.Plain(unit) + colon + strings.Join(who, listMark)
}

func textFailedList(n int) string { return fmt.Sprintf("没有发成的通知，%d 条：", n) }

// How a notice stands, and the 通知台账.
const (
	textWithdrawal   = "撤回"
	textTakenBack    = "已撤回"
	textTookBack     = "撤回成功"
	textRepeated     = "（可能重复）"
	textPicture      = "（图）"
	textPlatformCode = "平台的错误码"
	textNoticeSheet  = "通知台账"
	textMinute       = "2006-01-02 15:04"
)

var textNoticeHead = []string{"时间", "种类", "单位", "发到", "结果", "结束时间", "发了几次", "原因", "内容"}

var noticeStates = map[outbox.State]string{
	outbox.StateWaiting: "等着发", outbox.StateHeld: "暂停着", outbox.StateSending: "正在发", outbox.StateSent: "已发出",
	outbox.StateFailed: "没有发成", outbox.StateExpired: "过期没有发", outbox.StateCancelled: "取消没有发",
}

// kindWords name the kinds of notices.
var kindWords = map[string]string{
	task.KindRemind: "任务提醒", task.KindBulletin: "督办通报", task.KindWithdraw: "更正", task.KindCalendar: "假期未定的提示", kindNotice: "绑定申请的通知", KindTest: "测试消息", handover.Kind: "交接的通知", KindCorrection: "更正回答",
	task.KindAssess: "考评申诉的通知", activity.Kind: "活动的通知",
}

// KindWord names a kind of notices.
func KindWord(kind string) string {
	if word := kindWords[kind]; word != "" {
		return word
	}
	return "通知"
}

func textFailedOne(rec outbox.Record, at time.Time, place, reason string) string {
	who := ""
	if rec.Unit != "" {
		who = chat.Plain(rec.Unit) + "，"
	}
	return fmt.Sprintf("%s%s，%d月%d日 %s %s：%s", who, place, int(at.Month()), at.Day(), at.Format("15:04"), KindWord(rec.Kind), strings.TrimRight(reason, "。"))
}

func textFailedHint(more int) string {
	s := "处理好以后说“重发 1”或“重发全部”。"
	if more > 0 {
		s = fmt.Sprintf("还有 %d 条没有列出。", more) + s
	}
	return s
}

func textCode(code string) string {
	if code == "" {
		return "原因不明，请看服务的日志"
	}
	return "平台的错误码 " + code
}

func textNotFailed(number string) string {
	return fmt.Sprintf("第 %s 条不在失败列表里，或者已经重发了；说“失败列表”看现在的。", number)
}

func textResent(n int, opens, now time.Time) string {
	if opens.After(now) {
		return fmt.Sprintf("重发 %d 条：任务的提醒和通报排在 %d月%d日 %s 发，其余的马上发。", n, int(opens.Month()), opens.Day(), opens.Format("15:04"))
	}
	return fmt.Sprintf("正在重发 %d 条，没有发成的还会出现在“失败列表”里。", n)
}
