package wecom

// What the channel itself says to people.
const (
	textStreamGone = "这条回复已经过期，请再问一次。"
	textColon      = "：" // between a fact's name and its value
	textCut        = "…" // ends what a card cannot show in full
)

// advice says where in the console to mend what a code complains of.
var advice = map[string]string{
	"40001":       "Secret 不对：管理后台 → 应用管理 → 本应用 → Secret，重新查看后填入 wecom.secret。",
	"40013":       "企业ID不对：管理后台 → 我的企业 → 企业信息，把最下面的企业ID填入 wecom.corp_id。",
	"40056":       "AgentId 不对：管理后台 → 应用管理 → 本应用，把 AgentId 填入 wecom.agent_id。",
	"301002":      "没有操作这个应用的权限：wecom.agent_id 和 wecom.secret 要来自同一个应用（管理后台 → 应用管理 → 本应用）。",
	"60020":       "本机的出口 IP 不在可信名单里：管理后台 → 应用管理 → 本应用 → 企业可信IP，把它加进去（要先设好可信域名或接收消息的地址）。",
	"60011":       "应用没有这个权限：管理后台 → 应用管理 → 本应用 → 可见范围，把要通知的部门和人加进去。",
	"48002":       "这个接口没有开放给本应用：管理后台 → 应用管理 → 本应用，打开相应的接口权限；通讯录要用有权限的应用读取。",
	"50001":       "网页授权的域名没有登记：管理后台 → 应用管理 → 本应用 → 网页授权及JS-SDK，设置可信域名。",
	"50002":       "此人不在应用的可见范围：管理后台 → 应用管理 → 本应用 → 可见范围。",
	"50003":       "应用已停用：管理后台 → 应用管理 → 本应用，重新启用。",
	"40003":       "没有这个成员账号：管理后台 → 通讯录，核对名册里的企业微信账号。",
	"60111":       "没有这个成员账号：管理后台 → 通讯录，核对名册里的企业微信账号。",
	"43004":       "此人还没有加入企业：管理后台 → 通讯录，邀请其加入并激活。",
	"81013":       "收不到：此人不在应用的可见范围，或账号不对。管理后台 → 应用管理 → 本应用 → 可见范围。",
	"93000":       "群机器人的地址无效或机器人已被移出群：在群里打开 群设置 → 消息推送，重新添加并导入新的 Webhook 地址。",
	"93001":       "群机器人的地址无效或机器人已被移出群：在群里打开 群设置 → 消息推送，重新添加并导入新的 Webhook 地址。",
	"93004":       "群机器人已停用：在群里打开 群设置 → 消息推送，重新启用或重新添加。",
	"93006":       "机器人不在这个群，或还没有人在群里和它说过话：先把它加进群，再 @ 它一次。",
	"93008":       "机器人不在这个群：在群里打开 群设置，重新添加。",
	"45009":       "发得太快，企业微信要求等到下一分钟，会自动再发。",
	"45033":       "同时发得太多，会自动再发。",
	"40058":       "内容太长或参数不对，这条没有发出。",
	"45002":       "内容太长，这条没有发出。",
	"44004":       "内容是空的，这条没有发出。",
	CodeTooLong:   "内容太长，这条没有发出。",
	CodeEmpty:     "内容是空的，这条没有发出。",
	CodeNoSession: "回复的期限已过，请对方再问一次。",
	CodeNoPerson:  "没有可用的企业微信账号：在名册里补上。",
	CodeNoRobot:   "没有这个群机器人，或它的地址不是企业微信的：重新导入群机器人。",
	CodeNetwork:   "连不上企业微信：检查本机网络、代理和 wecom.api_base。",
	CodeNoLink:    "智能机器人没有连上：看机器人一栏写的原因，连上后会自动再发。",
	CodeNoChat:    "没有这个会话：让对方先和机器人说一句话，或在群里 @ 它一次。",
	CodeCard:      "卡片不合要求，这条没有发出。",
	CodeAnswer:    "对方的回答不是企业微信的格式：检查代理和 wecom.api_base。",
}

// Advice says in Chinese what to do about a code of an Outcome or of an Error,
// naming the page of the console that mends it; "" where nothing is known.
func Advice(code string) string { return advice[code] }

// Why the long connection of an AI bot is not there, for the console.
const (
	faultIdle     = "没有运行"
	faultStandby  = "由另一个实例连接"
	faultReplaced = "另一处已连接：同一个机器人被别的程序连接了，五分钟内不再抢连"
	faultRefused  = "企业微信不接受这个机器人（错误码 %d）：管理后台 → 智能机器人 → API 模式 → 长连接，核对 BotID 和 Secret"
	faultState    = "存储不可用，暂不连接"
	faultNetwork  = "连不上企业微信，正在重试"
)
