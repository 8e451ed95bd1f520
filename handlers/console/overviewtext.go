package console

import (
	"fmt"
	"time"
)

// What the overview says; its template holds the rest.
const (
	textOverview    = "概览"
	textWaitsClose  = "等办结"
	textWaitsHand   = "等交办"
	textObjections  = "等决定的考评申诉"
	textBindings    = "等着同意的绑定"
	textToCall      = "今天要打电话的单位"
	textUnsent      = "没有发成的通知"
	textUnanswered  = "没能回答的问题"
	textUnknownYear = "年的假期未定"
	textFarUnits    = "没有群也没有账号的单位"

	textToSign   = "待签收"
	textDueSoon  = "剩 3 个工作日以内"
	textToReport = "办完请反馈"

	textGuidePlan       = "导入方案"
	textGuidePlanWhat   = "把协调机制的文件拖进去，核对读出来的单位和职责，发布。"
	textGuidePeople     = "导入名册"
	textGuidePeopleWhat = "各单位的联络员和负责人，一张表。"
	textGuideGroups     = "接上群或账号"
	textGuideGroupsWhat = "联络员绑定账号，或者导入群机器人；至少接上一个单位，通知才发得出去。"
	textGuideTask       = "第一项任务"
	textGuideTaskWhat   = "立项、交办，单位会收到通知。"
	textGuideAsk        = "第一个问题"
	textGuideAskWhat    = "先在“试一问”里看回答和出处对不对，再在群里 @ 机器人问一件事归谁管。"
)

// textFault says what is wrong with a part of the program.
func textFault(name, fault string) string {
	switch {
	case name == "store":
		return "数据存不进去，也读不出来：请管理员马上看磁盘和日志。"
	case fault == "connecting":
		fault = "正在连接"
	}
	return platformOf(name) + "：" + fault + "。收不到也发不出这个平台的消息，连上以后会补发。"
}

func textSlow(n int, late time.Duration) string {
	return fmt.Sprintf("有 %d 条通知到点没有发出，最早的已经等了 %d 分钟。", n, int(late.Minutes()))
}
