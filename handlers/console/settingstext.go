package console

import "fmt"

// What the pages of the settings say beside their templates.
const (
	textSettings    = "设置"
	textTabCheck    = "检查"
	textTabCalendar = "节假日"
	textTabPauses   = "暂停推送"
	textTabRules    = "规则"
	textTabBackup   = "备份"
	textTabVerify   = "核对"
	textRules       = "提醒的规则和时段"
	textCalendar    = "节假日"
	textPauses      = "暂停推送"
	textBackup      = "备份"
	textVerify      = "核对历史"

	textYearByNotice = "看通知里写的"
	textWhichYear    = "请说明是哪一年。"
	textPickUnit     = "请选"
	textWhichUnit    = "请选单位，或者选“全部单位”。"
	textBadUntil     = "日期不对：要是今天或以后的一天；不填就一直暂停到恢复。"
	textNotPaused    = "没有暂停着，可能刚恢复了。"
	textResumed      = "恢复了，等着的通知会接着发出。"
)

func textYear(year int) string { return fmt.Sprintf("%d年", year) }

func textDaysEntered(year int) string {
	return fmt.Sprintf("%d年的节假日录入了，任务的提醒会照新的日历重排。", year)
}

func textDaysUndone(year int, effect string) string {
	return fmt.Sprintf("%d年的录入撤销了。%s", year, effect)
}
