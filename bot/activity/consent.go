package activity

// ConsentText is what a volunteer agrees to, on pages as in chats; ConsentVersion changes
// with it.
const (
	ConsentVersion = "2026-11"
	ConsentText    = "我自愿参加文化志愿服务，同意主办单位和协调组办公室为报名、签到、联系和出具时长证明，记下并使用我的姓名、分队、技能、空闲时间、手机号（可以不填）、" +
		"报名用的账号、签到时间和我自己发来的位置；不作别的用途，不向别处提供，不在群里公布。" +
		"我可以随时在活动页的“我的时长”里，或在聊天里说“导出我的资料”“注销志愿者”，导出或删去我的资料；删去以后，签到和时长的记录只留编号。"
)
