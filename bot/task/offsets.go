package task

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xietiao/index/zh"
)

// How people say when a task's units are to be reminded. These read folded text with
// Arabic digits.
var (
	usualOffsets  = regexp.MustCompile(`^(?:按|用|恢复|改回|回到)?\s*(?:默认|原来|平常)(?:的)?(?:规则|设置|时间|提醒)*[。!]*$`)
	offsetsSaid   = regexp.MustCompile(`^(?:到期|期限)?前?(?:提前)?\s*((?:(?:\d{1,4}|当天|当日|期限当天|到期当天)\s*(?:个?工作日|天|日)?[\s、,和及]*)+)(?:各?提醒(?:1次)?)?[。!]*$`)
	smallNumeral  = regexp.MustCompile(`[一二两三四五六七八九十]+`)
	offsetsNumber = regexp.MustCompile(`\d+|当天|当日`)
)

// MaxOffsets is how many reminders a task can have before its deadline.
const MaxOffsets = 10

// ParseOffsets reads the working days before a deadline on which to remind: 提前 10、5、2
// 天, 5 天和当天. The first to come is the first; nil: as usual, 按默认. False: it says
// something else, or too many days.
func ParseOffsets(said string) (days []int, ok bool) {
	said = smallNumeral.ReplaceAllStringFunc(zh.Fold(strings.TrimSpace(said)), func(s string) string {
		n, _ := zh.Number(s)
		return strconv.Itoa(n)
	})
	if usualOffsets.MatchString(said) {
		return nil, true
	}
	m := offsetsSaid.FindStringSubmatch(said)
	if m == nil {
		return nil, false
	}
	for _, s := range offsetsNumber.FindAllString(m[1], -1) {
		n, _ := strconv.Atoi(s) // 当天 is 0
		days = append(days, n)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	slices.Reverse(days)
	return days, len(days) <= MaxOffsets && days[0] <= maxOff
}

// OffsetsWord says when the draft's units are reminded; empty: as usual.
func (d Draft) OffsetsWord() string {
	if d.Offsets == nil {
		return ""
	}
	var days []string
	for _, n := range d.Offsets {
		if n > 0 {
			days = append(days, strconv.Itoa(n))
		}
	}
	s := "到期前 " + strings.Join(days, "、") + " 个工作日"
	switch last := slices.Contains(d.Offsets, 0); {
	case last && len(days) == 0:
		return "到期当天提醒"
	case last:
		s += "和到期当天"
	}
	return s + "提醒"
}
