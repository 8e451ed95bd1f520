package activity

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"

	"xietiao/bot/org"
)

// What columns of sheets hold, and the titles they may have.
const (
	colTitle    org.Column = "活动名称"
	colUnit     org.Column = "主办单位"
	colWhen     org.Column = "时间"
	colDay      org.Column = "日期"
	colStart    org.Column = "开始时间"
	colEnd      org.Column = "结束时间"
	colPlace    org.Column = "地点"
	colCapacity org.Column = "名额"
	colSignTo   org.Column = "报名截止"
	colBrigade  org.Column = "分队"
	colSkills   org.Column = "特长"
	colOut      org.Column = "签退"
	colPublic   org.Column = "公开"
	colText     org.Column = "内容"
	colNumber   org.Column = "活动编号"

	colID    org.Column = "编号"
	colName  org.Column = "姓名"
	colIn    org.Column = "签到时间"
	colOutAt org.Column = "签退时间"
)

var sheetTitles = org.TitleMap(map[org.Column]string{
	colTitle:    "活动名称 活动 名称 标题 项目 项目名称 活动项目 活动主题",
	colUnit:     "主办单位 单位 组织单位 承办单位 责任单位 举办单位 组织者 主办",
	colWhen:     "时间 活动时间 举办时间 起止时间",
	colDay:      "日期 活动日期 举办日期",
	colStart:    "开始时间 开始 起始时间",
	colEnd:      "结束时间 结束 截止时间",
	colPlace:    "地点 活动地点 举办地点 地址 场地",
	colCapacity: "名额 人数 招募人数 志愿者人数 需求人数 计划人数",
	colSignTo:   "报名截止 报名截止时间 截止报名",
	colBrigade:  "分队 志愿分队 志愿者分队",
	colSkills:   "特长 技能 特长要求 技能要求 专长",
	colOut:      "签退 是否签退 需要签退",
	colPublic:   "公开 是否公开 面向社会",
	colText:     "内容 活动内容 说明 备注 要求",
	colNumber:   "活动编号",
})

// surelyTitles are of tables that nobody takes for another kind.
var surelyTitles = org.TitleMap(map[org.Column]string{
	colTitle: "活动名称 活动 活动项目 活动主题",
	colWhen:  "时间 活动时间 举办时间 起止时间",
	colDay:   "日期 活动日期 举办日期",
	colStart: "开始时间 开始 起始时间",
})

var yesWords = map[bool]string{true: "是", false: "否"}

var paperTitles = org.TitleMap(map[org.Column]string{
	colID: "编号 志愿者编号", colName: "姓名 志愿者 志愿者姓名",
	colIn: "签到时间 签到 到达时间 到场时间", colOutAt: "签退时间 签退 离开时间 离场时间",
})

// The fields of a register.
const (
	fieldName     Field = "姓名"
	fieldID       Field = "编号"
	fieldPhone    Field = "手机"
	fieldBrigade  Field = "分队"
	fieldActivity Field = "活动编号"
	fieldTitle    Field = "活动名称"
	fieldUnit     Field = "主办单位"
	fieldPlace    Field = "地点"
	fieldDay      Field = "日期"
	fieldFrom     Field = "开始时间"
	fieldTo       Field = "结束时间"
	fieldMinutes  Field = "分钟"
	fieldHours    Field = "小时"
	fieldState    Field = "状态"
)

// Fields lists all of them.
var Fields = []Field{
	fieldName, fieldID, fieldPhone, fieldBrigade, fieldActivity, fieldTitle, fieldUnit, fieldPlace, fieldDay,
	fieldFrom, fieldTo, fieldMinutes, fieldHours, fieldState,
}

func fieldsOf(a Activity, v Volunteer, s Service) map[Field]string {
	state := "已核定"
	switch {
	case s.Doubt != DoubtNone:
		state = s.Doubt.Word()
	case s.Overlap > 0:
		state = fmt.Sprintf("与别的活动重叠 %d 分钟，只计一次", s.Overlap)
	case s.Corrected:
		state = "已更正"
	}
	name := v.Name
	if v.Standing == StandingErased {
		name = textErased
	}
	return map[Field]string{
		fieldName: name, fieldID: string(v.ID), fieldPhone: v.Phone.String(), fieldBrigade: v.Brigade, fieldActivity: a.Number.String(),
		fieldTitle: a.Title, fieldUnit: a.Unit, fieldPlace: a.Place.Name, fieldDay: s.From.Format("2006-01-02"),
		fieldFrom: s.From.Format("15:04"), fieldTo: s.To.Format("15:04"), fieldMinutes: strconv.Itoa(s.settled()),
		fieldHours: strconv.FormatFloat(float64(s.settled())/60, 'f', 2, 64), fieldState: state,
	}
}

const (
	textNo        = "序号"
	textPhone     = "手机"
	textSignature = "签名"
	textNote      = "备注"
	textNoTime    = "没有写时间。"
	textNoTitle   = "没有写活动名称。"
	textNoRow     = "表里没有活动。"
	textNoLayout  = "对照表是空的。每行写“表头 = 字段”，例如“志愿者姓名 = 姓名”。"
	shownCell     = 30
)

func quoted(s string) string { return "“" + clip(s, shownCell) + "”" }

func textTooMany(n int) string {
	return fmt.Sprintf("表里有 %d 个活动，一次最多导入 %d 个，请分成几个文件。", n, maxRows)
}
func textNoUnit(s string) string {
	if s == "" {
		return "没有写主办单位。"
	}
	return "方案里没有单位" + quoted(s) + "。请改成方案里的名称，或者把它加进别名。"
}
func textBadWhen(s string) string {
	return "时间" + quoted(s) + "看不懂。请写成“2026年5月1日 9:00-11:00”这样。"
}
func textBackwards(s string) string { return "时间" + quoted(s) + "的结束不在开始后面。" }
func textLateSign(s string) string {
	return "报名截止" + quoted(s) + "在活动结束以后，请改早一些，或者空着。"
}
func textYesOrNo(s string) string { return quoted(s) + "看不懂，请写是或否。" }
func textOneUnit(s string) string {
	return quoted(s) + "有几个单位。主办单位写一个，其余的写在内容里。"
}
func textNoEnd(s string) string { return "时间" + quoted(s) + "没有写什么时候结束。" }
func textAssumed(s string, w When) string {
	return fmt.Sprintf("时间%s没有写年份，按 %d 年%s算，请核对。", quoted(s), w.Start.Year(), Moment(w.Start))
}
func textPast(s string) string { return "时间" + quoted(s) + "已经过了。" }
func textBadNumber(s string) string {
	return "名额" + quoted(s) + "不是人数。请写数字，没有限制就空着。"
}
func textBadID(s string) string {
	return "编号" + quoted(s) + "看不懂，要像 V12；不知道就空着，写姓名。"
}
func textBadClock(s string) string {
	return "时间" + quoted(s) + "看不懂，要像 9:05，或打 √。"
}
func textBadLayout(s string) string {
	names := ""
	for i, f := range Fields {
		if i > 0 {
			names += "、"
		}
		names += string(f)
	}
	return quoted(s) + "看不懂。要写“表头 = 字段”，字段可以是：" + names + `；或写“表头 = "固定的字"”。`
}

const (
	textTable = "活动"
	textState = "状态"
	textTaken = "已报名"
)

// textSheetTime is a moment as a table has it.
func textSheetTime(t time.Time) string { return t.Format("2006年1月2日 15:04") }

func textSheetWhen(from, to time.Time) string {
	if calendar.Of(from) == calendar.Of(to) {
		return textSheetTime(from) + "-" + to.Format("15:04")
	}
	return textSheetTime(from) + " 至 " + textSheetTime(to)
}

func textBadActivity(s string) string {
	return "活动编号" + quoted(s) + "看不懂，要像 A7；新的活动空着。"
}
func textUnknown(n Number) string {
	return "没有活动 " + n.String() + "。新的活动，编号空着。"
}
func textSeriesRow(n Number) string {
	return n.String() + " 不能在表里改成或当作每周、每月的活动；系列活动请在聊天里说“修改 " + n.String() + "”。"
}
func textClosed(a Activity) string {
	return a.Number.String() + " " + a.State.Word() + "，不能再改。"
}
func textTwin(before Row) string {
	return "和 " + strings.Trim(before.Sheet+"!"+before.Cell, "!") + " 是同一个活动，请删去一行。"
}
func textWillTell(n int) string {
	return fmt.Sprintf("时间或地点改了，会通知报名和候补的 %d 人。", n)
}
func textStays(a Activity, changes []string) string {
	return fmt.Sprintf("已经有了（%s），没有动。表里和现在的不同：%s。要照表里改，请加一列“活动编号”写 %s，或在聊天里说“修改 %s”。",
		a.Number, strings.Join(changes, "；"), a.Number, a.Number)
}

func textChange(c org.Column, old, now string) string {
	show := func(s string) string { return cmp.Or(clip(s, shownCell), "空") }
	return string(c) + " " + show(old) + " → " + show(now)
}

// row is where the row stands: its cell's name, A2, would be an activity's number.
func (r Row) row() string {
	return strings.TrimSpace(r.Sheet + " 第" + strings.TrimLeft(r.Cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") + "行")
}

// String is the result for people, a line each.
func (in Intake) String() string {
	made, changed, known, unclear := in.Count()
	s := fmt.Sprintf("%d 行：新建 %d，修改 %d，不变 %d，看不清 %d\n", len(in.Rows), made, changed, known, unclear)
	for _, r := range in.Rows {
		notes := r.Notes
		place := r.row()
		switch {
		case len(r.Unclear) > 0:
			notes = nil
			for _, p := range r.Unclear {
				s += "？ " + p.String() + "\n"
			}
		case r.New:
			a := Activity{Draft: r.Draft}
			when := a.When(time.Time{}) // with its year
			if again := a.Again(); again != "" {
				when = again + "，从" + when + "起"
			}
			s += "＋ " + place + " " + clip(r.Draft.Title, shownTitle) + "｜" + r.Draft.Unit + "｜" + when + "\n"
		case len(r.Changes) > 0:
			s += "改 " + place + " " + r.Activity.Heading() + "：" + strings.Join(r.Changes, "；") + "\n"
		}
		for _, p := range notes {
			s += "  提醒 " + p.String() + "\n"
		}
	}
	return s
}

// Next says what is left to do of what was made; empty: nothing.
func (in Intake) Next() string {
	var made []string
	for _, r := range in.Rows {
		if r.New {
			made = append(made, r.Activity.Number.String())
		}
	}
	if len(made) == 0 {
		return ""
	}
	list := made[0]
	if len(made) > 1 {
		list += "－" + made[len(made)-1]
	}
	return fmt.Sprintf("新建的 %s 还没有发布，志愿者看不到：主办单位的联络员或办公室在聊天里核对后说“发布 %s”，就开放报名", list, made[0])
}
