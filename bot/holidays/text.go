package holidays

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
)

// Everything that users read of this package. What people wrote goes through
// chat.Plain.

const (
	textUnknown = "假期未定"
	textNoTable = "没有找到表头：要有“日期”和“安排”（写放假或上班）两列，可以另有“名称”一列"
	textOther   = "其他"

	shownDays = 20 // changed days that are listed
)

// HowToEnter says when a year's notice comes, and what to do with it.
func HowToEnter(year int) string {
	return fmt.Sprintf("国务院办公厅关于%d年部分节假日安排的通知一般在%d年11月公布；公布后由办公室把全文粘贴给机器人，或者粘贴在控制台的“设置·节假日”里", year, year-1)
}

// Tell words an error of this package, or of reading a notice; empty if it is neither.
func Tell(err error) string {
	switch {
	case errors.Is(err, ErrNothing):
		return "没有录入过这一年的节假日安排，没有可以撤销的。"
	case errors.Is(err, calendar.ErrNoHolidays):
		return "没有读到哪天放假。请粘贴通知的原文，例如“一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。”"
	case errors.Is(err, calendar.ErrOtherYear):
		return "这是另一年的通知，请核对年份。"
	}
	return ""
}

func textPlace(sheet, cell string) string { return strings.TrimPrefix(sheet+"!"+cell, "!") + "：" }
func textNoDate(said string) string {
	return "“" + clip(said) + "”不是日期，请写成 2027-01-01"
}
func textNoKind(said string) string {
	return "“" + clip(said) + "”看不出是放假还是上班，请写“放假”或“上班”"
}
func textTwice(d calendar.Date) string { return d.String() + "前面写的不一样" }
func textOtherYear(d calendar.Date, year int) string {
	return fmt.Sprintf("表里多半是%d年的日子，但有 %s：一份表只放一年（可以有上一年12月的）", year, d)
}

const shownRunes = 200 // of what somebody wrote

func clip(s string) string {
	r := []rune(strings.Join(strings.Fields(chat.Plain(s)), " "))
	if len(r) > shownRunes {
		r = append(r[:shownRunes], '…')
	}
	return string(r)
}

func day(d calendar.Date) string {
	return fmt.Sprintf("%d月%d日（周%s）", int(d.M), d.D, string([]rune("日一二三四五六")[d.Weekday()]))
}

// list words days by their holiday, as a notice does: 元旦：1月1日（周五）至3日（周日）放假，1月4日
// （周一）上班. Days of the year before have it.
func list(days []calendar.Correction, year int) (lines []string) {
	var names []string
	for _, off := range []bool{true, false} {
		for _, k := range days {
			if k.Off == off && !slices.Contains(names, k.Name) {
				names = append(names, k.Name)
			}
		}
	}
	for _, name := range names {
		of := slices.DeleteFunc(slices.Clone(days), func(k calendar.Correction) bool { return k.Name != name })
		var parts []string
		for _, off := range []bool{true, false} {
			if some := spans(of, off, year); len(some) > 0 {
				parts = append(parts, strings.Join(some, "、")+map[bool]string{true: "放假", false: "上班"}[off])
			}
		}
		lines = append(lines, cmp.Or(chat.Plain(name), textOther)+"："+strings.Join(parts, "，"))
	}
	return lines
}

// spans words the days that are off, or worked, runs of them as one.
func spans(days []calendar.Correction, off bool, year int) (out []string) {
	var from, to calendar.Date
	end := func() {
		if from.IsZero() {
			return
		}
		s := day(from)
		if from.Y != year {
			s = fmt.Sprintf("%d年", from.Y) + s
		}
		if to != from {
			s += "至" + day(to)
		}
		out = append(out, s)
	}
	for _, k := range days {
		if k.Off != off {
			continue
		}
		if from.IsZero() || k.Date != to.AddDays(1) {
			end()
			from = k.Date
		}
		to = k.Date
	}
	end()
	return out
}

// count counts the days off, and those worked.
func count(days []calendar.Correction) string {
	off := 0
	for _, k := range days {
		if k.Off {
			off++
		}
	}
	return fmt.Sprintf("放假 %d 天，调休上班 %d 天", off, len(days)-off)
}

// String reads back what was read, with what was not, and what it changes.
func (c Change) String() string {
	lines := []string{fmt.Sprintf("%d年节假日安排，%s：", c.Year, count(c.Days))}
	lines = append(lines, list(c.Days, c.Year)...)
	lines = append(lines, c.doubts()...)
	if len(c.Missing) > 0 {
		lines = append(lines, "还没有读到："+strings.Join(c.Missing, "、"))
	}
	if len(c.Overruled) > 0 {
		lines = append(lines, "配置的 holidays 另有规定，以它为准："+strings.Join(list(c.Overruled, c.Year), "；"))
	}
	if effect := c.Effect(); effect != "" {
		lines = append(lines, effect)
	}
	return strings.Join(lines, "\n")
}

// Doubts words what was not understood; empty if all was.
func (rd Reading) Doubts() string { return strings.Join(rd.doubts(), "\n") }

func (rd Reading) doubts() (lines []string) {
	for i, s := range rd.Unread {
		if i == 0 {
			lines = append(lines, "没有看懂、不会照它改的，请核对日期、星期和天数：")
		}
		lines = append(lines, "· “"+clip(s)+"”")
	}
	return lines
}

// Effect words the days that are then worked and were not, and the other way round;
// of a year of which nothing was known only whether it is known then.
func (c Change) Effect() string {
	if c.Empty() {
		return "与现在的日历相同，没有变化。"
	}
	var worked, off []string
	for _, d := range c.Changed {
		switch {
		case d.Worked && !d.Was:
			worked = append(worked, day(d.Date))
		case d.Was && !d.Worked:
			off = append(off, day(d.Date))
		}
	}
	var lines []string
	for _, w := range []struct {
		days []string
		what string
	}{{off, "改为休息"}, {worked, "改为上班"}} {
		if n := len(w.days); n > 0 && !c.Fresh {
			s := strings.Join(w.days[:min(n, shownDays)], "、")
			if n > shownDays {
				s += fmt.Sprintf("等 %d 天", n)
			}
			lines = append(lines, w.what+"："+s)
		}
	}
	if !c.Known {
		lines = append(lines, fmt.Sprintf("%d年还是“%s”：元旦、劳动节、国庆节都有了才算已知。", c.Year, textUnknown))
	}
	return strings.Join(lines, "\n")
}

// String words what is known of the year, and from where; who is who entered its notice.
func (y Year) String(who string) string {
	if len(y.Days) == 0 {
		return fmt.Sprintf("%d年%s，只按周末算。", y.Year, textUnknown) + HowToEnter(y.Year) + "。"
	}
	head := fmt.Sprintf("%d年，%s", y.Year, count(y.Days))
	if !y.Known {
		head += "（" + textUnknown + "：还不全）"
	}
	lines := append([]string{head + "："}, list(y.Days, y.Year)...)
	var from []string
	if y.Published {
		from = append(from, "程序自带")
	}
	if len(y.Notice.Days) > 0 {
		from = append(from, fmt.Sprintf("%s于%s录入的通知", who, y.Notice.At.Format("2006年1月2日")))
	}
	if y.Settings > 0 {
		from = append(from, fmt.Sprintf("配置里的 %d 天", y.Settings))
	}
	return strings.Join(append(lines, "来源："+strings.Join(from, "；")+"。"), "\n")
}
