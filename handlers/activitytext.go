package handlers

import (
	"fmt"
	"strings"
	"time"

	"xietiao/bot/activity"
)

// What people read on the pages of activities, beside the templates.
const (
	textSignClosed  = "报名已经截止。想参加，请联系主办单位：组织者可以在现场加人"
	textFull        = "名额已满，也不再候补。可以看看别的活动"
	textMembersOnly = "这个活动只给单位里的人报名。您是单位里的人，就在企业微信或钉钉里打开这一页"
	textNoCode      = "签到码是现场屏幕上的 6 位数字，请再看一眼。屏幕上的数字每 30 秒换一次"
	textNotSure     = "请先勾选“我知道删去以后找不回来”，再点删去"

	textNoActivity    = "没有这个活动，请核对编号，例如 A7"
	textNoVolunteer   = "还没有您的志愿者资料。报名参加一次活动就有了"
	textNoCertificate = "没有这个验证码的证明，请核对：一共 16 位，没有 0、1、8、9"
	textOrganisers    = "这一页只给活动的组织者看（主办单位的联络员、负责人和办公室）。您是组织者，请在企业微信或钉钉里打开，或在聊天里说“签到码 A7”要一次性链接"

	textMemberNeedsNone = "您在企业微信或钉钉里打开就认得，不需要这个链接。它是给单位以外的人用的"
	textBadLine         = "一行写：姓名 签到时间 签退时间"
)

// textOpens says when signing up begins.
func textOpens(t time.Time) string { return activity.Moment(t) + " 开始报名" }

// textFromTo is 2026年5月1日 09:00–11:30.
func textFromTo(from, to time.Time) string {
	return from.Format(dayLayout+" 15:04") + "–" + to.Format("15:04")
}

// textState is where an activity stands, in a word.
func textState(l activity.Listing, now time.Time) string {
	from, to := l.SignWindow()
	if state := l.StateAt(now); state != activity.StatePublished {
		return state.Word()
	}
	switch {
	case !l.Series.IsZero():
		return "系列活动"
	case !now.Before(l.Start):
		return "进行中"
	case now.Before(from):
		return "还没有开始报名"
	case !now.Before(to):
		return "报名截止"
	case l.Free() == 0 && l.NoWait:
		return "名额已满"
	case l.Free() == 0:
		return "可以候补"
	}
	return "报名中"
}

// textSeats is 还剩 3 个（共 30 个），候补 2 人.
func textSeats(l activity.Listing) string {
	if l.Free() < 0 {
		return fmt.Sprintf("不限名额，已报名 %d 人", l.Taken)
	}
	s := fmt.Sprintf("还剩 %d 个（共 %d 个）", l.Free(), l.Capacity)
	if l.Waiting > 0 {
		s += fmt.Sprintf("，候补 %d 人", l.Waiting)
	}
	return s
}

// textFacts are an activity's facts.
func textFacts(l activity.Listing, now time.Time) (facts []fact) {
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{name, value})
		}
	}
	add("时间", l.When(now))
	add("地点", l.Place.Name)
	add("主办", l.Unit)
	add("名额", textSeats(l))
	if l.State == activity.StateCancelled {
		add("取消原因", l.Why)
		return facts
	}
	if _, to := l.SignWindow(); now.Before(to) {
		add("报名", activity.Moment(to)+" 截止；开始以前可以取消")
	}
	from, to := l.CheckWindow()
	add("签到", from.Format("15:04")+"–"+to.Format("15:04")+"，扫现场的二维码，或输入屏幕上的 6 位数字")
	if l.CheckOut {
		add("签退", "离开时再扫一次")
	}
	add("分队", l.Brigade)
	add("需要", strings.Join(l.Skills, "、"))
	add("时长", l.Rule.String())
	return facts
}

// textSigned is how a volunteer stands at an activity; empty: not at all.
func textSigned(s activity.Signup, position int) string {
	switch s.State {
	case activity.SignJoined:
		return "已报名"
	case activity.SignWaiting:
		return fmt.Sprintf("候补第 %d 位，有人取消就轮到您，会通知您", position)
	case activity.SignWalkIn:
		return "组织者在现场登记了您"
	case activity.SignLeft:
		return "您取消了报名"
	case activity.SignRemoved:
		return "组织者把您移出了名单：" + s.Why
	}
	return ""
}

// textMoment is 9:02 签到码.
func textMoment(r activity.Record, loc *time.Location) string {
	return r.At.In(loc).Format("15:04") + " " + r.Way.Word()
}

// textRecord is 已签到：9:02 签到码.
func textRecord(r activity.Record, loc *time.Location) string {
	return "已" + r.Act.Word() + "：" + textMoment(r, loc)
}

// textClaim is what an organiser should know of a location.
func textClaim(r activity.Record) string {
	switch {
	case r.Claim == nil:
		return ""
	case r.Claim.Mock:
		return "手机说定位是模拟的，请核实"
	}
	return fmt.Sprintf("定位距离 %d 米", r.Claim.Distance)
}

// textNamed is what an organiser calls a volunteer.
func textNamed(v activity.Volunteer) string {
	if v.Standing == activity.StandingErased {
		return string(v.ID) + "（已删去资料）"
	}
	return v.Name
}

// textEntry is what an organiser should know of a line.
func textEntry(e activity.Entry) string {
	var notes []string
	switch e.Signup.State {
	case activity.SignWaiting:
		notes = append(notes, fmt.Sprintf("候补 %d", e.Position))
	case activity.SignWalkIn:
		notes = append(notes, "现场")
	}
	if e.Volunteer.Standing == activity.StandingPending {
		notes = append(notes, "待确认")
	}
	return strings.Join(notes, "、")
}

// textService are remarks on somebody's hours.
func textService(s activity.Service) (notes []string) {
	if s.Doubt != activity.DoubtNone {
		notes = append(notes, s.Doubt.Word()+"，没有计入合计")
	}
	if s.Corrected {
		notes = append(notes, "组织者核定过")
	}
	if s.Overlap > 0 {
		notes = append(notes, fmt.Sprintf("和别的活动重叠 %d 分钟，只算一次", s.Overlap))
	}
	return notes
}

// textSheetFacts head the printed sheet.
func textSheetFacts(a activity.Activity) []fact {
	return []fact{{"时间", a.When(a.Start)}, {"地点", a.Place.Name}, {"主办", a.Unit}}
}

func textBadTime(clock string) string { return "“" + clock + "”不是时间，要写成 9:05" }

func textPaper(done, bad int) string {
	return fmt.Sprintf("登记了 %d 条，有 %d 条没有登记，原因在下面；改好以后只填这几条再提交，登记过的不会重复", done, bad)
}
