package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/index/zh"
)

// limitPhrase matches the phrases by which a text sets a last day, longest
// first: 2021年6月底前, 12月10日前, 2021年年底前, 到2025年底, 年内, 第四季度末.
var limitPhrase = regexp.MustCompile(`(?:(?:20\d\d|今|本|明|当)年)?\d{1,2}月(?:份)?(?:\d{1,2}[日号]|月?底|末|初|[上中下]旬)?(?:之前|以前|前)` +
	`|(?:20\d\d|今|本|明|当)年\d{1,2}月(?:份)?(?:底|末)` +
	`|(?:到|至)?20\d\d年年?(?:底|末)(?:之前|以前|前)?` +
	`|(?:今|本|明|当)?年年?(?:底|末)(?:之前|以前|前)` +
	`|(?:20\d\d|今|本|明|当)年第?[一二三四1-4]季度(?:末|底|内|中)?(?:之前|以前|前)?` +
	`|第[一二三四]季度(?:末|底|内)?(?:之前|以前|前)?|[一二三四]季度(?:末|底|内|前|之前|以前)` +
	`|(?:20\d\d|今|本|明|当)年(?:年)?内|年内` +
	`|(?:20\d\d|今|本|明|当)年[上下]半年(?:内|前)?|[上下]半年(?:内|前|底前)` +
	`|20\d\d年(?:之前|以前|前)` +
	`|到20\d\d年` +
	`|(?:本\p{Han}{1,4}|文件|自)?印发之日起\d{1,3}(?:日|天|个工作日|个月)内`)

// notLimit matches what stands before a phrase that is no last day: 延长至2022年底, 截至2020年底, 5年内, 每年第四季度.
var notLimit = regexp.MustCompile(`(?:延长至?|延期至?|有效期至?|截至|截止到?|自|从|以来|\d|[一二两三四五六七八九十几数每上]|每年|历|近|往|至20\d\d年至?)$`)

// pastThing matches what follows a date that only describes things of the past: 2000年前建成的.
var pastThing = regexp.MustCompile(`^(?:[^，。；、]{0,6}(?:建成|注册|登记|出生|参加工作|发生|形成|取得|成立|入学|入伍|出台|存量|建造|竣工)的|以来)`)

// limits returns the phrases in order, each once.
func limits(text string) []string {
	var out []string
	for _, m := range limitPhrase.FindAllStringIndex(text, -1) {
		before := text[max(0, m[0]-24):m[0]]
		if notLimit.MatchString(before) && !strings.Contains(text[m[0]:m[1]], "之日起") || pastThing.MatchString(text[m[1]:]) {
			continue
		}
		if clause := text[strings.LastIndexAny(text[:m[0]], "，。；,;")+1 : m[0]]; recurs.MatchString(clause[max(0, len(clause)-24):]) {
			continue // 每年6月底、12月底前
		}
		p := text[m[0]:m[1]]
		if !contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// deadline gives an item's deadline: what a label or column says, else the
// phrases of its text.
func deadline(when, text string) string {
	if when = strings.TrimSpace(when); when != "" {
		return when
	}
	return strings.Join(limits(text), "；")
}

var (
	yearOf    = regexp.MustCompile(`20\d\d`)
	monthOf   = regexp.MustCompile(`(\d{1,2})月`)
	dayOf     = regexp.MustCompile(`月(\d{1,2})[日号]`)
	quarterOf = regexp.MustCompile(`([一二三四1-4])季度`)
)

// DueDay is the last day that the phrases fix, as ISO; year is the plan's own
// and stands in where a phrase names none, 0 when unknown. Phrases that fix no
// day give "".
func DueDay(deadline string, year int) string {
	best := ""
	for _, clause := range strings.FieldsFunc(deadline, func(r rune) bool { return strings.ContainsRune("；;，,。", r) }) {
		if recurs.MatchString(clause) {
			continue
		}
		for _, p := range strings.Split(clause, "、") {
			best = max(best, lastDay(p, year))
		}
	}
	return best
}

// recurs matches what a phrase says that comes again: 每年10月底前 has no last day.
var recurs = regexp.MustCompile(`每|逐[年月季]|按[年月季]|各年`)

// numericDate matches 2024/12/31, 2024-12-31, 2024.12.31 and 2024.10.
var numericDate = regexp.MustCompile(`(20\d\d)([-/.])(\d{1,2})(?:([-/.])(\d{1,2}))?`)

func lastDay(p string, year int) string {
	if all := numericDate.FindAllStringSubmatch(p, -1); len(all) > 0 {
		return numericDay(all[len(all)-1])
	}
	y := yearIn(p, year)
	if y == 0 {
		return ""
	}
	month, day := 0, 0
	switch {
	case monthOf.MatchString(p):
		month, _ = strconv.Atoi(lastMatch(monthOf, p))
		if m := lastMatch(dayOf, p); m != "" {
			day, _ = strconv.Atoi(m)
		} else if strings.Contains(p, "上旬") {
			day = 10
		} else if strings.Contains(p, "中旬") {
			day = 20
		} else if strings.HasSuffix(p, "月前") || strings.Contains(p, "初") {
			return "" // 6月前: the day before June or its end, readers differ
		}
	case quarterOf.MatchString(p):
		q, _ := zh.Number(lastMatch(quarterOf, p))
		month = 3 * q
	case strings.Contains(p, "上半年"):
		month = 6
	case strings.Contains(p, "年底"), strings.Contains(p, "年末"), strings.Contains(p, "年内"), strings.Contains(p, "下半年"), strings.HasPrefix(p, "到20"):
		month = 12
	case strings.HasSuffix(p, "年前"), strings.HasSuffix(p, "年"):
		return ""
	}
	return isoDay(y, month, day)
}

// numericDay is the day of a match of [numericDate]; a month alone gives its last.
func numericDay(m []string) string {
	y, _ := strconv.Atoi(m[1])
	month, _ := strconv.Atoi(m[3])
	day, _ := strconv.Atoi(m[5])
	if m[5] != "" && (m[2] != m[4] || day == 0) {
		return ""
	}
	return isoDay(y, month, day)
}

// isoDay writes a day, the month's last where day is 0; "" when there is none such.
func isoDay(y, month, day int) string {
	if month < 1 || month > 12 {
		return ""
	}
	end := time.Date(y, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if day == 0 {
		day = end
	}
	if day > end {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, month, day)
}

func yearIn(p string, year int) int {
	if y := yearOf.FindAllString(p, -1); len(y) > 0 {
		n, _ := strconv.Atoi(y[len(y)-1])
		return n
	}
	if year > 0 && strings.Contains(p, "明年") {
		return year + 1
	}
	return year
}

func lastMatch(re *regexp.Regexp, s string) string {
	all := re.FindAllStringSubmatch(s, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// ownYear is the year a plan speaks of: the one in its title, else its date's.
func (p *parser) ownYear() int {
	if y := yearOf.FindAllString(p.plan.Title, -1); len(y) == 1 {
		n, _ := strconv.Atoi(y[0])
		return n
	}
	if len(p.plan.Date) >= 4 && !strings.Contains(p.plan.Title, "—") {
		n, _ := strconv.Atoi(p.plan.Date[:4])
		return n
	}
	return 0
}
