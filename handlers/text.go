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
	textInternal    = "出错了，请稍后再试；若一直这样，请把编号 %s 告诉管理员"
)
