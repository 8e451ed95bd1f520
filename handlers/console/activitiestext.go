package console

// What the pages of activities say.
const (
	textNoOrganiser       = "请从成员单位里选主办单位。"
	textBadMoment         = "请把开始和结束的日期、时间都选好。"
	textBadPlaces         = "名额要是大于 0 的数字；不限就空着。"
	textActivityMade      = "草稿存好了，还没有人看得到。请核对下面的内容，对了就发布。"
	textActivityPublished = "已经发布，可以报名了。"
	textActivityCancelled = "已经取消，报了名的人会收到通知。"
	textWhyCancel         = "请写明为什么取消，报了名的人会看到。"
)
