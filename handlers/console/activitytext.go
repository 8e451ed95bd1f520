package console

import (
	"fmt"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/org"
)

// What the pages about activities and volunteers say beside their templates.
const (
	textActivities       = "活动"
	textTabActivities    = "活动"
	textTabDisputes      = "时长异议"
	textTabDemands       = "缺人的活动"
	textDisputes         = "时长异议"
	textDemands          = "缺人的活动"
	textNewActivity      = "新建活动"
	textImportActivities = "导入活动表"
	textVolunteers       = "志愿者"
	textPersonalLink     = "个人链接"

	textComing     = "未结束的"
	textSeriesOnly = "系列活动"
	textAllStates  = "全部状态"

	textActivity = "活动"
	textPlace    = "地点"
	textState    = "状态"
	textUnclear  = "看不清或者不能改的行，改好再传"
	textBrigade  = "分队"
	textSkills   = "特长"
	textConsent  = "同意的说明"
	textJoined   = "登记时间"
	textFreeTime = "空闲时间"
	textSignups  = "报名和签到"
	textRecords  = "记录"
	textPapers   = "服务证明"
	textDuration = "时长"

	textMinutes         = "时长要填分钟数，例如 120。"
	textAnswered        = "答复了，志愿者会收到通知。"
	textReadAgain       = "没有发布：您看过以后，内容又改了。请把现在的内容再看一遍。"
	textWhichVolunteer  = "请填志愿者编号，例如 V12。"
	textNotOnList       = "不在这个活动的名单上。"
	textActivityStale   = "没有保存：您打开这一页以后，别人改过，见下面。"
	textNoSuchVolunteer = "没有这个编号的志愿者，请核对，例如 V12。"
	textSameVolunteer   = "是同一个编号，不用合并。"

	textWholeNumber = "要填整数。"
	textBadMoment   = "看不懂，请写成 2026-05-01 09:00。"
	textBadPoint    = "看不懂，请从地图上复制纬度和经度，例如 28.1158, 120.9662；从百度地图复制的后面写上“百度”。"
	textNeeded      = "要填。"
	textEndFirst    = "要在开始之后。"
	textBadWindow   = "要在开始报名之后，不晚于活动结束。"
	textBadRadius   = "要在 200 到 20000 米之间；不填是 300 米。"
	textNothing     = "（没有）"

	textCountDefault = "按计划时间计"
	textCountPlanned = "按计划时间计（写明）"
	textCountFromIn  = "从签到计到计划结束"
	textOnce         = "只办一次"
	textWeekly       = "每周一次"
	textMonthly      = "每月一次"
)

// fieldWords name the fields of the form.
var fieldWords = map[string]string{
	"title": "名称", "unit": "主办单位", "start": "开始", "end": "结束", "place": "地点", "point": "坐标", "radius": "签到范围", "text": "内容",
	"capacity": "名额", "nowait": "满了不设候补", "signfrom": "开始报名", "signto": "报名截止", "early": "提前多久签到", "checkout": "要签退",
	"brigade": "分队", "skills": "特长", "public": "面向社会", "round": "时长取整", "least": "最少到场", "slack": "延时上限", "count": "不签退的怎么计",
	"every": "重复", "until": "重复到哪天",
}

func textActivitiesSum(made, changed, known, unclear int) string {
	return fmt.Sprintf("新建 %d 个，修改 %d 个，不变 %d 个，看不清的 %d 处。", made, changed, known, unclear)
}

func textActivitiesDone(made, changed int) string {
	return fmt.Sprintf("导入好了：新建 %d 个草稿，修改 %d 个。草稿看过以后要发布，大家才能报名。", made, changed)
}

func textOtherUnits(unit string) string { return unit + "的活动，您的角色不能办。" }

func textFitting(v activity.Volunteer) string {
	words := string(v.ID) + " " + v.Name
	if len(v.Skills) > 0 {
		words += "（" + strings.Join(v.Skills, "、") + "）"
	}
	return words
}

// activityFacts are what an activity is, as people are told and as organisers have to
// know.
func activityFacts(a activity.Activity, now time.Time) []fact {
	list := []fact{{"主办", a.Unit}}
	add := func(name, value string) {
		if value != "" {
			list = append(list, fact{name, value})
		}
	}
	when := a.When(now)
	if again := a.Again(); again != "" {
		when = again + "，第一次 " + when
		if !a.Series.Until.IsZero() {
			when += "，到 " + a.Series.Until.String() + " 为止"
		}
	}
	add("时间", when)
	add("地点", a.Place.Name)
	if !a.Place.Point.IsZero() {
		radius := a.Place.Radius
		if radius == 0 {
			radius = 300
		}
		add("坐标", fmt.Sprintf("%s，%d 米以内可以定位签到", a.Place.Point, radius))
	}
	add("报名", signWords(a))
	places := "不限"
	if a.Capacity > 0 {
		places = fmt.Sprintf("%d 人，满了候补", a.Capacity)
		if a.NoWait {
			places = fmt.Sprintf("%d 人，满了不设候补", a.Capacity)
		}
	}
	add("名额", places)
	opens, _ := a.CheckWindow()
	check := activity.Moment(opens) + " 起签到"
	if a.CheckOut {
		check += "，要签退"
	}
	add("签到", check)
	add("分队", a.Brigade)
	add("需要的特长", strings.Join(a.Skills, "、"))
	who := "名册上的人和已经确认的志愿者"
	if a.Public {
		who = "面向社会，外面的人由组织者确认一次"
	}
	add("谁能报名", who)
	add("时长", a.Rule.String())
	add("内容", a.Text)
	if a.Off() {
		add("取消的原因", a.Why)
	}
	return list
}

// signWords words when people sign up.
func signWords(a activity.Activity) string {
	from, to := a.SignWindow()
	words := "发布以后"
	if !a.SignFrom.IsZero() || !a.Published.IsZero() {
		words = activity.Moment(from.In(a.Start.Location()))
	}
	return words + " 到 " + activity.Moment(to.In(a.Start.Location()))
}

// beforePublishing is what to know before people can sign up.
func (c *Console) beforePublishing(a activity.Activity, now time.Time) (notes []string) {
	_, to := a.SignWindow()
	switch {
	case !a.Series.IsZero():
	case !now.Before(a.End):
		notes = append(notes, "结束时间已经过了，不能发布，请先修改时间。")
	case !now.Before(to):
		notes = append(notes, "报名截止时间已经过了，发布以后没有人能自己报名，只能由组织者加进名单。")
	}
	if a.Place.Point.IsZero() {
		notes = append(notes, "没有坐标，不能定位签到；现场用大屏上的签到码、名单或者纸。")
	}
	if a.Public && c.opt.Server.PublicURL() == "" {
		notes = append(notes, "面向社会，但没有配对外的网址（public_url），外面的人没有网页可以报名。")
	}
	if eve, soon := c.acts().Reminders(a, now); !eve.IsZero() || !soon.IsZero() {
		var at []string
		for _, t := range []time.Time{eve, soon} {
			if !t.IsZero() {
				at = append(at, activity.Moment(t))
			}
		}
		notes = append(notes, "发布以后，"+strings.Join(at, "、")+" 会提醒报了名的人。")
	}
	return notes
}

func textOpenNow(a activity.Activity) string {
	if !a.Series.IsZero() {
		return a.Heading() + " 发布了，近四周的已经排好，以后的自动排。"
	}
	return a.Heading() + " 发布了，大家可以报名。"
}

func textCancelled(a activity.Activity) string {
	if a.State == activity.StateDraft {
		return a.Heading() + " 取消了。"
	}
	return a.Heading() + " 取消了，报了名的人会收到通知和原因。"
}

func textArchived(a activity.Activity) string {
	return a.Heading() + " 归档了，时长不再改动。"
}

func textConfirmed(v activity.Volunteer) string {
	return string(v.ID) + " " + v.Name + " 确认了，以后不用再确认。"
}

func textTakenOff(v activity.Volunteer) string {
	return string(v.ID) + " " + v.Name + " 移出名单了，空出的名额由候补的人补上。"
}

func textJoinedNow(v activity.Volunteer, j activity.Joined) string {
	words := string(v.ID) + " " + v.Name
	switch {
	case !j.New:
		return words + " 本来就在名单上。"
	case j.State == activity.SignWaiting:
		return fmt.Sprintf("%s 加进了候补，第 %d 位。", words, j.Position)
	}
	return words + " 加进名单了。"
}

func textAccepted(n int) string { return fmt.Sprintf("核实了 %d 人的时长。", n) }

func textCorrectedTo(v activity.Volunteer, s activity.Service) string {
	return string(v.ID) + " " + v.Name + " 的时长改为 " + activity.Duration(s.Minutes) + "，本人会收到通知。"
}

func textHoursOf(a activity.Activity) string   { return a.Heading() + " 的时长" }
func textHistoryOf(a activity.Activity) string { return a.Heading() + " 的记录" }
func textEditActivity(a activity.Activity) string {
	return "修改 " + a.Heading()
}

func textDrafted(a activity.Activity) string {
	return "草稿 " + a.Number.String() + " 建好了。请看一遍下面的内容，没有问题再发布。"
}

func textActivityChanged(a activity.Activity, fields []string) string {
	words := "改好了：" + strings.Join(fields, "、") + "。"
	if a.State == activity.StatePublished {
		words += "时间、地点有变化的，报了名的人会收到通知。"
	}
	return words
}

// textEvent words an entry of an activity's history.
func textEvent(e activity.Event) string {
	words := e.Do.Word()
	if e.Record != nil {
		words = e.Record.Act.Word()
		if e.Record.Act == activity.ActCorrect {
			words += "为 " + activity.Duration(e.Record.Minutes)
		}
		if w := e.Record.Way.Word(); w != "" {
			words += "（" + w + "）"
		}
	}
	if e.Do == activity.DoDecide {
		words = "没有同意异议"
		if e.Granted {
			words = "同意了异议"
		}
	}
	if e.Volunteer != "" {
		words = string(e.Volunteer) + " " + words
	}
	why := e.Why
	if e.Record != nil && why == "" {
		why = e.Record.Why
	}
	if why != "" {
		words += "：" + why
	}
	return words
}

func textKnownBy(v activity.Volunteer) string {
	var list []string
	for _, platform := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if v.Accounts[platform] != "" {
			list = append(list, org.PlatformWord(platform))
		}
	}
	if v.Person != "" {
		list = append(list, "在名册上")
	}
	if v.Browser {
		list = append(list, "绑定了一个浏览器")
	}
	if len(list) == 0 {
		return "没有账号，也没有绑定浏览器，发不了消息"
	}
	return strings.Join(list, "、")
}

func textMerging(v activity.Volunteer) string { return "合并 " + string(v.ID) + " " + v.Name }

func textMergedInto(from, into activity.Volunteer) string {
	return fmt.Sprintf("%s 和 %s 是一个人了，编号用 %s；报名和时长都算在一起，重叠的只算一次。", from.ID, into.ID, into.ID)
}
