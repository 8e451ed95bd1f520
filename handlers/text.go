package handlers

// What visitors read when something does not work. The pages hold the rest.
const (
	textNotFound    = "没有这个页面"
	textMethod      = "这个地址不接受这种请求"
	textMalformed   = "请求的格式不对"
	textEmpty       = "请写下要问的事"
	textTooLong     = "问题太长了，请缩短到 500 字以内"
	textNoPlan      = "没有读入这份文件"
	textTooLarge    = "内容太大"
	textNotReady    = "正在读入文件，请稍等几秒再问"
	textOnlyInChat  = "这句话要在企业微信或钉钉里对我说，那里才知道您是谁。这个试用页只回答问题，例如“农家书屋归谁管”。"
	textRefused     = "签名不对、过期或重复，没有接受"
	textUnavailable = "数据库暂时连不上，请稍后再试"
	textBusy        = "现在问的人太多，请稍后再问"
	textLogin       = "没有认出您：这次登录过期了，或者用过了。请回到企业微信或钉钉，把刚才的链接重新打开一次"
	textLink        = "这个链接用过了，或者过了 10 分钟。请在聊天里再要一个"
	textIdentify    = "现在问不到您是谁：企业微信（钉钉）没有答复，或者应用还没有设置好。请过一会儿再打开；一直这样，请告诉组织者"
	textSignedOut   = "已经退出，这台设备不再认得您。要再用，请从聊天里重新打开链接"
	textCSRF        = "这一页放得太久了，没有提交。请刷新以后再试一次"
	textLimited     = "操作太频繁，请过一分钟再试"
	textInternal    = "出错了，请稍后再试；若一直这样，请把编号 %s 告诉管理员"
)
