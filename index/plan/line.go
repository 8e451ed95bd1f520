package plan

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// para is a paragraph: one block of the document, or several whose line ends
// only cut a sentence. A table stands as a paragraph of its own.
type para struct {
	span
	mark  marker
	style string
	table *sheet.Table
	cells [][]span // of a table: where each cell's text stands
}

// body is what follows the printed number.
func (p para) body() span { return span{p.from + p.mark.end, p.to} }

// line is one block before cut sentences are joined.
type line struct {
	span
	block doc.Block
	page  bool // a page number or a piece of the web page around the text
}

// pageLine matches a page number on a line of its own: — 3 —, - 3 -, 第3页 共8页.
var pageLine = regexp.MustCompile(`^(?:[—–－\-_·•]{1,3}\d{1,4}[—–－\-_·•]{1,3}|第\d{1,4}页[，,/]?(?:共\d{1,4}页)?|\d{1,4}/\d{1,4})$`)

// webLine matches what a web page prints around a document.
var webLine = regexp.MustCompile(`^(?:来源[：:]|信息来源[：:]|发布(?:时间|日期|人|机构)[：:]|发文时间[：:]|日期[：:]|时间[：:]\d{4}|[|｜]+$|浏览(?:次数|量)|阅读(?:次数|量)?[：:]|点击(?:数|次数|率)?[：:]|访问(?:次数|量)[：:]|字[号体](?:大小)?[：:【\[]|【?字体|【?打印|\[?打印|【?关闭|分享(?:到|至)?[：:]?|扫一扫|当前位置|您(?:当前|现在)?的?(?:所在)?位置|首页[>＞»›]|网站(?:首页|地图|标识码)|上一[篇条]|下一[篇条]|相关(?:链接|附件|文档|阅读|稿件)[：:]?$|版权所有|责任编辑[：:]|编辑[：:]|作者[：:]|【返回|返回(?:顶部|首页)|主办[：:]|.{0,6}ICP备|.{0,4}公网安备|收藏$|保存$|大中小$|[Aa]\+|无障碍|政策解读[：:]|点击下载|文件下载|下载$|打印本页|关闭窗口)`)

// crumb matches a navigation path: 首页 > 政务公开 > 通知公告.
var crumb = regexp.MustCompile(`^[^。；]{0,40}(?:[>＞»›][^。；>＞»›]{1,30}){1,6}[>＞»›]?$`)

func readLines(d *doc.Document, s *source) []line {
	var lines []line
	for _, b := range d.Blocks {
		if b.Table != nil {
			lines = append(lines, line{block: b})
			continue
		}
		l := line{span: s.add(b.Text, b.Start), block: b}
		if l.len() == 0 {
			continue
		}
		l.page = isPageFurniture(s.str(l.span))
		lines = append(lines, l)
	}
	return lines
}

// maxFurniture bounds the runes of a line that may belong to the web page.
const maxFurniture = 60

func isPageFurniture(text string) bool {
	if len(text) > 3*maxFurniture {
		return false
	}
	return pageLine.MatchString(text) || webLine.MatchString(text) || crumb.MatchString(text)
}

// joinLines makes paragraphs of lines. It rebuilds the source so that the
// pieces of a cut sentence stand side by side; page furniture is left out.
func joinLines(d *doc.Document) (*source, []para) {
	scan := newSource(d)
	lines := readLines(d, scan)
	width := wrapWidth(lines)
	s := newSource(d)
	var paras []para
	open := false // the last paragraph may go on
	for i, l := range lines {
		if l.page {
			continue
		}
		l.block = dropHash(s, l.block)
		bullet := len(l.block.Text)
		l.block = dropBullet(s, l.block)
		bullet -= len(l.block.Text)
		if l.block.Table != nil {
			paras = append(paras, tablePara(s, l.block.Table))
			open = false
			continue
		}
		cont := open && bullet == 0 && continues(scan, lines, i, width)
		at := s.add(l.block.Text, l.block.Start)
		if cont {
			paras[len(paras)-1].to = at.to
		} else {
			paras = append(paras, para{span: at, style: l.block.Style})
		}
		open = true
	}
	paras = cutRuns(s, paras)
	for i := range paras {
		if p := &paras[i]; p.table == nil {
			p.mark = readMarker(s.text[p.from:min(p.to, p.from+maxMarker)])
		}
	}
	useDecimals(s, paras)
	return s, paras
}

// minDecimals is how many paragraphs begin 1.1, 2.1.3 … in a document that is
// numbered that way; fewer are quantities.
const minDecimals = 3

// useDecimals reads decimal numbers where the document is numbered with them.
func useDecimals(s *source, paras []para) {
	found := make([]marker, len(paras))
	deep := 0
	for i, p := range paras {
		if p.table != nil || p.len() == 0 || p.mark.kind != markNone {
			continue
		}
		n := runLen(s.text[p.from:p.to], isDigit)
		found[i] = readDecimal(s.text[p.from:p.to], s.spaced(p.from+n))
		deep += b2i(found[i].kind > markDec1)
	}
	for i := range paras {
		if deep >= minDecimals && found[i].kind != markNone {
			paras[i].mark = found[i]
		}
	}
}

// dropHash takes the # of a markdown heading off a line of plain text.
func dropHash(s *source, b doc.Block) doc.Block {
	rest := strings.TrimLeft(b.Text, "#")
	n := len(b.Text) - len(rest)
	if b.Table != nil || n == 0 || n > 6 || rest == "" {
		return b
	}
	for i := b.Start; i < b.Start+n && i < len(s.owned); i++ {
		s.owned[i] = true
	}
	b.Text, b.Start = rest, b.Start+n
	return b
}

// listBullet matches the mark of an entry in a list without numbers.
var listBullet = regexp.MustCompile(`^[ \t　]*[-*+•●·][ \t　]+`)

// dropBullet takes the mark of a list's entry off a line.
func dropBullet(s *source, b doc.Block) doc.Block {
	m := listBullet.FindString(b.Text)
	if b.Table != nil || m == "" || len(m) == len(b.Text) {
		return b
	}
	n := len([]rune(m))
	for i := b.Start; i < b.Start+n && i < len(s.owned); i++ {
		s.owned[i] = true
	}
	b.Text, b.Start = b.Text[len(m):], b.Start+n
	return b
}

// maxMarker bounds the runes looked at for a printed number.
const maxMarker = 16

// wrapWidth is the length of a full line where the text is wrapped by hand, or
// 0 where each line is a paragraph.
func wrapWidth(lines []line) int {
	var n []int
	for _, l := range lines {
		if l.block.Table == nil && !l.page {
			n = append(n, l.len())
		}
	}
	if len(n) < 8 {
		return 0
	}
	sort.Ints(n)
	top := n[len(n)*95/100]
	full := 0
	for _, k := range n {
		full += b2i(k*100 >= top*85)
	}
	if top > 60 || full*100 < minFull*len(n) {
		return 0
	}
	return top
}

// minFull is the share of full lines, in percent, that shows a text to be wrapped.
const minFull = 25

// minCut is the shortest line that may be cut by a page or line end when the
// text is not wrapped by hand.
const minCut = 30

// ends are the runes that end a sentence, an item or a heading.
const ends = "。；！？：…;!?:"

// continues reports whether lines[i] goes on with the sentence of the line
// before it.
func continues(s *source, lines []line, i, width int) bool {
	j := i - 1
	for j >= 0 && lines[j].page {
		j--
	}
	if j < 0 || lines[j].block.Table != nil {
		return false
	}
	prev, next := s.text[lines[j].from:lines[j].to], s.text[lines[i].from:lines[i].to]
	if len(prev) == 0 || startsAnew(next) {
		return false
	}
	if lines[j].block.Style != lines[i].block.Style && strings.HasPrefix(lines[j].block.Style, "heading") {
		return false
	}
	last := prev[len(prev)-1]
	if strings.ContainsRune(ends, last) || last == '号' && endsInNo.MatchString(string(prev[max(0, len(prev)-maxMarker):])) {
		return false
	}
	if len(prev) <= 2*maxTitle && noticeEnd.MatchString(string(prev)) {
		return false
	}
	if len(prev) <= 2*maxTitle && !strings.ContainsAny(string(prev), "，。；,") && titleEnd.MatchString(string(prev)) && strings.ContainsAny(string(next), "，。") {
		return false // a title, and the text below it
	}
	tail := prev[max(0, len(prev)-200):]
	if openBrackets(tail) && len(next) < 400 {
		return true
	}
	if strings.ContainsRune("，、,（《“", last) && !isLabelLine(string(prev)) {
		return len(prev) >= 8
	}
	if strings.ContainsRune("）)”》】", last) && width == 0 {
		return false
	}
	need := minCut
	if width > 0 {
		need = width * 85 / 100
	}
	if len(prev) < need || len(prev) < 12 {
		return false
	}
	return len(next) >= need || !isUnitLine(string(next))
}

// dateLine matches a line that holds a date and nothing else.
var dateLine = regexp.MustCompile(`^[（(]?[0-9０-９〇○零一二三四五六七八九]{4}年[0-9０-９一二三四五六七八九十]{1,3}月[0-9０-９一二三四五六七八九十]{1,3}日[）)]?(?:（此件公开发布）)?$`)

// noticeEnd matches the end of a notice's title.
var noticeEnd = regexp.MustCompile(`关于.{4,}的(?:通知|函|意见|批复|公告|决定|通告|通报|报告)$`)

// endsInNo matches the end of a document number, which ends its line.
var endsInNo = regexp.MustCompile(`[〔\[［【(（]\d{4}[〕\]］】)）]第?\d{1,5}号$`)

// startsAnew reports whether a line begins something of its own.
func startsAnew(next []rune) bool {
	if m := readMarker(next[:min(len(next), maxMarker)]); m.kind != markNone {
		return true
	}
	t := string(next[:min(len(next), 40)])
	return dateLine.MatchString(t) || isLabelLine(t) || strings.HasPrefix(t, "《") && strings.HasSuffix(t, "》") || strings.HasPrefix(t, "★")
}

// openBrackets reports whether a bracket or quotation that began is still open.
func openBrackets(text []rune) bool {
	depth := 0
	for _, r := range text {
		switch r {
		case '《', '（', '(', '“', '〔':
			depth++
		case '》', '）', ')', '”', '〕':
			if depth > 0 {
				depth--
			}
		}
	}
	return depth > 0
}

func tablePara(s *source, t *sheet.Table) para {
	p := para{span: span{len(s.text), 0}, table: t, style: "table"}
	seen := map[string]span{}
	for _, row := range t.Rows {
		var cells []span
		for _, c := range row {
			at, ok := seen[c.Origin]
			if !c.Copied || !ok {
				at = s.add(c.Text, c.Start)
				seen[c.Addr] = at
			}
			cells = append(cells, at)
		}
		p.cells = append(p.cells, cells)
	}
	p.to = len(s.text)
	return p
}

// cutRuns parts paragraphs whose line ends were lost: several units, each with
// its colon, or many numbered headings, stand in one line.
func cutRuns(s *source, paras []para) []para {
	var out []para
	for _, pa := range paras {
		if pa.table != nil {
			out = append(out, pa)
			continue
		}
		from := pa.from
		for _, at := range append(runCuts(s, pa), pa.to) {
			if at > from {
				out = append(out, para{span: span{from, at}, style: pa.style})
				from = at
			}
		}
	}
	return out
}

// runCuts returns the places where a lost line began: before a unit and its
// colon, and before numbers that count on.
func runCuts(s *source, pa para) []int {
	var units []int
	first := unitColon(s.text[pa.from:pa.to])
	for i := pa.from + 1; i < pa.to; i++ {
		if (strings.ContainsRune("。；;.", s.text[i-1]) || s.spaced(i)) && unitColon(s.text[i:pa.to]) {
			units = append(units, i)
		}
	}
	if len(units) == 1 && !first {
		units = nil
	}
	cuts := append(units, numberCuts(s, pa)...)
	sort.Ints(cuts)
	return cuts
}

const (
	longRun    = 600 // runes of a paragraph too long to be one
	minNumbers = 3   // numbers that show a shorter one to be several
)

// numberCuts finds the numbers that count on through a run: 一、 … （一） … 1. ….
func numberCuts(s *source, pa para) []int {
	if pa.len() < minLongRun {
		return spacedCuts(s, pa)
	}
	var cuts []int
	strong := 0
	want := map[markKind]int{}
	if m := readMarker(s.text[pa.from:min(pa.to, pa.from+maxMarker)]); m.kind != markNone {
		want[m.kind] = m.no
	}
	for i := pa.from + 1; i < pa.to; i++ {
		m := readMarker(s.text[i:min(pa.to, i+maxMarker)])
		if m.kind < markPart || m.kind > markNumParen || m.no != want[m.kind]+1 && m.no != 1 {
			continue
		}
		prev := s.text[i-1]
		stop := strings.ContainsRune("。：:）)！”", prev) || s.spaced(i)
		if !stop && (pa.len() < longRun || !freeBefore(m, prev)) {
			continue
		}
		if m.kind == markArticle && !stop {
			continue
		}
		for k := range want {
			if k > m.kind {
				delete(want, k)
			}
		}
		want[m.kind] = m.no
		strong += b2i(stop)
		cuts = append(cuts, i)
		i += m.end
	}
	if strong < minNumbers && (pa.len() < longRun || len(cuts) < minNumbers) {
		return spacedCuts(s, pa)
	}
	return cuts
}

// spacedCuts finds headings that only white space parts from a sentence's end:
// …检查。 第五条 ….
func spacedCuts(s *source, pa para) []int {
	var cuts []int
	on := 0 // numbers that count on
	last := map[markKind]int{}
	for i := pa.from + 1; i < pa.to; i++ {
		if !s.spaced(i) {
			continue
		}
		m := readMarker(s.text[i:min(pa.to, i+maxMarker)])
		if m.kind < markPart || m.kind > markHanParen {
			continue
		}
		if m.no == last[m.kind]+1 || m.no == 1 {
			last[m.kind] = m.no
			on++
		} else if s.text[i-1] != '。' {
			continue
		}
		cuts = append(cuts, i)
	}
	if on >= minNumbers {
		return append(cuts, signCuts(s, pa)...)
	}
	return slices.DeleteFunc(cuts, func(i int) bool { return s.text[i-1] != '。' })
}

// signed matches a sign-off that lost its lines: 平安县人民政府办公室2024年4月1日.
var signed = regexp.MustCompile(`^\p{Han}{4,40}((?:19|20)\d\d年\d{1,2}月\d{1,2}日)$`)

// signCuts parts a sign-off and its date from the sentence before them.
func signCuts(s *source, pa para) []int {
	for i := max(pa.from+1, pa.to-60); i < pa.to; i++ {
		if s.text[i-1] != '。' || !s.spaced(i) {
			continue
		}
		if m := signed.FindStringSubmatch(s.str(span{i, pa.to})); m != nil {
			return []int{i, pa.to - len([]rune(m[1]))}
		}
	}
	return nil
}

// minLongRun is the shortest paragraph in which lost numbered lines are looked for.
const minLongRun = 300

// freeBefore reports whether a number may begin behind this rune where no stop
// stands: not inside a word (统一、) or a longer number.
func freeBefore(m marker, prev rune) bool {
	if m.kind == markHan || m.kind <= markArticle {
		return !strings.ContainsRune("统唯单之万同进逐专归划第其一二三四五六七八九十百初周星期、", prev)
	}
	if m.kind == markNum {
		return !isLatin(prev) && !strings.ContainsRune(".．、第图表—-~～", prev)
	}
	return !strings.ContainsRune("第图表见、", prev)
}

// unitColon reports whether a text begins with a unit's name and a colon.
func unitColon(text []rune) bool {
	for k, r := range text[:min(len(text), maxName+2)] {
		switch r {
		case '：', ':':
			return k >= minName && isNamedOrg(string(text[:k])) && k+1 < len(text)
		case '，', '。', '；', ',', ';':
			return false
		}
	}
	return false
}
