package bot

import (
	"fmt"

	"xietiao/bot/holidays"
)

// What is said of holidays.
const (
	textHelpHolidays = "节假日 2027：看一年的放假安排；国务院办公厅的放假通知，全文粘贴给我，核对后就按它算"
	textUndoWhat     = "要撤销什么？说“撤销 T12”撤回刚对这项任务做的修改；“撤销节假日 2027”撤回录入的放假安排。"
)

func textSameDays(year int) string {
	return fmt.Sprintf("%d年的放假安排和现在的日历相同，不用录入。", year)
}

func textConfirmDays(c holidays.Change) string {
	s := "无误请回复“确认”，马上按它算；不要了请回复“放弃”。30 分钟内有效。"
	if len(c.Missing)+len(c.Unread) > 0 {
		return "通知分几段粘贴的，接着发下一段，合在一起再确认；没有看懂的，改好那一句再发。" + s
	}
	return s
}

func textDaysEntered(c holidays.Change) string {
	return fmt.Sprintf("%d年的放假安排已录入，从现在起按它算，没办完的任务重排提醒。要撤回请说“撤销节假日 %d”。", c.Year, c.Year) + stillUnknown(c)
}

func textDaysUndone(c holidays.Change) string {
	return fmt.Sprintf("%d年的放假安排已退回到上一次录入之前，没办完的任务重排提醒。再说一次“撤销节假日 %d”就恢复。", c.Year, c.Year) + stillUnknown(c)
}

func stillUnknown(c holidays.Change) string {
	if c.Known {
		return ""
	}
	return fmt.Sprintf("%d年还是“假期未定”。", c.Year)
}
