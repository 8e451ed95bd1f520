package activity

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
)

// Everything that users read of this package. What people wrote goes through
// chat.Plain.

const (
	textOnPaper = "纸质签到" // the consent of who signs a paper list
	textAccept  = "核实无误"
	textErased  = "（已删除）"
	shownTitle  = 40 // characters of a title in a message
	shownWords  = 80
	shownNames  = 20 // people in a message
)

var stateWords = map[State]string{
	StateDraft: "草稿（还没有发布）", StatePublished: "报名中", StateCancelled: "已取消", StateOver: "已结束", StateArchived: "已归档",
}

// Word is the state in Chinese.
func (s State) Word() string { return cmp.Or(stateWords[s], string(s)) }

var signWords = map[SignState]string{
	SignJoined: "已报名", SignWaiting: "候补", SignLeft: "已取消报名", SignRemoved: "已移出名单", SignWalkIn: "现场加入",
}

// Word is the state in Chinese.
func (s SignState) Word() string { return cmp.Or(signWords[s], string(s)) }

// Word is the standing in Chinese.
func (s Standing) Word() string {
	return map[Standing]string{StandingPending: "待确认", StandingConfirmed: "已确认", StandingErased: "已删除", StandingMerged: "已合并"}[s]
}

// Word is the way in Chinese.
func (w Way) Word() string {
	return map[Way]string{WayCode: "签到码", WayPlace: "定位", WayList: "组织者登记", WayPaper: "纸质补登"}[w]
}

// Word is the act in Chinese.
func (a Act) Word() string {
	return map[Act]string{ActIn: "签到", ActOut: "签退", ActUndo: "撤销", ActCorrect: "更正时长", ActAccept: "核实"}[a]
}

// Word is the deed in Chinese.
func (d Do) Word() string {
	return cmp.Or(map[Do]string{
		DoCreate: "新建", DoPublish: "发布", DoAmend: "修改", DoCancel: "取消", DoArchive: "归档", DoJoin: "报名", DoPromote: "候补转正",
		DoLeave: "取消报名", DoRemove: "移出名单", DoWalkIn: "现场加入", DoRecord: "登记", DoDispute: "提出异议", DoDecide: "答复异议",
	}[d], string(d))
}

// Word is the doubt in Chinese, and empty where there is none.
func (d Doubt) Word() string {
	return map[Doubt]string{DoubtNoOut: "待核实：没有签退", DoubtMock: "待核实：手机报告定位是模拟的"}[d]
}

// Word is the validity in Chinese.
func (v Validity) Word() string {
	return map[Validity]string{Valid: "有效", Changed: "记录后来有更正，请以新的证明为准", Revoked: "已作废"}[v]
}

// String says in a few words how minutes are counted.
func (r Rule) String() string {
	r = r.orDefault()
	words := "没有签退环节的按计划时间计"
	if r.Count == CountFromIn {
		words = "没有签退环节的从签到计到计划结束"
	}
	words = fmt.Sprintf("从签到（不早于开始）计到签退，最多超过计划结束 %d 分钟；%s", r.Slack, words)
	if r.Round > 1 {
		words += fmt.Sprintf("；不足 %d 分钟的零头不计", r.Round)
	}
	if r.Least > 0 {
		words += fmt.Sprintf("；不到计划时间 %d%% 的不计", r.Least)
	}
	return words + "；忘记签退的按计划结束时间，组织者核实后才算"
}

const weekdays = "日一二三四五六"

func weekday(d time.Weekday) string { return string([]rune(weekdays)[d]) }

// Moment words a moment: 5月1日（周五）09:00.
func Moment(t time.Time) string {
	return fmt.Sprintf("%d月%d日（周%s）%s", int(t.Month()), t.Day(), weekday(t.Weekday()), t.Format("15:04"))
}

// When words the activity's time: 5月1日（周五）09:00–11:00, with the year if it is not now's.
func (a Activity) When(now time.Time) string {
	words := Moment(a.Start)
	if a.Start.Year() != now.In(a.Start.Location()).Year() {
		words = fmt.Sprintf("%d年", a.Start.Year()) + words
	}
	if calendar.Of(a.Start) == calendar.Of(a.End) {
		return words + "–" + a.End.Format("15:04")
	}
	return words + " 至 " + Moment(a.End)
}

// Heading is the activity in a few words: A7 春联义写.
func (a Activity) Heading() string { return a.Number.String() + " " + clip(a.Title, shownTitle) }

// String words the slot: 周六08:00-12:00.
func (s Slot) String() string { return "周" + weekday(s.Day) + s.Time.String() }

// Duration words minutes: 1 小时 30 分钟.
func Duration(minutes int) string {
	switch h, m := minutes/60, minutes%60; {
	case h == 0:
		return fmt.Sprintf("%d 分钟", m)
	case m == 0:
		return fmt.Sprintf("%d 小时", h)
	default:
		return fmt.Sprintf("%d 小时 %d 分钟", h, m)
	}
}

// Again words how often a series comes: 每周六; empty where it comes once.
func (a Activity) Again() string {
	switch a.Series.Every {
	case EveryWeek:
		return "每周" + weekday(a.Start.Weekday())
	case EveryMonth:
		return fmt.Sprintf("每月%d日", a.Start.Day())
	}
	return ""
}

func clip(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(chat.Plain(s)), " "))
	if len(r) > most {
		r = append(r[:most], '…')
	}
	return string(r)
}

// tells are what users read instead of an error.
var tells = []struct {
	err  error
	text string
}{
	{ErrNotFound, "没有这个活动，请核对编号，或回复“活动”看有哪些。"},
	{ErrVolunteer, "没有这位志愿者，请核对编号。"},
	{ErrForbidden, "这件事要由活动的组织单位或协调组办公室办理。"},
	{ErrChanged, "这个活动刚刚被别人改过，请看过最新内容后再改。"},
	{ErrProfile, "请填写姓名（40 字以内）并同意说明；手机号要是数字，可以不填。"},
	{ErrLink, "这个链接用过了或已经过期，请找组织者要一个新的。"},
	{ErrTaken, "这个账号或浏览器已经是另一位志愿者的。是同一个人登记了两次的，请组织者合并：“合并 V12 到 V3 原因”。"},
	{ErrDiffers, "存的记录和历史对不上，请运行 xietiao verify 查历史。"},
	{ErrCode, "没有这个编号的证明，请核对后再查。"},
	{ErrInvalid, "填写的内容不能用：活动要有名称、组织单位、开始和结束时间（结束在后，最长 31 天）；报名截止要在结束之前；签到半径至少 200 米。请核对。"},
}

// Tell words an error of this package for users; empty if it is none of its own.
func Tell(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Tell()
	}
	for _, t := range tells {
		if errors.Is(err, t.err) {
			return t.text
		}
	}
	return ""
}

// Tell words where what is stored is not what the history gives.
func (m *Mismatch) Tell() string {
	switch {
	case m.Activity == 0 && m.Broken:
		return "有一份服务证明读不出来。"
	case m.Activity == 0:
		return fmt.Sprintf("%s 的一份服务证明和开出时登记的不一样：存着的是 %s，登记的是 %s。", cmp.Or(string(m.Volunteer), "不知是谁"), Duration(m.Kept), Duration(m.Told))
	case m.Broken:
		return m.Activity.String() + "：存着的内容或历史不完整，没法从历史重算。"
	case m.Volunteer == "":
		return m.Activity.String() + "：活动的时间、规则或状态和历史对不上，时长可能因此不同。"
	}
	return fmt.Sprintf("%s %s：报名、签到的记录和历史对不上；时长按存着的是 %s，按历史是 %s。", m.Activity, m.Volunteer, Duration(m.Kept), Duration(m.Told))
}

// Tell says why, and what would help.
func (r *Refusal) Tell() string {
	n := r.Number.String()
	switch r.Why {
	case WhyDraft:
		return n + " 还没有发布，请等组织者发布。"
	case WhyCancelled:
		return n + " 已经取消。"
	case WhyOver:
		return fmt.Sprintf("%s 已经结束（%s）。到过现场没有登记上的，请联系组织者补登。", n, Moment(r.Until))
	case WhyArchived:
		return n + " 已经归档，不能再改。"
	case WhySeries:
		return fmt.Sprintf("%s 是系列活动，请选其中的一次：回复“活动”查看。", n)
	case WhyNotOpen:
		return fmt.Sprintf("%s 还没有开始报名，%s开始。", n, Moment(r.From))
	case WhyClosed:
		return fmt.Sprintf("%s 的报名在%s截止了，要参加请联系组织者。", n, Moment(r.Until))
	case WhyFull:
		return n + " 的名额满了，这个活动不设候补。"
	case WhyMembers:
		return n + " 只接受本单位人员报名，请联系组织者。"
	case WhyErased:
		return "这位志愿者的资料已经删除，要再参加请重新登记。"
	case WhyTwo:
		return "这两个编号在同一个平台上是两个账号，或在花名册上是两个人，不能合并。请先核对花名册，解绑填错的账号。"
	case WhyStarted:
		return n + " 已经开始或已经签到，不能这样办；要改的请联系组织者先撤销签到，提前结束请修改结束时间。"
	case WhyEarly:
		return fmt.Sprintf("太早了：%s 从%s开始签到。", n, Moment(r.From))
	case WhyNotListed:
		return fmt.Sprintf("不在 %s 的名单上。请先回复“报名 %s”；已经开始的请找现场组织者登记。", n, n)
	case WhyWaiting:
		return fmt.Sprintf("您在 %s 的候补名单上，还没有名额。有空位会通知您；已在现场的请找组织者登记。", n)
	case WhyUnconfirmed:
		return "组织者还没有确认您的登记，请找现场组织者确认。"
	case WhyCode:
		if r.Left > 0 {
			return fmt.Sprintf("签到码不对，请看现场屏幕上现在的六位数字，还可以试 %d 次。", r.Left)
		}
		return "签到码不对。试的次数用完了，请找现场组织者登记。"
	case WhyExpired:
		return "签到码已过期，请看现场屏幕上现在的六位数字（每 30 秒换一次）。"
	case WhyLimited:
		return fmt.Sprintf("签到码输错太多次，请%s以后再试，或找现场组织者登记。", r.Until.Format("15:04"))
	case WhyFar:
		return fmt.Sprintf("距离 %d 米，超出了 %d 米的范围。请到现场再试，或用签到码、找组织者登记。", r.Distance, r.Most)
	case WhyNoPlace:
		return n + " 没有设定位置，不能用定位签到，请用签到码或找组织者登记。"
	case WhyNoOut:
		return n + " 不用签退。"
	case WhyNotIn:
		return "还没有签到，或签退早于签到。请先签到，或找组织者补登。"
	case WhyConflict:
		return r.conflict()
	case WhyTime:
		return fmt.Sprintf("时间不对：要在%s到%s之间。", Moment(r.From), Moment(r.Until))
	case WhyName:
		return "没有写姓名，或名单上有几个同名的人。请改用志愿者编号（如 V12）。"
	case WhyTooLate:
		return fmt.Sprintf("可以撤销的时间过了（到%s）。要改的请说“核定 %s 张三 120分钟 原因”。", Moment(r.Until), n)
	case WhyNothing:
		return strings.TrimPrefix(n+" ", "A0 ") + "没有可以这样办的记录，请核对。"
	case WhyReason:
		return "请写明原因或内容。"
	case WhyLong:
		return fmt.Sprintf("内容太长，请控制在 %d 字以内。", maxWords)
	case WhyMinutes:
		return fmt.Sprintf("时长要在 0 到 %d 分钟之间（计划时间加上允许的延时）。活动真的更长的，请先修改结束时间。", r.Most)
	case WhyOpenDispute:
		return n + " 还有没答复的异议，请先答复。"
	case WhyRunning:
		return n + " 还没有结束，或还没有开始，到时候再办。"
	case WhyCapacity:
		return fmt.Sprintf("%s 已经有 %d 人占了名额，名额不能改得更少。请先移出一些人。", n, r.Most)
	}
	return "现在不能这样办。"
}

func (r *Refusal) conflict() string {
	return fmt.Sprintf("和已有记录不一致：%s 已在%s%s（%s），这一行写的是%s。要改的请先撤销原来的记录。",
		r.Volunteer, Moment(r.Record.At), r.Record.Act.Word(), r.Record.Way.Word(), Moment(r.From))
}

// where words the place.
func (a Activity) where() string {
	if a.Place.Name == "" {
		return ""
	}
	return "，地点：" + clip(a.Place.Name, maxName)
}

func (a Activity) textLeave() string {
	return fmt.Sprintf("不能来的请在开始前回复“取消报名 %s”，名额让给候补的人。", a.Number)
}

// words are what everybody is told of whom a job concerns.
func (b *Board) words(j job, list []Activity) string {
	a, now := list[0], j.At
	from, _ := a.CheckWindow()
	switch j.Kind {
	case jobEve:
		slices.SortStableFunc(list, func(x, y Activity) int { return x.Start.Compare(y.Start) })
		lines := []string{fmt.Sprintf("【明天的活动】%d 个", len(list))}
		for _, a := range list {
			from, _ := a.CheckWindow()
			lines = append(lines, fmt.Sprintf("%s：%s%s，%s起签到。", a.Heading(), a.When(now), a.where(), from.Format("15:04")))
		}
		return strings.Join(append(lines, list[0].textLeave()), "\n")
	case jobSoon:
		return fmt.Sprintf("【活动提醒】%s 今天 %s 开始%s，%s起签到。", a.Heading(), a.Start.Format("15:04"), a.where(), from.Format("15:04"))
	case jobChange:
		return fmt.Sprintf("【活动有变】%s 的时间或地点改了，现在是：%s%s。%s", a.Heading(), a.When(now), a.where(), a.textLeave())
	}
	return fmt.Sprintf("【活动取消】%s（%s）不办了，请不要前往。原因：%s", a.Heading(), a.When(now), clip(a.Why, shownWords))
}

func (b *Board) textPromoted(a Activity) string {
	return fmt.Sprintf("【候补成功】%s 空出一个名额，您已报上名：%s%s。%s", a.Heading(), a.When(a.Start), a.where(), a.textLeave())
}

func textCorrected(a Activity, s Signup) string {
	set, _ := s.Standing(ActCorrect)
	head := "【时长更正】"
	if d := s.Dispute; d != nil && d.Granted && d.Decided.At.Equal(set.Stored.At) {
		head = "【异议答复】同意更正。"
	}
	return fmt.Sprintf("%s%s：您的服务时长现在是 %s。理由：%s\n有不同意见请回复“异议 %s 原因”。",
		head, a.Heading(), Duration(Tally(a, s).Minutes), clip(set.Why, shownWords), a.Number)
}

// textUndone words the last record, which takes one back.
func textUndone(a Activity, s Signup) string {
	last := s.Records[len(s.Records)-1]
	return fmt.Sprintf("【签到更正】%s：%s。理由：%s\n有不同意见请回复“异议 %s 原因”。",
		a.Heading(), textTakenBack(s.Records[last.Of-1].Act), clip(last.Why, shownWords), a.Number)
}

// textTakenBack says that a record counts no more.
func textTakenBack(act Act) string {
	switch act {
	case ActCorrect:
		return "组织者核定的时长已撤销，按签到记录计算"
	case ActAccept:
		return "时长的核实已撤销，等组织者重新核实"
	}
	return "您的" + act.Word() + "记录已撤销"
}

// textSamePerson is why one of two sign-ups of a person was taken off a list.
func textSamePerson(v VolunteerID) string { return fmt.Sprintf("和 %s 是同一个人", v) }

func textDenied(a Activity, s Signup) string {
	return fmt.Sprintf("【异议答复】%s：时长不变。理由：%s", a.Heading(), clip(s.Dispute.Why, shownWords))
}

func (b *Board) textDispute(a Activity, s Signup, p *person, kind jobKind) string {
	due := s.Dispute.Due
	day := fmt.Sprintf("%d月%d日", int(due.M), due.D)
	head := "【时长异议】请在" + day + "前答复："
	switch kind {
	case jobDue:
		head = "【时长异议】今天是最后一天，请答复："
	case jobLate:
		head = fmt.Sprintf("【时长异议】%s过了期限（%s）没有答复，请督促：", clip(a.Unit, shownTitle), day)
	}
	return fmt.Sprintf("%s\n%s %s，%s说：%s\n记录的时长是 %s。同意请回复“同意 %s %s 120分钟 理由”，写明分钟数；不同意请回复“不同意 %s %s 理由”。",
		head, a.Heading(), a.When(s.Dispute.Raised.At), p.shown(), clip(s.Dispute.Text, shownWords), Duration(Tally(a, s).Minutes), a.Number, p.ID, a.Number, p.ID)
}

// shown is a volunteer in a message to an organiser: 张三（V12）.
func (p *person) shown() string {
	return cmp.Or(chat.Plain(p.Name), textErased) + "（" + string(p.ID) + "）"
}

func textCallsHead(j job, n int) string {
	what := map[jobKind]string{jobEve: "明天的活动", jobChange: j.Number.String() + " 有变", jobCancel: j.Number.String() + " 取消", jobPromoted: j.Number.String() + " 候补成功"}[j.Kind]
	return fmt.Sprintf("【请电话通知】%s：有 %d 人没有账号，收不到消息，请电话通知：", what, n)
}

// textCalls lists whom to call up.
func (b *Board) textCalls(j job, people []*person) (string, error) {
	lines := []string{textCallsHead(j, len(people))}
	for i, p := range people {
		if i == shownNames {
			lines = append(lines, fmt.Sprintf("另有 %d 人，请看活动名单。", len(people)-i))
			break
		}
		v, err := b.show(p)
		if err != nil {
			return "", err
		}
		lines = append(lines, strings.TrimSpace(p.shown()+" "+v.Phone.String()))
	}
	how := "“电话 A7”（写上活动的编号）"
	if j.Number != 0 {
		how = "“电话 " + j.Number.String() + "”"
	}
	lines = append(lines, "要完整的号码，请私聊我说"+how+"。")
	return strings.Join(lines, "\n"), nil
}

// textEnded says what is left to do of what has ended.
func textEnded(list []Summary) string {
	var lines []string
	for _, s := range list {
		words := fmt.Sprintf("【活动结束】%s：签到 %d 人，缺席 %d 人", s.Heading(), s.In, s.Absent)
		for _, n := range []struct {
			n    int
			text string
		}{{s.WalkIns, "现场加入 %d 人"}, {s.Doubt, "待核实 %d 人（没有签退等）"}, {s.Pending, "待确认 %d 人"}, {s.Disputes, "异议 %d 件"}} {
			if n.n > 0 {
				words += "，" + fmt.Sprintf(n.text, n.n)
			}
		}
		lines = append(lines, words+"。")
	}
	if slices.ContainsFunc(list, func(s Summary) bool { return s.Doubt+s.Pending+s.Disputes > 0 }) {
		lines = append(lines, "请说“待核实”“待确认”逐个办理，或在活动页的名单上办；核实以后才计入时长。")
	}
	return strings.Join(lines, "\n")
}

func textSkill(want string) string { return "需要" + clip(want, maxName) + "，您有这项特长" }
func textOwnBrigade(name string) string {
	return clip(name, maxName) + "的活动，您是这个分队的"
}
func textFree(a Activity) string {
	return fmt.Sprintf("周%s %s–%s 您有空", weekday(a.Start.Weekday()), a.Start.Format("15:04"), a.End.Format("15:04"))
}
