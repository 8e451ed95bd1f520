package dingtalk

import "strings"

// What people see of this package.
const (
	textOpenLink = "查看详情" // the link of a card
	textTitle    = "消息"   // of a message whose text begins with no words

	faultConnecting = "正在连接"
	faultDropped    = "连接已断开，正在重连"
	faultStopped    = "已停止"
	faultNetwork    = "连不上钉钉，正在重试"
	faultRefused    = "钉钉拒绝连接"
)

// Where settings are made.
const (
	pageApp     = "开发者后台（open-dev.dingtalk.com）→ 应用开发 → 该应用 → "
	pageSecret  = pageApp + "凭证与基础信息"
	pageRights  = pageApp + "开发配置 → 权限管理"
	pageRobot   = pageApp + "应用能力 → 机器人"
	pageRelease = pageApp + "应用发布 → 版本管理与发布"
	pageGroup   = "钉钉群 → 群设置 → 机器人 → 该机器人"
)

// advices say what fixes a code. A code with dots also stands for all that
// begin with it.
var advices = map[string]string{
	"-1":     "钉钉系统繁忙，会自动重试。",
	"130101": "发送过快，该机器人被限流约10分钟；到时自动续发。可在配置 limits 中调低每分钟条数。",
	"410100": "发送过快，该机器人被限流约10分钟；到时自动续发。",
	"302033": "发送过快，该机器人被限流；到时自动续发。",
	"1111":   "钉钉网关暂时拦截了本机的请求，10分钟后自动重试；请检查是否有别的程序用同一出口地址频繁调用。",
	"310000": "不符合群机器人的安全设置。在“" + pageGroup + " → 安全设置”核对：自定义关键词要出现在消息里；加签密钥与登记的一致且服务器时间准确；或把服务器出口IP加入白名单。",
	"300001": "群机器人的 access_token 不存在。在“" + pageGroup + "”重新复制 Webhook 地址并登记。",
	"300005": "群机器人的 access_token 不存在。在“" + pageGroup + "”重新复制 Webhook 地址并登记。",
	"400101": "Webhook 地址缺少 access_token。在“" + pageGroup + "”重新复制完整地址并登记。",
	"400102": "群机器人已停用。在“" + pageGroup + "”启用。",
	"400013": "群已解散，或机器人已被移出。请为该单位登记新的群。",
	"400105": "该机器人不支持这种消息。请确认登记的是自定义机器人的 Webhook 地址。",
	"400106": "机器人不在群里。在“钉钉群 → 群设置 → 机器人”重新添加并登记。",
	"40035":  "消息缺少参数，请把日志交给维护人员。",
	"43002":  "请求方式不对，请检查 oapi_base 或中间代理。",
	"43004":  "请求类型不对，请检查 oapi_base 或中间代理。",
	"460101": "消息超过长度上限，请缩短内容。",
	"88":     "未获授权。请在“" + pageRobot + "”确认机器人已启用，并在“" + pageRelease + "”发布。",

	"40014": "访问凭证失效，已自动更换；若反复出现，请检查是否有别的程序在用同一应用。",
	"42001": "访问凭证失效，已自动更换；若反复出现，请检查是否有别的程序在用同一应用。",
	badCode: "登录码用过了或过期了，请重新打开页面。",
	"60011": "应用没有这个权限。在“" + pageRights + "”开通“通讯录只读权限”（个人信息），再在“" + pageRelease + "”发布。",

	badToken:                                "访问凭证失效，已自动更换；若反复出现，请检查是否有别的程序在用同一应用。",
	"invalidClientIdOrSecret":               "Client ID 或 Client Secret 不对。在“" + pageSecret + "”复制后填入 dingtalk.client_id、dingtalk.client_secret。",
	"authFailed":                            "Client ID 或 Client Secret 不对，或应用未启用 Stream 模式。在“" + pageSecret + "”核对，并在“" + pageRobot + " → 消息接收模式”选 Stream 模式后发布。",
	"invalidAppKey":                         "Client ID 不对。在“" + pageSecret + "”复制后填入 dingtalk.client_id。",
	"Forbidden.AccessDenied":                "应用缺少权限。在“" + pageRights + "”开通“企业内机器人发送消息权限”（qyapi_robot_sendmsg），再在“" + pageRelease + "”发布。",
	"Forbidden.AccessDenied.QpsLimitForApi": "调用过快，稍后自动重试。",
	"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": "调用过快，稍后自动重试。",
	"Throttling":         "调用过快，稍后自动重试。",
	"invalidParameter":   "参数不对。若与 robotCode 有关，在“" + pageRobot + "”复制 RobotCode 填入 dingtalk.robot_code；若与会话有关，请确认机器人在该群里。",
	"staffId.notExisted": "此人不在本企业的钉钉通讯录里，或不在应用的可见范围。在“" + pageRelease + "”调整可见范围，或更正名册。",
	"ServiceUnavailable": "钉钉服务暂不可用，会自动重试。",
	"InternalError":      "钉钉内部错误，会自动重试。",
	flowControlled:       "此人短时间内收到的消息太多，稍后自动重试。",
	invalidStaff:         "此人不在本企业的钉钉通讯录里，或不在应用的可见范围。在“" + pageRelease + "”调整可见范围，或更正名册。",

	badAnswer:    "对方的回答不是钉钉的格式。请检查 api_base、oapi_base 和中间代理。",
	badAddress:   "地址不是钉钉的。群机器人的 Webhook 地址应以 https://oapi.dingtalk.com/robot/send 开头；专有部署请设置 oapi_base。",
	unknownRobot: "没有登记这个群机器人。请用 import -as groups 导入。",
	noState:      "本机存储暂不可用，恢复后自动重试。",
	"network":    "连不上钉钉。请检查网络、代理和防火墙（api.dingtalk.com、oapi.dingtalk.com、wss-open-connection.dingtalk.com）。",
}

// Advice says in Chinese what fixes a code of an Outcome or a Refusal, and on
// which page of the console; empty where nothing is known of the code.
func Advice(code string) string {
	for ; code != ""; code = code[:max(0, strings.LastIndexByte(code, '.'))] {
		if a, ok := advices[code]; ok {
			return a
		}
	}
	return ""
}
