package console

import (
	"fmt"

	"xietiao/bot/chat"
	"xietiao/bot/outbox"
)

// What the pages on notices say; the templates hold the rest.
const (
	textNotices    = "通知"
	textWhyNotice  = "请写明原因，会记在这条通知的记录里。"
	textLongReason = "原因太长，请控制在 500 字以内。"
)

// textAttempts word what came of a try to send, textDeeds what people did.
var (
	textAttempts = map[chat.Verdict]string{
		"": "没有记下结果", chat.VerdictDone: "平台收下了", chat.VerdictPermanent: "平台不收", chat.VerdictRetry: "没有发成，过一会再试", chat.VerdictUnknown: "平台没有回应，不知道收没收到",
	}
	textDeeds = map[string]string{outbox.DeedResend: "重发", outbox.DeedStop: "取消"}
)

func textResent(n int, at string, waits bool) string {
	if waits {
		return fmt.Sprintf("重发 %d 条：提醒和通报排在 %s 发，其余的马上发。", n, at)
	}
	return fmt.Sprintf("正在重发 %d 条。", n)
}

func textStopped(certain bool) string {
	if certain {
		return "已取消，不会再发。"
	}
	return "正在发的这一次拦不住了，之后不会再发。"
}
