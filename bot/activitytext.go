package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/org"
)

// What is said of activities and volunteers. What people wrote goes through chat.Plain.

const (
	textHelpActivities  = "活动：看可以报名的活动；报名、签到、我的时长怎么说，看“活动帮助”"
	textHelpEnrol       = "加入志愿者：登记后可以报名活动"
	textHelpNewActivity = "新建活动 名称，地点，12月6日上午9点到11点半，名额30：核对后发布"

	bullet           = "· "
	textActivityLink = "活动页："

	textNoActivities   = "现在没有可以报名的活动。"
	textNoSignups      = "您没有报名还没结束的活动。说“活动”看有哪些。"
	textNoPhones       = " 的名单上没有人留了电话。"
	textNoneYet        = "您还没有登记为志愿者，没有报名和时长的记录。说“活动”看可以报名的活动，报名时一起登记。"
	textNothingToLeave = "您没有可以取消的报名。说“我的报名”看看。"
	textNothingOpen    = "您没有现在可以签到或签退的活动。说“我的报名”看时间；已经在现场的，请找组织者登记。"
	textMatches        = "这些活动适合您："
	textWhichHours     = "哪个活动的时长有误？请写明编号和原因："

	textAskAlonePlease = "这条不便在群里显示，请私聊我再说一遍。"
	textSentAlone      = "这条不便在群里显示，已私聊发给您。"
	textRollLink       = "在手机上点名（断网也能用，10 分钟内打开，只能用一次）："
	textPhoneLater     = "手机号还没有记下：登记好了再说“修改资料 手机 号码”。"

	textAskName          = "您还没有登记志愿者，请告诉我姓名，例如“志愿者登记 张三”。后面还可以写分队、技能、空闲时间，例如“志愿者登记 张三 技能 摄影、音响 空闲 周六上午”。"
	textAfterEnrolment   = "说“活动”看可以报名的活动；说“修改资料 技能 摄影 空闲 周六上午”补充资料，就能推荐适合您的活动。"
	textHowToEdit        = "请写明改什么，例如“修改资料 技能 摄影、音响”“修改资料 空闲 周六上午、周日”“修改资料 分队 图书馆分队”“修改资料 手机 13800000000”。"
	textMergeOne         = "两个编号是一样的，不用合并。要写两个不同的编号，例如“合并 V12 到 V3 本人来电”。"
	textWhyMerge         = "请写明为什么是同一个人，例如“合并 V12 到 V3 本人来电，手机相同”。"
	textNothingKept      = "这里没有您的志愿者资料。"
	textDossierHead      = "这是您的全部资料："
	textNoDenial         = "%s 不用拒绝：不确认就签不了到。要删除登记，请办公室在活动页办理。"
	textAddedByChat      = "组织者添加"
	textNoneOrganised    = "没有您组织的活动。新建请说“新建活动 名称，地点，12月6日上午9点到11点半，名额30”。"
	textNoCodeNow        = "现在没有可以签到的活动。要看某个活动的，请说“签到码 A7”。"
	textNoDoubts         = "最近三个月的活动没有待核实的时长。更早的请写编号，例如“待核实 A7”。"
	textNoVolunteers     = "还没有志愿者。大家说“加入志愿者”，或者在活动的网页上第一次报名时登记。"
	textNoDemands        = "没有缺人的活动。"
	textNoOrganiser      = "还没有主办单位：说“改 主办 单位名称”。"
	textNoPlace          = "还没有地点：说“改 地点 ……”。"
	textNoStart          = "还没有时间：说“改 时间 12月6日上午9点到11点半”。"
	textNoEnd            = "还没有结束时间：说“改 时间 上午9点到11点半”。"
	textNoClock          = "还没有几点开始、几点结束：说“改 时间 上午9点到11点半”。"
	textPastTime         = "这个时间已经过去了：说“改 时间 12月6日上午9点到11点半”。"
	textLateSignUp       = "报名截止要在活动结束之前、报名开始之后：说“改 报名截止 12月5日”。"
	textHowToNewActivity = "请写明名称、地点和时间，例如“新建活动 周末读书会，市图书馆一楼，12月6日（周日）上午9点到11点半，名额30，要签退，报名截止12月5日”。还可以写：分队、技能、不候补、对外、内容、每周六……。"
)

func textActivityHelp(organiser bool) string {
	s := `“活动”：可以报名的活动；“A7”：看一个活动；“推荐活动”：适合我的
“报名 A7”“取消报名 A7”“我的报名”（候补排第几也看得到）
“签到 A7 482913”：输入现场屏幕上的六位数字；只有一个活动开着时发“482913”就行
企业微信应用里也可以直接发位置签到（活动设了位置的）；“签退 A7 482913”
“我的时长 2026”“证明 2026”；“时长有误 A7 说明”：请组织者核对
“加入志愿者”“我的资料”“修改资料 技能 摄影 空闲 周六上午”“导出我的资料”“注销志愿者”`
	if !organiser {
		return s
	}
	return s + `
组织活动：
“新建活动 名称，地点，12月6日上午9点到11点半，名额30”：核对后“确认”或“确认发布”
“修改 A7 名额 50”“A7 加 10 个名额”“发布 A7”“取消活动 A7 原因”“归档 A7”“我办的活动”
“签到码 A7”：现场大屏的签到码；“名单 A7”“电话 A7”；“加人 A7 张三”“移出 A7 张三 原因”
“替签 A7 张三、李四 9:05”“帮张三签到 A7”“替签退 A7 张三”“撤销签到 A7 张三 原因”
“待核实 A7”“核实 A7 张三”“核实 A7 全部”“核定 A7 张三 120分钟 原因”
“待确认”：要确认的人和时长异议；“确认 V12”；“合并 V12 到 V3 原因”：一个人登记了两次；“同意 A7 张三 120分钟 理由”“不同意 A7 张三 理由”
“活动统计 2026”“未匹配需求”“志愿者名单”`
}

// line is an activity in a list.
func (a activityCommands) line(c *Call, l activity.Listing) string {
	s := l.Heading() + column(a.whenWords(c, l.Activity))
	if l.Place.Name != "" {
		s += column(chat.Plain(l.Place.Name))
	}
	return s + column(textRoom(l)) + a.signing(c, l)
}

// signing says when people can sign up where that is not the case already, or not until the start.
func (a activityCommands) signing(c *Call, l activity.Listing) string {
	from, to := l.SignWindow()
	switch now := a.Board.Now(c.Tx); {
	case l.State != activity.StatePublished || !l.Series.IsZero():
		return ""
	case now.Before(from):
		return column(activity.Moment(from) + "开始报名")
	case !now.Before(to):
		return column("报名已截止")
	case !to.Equal(l.Start):
		return column("报名到 " + textUntil(to))
	}
	return ""
}

// whenWords words the activity's time, and of a series how often.
func (a activityCommands) whenWords(c *Call, l activity.Activity) string {
	s := l.When(a.Board.Now(c.Tx))
	switch l.Series.Every {
	case activity.EveryWeek:
		s = "每周一次，首次 " + s
	case activity.EveryMonth:
		s = "每月一次，首次 " + s
	}
	if !l.Series.Until.IsZero() {
		s += "，到 " + l.Series.Until.String() + " 为止"
	}
	return s
}

// textRoom says how many places are left.
func textRoom(l activity.Listing) string {
	switch free := l.Free(); {
	case !l.Series.IsZero():
		return "系列"
	case free < 0:
		return "名额不限"
	case free > 0:
		return fmt.Sprintf("还剩 %d 个名额", free)
	case l.NoWait:
		return "名额已满"
	}
	return fmt.Sprintf("名额已满，候补 %d 人", l.Waiting)
}

// textPlaces says how many places there are, and how many are left.
func textPlaces(l activity.Listing) string {
	switch free := l.Free(); {
	case free < 0:
		return "不限"
	case !l.Series.IsZero():
		return fmt.Sprintf("每次 %d", l.Capacity)
	case free > 0:
		return fmt.Sprintf("%d，还剩 %d", l.Capacity, free)
	case l.NoWait:
		return fmt.Sprintf("%d，已满，不候补", l.Capacity)
	}
	return fmt.Sprintf("%d，已满，候补 %d 人", l.Capacity, l.Waiting)
}

func textActivities(n int) string {
	return fmt.Sprintf("可以参加的活动，%d 个（报名请说“报名”加编号）：", n)
}

func textOrganised(n int) string { return fmt.Sprintf("您组织的活动，%d 个：", n) }
func textSignups(n int) string   { return fmt.Sprintf("您报名的活动，%d 个：", n) }

// textUntil words the moment at which something ends: midnight is the end of a day.
func textUntil(t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 {
		return strings.TrimSuffix(activity.Moment(t.Add(-time.Minute)), "23:59") + "24:00"
	}
	return activity.Moment(t)
}

// details describes an activity for everybody.
func (a activityCommands) details(c *Call, l activity.Listing) []string {
	state := l.StateAt(a.Board.Now(c.Tx)).Word()
	if l.State == activity.StateCancelled {
		state += "，" + quoteWords(l.Why)
	}
	return append([]string{l.Heading() + column(state)}, a.draftLines(c, l.Activity, textPlaces(l))...)
}

// usualRadius is what a Place has that says nothing, in metres.
const usualRadius = 300

// draftLines are what a draft says, a line each.
func (a activityCommands) draftLines(c *Call, l activity.Activity, room string) []string {
	lines := []string{"时间：" + a.whenWords(c, l)}
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+colon+value)
		}
	}
	place := chat.Plain(l.Place.Name)
	if !l.Place.Point.IsZero() {
		place += fmt.Sprintf("（%d 米内可以发位置签到）", cmp.Or(l.Place.Radius, usualRadius))
	}
	add("地点", place)
	add("内容", chat.Plain(l.Text))
	add("主办", chat.Plain(l.Unit))
	add("分队", chat.Plain(l.Brigade))
	add("技能", chat.Plain(strings.Join(l.Skills, listMark)))
	add("名额", room)
	from, to := l.SignWindow()
	switch {
	case !from.IsZero() && a.Board.Now(c.Tx).Before(from):
		add("报名", activity.Moment(from)+" 到 "+textUntil(to))
	case !to.Equal(l.Start):
		add("报名", "到 "+textUntil(to))
	}
	if from, to := l.CheckWindow(); !from.IsZero() {
		check := from.Format("15:04") + "–" + to.Format("15:04")
		if l.CheckOut {
			check += "，走时要签退"
		}
		add("签到", check)
	}
	if l.Public {
		who := "公众也可以报名（由组织者确认）"
		if a.page("/") == "" {
			who = "公众也可以来，到现场找组织者登记"
		}
		add("对象", who)
	}
	if l.Rule != (activity.Rule{}) {
		add("时长", l.Rule.String())
	}
	return lines
}

// textMine is where the person's own sign-up stands.
func (a activityCommands) textMine(m activity.Mine) string {
	s := m.Signup.State.Word()
	if m.Signup.State == activity.SignWaiting {
		s = fmt.Sprintf("候补第 %d 位", m.Position)
	}
	if in, ok := m.Signup.Standing(activity.ActIn); ok {
		s = "已签到 " + in.At.In(m.Activity.Start.Location()).Format("15:04")
		if out, ok := m.Signup.Standing(activity.ActOut); ok {
			s += "，已签退 " + out.At.In(m.Activity.Start.Location()).Format("15:04")
		}
	}
	return "您：" + s
}

func textSummary(s activity.Summary) string {
	words := fmt.Sprintf("占名额 %d 人，候补 %d 人，签到 %d 人", s.Taken, s.Waiting, s.In)
	for _, n := range []struct {
		n    int
		text string
	}{{s.Out, "签退 %d 人"}, {s.WalkIns, "现场加入 %d 人"}, {s.Doubt, "待核实 %d 人"}, {s.Pending, "待确认 %d 人"}, {s.Disputes, "异议 %d 件"}, {s.Unreached, "要电话通知 %d 人"}} {
		if n.n > 0 {
			words += "，" + fmt.Sprintf(n.text, n.n)
		}
	}
	return words + "。"
}

func textUnclearActivity(n activity.Number) string {
	return fmt.Sprintf("没有听懂要对 %s 做什么。", n)
}

func (a activityCommands) textJoined(c *Call, l activity.Activity, done activity.Joined) string {
	head := l.Heading()
	where := column(l.When(a.Board.Now(c.Tx)))
	if l.Place.Name != "" {
		where += column(chat.Plain(l.Place.Name))
	}
	switch {
	case done.State == activity.SignWaiting && !done.New:
		return fmt.Sprintf("%s 您已在候补，第 %d 位，有空位会通知您。", head, done.Position)
	case done.State == activity.SignWaiting:
		return fmt.Sprintf("%s 名额已满，您候补第 %d 位，有空位会通知您%s。不等了请说“取消报名 %s”。", head, done.Position, where, l.Number)
	case !done.New:
		return head + " 您已经报过名" + where + "。"
	}
	s := head + " 报名成功" + where + "。"
	if done.Free > 0 {
		s += fmt.Sprintf("还剩 %d 个名额。", done.Free)
	}
	return s + a.textReminders(c, l) + fmt.Sprintf("不能来请说“取消报名 %s”。", l.Number)
}

// textReminders promises what is still to come.
func (a activityCommands) textReminders(c *Call, l activity.Activity) string {
	eve, soon := a.Board.Reminders(l, a.Board.Now(c.Tx))
	var when []string
	if !eve.IsZero() {
		when = append(when, "前一天")
	}
	switch ahead := l.Start.Sub(soon); {
	case soon.IsZero():
	case ahead%time.Hour == 0:
		when = append(when, fmt.Sprintf("开始前 %d 小时", ahead/time.Hour))
	default:
		when = append(when, "当天 "+soon.Format("15:04"))
	}
	if len(when) == 0 {
		return ""
	}
	return strings.Join(when, "和") + "会提醒您；"
}

func textLeft(l activity.Activity) string { return l.Heading() + " 的报名已取消。" }

func (a activityCommands) textAbsent(c *Call, m activity.Mine) string {
	l := m.Activity
	head := l.Heading() + column(l.When(a.Board.Now(c.Tx)))
	if !a.Board.Now(c.Tx).Before(l.Start) {
		return head + "：已经开始，请直接告诉现场组织者。"
	}
	return head + fmt.Sprintf("：来不了请说“取消报名 %s”，名额让给候补的人。", l.Number)
}

func (a activityCommands) textLate(c *Call, m activity.Mine) string {
	l := m.Activity
	_, to := l.CheckWindow()
	s := fmt.Sprintf("%s 晚到也能签到，到 %s 为止", l.Heading(), textUntil(to))
	if l.CheckOut {
		s += "；时长从签到计到签退，走的时候要签退"
	}
	return s + fmt.Sprintf("。来不了请说“取消报名 %s”。", l.Number)
}

func (a activityCommands) textSwap(_ *Call, m activity.Mine) string {
	n := m.Activity.Number
	if m.Signup.State == activity.SignWaiting {
		return fmt.Sprintf("%s 您现在就是候补第 %d 位，有空位会通知您。", m.Activity.Heading(), m.Position)
	}
	return fmt.Sprintf("%s 有名额的不能换成候补。来不了请说“取消报名 %s”；以后又能来了再说“报名 %s”，名额满了就从最后排起。", m.Activity.Heading(), n, n)
}

func textPhones(l activity.Activity, n int) string {
	return fmt.Sprintf("%s 名单上留了电话的，%d 人（只用来联系，不要转发）：", l.Heading(), n)
}

func textNothingToAccept(n activity.Number) string {
	return fmt.Sprintf("%s 没有可以一起核实的：没有人忘了签退，或已经核实。说“待核实 %s”看看。", n, n)
}

func textTickForbidden(n activity.Number) string {
	return fmt.Sprintf("补签、代签要由组织者登记：活动还没结束，请找现场组织者；已经结束，请说“时长有误 %s 说明”，组织者核对后更正。", n)
}

func textWhichActivity(n int) string {
	return fmt.Sprintf("有 %d 个都可以，请写明编号：", n)
}

func textForExample(say string, n activity.Number) string {
	return "例如“" + fmt.Sprintf(say, n) + "”。"
}

func textCheckedAlready(l activity.Activity, r activity.Record) string {
	s := fmt.Sprintf("%s 您已经在 %s %s过了。", l.Heading(), r.At.In(l.Start.Location()).Format("15:04"), r.Act.Word())
	if r.Act == activity.ActIn && l.CheckOut {
		s += fmt.Sprintf("走的时候请签退：“签退 %s”。", l.Number)
	}
	return s
}

func (a activityCommands) textHowToScan(c *Call, l activity.Activity, out bool) string {
	do := activity.ActIn.Word()
	if out {
		do = activity.ActOut.Word()
	}
	s := fmt.Sprintf("%s：请发现场屏幕上的六位数字，例如“%s %s 482913”", l.Heading(), do, l.Number)
	if !l.Place.Point.IsZero() && c.Message.Kind == chat.Direct {
		s += "；能发位置的，也可以把您的位置发给我"
	}
	return s + "。都不行就找现场组织者登记。"
}

func textChecked(l activity.Activity, done activity.Checked) string {
	at := done.Record.At.In(l.Start.Location()).Format("15:04")
	if done.Again {
		return textCheckedAlready(l, done.Record)
	}
	s := fmt.Sprintf("%s %s成功，%s。", l.Heading(), done.Record.Act.Word(), at)
	if c := done.Record.Claim; c != nil {
		s += fmt.Sprintf("离活动地点 %d 米。", c.Distance)
	}
	switch {
	case done.Record.Act == activity.ActOut:
		v := activity.Tally(l, done.Signup)
		s += "服务时长 " + activity.Duration(v.Minutes) + "，活动结束后计入“我的时长”。"
	case l.CheckOut:
		s += fmt.Sprintf("走的时候请签退：“签退 %s”。", l.Number)
	default:
		s += "不用签退。"
	}
	return s
}

func yearWord(year int) string {
	if year == 0 {
		return ""
	}
	return fmt.Sprintf(" %d 年", year)
}

func textNoHours(year int) string {
	return strings.TrimSpace(yearWord(year)) + "还没有服务时长记录：活动结束后才计入。到过现场却没有的，请联系组织者。"
}

func textHours(year int, h activity.Hours) string {
	s := fmt.Sprintf("您%s的服务时长：%s，%d 次。", yearWord(year), activity.Duration(h.Minutes), len(h.Stints))
	if h.Doubt > 0 {
		s += fmt.Sprintf("另有 %d 次待组织者核实，没有计入。", h.Doubt)
	}
	return s + "哪次不对，请说“时长有误”加编号和说明。"
}

func textStint(s activity.Stint) string {
	line := fmt.Sprintf("%s %s%s%s", s.Activity, chat.Plain(clip(s.Title, quoteInList)), column(activity.Moment(s.From)), column(activity.Duration(s.Minutes)))
	if s.Doubt != activity.DoubtNone {
		line += "，" + s.Doubt.Word()
	}
	if s.Overlap > 0 {
		line += fmt.Sprintf("，和另一个活动重叠 %s没有重复计", activity.Duration(s.Overlap))
	}
	if s.Corrected {
		line += "，组织者核定"
	}
	if s.Disputed {
		line += "，异议等答复"
	}
	return line
}

func textHowToDispute(n activity.Number) string {
	return fmt.Sprintf("请写明哪里不对，例如“时长有误 %s 我11点半才走，签退没有记上”。", n)
}

func textDisputed(l activity.Activity, s activity.Signup) string {
	due := s.Dispute.Due
	return fmt.Sprintf("%s 的异议已交给%s，%d月%d日前答复您。", l.Heading(), chat.Plain(l.Unit), int(due.M), due.D)
}

func textStillDisputed(n activity.Number, until time.Time) string {
	return fmt.Sprintf("您对 %s 的异议还在等答复，%d月%d日前会答复您。", n, int(until.Month()), until.Day())
}

func textNoMatch(v activity.Volunteer) string {
	if len(v.Skills)+len(v.Free) == 0 && v.Brigade == "" {
		return "还不知道您的技能和空闲时间，推荐不了。请说“修改资料 技能 摄影 空闲 周六上午”；也可以说“活动”看全部。"
	}
	return "现在没有特别适合您的活动。说“活动”看全部。"
}

func textCertificate(p activity.Certificate, page, check string) string {
	lines := []string{
		fmt.Sprintf("志愿服务记录证明（编号 %s）", p.Code),
		fmt.Sprintf("姓名：%s；服务 %d 次，共 %s；出具：%s，%d年%d月%d日。", chat.Plain(p.Name), len(p.Items), activity.Duration(p.Minutes), chat.Plain(p.Issuer), p.Issued.Year(), int(p.Issued.Month()), p.Issued.Day()),
	}
	for _, it := range p.Items[:min(len(p.Items), shownStints)] {
		lines = append(lines, fmt.Sprintf("%s%s %s %s %s", bullet, it.Day, it.Activity, chat.Plain(clip(it.Title, quoteInList)), activity.Duration(it.Minutes)))
	}
	if n := len(p.Items) - shownStints; n > 0 {
		lines = append(lines, fmt.Sprintf("另有 %d 次，证明上都有。", n))
	}
	if page == "" {
		return strings.Join(append(lines, "要盖章的纸质证明，请把编号告诉组织单位或协调组办公室。"), "\n")
	}
	return strings.Join(append(lines, "打印："+page, "别人凭编号核验："+check), "\n")
}

// The volunteer's own data.

func (a activityCommands) textOutsider() string {
	if a.page("/") != "" {
		return "您不是本组织的成员，请打开组织者发的活动页链接报名，由组织者确认。"
	}
	return "您不是本组织的成员，请联系活动的组织者，由他在现场登记。"
}

func textNoSlot(said string) string {
	return "没有看懂空闲时间“" + said + "”，请写成“空闲 周六上午、周日下午”或“空闲 工作日19点到21点”。"
}

func textNoPhone(said string) string {
	return "“" + said + "”不是手机号，请只写数字，例如“手机 13800000000”；也可以不填。"
}

func textNotRead(said string) string { return "没有看懂“" + said + "”。" + textHowToEdit }

// textAskConsent reads back what was said, and shows the text to agree to.
func textAskConsent(e enrolment) string {
	p := e.Profile
	lines := append([]string{}, p.Unread...)
	lines = append(lines, "登记为志愿者："+strings.Join(textProfileParts(p.activity(false)), "；"), activity.ConsentText)
	say := "同意请回复“同意”"
	if len(e.Then) > 0 {
		var numbers []string
		for _, n := range errandOf(e.Then).numbers {
			numbers = append(numbers, n.String())
		}
		say += "，就登记并报名 " + strings.Join(numbers, listMark)
	}
	return strings.Join(append(lines, say+"；不登记请回复“放弃”。30 分钟内有效。"), "\n")
}

func textProfileParts(p activity.Profile) (parts []string) {
	add := func(label, value string) {
		if value != "" {
			parts = append(parts, label+" "+value)
		}
	}
	add("姓名", chat.Plain(p.Name))
	add("分队", chat.Plain(p.Brigade))
	add("技能", chat.Plain(strings.Join(p.Skills, listMark)))
	add("空闲", textSlots(p.Free))
	add("手机", p.Phone.String())
	return parts
}

func textSlots(free []activity.Slot) string {
	var words []string
	for _, s := range free {
		words = append(words, strings.TrimSuffix(s.String(), "00:00-24:00"))
	}
	return strings.Join(words, listMark)
}

func textEnrolled(v activity.Volunteer) string {
	return fmt.Sprintf("登记好了：%s，志愿者编号 %s。", chat.Plain(v.Name), v.ID)
}

func textEnrolledAlready(v activity.Volunteer) string {
	return fmt.Sprintf("您已经登记过：%s，志愿者编号 %s。说“我的资料”查看，“活动”看可以报名的活动。", chat.Plain(v.Name), v.ID)
}

func textProfile(v activity.Volunteer) string {
	return fmt.Sprintf("您的资料（%s，%s）：\n%s\n要改请说“修改资料 技能 ……”；“导出我的资料”“注销志愿者”也可以。", v.ID, v.Standing.Word(), strings.Join(textProfileParts(v.Profile), "\n"))
}

// textDossier is what is kept of somebody, for the person's own eyes.
// The reply is kept for a while, and so the telephone number is masked; a page has it whole.
func (a activityCommands) textDossier(d activity.Dossier) []string {
	lines := []string{"编号 " + string(d.Volunteer)}
	for _, n := range d.Numbers {
		lines[0] += listMark + string(n) + "（已合并）"
	}
	phone := org.Phone(d.Phone).String()
	if page := a.page(HoursPath); phone != "" && page != "" {
		phone += "（完整的在网页上导出：" + page + "）"
	}
	for _, part := range []struct{ label, value string }{
		{"姓名", d.Name}, {"手机", phone}, {"分队", d.Brigade}, {"技能", strings.Join(d.Skills, listMark)}, {"空闲", textSlots(d.Free)},
	} {
		if part.value != "" {
			lines = append(lines, part.label+" "+chat.Plain(part.value))
		}
	}
	for _, p := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if id := d.Accounts[p]; id != "" {
			lines = append(lines, map[chat.Platform]string{chat.WeCom: "企业微信", chat.DingTalk: "钉钉"}[p]+" "+chat.Plain(string(id)))
		}
	}
	if d.Browser {
		lines = append(lines, "绑定了一个浏览器")
	}
	lines = append(lines, fmt.Sprintf("同意的说明：%s 版，%s", d.Consent.Version, d.Consent.At.Format("2006-01-02 15:04")))
	for _, p := range d.Papers {
		lines = append(lines, fmt.Sprintf("证明 %s，%s，%s", p.Code, p.Issued.Format(time.DateOnly), activity.Duration(p.Minutes)))
	}
	return lines
}

// textSignup is a sign-up with its records.
func textSignup(l activity.Activity, s activity.Signup, loc *time.Location) []string {
	lines := []string{l.Heading() + column(s.State.Word()) + column(activity.Duration(activity.Tally(l, s).Minutes))}
	for _, r := range s.Records {
		line := fmt.Sprintf("  %s %s", r.At.In(loc).Format("2006-01-02 15:04"), r.Act.Word())
		if r.Way != "" {
			line += "（" + r.Way.Word() + "）"
		}
		if r.Claim != nil {
			line += fmt.Sprintf("，位置 %.5f,%.5f，离地点 %d 米", r.Claim.Latitude, r.Claim.Longitude, r.Claim.Distance)
		}
		if r.Act == activity.ActCorrect {
			line += "，" + activity.Duration(r.Minutes)
		}
		if r.Why != "" {
			line += "，" + quoteWords(r.Why)
		}
		lines = append(lines, line)
	}
	if d := s.Dispute; d != nil {
		lines = append(lines, "  异议："+quoteWords(d.Text))
	}
	return lines
}

func textAskErase(v activity.Volunteer) string {
	return fmt.Sprintf("要注销 %s（%s）的志愿者登记吗？\n会删除：姓名、手机、分队、技能、空闲时间、账号和浏览器绑定；还没开始的报名会取消，已开的证明作废。\n会留下：签到和时长记录、操作历史，只有编号 %s，没有姓名。\n删除后找不回来。确定请回复“确认”，不注销请回复“放弃”。", chat.Plain(v.Name), v.ID, v.ID)
}

func textErasedMe(v activity.Volunteer) string {
	return fmt.Sprintf("已注销。您的资料删除了，服务记录只留编号 %s。以后要再参加，重新登记就行。", v.ID)
}

// Volunteers, for organisers.

func textStranger(v activity.Volunteer, on []activity.Mine) string {
	s := chat.Plain(v.Name) + "在网页登记，等确认"
	var numbers []string
	for _, m := range on {
		numbers = append(numbers, m.Activity.Number.String())
	}
	if len(numbers) > 0 {
		s += "，报名了 " + strings.Join(numbers, listMark)
	}
	return s + fmt.Sprintf("。认识此人请回复“确认 %s”。", v.ID)
}

func textWaitAlone(n int) string {
	return fmt.Sprintf("志愿者的事 %d 件等您确认，请私聊我说“待确认”。", n)
}

func textConfirmed(v activity.Volunteer) string {
	return fmt.Sprintf("%s 已确认，可以签到了。", v.ID)
}

func textMergedBefore(v activity.Volunteer) string {
	return fmt.Sprintf("%s 已经合并到 %s，请用 %s。", v.ID, v.Into, v.Into)
}

// textAskMerge says who they are, what follows, and that it stays so.
func textAskMerge(m merger, both [2]activity.Volunteer, hours [2]activity.Hours) string {
	lines := []string{fmt.Sprintf("要把 %s 合并到 %s，今后算一个人吗？", m.From, m.Into)}
	for i := range both {
		lines = append(lines, textMergeSide(both[1-i], hours[1-i]))
	}
	return strings.Join(append(lines,
		fmt.Sprintf("合并以后：账号、网页登记、报名、签到和时长都算 %s 的，时间重叠的只算一次；还没结束的活动两边都报了名的，只留一个；姓名、手机等两边都有的，以 %s 为准。", m.Into, m.Into),
		"原来的记录一条不改，签到表上仍写当时的编号。合并以后拆不开，请先核对是不是同一个人。",
		"理由："+chat.Plain(m.Why),
		"无误请回复“确认”，不合并请回复“放弃”。30 分钟内有效。"), "\n")
}

// textMergeSide is one of the two.
func textMergeSide(v activity.Volunteer, h activity.Hours) string {
	s := fmt.Sprintf("%s%s %s（%s）", bullet, v.ID, chat.Plain(v.Name), v.Standing.Word())
	if v.Phone != "" {
		s += "，手机 " + v.Phone.String()
	}
	var known []string
	for _, p := range []struct {
		platform chat.Platform
		name     string
	}{{chat.WeCom, "企业微信"}, {chat.DingTalk, "钉钉"}} {
		if v.Accounts[p.platform] != "" {
			known = append(known, p.name)
		}
	}
	if v.Browser {
		known = append(known, "网页")
	}
	if len(known) > 0 {
		s += "，" + strings.Join(known, listMark)
	}
	return s + fmt.Sprintf("；服务 %s，%d 次", activity.Duration(h.Minutes), len(h.Stints))
}

func textMerged(m merger, v activity.Volunteer, h activity.Hours) string {
	return fmt.Sprintf("%s 已合并到 %s %s：服务共 %s（重叠的只算一次）。", m.From, v.ID, chat.Plain(v.Name), activity.Duration(h.Minutes))
}

func textDisputeWaits(d activity.Disputed, v activity.Volunteer) string {
	n, who := d.Activity.Number, string(v.ID)
	due := d.Signup.Dispute.Due
	return fmt.Sprintf("%s %s（%s）对时长有异议：%s。记录是 %s，请在%d月%d日前答复：“同意 %s %s 120分钟 理由”或“不同意 %s %s 理由”。",
		d.Activity.Heading(), chat.Plain(v.Name), v.ID, quoteWords(d.Signup.Dispute.Text), activity.Duration(activity.Tally(d.Activity, d.Signup).Minutes),
		int(due.M), due.D, n, who, n, who)
}

// Organisers.

func textNoCapacity(said string) string {
	return "没有看懂名额“" + said + "”：说“改 名额 30”或“改 名额 不限”。"
}

func textNoTime(said string) string {
	return "没有看懂时间“" + said + "”，或者结束早于开始：说“改 时间 12月6日上午9点到11点半”。"
}

func textOddWeekday(day, said string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return textNoStart
	}
	return fmt.Sprintf("%d月%d日是周%s，不是周%s，请核对：说“改 时间 12月6日上午9点到11点半”。", int(at.Month()), at.Day(), string([]rune(weekSigns)[at.Weekday()]), said)
}

func textHowToAmendActivity(n activity.Number) string {
	return fmt.Sprintf("请写明改什么，例如“修改 %s 名额 50”“修改 %s 时间 12月7日下午2点到4点”“修改 %s 地点 二楼报告厅”。", n, n, n)
}

// readOuting reads back what was understood, and says what to say next.
func (a activityCommands) readOuting(c *Call, p outing) string {
	head := "请核对新活动："
	if p.Number != 0 {
		head = fmt.Sprintf("请核对 %s 改成：", p.Number)
	}
	lines := []string{head}
	if p.Draft.Title != "" {
		lines = append(lines, "名称："+chat.Plain(p.Draft.Title))
	}
	room := "不限"
	if p.Draft.Capacity > 0 {
		room = fmt.Sprintf("%d，满了可以候补", p.Draft.Capacity)
		if p.Draft.NoWait {
			room = fmt.Sprintf("%d，满了不候补", p.Draft.Capacity)
		}
	}
	shown := a.draftLines(c, activity.Activity{Draft: p.Draft}, room)
	if p.Draft.End.IsZero() {
		shown = slices.DeleteFunc(shown, func(s string) bool {
			return strings.HasPrefix(s, "时间：") || strings.HasPrefix(s, "签到：") || strings.HasPrefix(s, "报名：")
		})
	}
	lines = append(lines, shown...)
	if missing := p.missing(); len(missing) > 0 {
		lines = append(lines, "还要补充：")
		for _, m := range missing {
			lines = append(lines, bullet+m)
		}
		return strings.Join(append(lines, "不要了请回复“放弃”。"), "\n")
	}
	if p.Number != 0 {
		return strings.Join(append(lines, "无误请回复“确认”；还要改就说“改 名额 50”这样；不改了请回复“放弃”。"), "\n")
	}
	return strings.Join(append(lines, "无误请回复“确认”（先不公开）或“确认发布”；要改就说“改 名额 50”“改 时间 下午2点到4点”这样；不要了请回复“放弃”。30 分钟内有效。"), "\n")
}

func textDrafted(l activity.Activity) string {
	return fmt.Sprintf("已新建：%s。回复“发布 %s”开放报名。", l.Heading(), l.Number)
}

func textAmended(l activity.Activity) string {
	s := l.Heading() + " 已修改。"
	switch {
	case !l.Series.IsZero() && l.State == activity.StatePublished:
		s += fmt.Sprintf("已经建好的各次不变，要改的请逐次修改（说“%s”看编号）；以后新建的各次按新的来。", l.Number)
	case l.State == activity.StatePublished:
		s += "改了时间或地点的，会通知报名的人。"
	}
	return s
}

func textDroppedOuting(n activity.Number) string {
	if n == 0 {
		return "好的，没有新建。"
	}
	return fmt.Sprintf("好的，%s 没有修改。", n)
}

func (a activityCommands) textPublished(c *Call, l activity.Activity) string {
	s := l.Heading() + " 已发布" + column(a.whenWords(c, l)) + "。"
	if !l.Series.IsZero() {
		return s + "近四周的各次已经建好，以后的到时自动建；说“活动”可以看到。"
	}
	s += fmt.Sprintf("大家可以说“报名 %s”。当天请说“签到码 %s”打开签到屏。", l.Number, l.Number)
	if link := a.page(ActivityPath(l.Number)); link != "" {
		s += textActivityLink + link
	}
	return s
}

func textArchived(l activity.Activity) string {
	return l.Heading() + " 已归档，记录不再变动。"
}

func textWhyCancel(n activity.Number) string {
	return fmt.Sprintf("请写明原因，报名的人都会看到，例如“取消活动 %s 场地临时检修”。", n)
}

func textWhichCancel(n activity.Number) string {
	return fmt.Sprintf("整场不办了请说“取消活动 %s 原因”；只是自己不去，请说“取消报名 %s”。", n, n)
}

func textCancelled(l activity.Activity, s activity.Summary) string {
	words := l.Heading() + " 已取消。"
	if n := s.Taken + s.Waiting; n > 0 {
		words += fmt.Sprintf("会通知报名和候补的 %d 人。", n)
	}
	if s.Unreached > 0 {
		words += fmt.Sprintf("其中 %d 人要电话通知，名单稍后发给您。", s.Unreached)
	}
	return words
}

// textEntryOf is one person of an activity's list.
func textEntryOf(l activity.Activity, en activity.Entry, over bool) string {
	v := en.Volunteer
	s := fmt.Sprintf("%s（%s）", chat.Plain(v.Name), v.ID)
	if v.Phone != "" {
		s += " " + v.Phone.String()
	}
	state := en.Signup.State.Word()
	if en.Position > 0 {
		state = fmt.Sprintf("候补第 %d 位", en.Position)
	}
	clock := func(r *activity.Record) string {
		words := r.At.In(l.Start.Location()).Format("15:04") + " " + r.Act.Word() + "（" + r.Way.Word()
		if r.Claim != nil {
			words += fmt.Sprintf("，自报离 %d 米", r.Claim.Distance)
			if r.Claim.Mock {
				words += "，模拟定位"
			}
		}
		return words + "）"
	}
	if en.In != nil {
		state = clock(en.In)
	}
	if en.Out != nil {
		state += "，" + clock(en.Out)
	}
	s += column(state)
	if v.Standing == activity.StandingPending {
		s += column("待确认")
	}
	if over && !en.Service.From.IsZero() {
		s += column(activity.Duration(en.Service.Minutes))
		if en.Service.Doubt != activity.DoubtNone {
			s += "，" + en.Service.Doubt.Word()
		}
	}
	return s
}

func textNotOnList(n activity.Number, said string) string {
	return fmt.Sprintf("%s 的名单上没有“%s”。说“名单 %s”看看，也可以写编号，例如 V12。", n, said, n)
}

func textSeveralOf(said string, same []activity.Volunteer) string {
	var ids []string
	for _, v := range same {
		ids = append(ids, string(v.ID))
	}
	return fmt.Sprintf("有 %d 个“%s”，请写编号：%s。", len(same), said, strings.Join(ids, listMark))
}

func textNoVolunteer(n activity.Number, said string) string {
	return fmt.Sprintf("没有叫“%s”的志愿者。请他说“加入志愿者”或在活动页登记；已经到现场的，说“替签 %s %s”就记作现场加入。", said, n, said)
}

func textHowTo(say string, n activity.Number) string {
	return "请这样写：“" + fmt.Sprintf(say, n) + "”。"
}

func textHowToAdd(n activity.Number) string { return textHowTo("加人 %s 张三、李四", n) }

func textAdded(v activity.Volunteer, done activity.Joined) string {
	switch {
	case done.State == activity.SignWaiting:
		return chat.Plain(v.Name) + "：名额已满，排在候补。"
	case !done.New:
		return chat.Plain(v.Name) + "：已经在名单上。"
	}
	return chat.Plain(v.Name) + "：已加入名单。"
}

func textRemoved(v activity.Volunteer, n activity.Number) string {
	return fmt.Sprintf("%s 已移出 %s，有人候补的话，名额给第一位。", chat.Plain(v.Name), n)
}

func textTicked(name string, done activity.Checked, out bool) string {
	do := activity.ActIn.Word()
	if out {
		do = activity.ActOut.Word()
	}
	at := done.Record.At.Format("15:04")
	switch {
	case done.Again:
		return fmt.Sprintf("%s：%s 已经%s过了。", name, at, do)
	case done.Signup.State == activity.SignWalkIn && !out:
		return fmt.Sprintf("%s（%s）：%s %s，现场加入。", name, done.Signup.Volunteer, at, do)
	}
	return fmt.Sprintf("%s：%s %s。", name, at, do)
}

func textNothingToUndo(v activity.Volunteer, act activity.Act) string {
	return fmt.Sprintf("%s没有%s记录。", chat.Plain(v.Name), act.Word())
}

func textUndoneRecord(l activity.Activity, v activity.Volunteer, r activity.Record, s activity.Signup) string {
	what := r.Act.Word()
	if r.Act == activity.ActCorrect {
		what = "时长核定"
	}
	words := fmt.Sprintf("已撤销 %s 在 %s 的%s", chat.Plain(v.Name), l.Heading(), what)
	if r.Act != activity.ActCorrect {
		words += "（" + r.At.In(l.Start.Location()).Format("15:04") + "）"
	}
	words += "，原记录留底。"
	in, ok := s.Standing(activity.ActIn)
	switch {
	case !ok:
		words += "现在没有签到。"
	case r.Act == activity.ActCorrect:
		words += "现在的时长是 " + activity.Duration(activity.Tally(l, s).Minutes) + "。"
	default:
		words += "现在的记录：" + in.At.In(l.Start.Location()).Format("15:04") + " 签到。"
	}
	return words
}

func textScreen(l activity.Activity, link string) string {
	return fmt.Sprintf("%s 的签到屏，请在现场的电脑或平板上打开（10 分钟内有效，只能用一次，不要转发）：%s\n屏幕上的二维码和六位数字每 30 秒换一次。", l.Heading(), link)
}

func textDigits(l activity.Activity, code activity.Code, now time.Time) string {
	left := int(code.Until.Sub(now).Seconds())
	return fmt.Sprintf("%s 现在的签到码：%s（还有 %d 秒换下一个，换了以后再用半分钟也行）。\n念给现场的人，让他们发“签到 %s %s”。要新的再说“签到码 %s”；人多请用纸质签到表，事后“替签”补登。",
		l.Heading(), code.Digits, left, l.Number, code.Digits, l.Number)
}

func textDoubt(l activity.Activity, en activity.Entry) string {
	return fmt.Sprintf("%s %s（%s）%s%s，暂按 %s；没错请回复“核实 %s %s”，要改请回复“核定 %s %s 120分钟 原因”。",
		l.Heading(), chat.Plain(en.Volunteer.Name), en.Volunteer.ID, column(en.Service.Doubt.Word()), column(textInAt(l, en)), activity.Duration(en.Service.Minutes),
		l.Number, en.Volunteer.ID, l.Number, en.Volunteer.ID)
}

func textInAt(l activity.Activity, en activity.Entry) string {
	if en.In == nil {
		return "没有签到"
	}
	return en.In.At.In(l.Start.Location()).Format("15:04") + " 签到"
}

func textDoubts(n int) string { return fmt.Sprintf("待核实的时长，%d 人：", n) }

func textAccepted(v activity.Volunteer, s activity.Service) string {
	return fmt.Sprintf("%s：已核实，计 %s。", chat.Plain(v.Name), activity.Duration(s.Minutes))
}

func textCorrectedHours(v activity.Volunteer, n activity.Number, minutes int, disputed bool) string {
	s := fmt.Sprintf("%s 在 %s 的时长核定为 %s", chat.Plain(v.Name), n, activity.Duration(minutes))
	if disputed {
		s += "，异议已答复"
	}
	return s + "，已通知本人。"
}

func textDeniedHours(v activity.Volunteer, n activity.Number) string {
	return fmt.Sprintf("%s 在 %s 的时长不变，理由已告诉本人。", chat.Plain(v.Name), n)
}

func textTotals(year int, brigades, units []activity.Total) string {
	lines := []string{fmt.Sprintf("%d 年已计入的服务时长：", year)}
	part := func(head, none string, list []activity.Total) {
		if len(list) == 0 {
			return
		}
		lines = append(lines, head)
		for _, t := range list {
			name := chat.Plain(t.Name)
			if name == "" {
				name = none
			}
			lines = append(lines, fmt.Sprintf("%s%s：%d 人，%d 场，%s", bullet, name, t.Volunteers, t.Activities, activity.Duration(t.Minutes)))
		}
	}
	part("按组织单位", "没有单位", units)
	part("按分队", "没有分队", brigades)
	if len(lines) == 1 {
		return fmt.Sprintf("%d 年还没有计入的服务时长。", year)
	}
	return strings.Join(lines, "\n")
}

func textVolunteers(shown int, more bool) string {
	s := fmt.Sprintf("志愿者 %d 人", shown)
	if more {
		s = fmt.Sprintf("志愿者，先列 %d 人", shown)
	}
	return s + "（全部的人、各人的资料在控制台的志愿者页；一个活动的，说“名单 A7”）："
}

func textVolunteerLine(v activity.Volunteer) string {
	s := string(v.ID) + " " + chat.Plain(v.Name) + column(v.Standing.Word())
	if v.Brigade != "" {
		s += column(chat.Plain(v.Brigade))
	}
	return s
}

func textNoSuchRoom(a activity.Activity) string {
	if a.Capacity == 0 {
		return fmt.Sprintf("%s 没有限名额，不用加减；要限，请说“修改 %s 名额 50”。", a.Heading(), a.Number)
	}
	return fmt.Sprintf("%s 现在名额 %d，减不了这么多。请说“修改 %s 名额 50”。", a.Heading(), a.Capacity, a.Number)
}

func textRoomBecomes(n int) string { return fmt.Sprintf("名额%d", n) }

func textDemands(n int) string { return fmt.Sprintf("还缺人的活动，%d 个：", n) }

func textDemand(d activity.Demand) string {
	s := ""
	if len(d.Missing) > 0 {
		s += column("缺 " + chat.Plain(strings.Join(d.Missing, listMark)))
	}
	return s + column(fmt.Sprintf("合适而没报名的志愿者 %d 人", len(d.Candidates)))
}
