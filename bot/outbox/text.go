package outbox

import "errors"

// textNeverSent is why a withdrawal is cancelled.
const textNeverSent = "没有发出，不用撤回"

// markRepeat begins a message that may have arrived once before.
const markRepeat = "【可能重复】"

// Tell words an error of this package for users; empty if it is none that they cause.
func Tell(err error) string {
	switch {
	case errors.Is(err, ErrNotFound):
		return "没有这条通知，或者已经不再保留。"
	case errors.Is(err, ErrNotFailed):
		return "只有没有发成的通知才能重发，这一条不是，或者已经重发了。"
	case errors.Is(err, ErrEnded):
		return "这条通知已经有了结果，不能取消了。"
	}
	return ""
}

// Advice says in Chinese what a code of our own means; "" for a platform's.
func Advice(code string) string {
	return map[string]string{
		CodeUnknown: "发了两次，平台都没有回应，不知道收没收到；问一下对方，没收到再重发。",
		CodeTries:   "试了很多次都没有发成，已经放弃；平台恢复以后可以重发。",
		CodePanic:   "程序出错，请把日志交给维护人员。",
		CodePicture: "图没有画成；文字已经另外发出。",
	}[code]
}
