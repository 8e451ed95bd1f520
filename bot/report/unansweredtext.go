package report

import (
	"fmt"

	"xietiao/bot/calendar"
	"xietiao/index"
)

// What users read of questions that were not answered.

const (
	textWhySilent  = "没有答上来的原因"
	textNoneOfThem = "没有。"
	textAskedNote  = "不记是谁问的；问答记录过了保存期就没有了，更早的不在里面。“现在”是按做这份表时的方案、词和答复再问一遍。"
)

var (
	textWhyHead      = []string{"原因", "问题", "次数"}
	textQuestionHead = []string{"问题", "次数", "最近", "为什么", "现在"}
	textNow          = map[index.Status]string{index.Answered: "能答了", index.Unassigned: "没有落到单位", index.Unknown: "还是没有答案", index.Ambiguous: "要反问"}
)

// textSilences say what each kind of reason is, and what the office can do.
var textSilences = [silences]struct{ name, advice string }{
	unassigned: {"方案没有分工", "要办的，请办公室定由哪个单位办，写进方案或者作为任务交办；定了以后也可以写一条答复。"},
	absent:     {"文件里没有", "别的文件里有的，可以把那份文件传上来；办公室知道的，可以写一条答复。"},
	unsure:     {"没有把握，没有答", "多半是说法和方案不一样：在控制台“问答·待办”里加一行词，或者写一条答复。"},
	unclear:    {"没有看懂，或者反问了", "说得太泛、几处都像的，机器人会反问；常有人这样问的，可以写一条答复。"},
}

func textAskedSince(day, since calendar.Date) string {
	return dayWord(since) + "至" + dayWord(day)
}

func textAskedTimes(since calendar.Date, a Asked) string {
	all := 0
	for _, n := range a.Times {
		all += n
	}
	return fmt.Sprintf("%s以来问了 %d 次：答了 %d 次，没有落到单位 %d 次，没有答案 %d 次，反问 %d 次。没有答上来的一共 %d 问。",
		dayWord(since), all, a.Times[index.Answered], a.Times[index.Unassigned], a.Times[index.Unknown], a.Times[index.Ambiguous], len(a.Open))
}

func textMoreQuestions(n int) string {
	return fmt.Sprintf("还有 %d 问，次数更少，没有列出。", n)
}

func textQuestion(q Question) string {
	if q.Prev == "" {
		return oneLine(q.Q)
	}
	return oneLine(q.Q) + "（接着问：" + oneLine(q.Prev) + "）"
}

// textWhy is why a question was not answered.
func textWhy(q Question) string {
	switch why := ReasonWord(q.Reason); {
	case why != "":
		return why
	case q.Status == index.Ambiguous:
		return "有几处都像，反问了"
	}
	return textSilences[q.silence()].name
}

var reasonWords = map[index.Reason]string{
	index.ReasonShare:    "没有哪一条和问的足够接近",
	index.ReasonEvidence: "和方案只有常用字词相同，不足以认定",
	index.ReasonTheirs:   "最接近的一条只管本单位或别的地方的",
	index.ReasonAspect:   "方案写了这件事，没有写问的那一方面",
	index.ReasonUnnamed:  "只有一节相近，没有点到这件事",
	index.ReasonUndated:  "问的是时间，那一条没有写时间",
	index.ReasonDocument: "问的是另一份文件",
	index.ReasonNoDuty:   "这个单位在方案里没有职责",
	index.ReasonGap:      "方案提到了，没有分给任何单位",

	index.HintEmpty:     "没有问什么",
	index.HintCommand:   "像是叫机器人做事，不是提问",
	index.HintAttribute: "方案里没有电话、时间、人名这类内容",
	index.HintNotMember: "这个部门不在方案里",
	index.HintOfftopic:  "方案没有讲这件事",
	index.HintPlace:     "方案里没有这一条、这一节",
	index.HintNoOther:   "没有别的单位管这件事",
	index.HintGreeting:  "是打招呼",
	index.HintThanks:    "是道谢",
	index.HintHelp:      "是问怎么用",
	index.HintAck:       "是应答",
	index.HintVague:     "说得太泛，要说是什么事",
}

// ReasonWord is why a question has no answer; "" where it has one.
func ReasonWord(r index.Reason) string {
	if w, ok := reasonWords[r]; ok || r == "" {
		return w
	}
	return string(r)
}
