package console

import (
	"fmt"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
)

// What the pages about people and groups say beside their templates.
const (
	textOperator = "管理员"
	textErased   = "已删除的人员"
	textSomebody = "还没有登记的人"
	textConsole  = "控制台"

	textPeople       = "人员与群"
	textTabPeople    = "人员"
	textTabGroups    = "群与机器人"
	textTabHandovers = "交接单"
	textTabHistory   = "改动记录"
	textGroups       = "群与机器人"
	textHandovers    = "交接单"
	textHistory      = "改动记录"
	textNewPerson    = "登记人员"
	textImportRoster = "导入名册"
	textImportGroups = "导入群机器人"
	textLinkMade     = "一次性链接"
	textOwnData      = "资料"
	textRequests     = "绑定申请"

	textAllUnits    = "全部单位"
	textAllRoles    = "全部角色"
	textNoUnit      = "不属于哪个单位"
	textSomebodyNew = "新来的人（下面填姓名）"

	textNumber    = "编号"
	textName      = "姓名"
	textUnit      = "单位"
	textRole      = "角色"
	textPhone     = "手机"
	textAccounts  = "账号"
	textPlatform  = "平台"
	textGroupName = "群名"
	textWhere     = "在哪里"
	textWhat      = "内容"
	textContent   = "系统里的记录"
	textWhen      = "时间"
	textBy        = "谁改的"

	textAdded   = "新增"
	textChanged = "变更"
	textMissing = "表里没有、系统里有的（不会删除）"
	textUnfit   = "和现有的人员对不上，改好再传"

	textNobody       = "没有这个人，可能已经删除了。请从“人员与群”里打开。"
	textNoChoice     = "请按“同意”或者“不同意”。"
	textStrangeUnit  = "方案里没有这个单位。请从列表里选。"
	textSame         = "和原来一样，没有改动。"
	textNoEntrance   = "工作人员和志愿者没有控制台的页面，不用开登录名。要进控制台，请先改角色。"
	textUnlocked     = "锁打开了，可以再试密码。"
	textOpen         = "没有锁着。"
	textLoginDropped = "登录名去掉了，用它进来的浏览器也已退出。"
	textNoLogin      = "没有登录名。"
	textNoAccount    = "没有这个平台的账号，可能刚解除了。"
	textNotSure      = "没有删除。请先勾选“我确认”，再按删除。"
	textNoPlace      = "没有这个群或机器人，可能刚移除了。"
	textNoHeir       = "请选接手的人。"
	textHandedOver   = "交接好了：角色换过来了，双方都会收到通知。请打印下面的交接单，双方签字。"

	textNoFile      = "没有收到文件，或者文件是空的。请选一个表格再传。"
	textNotHeld     = "这份表已经导入过，或者放得太久了（2 小时）。请再传一次。"
	textHasProblems = "表里还有问题，没有导入。"
	textMovedOn     = "没有导入：您看过以后，系统里的内容又变了。请把下面新的变化再看一遍。"
)

func textRegistered(name string) string { return "登记好了：" + name + "。" }

func textAmended(c org.Change) string { return "改好了：" + c.Words() + "。" }

func textStale(who, at string, p org.Person) string {
	unit := p.Unit
	if unit == "" {
		unit = textNoUnit
	}
	return fmt.Sprintf("没有保存：%s在 %s 改过这个人，现在是 %s，%s，%s。您填的还在下面，看过再保存。", who, at, p.Name, unit, p.Role.Word())
}

func textUnlinked(p chat.Platform) string {
	return org.PlatformWord(p) + "账号解除了，可以重新绑定。"
}

func textErasedNow(id string) string {
	return "资料删除了。记录里只留编号 " + id + "；以前的备份里还有，到期自然清除。"
}

func textDossier(id string) string { return "个人资料 " + id }

func textRosterSum(c org.Changes) string {
	return fmt.Sprintf("新增 %d 人，变更 %d 人，不变 %d 人。", len(c.Added), len(c.Changed), c.Unchanged)
}

func textRosterDone(c org.Changes) string {
	return fmt.Sprintf("名册导入好了：新增 %d 人，变更 %d 人。", len(c.Added), len(c.Changed))
}

func textGroupsSum(c org.GroupChanges) string {
	return fmt.Sprintf("新增 %d 个机器人，变更 %d 个，不变 %d 个。", len(c.Added), len(c.Changed), c.Unchanged)
}

func textGroupsDone(n int) string {
	return fmt.Sprintf("群机器人导入好了。给 %d 个群各发一条测试消息，过一会儿刷新这一页看结果。", n)
}

func textProblemsOf(file string) string {
	return "问题清单 " + strings.TrimSuffix(strings.TrimSuffix(file, ".xlsx"), ".csv")
}

func textGroupOf(p chat.Platform) string { return org.PlatformWord(p) + "群" }

func textRobotOf(g org.GroupRobot) string {
	words := org.PlatformWord(g.Platform) + "群机器人 " + g.ID
	if g.Name != "" {
		words += "（" + g.Name + "）"
	}
	return words
}

func textAgreed(asked, agreed, at string) string {
	return asked + "申请，" + agreed + "同意，" + at
}

func textSince(at string) string { return at + " 导入" }

// testWords say what became of a test message.
var testWords = map[outbox.State]string{
	outbox.StateWaiting: "在等发送", outbox.StateHeld: "推送暂停着，恢复后发出", outbox.StateSending: "正在发",
	outbox.StateSent: "已发出", outbox.StateFailed: "没有发成", outbox.StateExpired: "过期没有发", outbox.StateCancelled: "已取消",
}

func textTested(rec outbox.Record, at string) string {
	s := "测试 " + at + "：" + testWords[rec.State]
	if rec.State == outbox.StateFailed && rec.Code != "" {
		s += "（" + rec.Code + "）"
	}
	return s
}

func textTestSent(units string) string {
	return units + "的测试消息放进发件箱了，过一会儿刷新这一页看结果，也请到群里看收到没有。"
}

func textGroupGone(unit string) string {
	return "解绑了，这个群不再收" + unit + "的通知。"
}

func textRobotGone(id string) string {
	return "移除了群机器人 " + id + "，地址和密钥也一并删去。"
}

func textHandingOver(name string) string { return name + " 的交接" }

func textCard(no int) string { return fmt.Sprintf("交接单第 %d 号", no) }
