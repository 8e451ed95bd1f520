package plan

import (
	"fmt"
	"regexp"
	"strings"

	"xietiao/index/zh"
)

// maxFrame bounds the paragraphs in which a document's title and number stand.
const maxFrame = 40

// yearNo matches the year and serial of a document number: 〔2020〕1号, [2020]1号.
var yearNo = regexp.MustCompile(`(?:〔|\[|［|【|\(|（)(?:19|20)\d{2}(?:〕|\]|］|】|\)|）)第?\d{1,5}号`)

// noWord matches what stands before them: 乐公共协, 国办发. It holds no word of a sentence.
var noWord = regexp.MustCompile(`(?:通知|文件|文号|字号|编号|方案|意见|办法|[：:\s》）)])?([\p{Han}]{1,14})$`)

// titleEnd matches the last word of a document's name.
var titleEnd = regexp.MustCompile(`(?:通知|意见|函|批复|公告|决定|决议|通报|通告|方案|办法|规定|规则|制度|细则|条例|计划|规划|要点|安排|分工|清单|职责|措施|章程|纲要|预案|机制|分解|任务书|任务|目录|指南|分[工解]表|一览表|任务表|责任表|清单表|汇总表|名单|标准|行动|工程|汇编)(?:[（(][^（()）]{1,16}[)）])?$`)

// issued matches X关于印发《Y》的通知; Y may stand without its quotation marks.
var issued = regexp.MustCompile(`^(.*?)关于(?:调整)?(?:印发|转发|下发|公布|发布|批转)(.+?)的(?:通知|函|意见)(?:[（(].{1,12}[)）])?$`)

// about matches X关于Y的通知.
var about = regexp.MustCompile(`^(.*?)关于.+$`)

// masthead matches 乐清市人民政府办公室文件.
var masthead = regexp.MustCompile(`^([\p{Han}]{3,40})文件$`)

// webField matches what a government site prints about a document.
var webField = regexp.MustCompile(`^(索引号|标题|名称|发文机关|发布机构|制发机关|发文单位|发文字号|文号|文件编号|成文日期|发文日期|印发日期|发布日期|公开日期|生成日期|主题分类|主题词|公开方式|有效性|体裁分类|组配分类|信息分类|服务对象|关键词|废止日期|生效日期|统一编号|登记号|文件状态|公文时效|时效)[：:](.*)$`)

// publicLine matches （此件公开发布） and its like.
var publicLine = regexp.MustCompile(`^[（(](?:此件|此文|本文|本件|信息公开|公开|依申请|主动公开|联系人|联系电话|有删减)[^。]{0,40}[)）]$|^(?:公开方式|信息公开选项|抄送|主题词|校对|印发份数)[：:]|^.{4,40}\d{4}年\d{1,2}月\d{1,2}日印发$|^主动公开$|^（?本文有删减）?$`)

// signedDate matches a sign-off in one line: 省政府办公厅2021年4月16日.
var signedDate = regexp.MustCompile(`^([\p{Han}]{4,60}?)([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|二[〇○零][〇○零一二三四五六七八九]{2}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日)$`)

// readMeta finds title, number, issuer and date, and marks the paragraphs that
// make the document's frame.
func (p *parser) readMeta() {
	p.readWebFields()
	title, at := p.findTitle()
	p.readDocNo(at)
	signer := p.readSignOff(at.to)
	p.nameIssuer(title, signer)
	p.plan.Title = title
	if at.len() > 0 {
		p.nameInside(title, at)
		p.skipRepeats(title, at.to)
		p.readAddressee(at.to)
	}
	p.skipAnnexList()
	p.skipContents()
	for i := range p.paras {
		if p.paras[i].table == nil && publicLine.MatchString(p.text(i)) {
			p.role[i] = roleFrame // stays unread
		}
	}
}

func (p *parser) text(i int) string { return p.src.str(p.paras[i].span) }

func (p *parser) frame(i int) {
	p.role[i] = roleFrame
	p.src.own(p.paras[i].span)
}

// findTitle looks for the first lines that together read as a document's name.
// The result's span counts paragraphs.
func (p *parser) findTitle() (string, span) {
	limit := min(len(p.paras), maxFrame)
	for _, ok := range []func(string) bool{isNotice, isPlainTitle} {
		for i := 0; i < limit; i++ {
			text := ""
			for j := i; j < min(i+5, len(p.paras)) && p.titleLine(j); j++ {
				text += p.text(j)
				if text = trimNo(text); ok(text) {
					for k := i; k <= j; k++ {
						p.frame(k)
					}
					return text, span{i, j + 1}
				}
			}
			if p.paras[i].table != nil || p.paras[i].mark.kind >= markHan {
				break
			}
		}
	}
	return "", span{}
}

// titleLine reports whether a paragraph may be a line of a title.
func (p *parser) titleLine(i int) bool {
	pa := p.paras[i]
	if p.role[i] == roleFrame || pa.table != nil || pa.len() > 90 || pa.mark.kind != markNone {
		return false
	}
	t := p.text(i)
	return !strings.ContainsAny(t, "。；：;") && !masthead.MatchString(t) && !dateLine.MatchString(t) && yearNo.FindString(t) != t
}

// trimNo takes a document number off the ends of a title.
func trimNo(t string) string {
	m := yearNo.FindStringIndex(t)
	if m == nil {
		return t
	}
	if rest := t[m[1]:]; strings.Contains(rest, "关于") {
		return rest
	}
	w := noWord.FindStringSubmatch(t[:m[0]])
	if w == nil {
		return ""
	}
	return strings.TrimSuffix(t[:m[0]], afterWord(w[1]))
}

func isNotice(t string) bool {
	return strings.Contains(t, "关于") && titleEnd.MatchString(t) && !openBrackets([]rune(t)) && len([]rune(t)) >= 8
}

func isPlainTitle(t string) bool {
	n := len([]rune(t))
	return n >= 6 && n <= 60 && titleEnd.MatchString(t) && !openBrackets([]rune(t)) && !strings.Contains(t, "，")
}

// readDocNo takes the first number of the frame; one that only a sentence
// quotes is not the document's own.
func (p *parser) readDocNo(title span) {
	for i := 0; i < min(len(p.paras), max(title.to+6, 12)) && p.plan.DocNo == ""; i++ {
		if p.paras[i].table != nil {
			continue
		}
		t := p.text(i)
		m := yearNo.FindStringIndex(t)
		if m == nil || strings.ContainsAny(t, "。；") || len([]rune(t)) > 120 {
			continue
		}
		w := noWord.FindStringSubmatch(t[:m[0]])
		if w == nil {
			continue
		}
		p.plan.DocNo = afterWord(w[1]) + t[m[0]:m[1]]
		if p.role[i] != roleFrame {
			p.frame(i)
		}
	}
}

// afterWord drops what runs into a number from the words before it.
func afterWord(s string) string {
	for _, w := range []string{"的通知", "通知", "文件", "发文字号", "文号", "字号", "方案", "意见", "的函", "批复", "决定", "办法", "的报告", "公告", "通报", "规定"} {
		if k := strings.LastIndex(s, w); k >= 0 {
			s = s[k+len(w):]
		}
	}
	return s
}

// readSignOff finds the date below the issuer's name and returns that name.
func (p *parser) readSignOff(from int) string {
	signer := ""
	for i := from; i < len(p.paras); i++ {
		if p.paras[i].table != nil || p.paras[i].len() > 70 {
			continue
		}
		t := p.text(i)
		if m := signedDate.FindStringSubmatch(t); m != nil && isOrg(m[1]) {
			p.setDate(m[2])
			p.frame(i)
			signer = m[1]
			break
		}
		if !dateLine.MatchString(t) {
			continue
		}
		p.setDate(t)
		p.frame(i)
		for j := i - 1; j >= from && i-j <= 6; j-- {
			if p.paras[j].table != nil || p.paras[j].mark.kind != markNone || !isOrg(p.text(j)) {
				break
			}
			signer = p.text(j)
			p.frame(j)
		}
		break
	}
	if p.plan.DateText == "" {
		p.readInnerDate(from)
	}
	return signer
}

var (
	// innerSign matches a sign-off whose line end was lost: …执行。国务院办公厅2020年11月1日（此件公开发布）.
	innerSign = regexp.MustCompile(`([\p{Han}]{3,40})(\d{4}年\d{1,2}月\d{1,2}日)(?:[（(]此件|附件|$)`)
	// adopted matches the line below the title of a statute: 2020年4月28日…会议通过.
	adopted = regexp.MustCompile(`^[（(]?\d{4}年\d{1,2}月\d{1,2}日.{2,60}(?:通过|公布|发布)`)
)

// readInnerDate looks for a date that is no line of its own.
func (p *parser) readInnerDate(from int) {
	for i := 0; i < len(p.paras); i++ {
		if p.paras[i].table != nil {
			continue
		}
		t := p.text(i)
		if i < from+6 && adopted.MatchString(t) {
			p.setDate(t)
			return
		}
		if m := innerSign.FindStringSubmatch(t); m != nil && trailingOrg(m[1]) {
			p.setDate(m[2])
			return
		}
	}
}

// trailingOrg reports whether a text ends in the name of a body.
func trailingOrg(t string) bool {
	r := []rune(t)
	for k := range r {
		if isIssuer(string(r[k:])) && isOrg(string(r[k:])) {
			return true
		}
	}
	return false
}

func (p *parser) setDate(text string) {
	if p.plan.DateText != "" {
		return
	}
	if y, m, d, start, end, ok := zh.ParseDate(text); ok {
		p.plan.DateText = string([]rune(text)[start:end])
		p.plan.Date = fmt.Sprintf("%04d-%02d-%02d", y, m, d)
	}
}

// nameIssuer prefers the full name in the title, then the masthead, then the
// sign-off, then what the web page says.
func (p *parser) nameIssuer(title, signer string) {
	if m := about.FindStringSubmatch(title); m != nil && isIssuer(m[1]) {
		p.plan.Issuer = m[1]
		return
	}
	for i := 0; i < min(len(p.paras), maxFrame); i++ {
		if m := masthead.FindStringSubmatch(p.text(i)); m != nil && p.paras[i].table == nil {
			p.role[i] = roleFrame
			p.plan.Issuer = m[1]
			p.src.own(p.paras[i].span)
			return
		}
	}
	if signer != "" {
		p.plan.Issuer = signer
	}
}

func isIssuer(s string) bool {
	n := len([]rune(s))
	return n >= 3 && n <= 60 && (isOrg(s) || orgEnd.of(s))
}

// nameInside replaces the title of a notice by the name of the plan it issues
// where that plan follows.
func (p *parser) nameInside(title string, at span) {
	m := issued.FindStringSubmatch(title)
	if m == nil {
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(m[2], "《"), "》")
	for i := at.to; i < len(p.paras); i++ {
		text := ""
		for j := i; j < min(i+4, len(p.paras)) && p.paras[j].table == nil && p.paras[j].len() <= 80 && p.paras[j].mark.kind == markNone; j++ {
			text += p.text(j)
			if !sameTitle(name, text) {
				continue
			}
			p.plan.Title = name
			for k := i; k <= j; k++ {
				p.frame(k)
			}
			return
		}
	}
}

// sameTitle compares names without their punctuation; the plan's own title
// often drops the county in front.
func sameTitle(name, text string) bool {
	a, b := letters(name), letters(text)
	return a == b || len(b) >= 24 && strings.HasSuffix(a, b) || len(a) >= 24 && strings.HasSuffix(b, a) && len(b) < len(a)+48
}

var notLetter = regexp.MustCompile(`[^\p{Han}\p{L}\d]+`)

func letters(s string) string { return notLetter.ReplaceAllString(s, "") }

// skipAnnexList marks the lines that only announce annexes (附件：1.甲 2.乙):
// an annex that begins later in the text is announced, not begun, here.
func (p *parser) skipAnnexList() {
	last := map[string]int{}
	for i := range p.paras {
		if m := p.paras[i].mark; m.kind == markAnnex {
			last["附件"] = i
			last[m.path] = i
		}
	}
	for i := 0; i < len(p.paras); i++ {
		pa := p.paras[i]
		if pa.mark.kind != markAnnex || p.role[i] == roleFrame || last[pa.mark.path] <= i && (last["附件"] <= i || pa.mark.no > 0) || pa.body().len() == 0 {
			continue
		}
		p.role[i] = roleFrame
		for i+1 < len(p.paras) && p.paras[i+1].mark.kind == markNum && p.paras[i+1].len() <= 60 && p.paras[i+1].mark.no > 1 {
			i++
			p.role[i] = roleFrame
		}
	}
}

// skipContents marks a table of contents: the lines after 目录 up to where the
// first of them stands again. They stay unread.
func (p *parser) skipContents() {
	for i := range p.paras {
		if p.paras[i].table != nil || p.text(i) != "目录" || i+1 >= len(p.paras) {
			continue
		}
		first := letters(p.text(i + 1))
		for j := i + 2; j < len(p.paras) && first != ""; j++ {
			if p.paras[j].table == nil && p.paras[j].len() <= maxTitle && letters(p.text(j)) == first {
				for k := i; k < j; k++ {
					p.role[k] = roleFrame
				}
				return
			}
		}
		return
	}
}

// skipRepeats marks lines that print the title again, as web pages do.
func (p *parser) skipRepeats(title string, from int) {
	want := letters(title)
	for i := from; i < min(from+maxFrame, len(p.paras)); i++ {
		if p.paras[i].table == nil && p.role[i] == roleBody && p.paras[i].len() <= 2*len([]rune(title)) && letters(trimNo(p.text(i))) == want {
			p.frame(i)
		}
	}
}

// readAddressee marks the line of 主送机关 below the title; it stays unread.
func (p *parser) readAddressee(from int) {
	for i := from; i < min(from+4, len(p.paras)); i++ {
		if p.role[i] == roleFrame {
			continue
		}
		t := p.text(i)
		if p.paras[i].table == nil && p.paras[i].mark.kind == markNone && (strings.HasSuffix(t, "：") || strings.HasSuffix(t, ":")) && !strings.Contains(t, "。") {
			p.role[i] = roleFrame
		}
		return
	}
}

// readWebFields takes what a government site says about the document from the
// lines and the table above it.
func (p *parser) readWebFields() {
	for i := 0; i < min(len(p.paras), maxFrame); i++ {
		if p.paras[i].table != nil {
			continue
		}
		m := webField.FindStringSubmatch(p.text(i))
		if m == nil {
			continue
		}
		p.role[i] = roleFrame
		p.webField(m[1], m[2])
	}
}

func (p *parser) webField(name, value string) {
	switch name {
	case "发文机关", "制发机关", "发文单位":
		p.plan.Issuer = value
	case "成文日期", "发文日期", "印发日期":
		p.setDate(value)
	case "发文字号", "文号", "文件编号":
		if m := yearNo.FindStringIndex(value); m != nil && m[1] == len(value) {
			p.plan.DocNo = value
		}
	}
}

func isLabelLine(s string) bool { return labelLine.MatchString(s) }

// labelLine matches a line that names responsible units or a date limit: 牵头单位：A.
var labelLine = regexp.MustCompile(`^[（(\[【〔]?(?:` + label.String() + `)`)

// annexDutyOffice matches the duty or sentence that says who runs the office.
var (
	officeDuty = regexp.MustCompile(`承担[^，。；]{0,40}(?:协调组|领导小组|联席会议|工作组|指挥部|委员会|专班|小组)[^，。；]{0,8}(?:办公室)?[^，。；]{0,4}(?:日常|具体)工作`)
	officeAt   = regexp.MustCompile(`(?:办公室设在|日常工作由)([^，。；（(]{2,24})`)
)

// readOffice finds the unit that carries the office's daily work: the one where
// the office is said to be, else the one whose duty it is.
func (p *parser) readOffice() {
	for i := range p.paras {
		if p.paras[i].table != nil {
			continue
		}
		if m := officeAt.FindStringSubmatch(p.text(i)); m != nil {
			if name := leadingOrg(m[1]); name != "" {
				p.plan.Office = name
				return
			}
		}
	}
	for _, u := range p.plan.Units {
		for _, d := range u.Duties {
			if officeDuty.MatchString(d.Text) {
				p.plan.Office = u.Name
				return
			}
		}
	}
}

// leadingOrg is the longest beginning of a text that names a body.
func leadingOrg(text string) string {
	r := []rune(text)
	for n := len(r); n >= minName; n-- {
		if isOrg(string(r[:n])) {
			return string(r[:n])
		}
	}
	return ""
}
