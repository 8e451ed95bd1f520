package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/activity"
	"xietiao/index/zh"
)

// deed is what people want of activities.
type deed string

const (
	deedView    deed = "view"
	deedUnclear deed = "unclear" // nobody knows what

	// What everybody may.
	deedList      deed = "list"
	deedJoin      deed = "join"
	deedLeave     deed = "leave"
	deedMine      deed = "mine"
	deedIn        deed = "in"
	deedOut       deed = "out"
	deedHours     deed = "hours"
	deedDispute   deed = "dispute"
	deedRecommend deed = "recommend"
	deedPaper     deed = "certificate"
	deedAbsent    deed = "absent" // cannot come, without saying to what
	deedLate      deed = "late"
	deedSwap      deed = "swap"   // wants to wait instead of having a place
	deedMissed    deed = "missed" // was not checked in, or wants to check in for somebody

	// What organisers may.
	deedRun       deed = "run" // what they organise
	deedPublish   deed = "publish"
	deedCancel    deed = "cancel"
	deedEither    deed = "cancel?" // the activity, or one's own sign-up
	deedArchive   deed = "archive"
	deedRoll      deed = "roll"
	deedPhones    deed = "phones" // of those on the list, whole
	deedAdd       deed = "add"
	deedRemove    deed = "remove"
	deedTickIn    deed = "tick in"
	deedTickOut   deed = "tick out"
	deedUndoIn    deed = "undo in"
	deedUndoOut   deed = "undo out"
	deedUndoHours deed = "undo hours"
	deedCode      deed = "code"
	deedDoubts    deed = "doubts"
	deedAccept    deed = "accept"
	deedCorrect   deed = "correct"
	deedGrant     deed = "grant"
	deedDeny      deed = "deny"
	deedTotals    deed = "totals"
	deedDemands   deed = "demands"
	deedPeople    deed = "volunteers" // who is registered
)

// errand is what somebody said of activities.
type errand struct {
	do      deed
	numbers []activity.Number // none: those that are quoted, or the only one it can be
	words   string            // a code, names, a reason: as they were said
}

// args and errandOf carry it through Command.
func (e errand) args() []string {
	var numbers []string
	for _, n := range e.numbers {
		numbers = append(numbers, n.String())
	}
	return []string{string(e.do), strings.Join(numbers, " "), e.words}
}

func errandOf(args []string) errand {
	e := errand{do: deed(args[0]), words: args[2]}
	for s := range strings.FieldsSeq(args[1]) {
		if n, ok := activity.ParseNumber(s); ok {
			e.numbers = append(e.numbers, n)
		}
	}
	return e
}

// maxActivities is how many activities one message may be about.
const maxActivities = 20

// The patterns read folded text.
const (
	activityNumber  = `(?:(?:活动\s*)?a\s*[#-]?\s*\d{1,9}号?|活动\s*[#-]?\s*\d{1,9}号?)`
	activityNumbers = `(` + activityNumber + `(?:[\s、,;和及与]*` + activityNumber + `|[、和及与]\d{1,9}号?)*)`
	codeWord        = `\d{3}[\s-]?\d{3}`
	codeBehind      = `[\s:,、]*(?:(?:签到|签退|验证)?码\s*(?:是|为)?[\s:]*)?(` + codeWord + `)`
	askHead         = `^(?:请|麻烦|帮我|给我|我要|我想|想|要|查一下|查询|查看?|看一下|看看?|打开|显示|列出|[,。]|\s)*`
	deedBetween     = `[\s:,、的]*(?:(?:我们|我|也|现在|请|想|要|再|需要?|申请)\s*)*`
	yearBehind      = `[\s:,]*(?:(\d{4}|今|本|去|前)年?)?(?:度)?的?[?。!]*$`
)

// behindRule says what may stand behind a deed and its numbers.
type behindRule int

const (
	nothingBehind behindRule = iota
	codeMayFollow
	asideMayFollow // why, in passing
	wordsMayFollow // names, a reason
)

// deeds are how they are said with a number, in the order in which they are tried:
// 取消报名 is no 报名.
var deeds = []deedWords{
	newDeed(deedSwap, asideMayFollow, `(?:把我)?(?:换|改|转|退|调)(?:成|为|到)?候补`),
	newDeed(deedLeave, asideMayFollow, `取消报名|退出报名|撤销报名|退掉报名|取消参加|退报|退出|不报名?|不参加|参加不了|请个?假|(?:临时|突然)?(?:有急?事)?(?:不去|去不了|去不成|不来|来不了|来不成)`),
	newDeed(deedLate, asideMayFollow, `(?:会|可能|得)?(?:迟到|晚到|晚一?点(?:儿)?[到来]|晚来|早退|提前走|先走)(?:一会儿?|一下|几分钟)?`),
	newDeed(deedMissed, asideMayFollow, `(?:忘记?|漏|没|没有)(?:了)?(?:签到|签退|打卡|签)(?:成功?|上)?`),
	newDeed(deedCancel, wordsMayFollow, `取消(?:整场|这场|该|本)?活动|停办|不办|活动取消`),
	newDeed(deedTickOut, wordsMayFollow, `(?:替|代|补|帮)(?:他们?|她们?|人)?签退|登记签退`),
	newDeed(deedTickIn, wordsMayFollow, `(?:替|代|补|帮)(?:他们?|她们?|人)?签到?|登记签到|点名`),
	newDeed(deedUndoIn, wordsMayFollow, `(?:撤销|撤消|撤回|取消)(?:签到|替签|补签|代签)`),
	newDeed(deedUndoOut, wordsMayFollow, `(?:撤销|撤消|撤回|取消)签退`),
	newDeed(deedUndoHours, wordsMayFollow, `(?:撤销|撤消|撤回|取消)(?:核定|更正(?:时长)?)`),
	newDeed(deedEither, wordsMayFollow, `取消`),
	newDeed(deedCode, nothingBehind, `签到二维码|签到大屏|签到屏|签到页|签到码|签退码|二维码|大屏`),
	newDeed(deedPhones, nothingBehind, `(?:报名)?(?:的)?(?:人员?|名单)?(?:的)?(?:电话|手机|联系方式|联系电话|通讯录)(?:名单|号码?)?`),
	newDeed(deedRoll, nothingBehind, `(?:(?:导出|下载|打印)的?(?:一份)?)?(?:报名|签到|活动|志愿者)?(?:(?:人员)?名单|花名册|人员|报名情况|签到情况|签到表)(?:导出|下载|打印)?`),
	newDeed(deedJoin, nothingBehind, `报名参加|报个名|报名|参加|预约`),
	newDeed(deedIn, codeMayFollow, `签到|打卡|到场|到了`),
	newDeed(deedOut, codeMayFollow, `签退|离场`),
	newDeed(deedDispute, wordsMayFollow, `(?:时长|时间|记录|签到)(?:有误|不对|错了|有错|有问题|有异议|少了|算错了?|记错了?)|申诉|异议|提出异议`),
	newDeed(deedPublish, nothingBehind, `发布|开放报名|开始报名`),
	newDeed(deedArchive, nothingBehind, `归档|结束归档|结束|结项`),
	newDeed(deedAdd, wordsMayFollow, `加人|加入名单|添加人员|增加人员|代报名?|替报名?|帮报名?`),
	newDeed(deedRemove, wordsMayFollow, `移出名单|移出|移除|剔除|除名`),
	newDeed(deedDoubts, nothingBehind, `待核实|待核定|核实名单`),
	newDeed(deedAccept, wordsMayFollow, `核实无误|核实`),
	newDeed(deedCorrect, wordsMayFollow, `核定|更正时长|改时长|更正`),
	newDeed(deedDeny, wordsMayFollow, `不同意|驳回|不予更正`),
	newDeed(deedGrant, wordsMayFollow, `同意`),
}

type deedWords struct {
	do            deed
	rule          behindRule
	front, behind *regexp.Regexp
}

func newDeed(do deed, rule behindRule, words string) deedWords {
	say := `(?:` + words + `)` + soft
	return deedWords{
		do: do, rule: rule,
		front:  regexp.MustCompile(wishHead + say + `[\s:,、]*` + activityNumbers + `(.*)$`),
		behind: regexp.MustCompile(askHead + `(?:导出|下载|打印|把|将|给|为|我)*\s*` + activityNumbers + deedBetween + say + `(.*)$`),
	}
}

// solos are what is said without a number. A group is the words.
var solos = []struct {
	do      deed
	pattern *regexp.Regexp
}{
	{deedList, regexp.MustCompile(askHead + `(?:最近|近期|现在|目前|今天|今晚|明天|后天|本周|这周|这个|下个|周末|下周|周[一二三四五六日]|本月|下个?月|还|都|\s)*(?:有)?(?:哪些|什么|啥)?(?:可以|能)?(?:报名|参加)?的?(?:志愿)?活动(?:列表|清单|安排|预告|一览)?(?:有)?(?:哪些|什么)?(?:可以|能)?(?:报名|参加)?(?:的)?[呢吗?。!]*$`)},
	{deedList, regexp.MustCompile(askHead + `(?:(?:现在|还)*有(?:没有)?(?:名额|空位|位置)|还剩(?:几个|多少)(?:名额|位置|空位)?|(?:什么时候|几号|哪天)?(?:截止)?报名(?:截止|时间|到什么时候|到几号|到哪天)(?:了|时间|日期|是)*(?:什么时候|几号|哪天)?|(?:什么时候|几号|哪天)(?:开始|截止)报名)(?:了|吗|没有|呢)*[?。!]*$`)},
	{deedJoin, regexp.MustCompile(wishHead + `(?:报名|报个名)(?:参加)?(?:活动)?` + thanks)},
	{deedLeave, regexp.MustCompile(wishHead + `(?:取消|退出|撤销)报名` + thanks)},
	{deedSwap, regexp.MustCompile(wishHead + `(?:把我)?(?:换|改|转|退|调)(?:成|为|到)?候补` + soft + thanks)},
	{deedAbsent, regexp.MustCompile(wishHead + `(?:(?:临时|突然)?有急?事[,\s]*|今天|明天|后天)?(?:请个?假|不去|去不了|去不成|不来|来不了|来不成|参加不了)` + soft + `(?:[\s,。;!]+[^?]*)?$`)},
	{deedLate, regexp.MustCompile(wishHead + `(?:会|可能|得|今天|明天)*(?:迟到|晚到|晚一?点(?:儿)?[到来]|早退|提前走)` + soft + `(?:一会儿?|几分钟)?` + `(?:怎么办|可以吗|行吗|算吗)?[?。!]*$`)},
	{deedMissed, regexp.MustCompile(wishHead + `(?:补签到?|补签退|补打?卡|(?:代|替|帮)(?:别人|他|她|人)?签到?|(?:忘记?|漏|没|没有)(?:了)?(?:签到|签退|打卡|签))` + soft + `(?:上|成)?(?:怎么办|怎么补|可以补吗|能补吗)?` + `[?。!]*$`)},
	{deedMine, regexp.MustCompile(askHead + `(?:我(?:都)?(?:的|报了|报名了|报名|参加了|参加)(?:的)?(?:哪些|什么|几个)?(?:报名|候补|活动)(?:情况|记录|列表|有哪些|有什么)?|(?:我的?)?候补(?:情况|(?:到)?第几(?:位|名|个)?)?|我?排(?:在|到)?第几(?:位|名|个)?|(?:候补)?轮到我了?(?:吗|没有?)|我?报(?:名)?(?:上名?|成功?)了?(?:吗|没有?)|我报(?:名)?了(?:什么|哪些|哪个|几个))[?。!]*$`)},
	{deedIn, regexp.MustCompile(wishHead + `(?:签到|打卡)` + soft + `(?:` + codeBehind + `)?` + thanks)},
	{deedIn, regexp.MustCompile(wishHead + `(?:(?:怎么|如何|怎样|在哪里?|去哪里?)(?:签到|打卡)|(?:签到|打卡)(?:失败|不了|不上)|签(?:不了|不上|不)到?|(?:到|来)(?:活动)?现场|到场|到达现场|到)(?:了|怎么办)*[呢?。!]*$`)},
	{deedIn, regexp.MustCompile(`^` + codeBehind + thanks)},
	{deedOut, regexp.MustCompile(wishHead + `签退` + soft + `(?:` + codeBehind + `)?` + thanks)},
	{deedHours, regexp.MustCompile(askHead + `(?:我的(?:志愿|服务)*(?:时长|时数|小时数?|工时)|时长(?:查询)?|我(?:一共|总共|共)?服务了(?:多少小时|多久|多长时间)|我?(?:一共|总共|共)?(?:有|做了|攒了|积累了)(?:多少|几)个?小时的?(?:志愿)?(?:服务)?(?:时长)?了?)` + yearBehind)},
	{deedHours, regexp.MustCompile(askHead + `我(\d{4}|今|本|去|前)年(?:度)?的?(?:(?:志愿|服务)*时长|(?:一共|总共|共)?(?:有|做了|服务了)(?:多少|几)个?小时的?(?:志愿)?(?:服务)?)[?。!]*$`)},
	{deedRecommend, regexp.MustCompile(askHead + `(?:推荐(?:一下|几个|一些|个)?(?:的)?活动|活动推荐|(?:有)?(?:什么|哪些|没有)?适合我的(?:志愿)?活动(?:有哪些|有什么|吗)?)[?。!]*$`)},
	{deedPaper, regexp.MustCompile(wishHead + `(?:怎么|如何|在哪里?)?(?:开具|开|打印|出具|下载|导出|领|看)?(?:一份|一张|个|份|张)?(?:我的)?(?:志愿者?)?(?:服务)?(?:时长|记录)?(?:证明书?|证书)(?:怎么开|怎么领|怎么办理?)?` + yearBehind)},
	{deedRun, regexp.MustCompile(askHead + `(?:(?:我|我们|我单位|我们单位|本单位|我馆|我局)(?:办|组织|主办|发布|负责)的(?:志愿)?活动|活动管理|管理活动)(?:有哪些)?[?。!]*$`)},
	{deedTotals, regexp.MustCompile(askHead + `(?:活动|服务时长|志愿服务时长|志愿时长)统计` + yearBehind)},
	{deedPeople, regexp.MustCompile(askHead + `(?:导出|下载|打印)?(?:全部|所有|全体|我们的?|现在的?)?(?:文化)?志愿者(?:的)?(?:名单|花名册|名册|列表|有哪些(?:人)?|有谁)[?。!]*$`)},
	{deedDemands, regexp.MustCompile(askHead + `(?:未匹配(?:的)?需求|缺人的活动|(?:哪些|什么)活动缺人|活动缺人情况)[?。!]*$`)},
	{deedDoubts, regexp.MustCompile(askHead + `待核实(?:的)?(?:人员|时长|名单)?[?。!]*$`)},
	{deedCode, regexp.MustCompile(askHead + `(?:签到二维码|签到大屏|签到码)[?。!]*$`)},
	{deedDispute, regexp.MustCompile(wishHead + `(?:(?:我的)?(?:服务)?时长(?:有误|不对|错了|有错|有问题|有异议|少了|算错了|记错了))(?:[\s,。:;!]+(.*))?$`)},
}

var (
	activityAlone = regexp.MustCompile(askHead + activityNumbers + `\s*(?:的|是)?(?:详情|详细|情况|内容|状态|安排|什么|在哪里?|什么时候|几点)*[?。!]*$`)
	activityCode  = regexp.MustCompile(`^` + activityNumbers + codeBehind + thanks)
	activityEdge  = regexp.MustCompile(`^(?:把|将)?\s*` + activityNumber + `(?:[^a-z\d]|$)|(?:^|[^a-z\d])` + activityNumber + `[。.!?]*$`)
	activityIn    = regexp.MustCompile(`(?:^|[^a-z\d])(?:a|活动)\s*[#-]?\s*(\d{1,9})`)
	deedEnd       = regexp.MustCompile(`^(?:了|啦|吧|活动)*` + thanks)
	onlyCode      = regexp.MustCompile(`^` + codeBehind + thanks)
	inPassing     = regexp.MustCompile(`^(?:了|啦|吧)*[\s,。;:!(]+[^a-z\d?]*$`)
	whether       = regexp.MustCompile(`^(?:了|过|掉|活动|的|\s)*(?:吗|么|没|没有|不|呢|嘛)[?。!]*$`)
	askedInEnd    = regexp.MustCompile(`(?:\?|吗)[。.!?]*$`)
)

// tickFor are how somebody is checked in by name: 帮小李签到 A7, 给A7的小李签到.
var tickFor = []*regexp.Regexp{
	regexp.MustCompile(wishHead + forWhom + tickName + tickDeed + `[\s:,、]*(?P<on>` + activityNumber + `)(?P<rest>.*)$`),
	regexp.MustCompile(wishHead + forWhom + `?(?P<on>` + activityNumber + `)[\s:,、]*` + forWhom + tickName + tickDeed + `(?P<rest>.*)$`),
	regexp.MustCompile(wishHead + forWhom + `(?P<on>` + activityNumber + `)\s*的` + tickName + tickDeed + `(?P<rest>.*)$`),
}

const (
	forWhom  = `(?:替|代|帮|给|为)`
	tickName = `(?P<name>[^\s我你您他她谁、a-z\d][^\s我你您他她谁a-z\d]{0,29}?)` // or several
	tickDeed = `(?:登记|补|办)?(?P<deed>签到|签退)` + soft
)

var nobodysName = regexp.MustCompile(`^(?:大家|所有|全部|全体|每个|别|人|忙|同事|朋友|本人|自己|没|志愿者|现场)`)

func readTickFor(said, folded string) (errand, bool) {
	for _, p := range tickFor {
		m := p.FindStringSubmatchIndex(folded)
		if m == nil {
			continue
		}
		part := func(name string) (from, to int) { i := 2 * p.SubexpIndex(name); return m[i], m[i+1] }
		from, to := part("name")
		if nobodysName.MatchString(folded[from:to]) {
			return errand{}, false
		}
		from, to = part("rest")
		e := errand{do: deedTickIn}
		on, end := part("on")
		if e.numbers = activitiesOf(folded[on:end]); whether.MatchString(folded[from:to]) || isAsked.MatchString(folded[from:to]) {
			e.do = deedView
			return e, true
		}
		if !deedEnd.MatchString(folded[from:to]) {
			e.words = " " + trimWords(original(said, folded, from, to))
		}
		from, to = part("name")
		e.words = trimWords(original(said, folded, from, to) + e.words)
		if from, to = part("deed"); folded[from:to] == "签退" {
			e.do = deedTickOut
		}
		return e, true
	}
	return errand{}, false
}

// readErrand reads what somebody says of activities: 报名 A7, A9取消报名, 签到 A7 482913. A
// question about one is to view it. False: it names none, and is nothing that may be
// said without.
func readErrand(said string) (errand, bool) {
	folded := strings.TrimRight(zh.Fold(said), " ")
	if m := activityAlone.FindStringSubmatch(folded); m != nil {
		return errand{do: deedView, numbers: activitiesOf(m[1])}, true
	}
	if m := activityCode.FindStringSubmatch(folded); m != nil { // A7 482913
		if on := activitiesOf(m[1]); len(on) == 1 {
			return errand{do: deedIn, numbers: on, words: m[2]}, true
		}
	}
	if !activityIn.MatchString(folded) {
		return soloErrand(said, folded)
	}
	if e, ok := readTickFor(said, folded); ok {
		return e, true
	}
	verbal := false
	for _, d := range deeds {
		for _, p := range []*regexp.Regexp{d.front, d.behind} {
			m := p.FindStringSubmatchIndex(folded)
			if m == nil {
				continue
			}
			verbal = true
			e := errand{do: d.do, numbers: activitiesOf(folded[m[2]:m[3]]), words: original(said, folded, m[4], m[5])}
			if d.do == deedEither && strings.Contains(folded, "取消活动") { // 取消活动7
				e.do = deedCancel
			}
			if e.settle(d.rule, folded[m[4]:m[5]]) {
				return e, true
			}
		}
	}
	e := errand{do: deedUnclear, numbers: activitiesIn(folded)}
	if asking.MatchString(folded) {
		e.do = deedView
	}
	return e, verbal || activityEdge.MatchString(folded)
}

// settle makes sense of the words behind; false: it makes none.
func (e *errand) settle(rule behindRule, rest string) bool {
	switch {
	case deedEnd.MatchString(rest):
		e.words = ""
		if rule == codeMayFollow {
			e.splitCode()
		}
	case whether.MatchString(rest), rule == wordsMayFollow && e.do != deedDispute && askedInEnd.MatchString(rest):
		e.do, e.words = deedView, "" // 停办了吗 cancels nothing
	case rule == wordsMayFollow:
	case isAsked.MatchString(rest):
		e.do, e.words = deedView, ""
	case rule == asideMayFollow && inPassing.MatchString(rest):
		e.words = ""
	case rule == codeMayFollow && onlyCode.MatchString(rest):
		e.words = onlyCode.FindStringSubmatch(rest)[1]
	default:
		return false
	}
	e.words = trimWords(e.words)
	return len(e.numbers) > 0
}

// splitCode reads A7482913, where nothing parts number and code: no activity has a
// number that long.
func (e *errand) splitCode() {
	const code = 1_000_000
	if n := e.numbers; len(n) == 1 && n[0] >= code {
		digits := n[0].String()
		e.words = digits[len(digits)-6:]
		e.numbers = []activity.Number{n[0] / code}
	}
}

// soloErrand reads what is said without a number.
func soloErrand(said, folded string) (errand, bool) {
	for _, s := range solos {
		m := s.pattern.FindStringSubmatchIndex(folded)
		if m == nil {
			continue
		}
		e := errand{do: s.do}
		if len(m) > 2 {
			e.words = trimWords(original(said, folded, m[2], m[3]))
		}
		return e, true
	}
	return errand{}, false
}

// activitiesIn lists the activities' numbers in a folded text.
func activitiesIn(folded string) (list []activity.Number) {
	for _, m := range activityIn.FindAllStringSubmatch(folded, -1) {
		list = append(list, activitiesOf(m[1])...)
	}
	return onceEach(list)
}

// activitiesOf lists the numbers in text that has no other digits.
func activitiesOf(text string) (list []activity.Number) {
	for _, d := range anyNumber.FindAllString(text, maxActivities) {
		if n, ok := activity.ParseNumber("a" + d); ok {
			list = append(list, n)
		}
	}
	return onceEach(list)
}

func onceEach(list []activity.Number) (out []activity.Number) {
	for _, n := range list[:min(len(list), maxActivities)] {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// titledDeeds are what may be said with a title, and how it is said with a number.
var titledDeeds = map[deed]string{deedJoin: "报名 %s", deedLeave: "取消报名 %s", deedView: "%s"}

var titlePatterns = []struct {
	do      deed
	pattern *regexp.Regexp
}{
	{deedLeave, regexp.MustCompile(wishHead + `(?:取消报名|退出报名|取消参加|退出|不去|不参加)(?:参加)?[\s:,]*(.+?)` + soft + thanks)},
	{deedJoin, regexp.MustCompile(wishHead + `(?:报名参加|报个名|报名|参加)[\s:,]*(.+?)` + soft + thanks)},
	{deedView, regexp.MustCompile(askHead + `(.+?)(?:这个活动|活动)?的?(?:在?什么时候|几点|哪天|在哪里?|地点|时间|(?:还)?有(?:没有)?名额|还剩几个名额|还办|取消了?|报名截止|怎么报名)(?:开始|举行|举办|签到|了|吗|没有|呢)*[?。!]*$`)},
	{deedJoin, regexp.MustCompile(askHead + `(.+?)(?:我)?(?:要|想)?报名` + thanks)},
}

const leastTitle = 2 // characters of a title that name it

// titled reads 报名周末读书会, 读书会在哪里.
func titled(text string) ([]string, bool) {
	folded := strings.TrimSpace(zh.Fold(text))
	if activityIn.MatchString(folded) {
		return nil, false
	}
	for _, p := range titlePatterns {
		if m := p.pattern.FindStringSubmatch(folded); m != nil && utf8.RuneCountInString(titleKey(m[1])) >= leastTitle {
			return errand{do: p.do, words: m[1]}.args(), true
		}
	}
	return nil, false
}

// titleKey is a title as it is compared: without marks, and 活动 at the end.
func titleKey(s string) string {
	s = strings.Join(strings.FieldsFunc(zh.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "")
	return strings.TrimSuffix(s, "活动")
}
