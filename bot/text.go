package bot

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"xietiao/bot/org"
	"xietiao/index/plan"
)

// Everything the bot says, in the users' language.

const (
	listMark    = "、"
	addressMark = "·"
	colon       = "："
	citeMark    = "——"
	ellipsis    = "…"
	openMarks   = "“《（〈‘" // punctuation that may begin a sentence
	quoteOpen   = "“"
	quoteClose  = "”"

	textLead        = "牵头"
	textResponsible = "责任单位"
	textSupport     = "配合"
	textDeadline    = "时限"

	textNoLead        = "方案未写明牵头单位。与此有关的职责："
	textUnassigned    = "方案提到了这件事，但没有写明由哪个单位负责。"
	textNoOther       = "方案没有写明还有别的单位负责这件事。"
	textSays          = "方案里这样写："
	textListDiffers   = "名单里没有完全相同的写法，请对照名单："
	textRelated       = "与此相近："
	textRelatedDuties = "相近的职责："
	textAmbiguous     = "您问的可能是下面几种，请选一个："
	textChoose        = "回复编号即可，也可以把问题问得更具体。"
	textAskAlone      = "这一问有几种可能，请单独再问一遍。"
	textGap           = "由谁办"
	textOther         = "其他事情"
)

// Hints of the index that choose the words.
const (
	hintThanks    = "thanks"
	hintHelp      = "help"
	hintCommand   = "command"
	hintAttribute = "attribute"
	hintNotMember = "notmember"
	hintPlace     = "place"
	hintNoOther   = "noother"
	hintAck       = "ack"
	hintVague     = "vague"
	hintBeyond    = "beyond" // the bot's own: a number that no choice has
)

func textListEntry(entry string) string { return "名单上写作“" + entry + "”。" }

func textRole(role string) string   { return "（" + role + "）" }
func textSomeRows(n int) string     { return fmt.Sprintf("有 %d 条与此有关：", n) }
func textSomeTasks(n int) string    { return fmt.Sprintf("有 %d 项任务与此有关：", n) }
func textSomeUnits(n int) string    { return fmt.Sprintf("涉及 %d 个单位：", n) }
func textSource(plan string) string { return "以上均出自 " + plan }
func textMore(n int) string         { return fmt.Sprintf("还有 %d 条，回复“更多”查看", n) }

const textNoMore = "已经全部列出，没有更多了。"

func textStillLeft(n int) string {
	return fmt.Sprintf("还有 %d 条没有列出，请把问题问得更具体些", n)
}
func textChoice(u, t string) string { return u + "：" + t }

// textAsk says whom to ask: the group's office, else those who issued.
func textAsk(what, office string, issuers []string) string {
	if office != "" {
		return what + "请问协调组办公室（" + office + "）。"
	}
	return what + "请问" + cmp.Or(strings.Join(issuers, listMark), "发文机关") + "。"
}

// textCorrection stands before an answer that takes the place of a wrong one.
func textCorrection(q string) string {
	return "更正：问过“" + q + "”，当时的回答不准确，请以这次为准。"
}

// textOffice is the office's own answer; the clauses follow.
func textOffice(words string) string {
	if words == "" {
		return "办公室答复，依据是："
	}
	return "办公室答复：" + words
}

func textPart(n int, q string) string { return fmt.Sprintf("问题 %d：%s", n, q) }

func textOnlyChoices(n int) string {
	return fmt.Sprintf("只有 %d 个可选，请回复 1 到 %d。", n, n)
}

func textSomeDuties(u string, n int) string {
	return fmt.Sprintf("%s有 %d 条与此有关：", u, n)
}

func textDutiesOf(unit string, n int) string {
	if n == 1 {
		return unit + "的职责："
	}
	return fmt.Sprintf("%s的职责，共 %d 条：", unit, n)
}

func textMember(name string, member bool, count int) string {
	verdict, in := "是", "在"
	if !member {
		verdict, in = "不是", "不在"
	}
	if name == "" {
		name = "它"
	}
	list := "成员单位名单"
	if count > 0 {
		list = fmt.Sprintf("成员单位名单（共 %d 个）", count)
	}
	return fmt.Sprintf("%s。%s%s%s里。", verdict, name, in, list)
}

func textDocument(title, docNo string) string {
	if docNo == "" {
		return "《" + title + "》"
	}
	if title == "" {
		return docNo
	}
	return "《" + title + "》（" + docNo + "）"
}

func textHoldings(n int) string {
	if n > maxDocuments {
		return fmt.Sprintf("我手上有 %d 份文件，例如：", n)
	}
	if n > 1 {
		return "我能回答的是这几份文件里的职责分工："
	}
	return "我能回答的是这份文件里的职责分工："
}

func textExamples(questions []string) string {
	var b strings.Builder
	b.WriteString("可以这样问：")
	for _, q := range questions {
		b.WriteString("\n· " + q)
	}
	return b.String()
}

func textRefusal(hint, name string) string {
	switch hint {
	case hintCommand:
		return "我只按文件回答谁负责什么，别的要求做不了。"
	case hintAttribute:
		return "文件里没有写这一项，我不能回答。"
	case hintVague:
		return "只凭这个词查不出是哪件事。请把事情说出来。"
	case hintPlace:
		return "文件里没有编这个号的内容。"
	case hintNotMember:
		if name != "" {
			return name + "不在成员单位名单里，文件没有给它分工。"
		}
	}
	return "文件里没有这方面的内容，我不能回答。"
}

func textChat(hint string) string {
	switch hint {
	case hintAck:
		return "好的。还有要查的，直接问就行。"
	case hintThanks:
		return "不客气。还有要查的，直接问就行。"
	case hintHelp:
		return "把事情说出来就行，平常怎么说就怎么问。我答出责任单位、文件原文和出处；文件没写的，我会直说。"
	}
	return "您好，我是协调助手。问我一件事归谁管，我答出责任单位、文件原文和出处。"
}

func factLabel(fact string) string {
	switch fact {
	case "title":
		return "文件名称"
	case "doc_no":
		return "文号"
	case "issuer":
		return "发文机关"
	case "date":
		return "成文日期"
	case "office":
		return "协调组办公室"
	case "members":
		return "成员单位"
	case "member_count":
		return "成员单位数"
	}
	return fact
}

func isMore(q string) bool {
	return strings.Trim(strings.TrimSpace(q), "。.!！") == "更多"
}

var listedThing = regexp.MustCompile(`、(\p{Han}{4,6})的(?:建设|管理|运营|工作)`)

// Lengths, in characters, of an item's title that reads well in a question.
const (
	shortTitle = 4
	longTitle  = 16
)

// Examples returns at most three questions that p answers, made from its own
// words.
func Examples(p *plan.Plan) []string {
	var out []string
	for _, u := range p.Units {
		for _, d := range u.Duties {
			if m := listedThing.FindStringSubmatch(d.Text); m != nil && len(out) == 0 {
				out = append(out, m[1]+"归谁管")
			}
		}
	}
	for _, it := range p.Items {
		if n := runeLen(it.Title); n >= shortTitle && n <= longTitle && len(it.Lead) > 0 && len(out) == 0 {
			out = append(out, strings.TrimRight(it.Title, "。；")+"由谁负责")
		}
	}
	for _, u := range p.Units {
		if len(u.Duties) > 2 {
			out = append(out, u.Name+"有哪些职责")
			break
		}
	}
	if len(p.Members) > 0 {
		out = append(out, "成员单位有哪些")
	}
	return out
}

// What the desk says.
const (
	textPlace           = "位置收到了，但现在没有要用位置的事。要签到请先报名活动。"
	textQuestionTooLong = "问题太长了，请缩短到 500 字以内再问。"
	textTooFast         = "您发得太快了，请一分钟后再问。"
	textFailed          = "这句话我没能处理，请换个说法再问；还不行就请联系协调组办公室。"
	textWelcomeHelp     = "说“帮助”，看还能做什么。"
	textNothingToRate   = "不知道您说的是哪个回答。请引用那条回答再说“有误”，或先问一个问题。"
	textRatedBad        = "已记下，办公室会核对这条回答。谢谢指正。"
	textRatedGood       = "谢谢，很高兴帮上忙。"
	textSourceLink      = "看原文"
)

func textNotAllowed(roles []org.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, r.Word())
	}
	return "这件事只有" + strings.Join(names, "、") + "可以办。"
}

// textUnreadable answers pictures and files.
func textUnreadable(examples []string) string {
	s := "我只看得懂文字。请把问题打出来"
	if len(examples) > 0 {
		s += "，例如“" + examples[0] + "”"
	}
	return s + "。"
}

// About the console.
const (
	textConsole      = "控制台的链接，10 分钟内有效，只能用一次，请不要转给别人：\n"
	textConsoleAlone = "链接只能给您本人，请在单聊里对我说“控制台”。"
	textNoConsole    = "这个服务还没有设对外的网址（public_url），从聊天里进不了控制台。请在运行服务的机器上用浏览器打开，或请管理员设好 public_url。"
)

// What the help lists.
const (
	textHelpWho     = "我是谁：看自己绑定的身份"
	textHelpConsole = "控制台：取一个进控制台的一次性链接（单聊里说）"
	textHelpBind    = "绑定 姓名 单位：把自己的账号绑定到单位；在群里说“绑定 单位”，这个群就接收那个单位的通知（要对方确认）"
	textHelpUnbind  = "解绑：解除自己的账号；在群里说“解绑 单位”"
	textHelpPending = "待确认：看还没有确认的申请；“同意 B3”“拒绝 B3”：处理申请"
	textHelpPause   = "暂停推送 [单位] [到 12月10日]：先不发提醒；恢复推送 [单位]：接着发"
	textHelpPauses  = "推送状态：看暂停了哪些"
)

// What is said about people, groups and pauses.
const (
	textCommands       = "还可以说："
	textFeedbackHelp   = "回答不对，就回复“有误”，后面可以写哪里不对。"
	textOutside        = "您不是本组织的成员，不能绑定单位。"
	textBindInPrivate  = "绑定个人账号请私聊我。在群里只写单位，就是让这个群接收那个单位的通知。"
	textUnbindOthers   = "在这里只能解绑您自己的账号，直接说“解绑”就行。别人的账号，请办公室在名册里改好后重新导入。"
	textGroupFree      = "本群没有绑定任何单位。"
	textNothingPending = "没有等您确认的申请。"
	textNoPauses       = "没有暂停，推送照常。"
	textSomeUnit       = "市教育局" // where no document is read that names one
)

func textUnknownPerson(unit string) string {
	return "我还不认识您。请私聊我说“绑定 姓名 单位”，例如“绑定 张三 " + unit + "”，办公室确认后就好了。"
}

func textWhichUnit(verb, unit string) string {
	return "请写明单位，例如“" + verb + " " + unit + "”。"
}

func textPauseHint(unit string, until time.Time) string {
	say := "“" + strings.TrimSpace("恢复推送 "+unit) + "”"
	if until.IsZero() {
		return "攒着的不会丢，说" + say + "就接着发。"
	}
	return "攒着的不会丢，到时自动接着发；要提前就说" + say + "。"
}

func textWho(name, unit, role string) string {
	if unit == "" {
		return "您是" + name + "，" + role + "。"
	}
	return "您是" + unit + "的" + name + "，" + role + "。"
}

func textAlreadyBound(name, unit string) string {
	return "这个账号已经绑定：" + strings.TrimSpace(unit+" "+name) + "。要改先说“解绑”。"
}

// textHowToBind answers a binding of which the name or the unit is missing.
func textHowToBind(said, unit, example string) string {
	how := "请写姓名和方案里的单位名称，中间空一格，例如“绑定 张三 " + example + "”。"
	switch {
	case said == "":
		return how
	case unit != "":
		return "还差您的姓名。" + how
	}
	return "没有从“" + said + "”里认出单位。" + how
}

func textNoSuchUnit(said string) string {
	return "方案里没有“" + said + "”这个单位，或者不止一个单位叫这个。请写方案里的名称。"
}

func textNoSuchDay(said string) string {
	return "没有听懂“" + said + "”是哪一天。请写成“到 12月10日”。"
}

func textPastDay(said string) string {
	return "“" + said + "”已经过去了，请写以后的日子。"
}

func textUnbound(done bool) string {
	if done {
		return "已解除这个账号的绑定。"
	}
	return "这个账号没有绑定。"
}

func textGroupUnbound(unit string, done bool) string {
	if done {
		return "本群不再接收" + unit + "的通知。"
	}
	return "本群没有绑定" + unit + "。"
}

func textResumed(unit string, done bool, rest int) string {
	who := unit
	if unit == org.All {
		who = "全部单位"
	}
	s := who + "的推送已恢复。"
	if !done {
		s = who + "没有暂停。"
	}
	if rest > 0 {
		s += fmt.Sprintf("另有 %d 处还暂停着，说“推送状态”查看。", rest)
	}
	return s
}

// textTestMessage is what a group reads when its robot was imported, or the office tries
// whether it can be reached.
func textTestMessage(units []string) string {
	return "测试消息：本群已接收" + strings.Join(units, "、") + "的通知。收到这条就说明机器人可用，不用回复。"
}

// What the office reads of answers that people found wrong.
const (
	textNoComplaints    = "没有等着核对的回答。"
	textHowToSettle     = "核对后说“处理有误 编号 说明”，提出的人会收到说明。"
	textSayWhat         = "请在编号后面写上说明，例如“处理有误 3F2A91 已请单位更正，以文件原文为准”。"
	textNoSuchComplaint = "没有这个编号，说“有误列表”查看。"
)

func textComplaints(n int) string {
	if n > shownComplaints {
		return fmt.Sprintf("有 %d 条回答等着核对，最近的 %d 条：", n, shownComplaints)
	}
	return fmt.Sprintf("有 %d 条回答等着核对：", n)
}

func textComplaint(q string, cites []string, remarks string) string {
	s := "问“" + clip(q, quoteInList) + "”"
	if len(cites) > 0 {
		s += "，答的是 " + cites[0]
	} else {
		s += "，没有答出"
	}
	if remarks != "" {
		s += "；对方说：" + clip(remarks, quoteInList)
	}
	return s
}

// quoteInList is how much of people's words a line of a list shows, in characters.
const quoteInList = 60

func textSettled(q, words string) string {
	return "您说有误的回答（问“" + clip(q, quoteInList) + "”），协调组办公室核对过了：" + clip(words, maxQuestion)
}

func textToldPeople(n int) string {
	return fmt.Sprintf("已告诉提出的 %d 人，从列表里去掉了。", n)
}
