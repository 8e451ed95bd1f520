package outbox

// textNeverSent is why a withdrawal is cancelled.
const textNeverSent = "没有发出，不用撤回"

// markRepeat begins a message that may have arrived once before.
const markRepeat = "【可能重复】"

// Advice says in Chinese what a code of our own means; "" for a platform's.
func Advice(code string) string {
	return map[string]string{
		CodeUnknown: "发了两次，平台都没有回应，不知道收没收到；问一下对方，没收到再重发。",
		CodeTries:   "试了很多次都没有发成，已经放弃；平台恢复以后可以重发。",
		CodePanic:   "程序出错，请把日志交给维护人员。",
		CodePicture: "图没有画成；文字已经另外发出。",
	}[code]
}
