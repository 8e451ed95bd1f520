package report

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/task"
)

// What users read of reports.

var kindWords = map[Kind]string{
	Bulletin: "督办通报", Assessment: "考评表", Meeting: "协调组会议材料", Volunteers: "文化志愿服务统计", Load: "基层减负统计", Annual: "基本公共文化服务标准化均等化年度报告资料", Unanswered: "没有答上来的问题",
}

// Word is the kind in Chinese.
func (k Kind) Word() string { return kindWords[k] }

var kindUses = map[Kind]string{
	Bulletin: "各单位进度、逾期、快到期、本期办结、待定期限", Assessment: "一年的得分、每一分怎么来、申诉", Meeting: "一个单位一页：职责、办结、逾期、请求，每一行有条款和任务编号",
	Volunteers: "一年的分队、单位、活动和时长", Load: "一年里每个单位每月收到几条，对着每天的上限", Annual: "一年里系统知道的，分单位、分乡镇；缺的资料列出来，写明向谁要",
	Unanswered: "最近 7 天机器人没有答上来的、为什么：方案没有分工、文件里没有、没有把握、没有看懂",
}

// Use says what the kind is for.
func (k Kind) Use() string { return kindUses[k] }

// Yearly reports whether the kind is of a year.
func (k Kind) Yearly() bool { return k == Assessment || k == Volunteers || k == Load || k == Annual }

// Tell words an error of Make for users; empty if it is none that they can mend.
func Tell(err error) string {
	switch {
	case errors.Is(err, ErrKind):
		return "没有这种报表。"
	case errors.Is(err, ErrUnit):
		return "方案里没有这个单位，请核对名称。"
	case errors.Is(err, ErrDocuments):
		return "方案还没有读好，请过几秒再试。"
	}
	return task.Tell(err)
}

const (
	textNotes      = "说明"
	textUnit       = "单位"
	textLead       = "牵头"
	textSupport    = "配合"
	textNone       = "—"
	textNoSource   = "没有写依据"
	textNoDate     = "待定期限"
	textOverall    = "总体情况"
	textUnitsSheet = "各单位情况"
	textAsked      = "提请研究的事项"
	textDuties     = "职责"
	textTasks      = "任务"
	textRequests   = "请求"
	textReturned   = "退回任务"
	textIssue      = "提请协调"
	textNoUnits    = "还没有导入写明单位的方案，也没有交办过任务。"

	textNothingAsked = "没有单位提出请求。"
)

var (
	textNotesHead   = []string{"部分", "内容"}
	textFigures     = []string{"职责", "牵头", "配合", "办结", "逾期", "在办", "请求"}
	textDutyHead    = []string{"条款", "角色", "内容"}
	textTaskHead    = []string{"编号", "任务", "角色", "依据", "期限", "情况"}
	textRequestHead = []string{"编号", "请求", "任务", "内容", "依据"}
	textStandings   = map[standing]string{late: "逾期", open: "在办", undated: "待定期限", returned: "已退回，等办公室决定", reported: "已反馈，等复核", done: "办结"}
)

func numeral(n int) string { return string([]rune("一二三四五六七八九十")[n-1]) }

func dayWord(d calendar.Date) string { return fmt.Sprintf("%d年%d月%d日", d.Y, int(d.M), d.D) }

func dayOf(year int) calendar.Date { return calendar.Date{Y: year, M: time.January, D: 1} }

func dateOr(d calendar.Date) string {
	if d.IsZero() {
		return textNoDate
	}
	return d.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
func quote(s string) string   { return "“" + oneLine(s) + "”" }

// ending closes a sentence that is not.
func ending(s string) string {
	if strings.HasSuffix(s, "。") {
		return ""
	}
	return "。"
}

func textDelay(to calendar.Date) string  { return "延期到 " + to.String() }
func textAppeal(o task.Objection) string { return fmt.Sprintf("考评申诉%d", o.ID) }
func textOnePlan(name string) string     { return "条款地址都出自" + name + "。" }
func textSince(day, since calendar.Date) string {
	return dayWord(day) + "，办结的从 " + dayWord(since) + " 起"
}
func textYear(year int, day calendar.Date) string {
	if year == day.Y {
		return fmt.Sprintf("%d年，截至%d月%d日", year, int(day.M), day.D)
	}
	return fmt.Sprintf("%d年，%s统计", year, dayWord(day))
}

func textMeeting(units int, f *file) string {
	return fmt.Sprintf("%d 个单位，方案职责 %d 条。牵头 %d 项次、配合 %d 项次：办结 %d，逾期 %d，在办 %d，待定期限 %d，已反馈等复核 %d，退回等决定 %d。请求 %d 件。",
		units, len(f.duties), f.leads, f.parts()-f.leads, f.count[done], f.count[late], f.count[open], f.count[undated], f.count[reported], f.count[returned], len(f.requests))
}

// textPage is a unit's figures, and what there is none of.
func textPage(f *file) string {
	var s string
	if len(f.duties) == 0 {
		s = "方案里没有写这个单位的职责。"
	}
	if len(f.tasks) == 0 {
		s += "没有交办的任务。"
	} else {
		s += fmt.Sprintf("牵头 %d 项，配合 %d 项：办结 %d，逾期 %d，在办 %d，待定期限 %d", f.leads, len(f.tasks)-f.leads, f.count[done], f.count[late], f.count[open], f.count[undated])
		for _, st := range []standing{reported, returned} {
			if f.count[st] > 0 {
				s += fmt.Sprintf("，%s %d", textStandings[st], f.count[st])
			}
		}
		s += "。"
	}
	if len(f.requests) == 0 {
		return s + "没有请求。"
	}
	return s + fmt.Sprintf("请求 %d 件。", len(f.requests))
}

// Of assessments.

const (
	textHow    = "怎样算出来"
	textInputs = "得分用到的只有明细里的几列：期限、办结、延期次数、结果。没有用到聊天里的点击、查看、签收和回复的快慢。任何单位照公式都能自己重算。"
)

// textAssessment has the headings, and what stands for an empty table.
var textAssessment = [][2]string{{"得分", "这一年没有交办过有期限的任务。"}, {"明细", "没有计分的任务。"}, {"申诉", "没有申诉。"}}

func textVersion(a task.Assessment) string {
	return fmt.Sprintf("%d年，第 %d 版，截至%s", a.Year, a.Version, dayWord(a.Day))
}

func textAssessed(a task.Assessment) string {
	n := 0
	for _, s := range a.Scores {
		n += s.Results
	}
	return fmt.Sprintf("%d 年考评第 %d 版，截至%s：%d 个单位，计分 %d 项。", a.Year, a.Version, dayWord(a.Day), len(a.Scores), n)
}

// Of volunteers.

const (
	textVolunteering  = "志愿"
	textBrigade       = "分队"
	textOrganiser     = "主办单位"
	textNoBrigade     = "没有分队"
	textByBrigade     = "按分队"
	textByUnit        = "按主办单位"
	textHeld          = "举办的活动"
	textCharged       = "方案里写到志愿服务的单位"
	textNoService     = "这一年还没有计入的服务时长。"
	textNothingHeld   = "这一年还没有举办过活动。"
	textNobodyCharged = "方案没有把志愿服务写进哪个单位的职责。"
	textServiceNote   = "时长按每场活动的规则从签到、签退算出，同一个人重叠的时间只算一次；待核实的不计入。到场人次是有记录的人次，志愿者人数不重复计。"
)

var (
	textHeldHead    = []string{"编号", "活动", "主办单位", "日期", "地点", "到场人次", "待核实", "时长"}
	textChargedHead = []string{"单位", "职责", "条款", "主办活动"}
)

func textTotalHead(first string) []string { return []string{first, "志愿者", "活动", "时长"} }

func textService(year int, y activity.Year) string {
	came, doubt := 0, 0
	for _, h := range y.Held {
		came, doubt = came+h.Came, doubt+h.Doubt
	}
	return fmt.Sprintf("%d 年举办活动 %d 场，取消 %d 场，到场 %d 人次；%d 名志愿者服务 %s，另有 %d 人次待核实，没有计入。", year, len(y.Held), y.Cancelled, came, y.All.Volunteers, activity.Duration(y.All.Minutes), doubt)
}

// Of the load.

const (
	textByMonth    = "每月消息"
	textAgainstCap = "对照上限"
	textMonthlyCap = "每个单位的上限"
	textNoMessages = "这一年没有给单位发过消息，也没有交办过任务。"
)

var textCapHead = []string{"单位", "提醒", "单日最多", "到上限的天数", "其他通知", "交办", "反馈", "申请延期"}

func monthsHead(n int) []string {
	head := []string{textUnit}
	for m := 1; m <= n; m++ {
		head = append(head, fmt.Sprintf("%d月", m))
	}
	return append(head, "合计")
}

func textLoad(year, limit int, all burden) string {
	full := "没有一天到上限"
	if all.full > 0 {
		full = fmt.Sprintf("到上限的有 %d 个单位日（一个单位的一天算一个）", all.full)
	}
	return fmt.Sprintf("%d 年给 %d 个单位发提醒 %d 条。上限是每个单位每天 %d 条，单日最多的是 %d 条，%s。", year, all.units, all.total, limit, all.most, full)
}

func textLoadNote(limit int) string {
	return fmt.Sprintf("提醒是任务的一条消息，一条里可以有许多项；写好后没有发出就撤下的不算。上限是每个单位每个工作日 %d 条，每月的上限是它乘以这个月的工作日（本月算到今天）；发给单位负责人的一次另计一条。其他通知是考评、更正等单独发给单位的。"+
		"交办是新给的任务；反馈、申请延期是单位要填报的。两年以前的提醒条数没有留。", limit)
}

// textWrap is where a long title goes on in another line.
var textWrap = [2]string{"均等化年度", "均等化\n年度"}

// Of the year's report.

const (
	textAnnual          = "这里只有系统里记着的：任务、反馈、活动和志愿服务，每个数后面写明出处。没有记的不推算，列在最后一部分，写明要什么、方案把它交给谁。"
	textByUnits         = "分单位"
	textByTownship      = "分乡镇（街道）"
	textNothingKnown    = "这一年没有交办过任务，也没有举办过活动。"
	textNoTownship      = "没有写明"
	textReported        = "各单位反馈的材料"
	textNothingReported = "还没有单位反馈过下面各项的材料。"
	textReportedNote    = "材料是办理任务时反馈的原话，不用再报一遍；数字以单位核对的为准。"
	textMissing         = "缺少的资料"
	textNothingMissing  = "各项都有单位反馈的材料。"
	textWriter          = "编制年度报告"
	textCounter         = "数据的统计和分析"
	textAskWriter       = "年度报告由谁编制"
	textAskCounter      = "公共文化服务的数据统计和分析归谁"
)

var (
	textFigureHead     = []string{"指标", "数值", "出处"}
	textFiguresOfYear  = []string{"任务（项）", "已办结（项）", "逾期（项）", "举办活动（场）", "到场（人次）", "服务的志愿者（人）", "志愿服务时长"}
	textUnitFigureHead = []string{"单位", "牵头任务", "办结", "活动", "到场人次", "服务时长", "出处"}
	textTownshipHead   = []string{"乡镇（街道）", "活动", "到场人次", "服务时长", "出处"}
	textReportedHead   = []string{"指标", "单位", "材料", "出处"}
	textMissingHead    = []string{"指标", "要的数据", "由谁提供", "条款", "有关任务"}
)

func textTownshipNote(named int) string {
	return fmt.Sprintf("乡镇（街道）从活动的地点名称里认出来，认出 %d 场；其余的地点没有写乡镇。人口、面积等分乡镇的底数不在系统里。", named)
}

func textRole(role string) string {
	if role == "" {
		return ""
	}
	return "（" + role + "）"
}

func textCited(cite string) string {
	if cite == "" {
		return ""
	}
	return "（" + cite + "）"
}

func textUnassigned(named bool) string {
	if named {
		return "方案提到，没有写明由谁办，请办公室定"
	}
	return "方案没有写到，请办公室定"
}

func textPack(year, have, missing int) string {
	return fmt.Sprintf("%d 年的年度报告资料：%d 项指标里 %d 项有单位反馈的材料，%d 项缺，已列出向谁要。", year, have+missing, have, missing)
}

// indicators are what the national and provincial standards of basic public cultural
// services ask for; whose they are the documents say.
var indicators = []indicator{
	{"基本公共文化服务标准", "本地标准、目录印发和执行情况，各乡镇（街道）达标情况", "基本公共文化服务标准由谁制定", []string{"服务标准", "保障标准"}},
	{"经费投入", "财政投入总额、人均、占比，专项资金和转移支付使用情况", "基本公共文化服务经费由谁保障", []string{"经费", "财政保障"}},
	{"设施建设", "各类公共文化设施的数量、面积、等级，当年新建改建项目", "公共文化设施建设项目归谁", []string{"设施建设", "设施项目"}},
	{"设施用地", "设施规划和用地落实情况", "公共文化设施用地归谁", []string{"设施用地", "专项规划"}},
	{"农家书屋、文化礼堂", "分乡镇的座数、藏书、开放天数、接待人次", "农家书屋归谁管", []string{"农家书屋", "文化礼堂"}},
	{"总分馆", "总馆、分馆、服务点数，通借通还、文化配送场次", "文化馆图书馆总分馆制归谁", []string{"总分馆", "分馆"}},
	{"免费开放", "免费或优惠开放的设施数、开放时长、接待人次", "公共文化设施免费开放归谁", []string{"免费开放", "优惠开放"}},
	{"学校文体设施开放", "开放的学校数、开放时段、受益人次", "学校文体设施向社会开放归谁", []string{"学校文体设施", "学校场馆"}},
	{"全民健身", "体育场地面积、人均面积，社会体育指导员，惠民项目场次", "全民健身公共服务归谁", []string{"全民健身", "体育设施", "公共体育"}},
	{"广播电视", "综合覆盖率，应急广播，公益节目时长", "广播电视公共文化服务归谁", []string{"广播", "电视"}},
	{"农村电影", "放映场次、观众人次、行政村覆盖率", "农村电影放映归谁", []string{"电影"}},
	{"数字服务和资源共享", "数字资源总量、线上服务人次、平台接入单位数", "公共文化信息资源共享归谁", []string{"数字化", "信息资源", "数字资源"}},
	{"机构编制", "文化馆、图书馆、综合文化站的编制和在编人数", "公共文化服务机构人员编制归谁", []string{"人员编制", "机构编制"}},
	{"人才队伍", "专兼职人员数、下派员、培训人次和学时", "公共文化人才队伍建设归谁", []string{"文化队伍", "人才队伍", "培训"}},
	{"社会组织和购买服务", "文化类社会组织数，购买目录和金额，承接单位数", "文化类社会组织管理归谁", []string{"社会组织", "购买服务", "购买公共文化"}},
	{"残疾人", "无障碍设施、盲文和有声读物，专场活动人次", "残疾人文化权益归谁", []string{"残疾人"}},
	{"妇女儿童", "专门设施和活动场次、人次", "妇女儿童文化权益归谁", []string{"妇女", "儿童"}},
	{"未成年人和青少年", "专门设施和活动场次、人次", "未成年人文化建设归谁", []string{"未成年人", "青少年"}},
	{"职工和新居民", "职工文化设施、送文化活动场次、人次", "新居民文化建设归谁", []string{"职工文化", "新居民", "务工"}},
	{"少数民族", "民族乡村设施和活动场次", "少数民族文化归谁", []string{"少数民族", "民族地区"}},
	{"贫困和偏远地区", "帮扶项目、配送场次、受益人次", "贫困地区公共文化建设归谁", []string{"贫困", "偏远"}},
	{"文艺创作和群众活动", "作品数、获奖数、群众文艺团队数、演出场次", "文艺精品创作归谁", []string{"文艺", "演出"}},
	{"科普和社科普及", "基地数、活动场次、人次", "社科知识普及归谁", []string{"科普", "社科普及"}},
	{"群众满意度", "民意调查的样本、满意度、知晓率", "公共文化服务满意度民意调查归谁", []string{"满意度", "民意调查"}},
	{"分乡镇底数", "各乡镇（街道）常住人口、行政村和社区数、面积", "各乡镇常住人口数由谁提供", []string{"常住人口"}},
	{"考核", "纳入乡镇（街道）和部门目标责任制考核的情况和结果", "纳入乡镇和部门年度目标责任制考核归谁", []string{"责任制考核", "目标责任考核"}},
}
