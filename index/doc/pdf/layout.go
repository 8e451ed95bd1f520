package pdf

import (
	"math"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"xietiao/index/sheet"
)

// Shares of the font size that decide how glyphs join.
const (
	sameLine   = 0.4  // baselines closer than this are one line
	doubled    = 0.2  // the same glyph again this close is drawn bold
	latinGap   = 0.18 // a wider gap between Latin letters is a space
	hanGap     = 0.9  // … beside a Han character: a layout gap, also between letter-spaced ones
	raised     = 0.8  // a glyph smaller than this share of its neighbour may be raised or lowered
	raisedShif = 0.7
)

// layout joins the glyphs of a page to lines, top to bottom.
func layout(marks []mark, pg page, bud *sheet.Budget) ([]Line, error) {
	upright(marks, pg)
	kept := marks[:0]
	for _, m := range marks {
		if m.size > 0.1 && !math.IsNaN(m.x+m.y+m.width) && !math.IsInf(m.x+m.y+m.width, 0) {
			kept = append(kept, m)
		}
	}
	marks = kept
	sort.SliceStable(marks, func(i, j int) bool { return marks[i].y < marks[j].y })
	var lines []Line
	for from := 0; from < len(marks); {
		if err := bud.Time(); err != nil {
			return nil, err
		}
		to := from + 1
		base, size := marks[from].y, marks[from].size
		for to < len(marks) && near(marks[to], base, size) {
			if m := marks[to]; m.size > size*1.05 { // the line is that of its larger glyphs
				base, size = m.y, m.size
			}
			to++
		}
		lines = append(lines, join(marks[from:to], pg)...)
		from = to
	}
	return lines, nil
}

func near(m mark, base, size float64) bool {
	d := m.y - base
	if m.size < raised*size || size < raised*m.size {
		return d < raisedShif*math.Max(size, m.size)*sameLine*2
	}
	return d < sameLine*math.Max(size, m.size)
}

// upright turns the page as it is shown and measures y from its top.
func upright(marks []mark, pg page) {
	x0, y0, x1, y1 := math.Min(pg.box[0], pg.box[2]), math.Min(pg.box[1], pg.box[3]), math.Max(pg.box[0], pg.box[2]), math.Max(pg.box[1], pg.box[3])
	for i := range marks {
		m := &marks[i]
		x, y := m.x-x0, m.y-y0
		switch ((pg.rotate % 360) + 360) % 360 {
		case 90:
			m.x, m.y = y, x
		case 180:
			m.x, m.y = x1-x0-x, y
		case 270:
			m.x, m.y = y1-y0-y, x1-x0-x
		default:
			m.x, m.y = x, y1-y0-y
		}
	}
}

func (pg page) size() (w, h float64) {
	w, h = math.Abs(pg.box[2]-pg.box[0]), math.Abs(pg.box[3]-pg.box[1])
	if pg.rotate%180 != 0 {
		return h, w
	}
	return w, h
}

// join makes the glyphs of one baseline a line; pagination marked by the
// producer is parted from text on the same height.
func join(marks []mark, pg page) []Line {
	sort.SliceStable(marks, func(i, j int) bool { return marks[i].x < marks[j].x })
	var lines []Line
	for _, outer := range []bool{false, true} {
		var sb strings.Builder
		var last, first mark
		size := 0.0
		for _, m := range marks {
			if m.pagination != outer {
				continue
			}
			if sb.Len() == 0 {
				first, last = m, m
				sb.WriteString(m.text)
				size = m.size
				continue
			}
			em := math.Max(m.size, last.size)
			if m.text == last.text && m.x-last.x < doubled*em && math.Abs(m.y-last.y) < doubled*em && m.text != " " {
				continue
			}
			if gap := m.x - (last.x + last.width); gap > threshold(last.text, m.text)*em {
				sb.WriteByte(' ')
			}
			sb.WriteString(m.text)
			if m.text != " " {
				size = math.Max(size, m.size)
			}
			last = m
		}
		text := clean(sb.String())
		if text == "" {
			continue
		}
		l := Line{Text: text, X: first.x, Y: first.y, Size: size, Width: last.x + last.width - first.x, Outer: outer}
		w, _ := pg.size()
		left, right := l.X, w-(l.X+l.Width)
		l.Center = left > w*0.17 && right > w*0.17 && math.Abs(left-right) < 0.06*w
		lines = append(lines, l)
	}
	return lines
}

// threshold is the gap, in font sizes, from which on a space stands between a
// and b.
func threshold(a, b string) float64 {
	ra, _ := utf8.DecodeLastRuneInString(a)
	rb, _ := utf8.DecodeRuneInString(b)
	if ra < 0x2e80 && rb < 0x2e80 {
		return latinGap
	}
	return hanGap
}

// clean makes one space of each run of white space, none at the ends and none
// between letter-spaced Han characters, and restores characters that fonts
// share with radical and compatibility forms.
func clean(s string) string {
	s = Restore(strings.Map(func(r rune) rune {
		switch {
		case r == 0xad || r == 0x200b || r == 0xfeff || r != '\t' && unicode.IsControl(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd")))
	words := strings.Fields(s)
	var sb strings.Builder
	for i, w := range words {
		if i > 0 && !(loneHan(words[i-1]) && loneHan(w)) {
			sb.WriteByte(' ')
		}
		sb.WriteString(w)
	}
	return sb.String()
}

func loneHan(w string) bool {
	r, n := utf8.DecodeRuneInString(w)
	return n == len(w) && unicode.Is(unicode.Han, r)
}

// radicals have no compatibility mapping of their own in Unicode.
var radicals = strings.NewReplacer(
	"⺁", "厂", "⺄", "乙", "⺇", "几", "⺈", "刀", "⺊", "卜", "⺌", "小", "⺍", "小", "⺓", "幺", "⺕", "彐", "⺙", "攵", "⺝", "月",
	"⺟", "母", "⺠", "民", "⺢", "水", "⺥", "爪", "⺧", "牛", "⺩", "王", "⺪", "疋", "⺫", "目", "⺬", "示", "⺮", "竹", "⺰", "纟",
	"⺲", "罒", "⺳", "网", "⺴", "网", "⺶", "羊", "⺷", "羊", "⺸", "羊", "⺻", "聿", "⺼", "肉", "⻁", "虎", "⻂", "衤", "⻃", "西",
	"⻄", "西", "⻅", "见", "⻆", "角", "⻇", "角", "⻈", "讠", "⻉", "贝", "⻋", "车", "⻌", "辶", "⻍", "辶", "⻎", "辶", "⻏", "阝",
	"⻐", "钅", "⻑", "長", "⻒", "镸", "⻓", "长", "⻔", "门", "⻕", "阝", "⻖", "阝", "⻗", "雨", "⻘", "青", "⻙", "韦", "⻚", "页",
	"⻛", "风", "⻜", "飞", "⻝", "食", "⻞", "食", "⻟", "飠", "⻠", "饣", "⻢", "马", "⻣", "骨", "⻤", "鬼", "⻥", "鱼", "⻦", "鸟",
	"⻧", "卤", "⻨", "麦", "⻩", "黄", "⻪", "黾", "⻬", "齐", "⻮", "齿", "⻯", "竜", "⻰", "龙", "⻱", "龟", "⻳", "龟",
)

// Restore turns radical forms (⼯, ⻓) and compatibility forms of Han characters,
// which PDF producers write for the ordinary ones because the font shares the
// glyph, into the ordinary ones, and takes Latin ligatures (ﬁ) apart. Everything
// else stays.
func Restore(s string) string {
	if strings.IndexFunc(s, isForm) < 0 {
		return s
	}
	var sb strings.Builder
	for _, r := range s {
		if isForm(r) {
			sb.WriteString(norm.NFKC.String(radicals.Replace(string(r))))
		} else {
			sb.WriteRune(r)
		}
	}
	return sb.String()
}

func isForm(r rune) bool {
	return r >= 0x2e80 && r <= 0x2fdf || r >= 0xf900 && r <= 0xfb06 || r >= 0x2f800 && r <= 0x2fa1f
}

// Places of page numbers and running heads, as shares of the page height.
const (
	numberBand = 0.15
	headBand   = 0.08
	minRepeats = 3
)

var (
	dashedNumber = regexp.MustCompile(`^[-‐–—―－─﹣_~·•\s]+\s*[0-9０-９ⅰ-ⅹⅠ-Ⅻ]{1,4}\s*[-‐–—―－─﹣_~·•\s]+$`)
	namedNumber  = regexp.MustCompile(`^(?:第\s*\d{1,4}\s*页\s*[,，/／]?\s*(?:共\s*\d{1,4}\s*页)?|共\s*\d{1,4}\s*页\s*[,，]?\s*第\s*\d{1,4}\s*页|\d{1,4}\s*[/／]\s*\d{1,4}|(?i:page)\s*\d{1,4}(?:\s*(?i:of)\s*\d{1,4})?)$`)
	bareNumber   = regexp.MustCompile(`^[0-9０-９]{1,4}$`)
	digits       = regexp.MustCompile(`[0-9０-９]+`)
)

// markOuter finds page numbers, and lines that most pages repeat at their very
// top or bottom.
func markOuter(res *Result, pages []page) {
	repeats := map[string]int{}
	seen := map[string]int{}
	key := func(l Line, h float64) string {
		side := "top "
		if l.Y > h/2 {
			side = "bottom "
		}
		return side + digits.ReplaceAllString(l.Text, "0")
	}
	edge := edges(res.Lines)
	for i := range res.Lines {
		l := &res.Lines[i]
		_, h := pages[l.Page-1].size()
		inBand := l.Y < numberBand*h || l.Y > (1-numberBand)*h
		if edge[i] && inBand && (dashedNumber.MatchString(l.Text) || namedNumber.MatchString(l.Text)) {
			l.Outer = true
		}
		if edge[i] && (l.Y < headBand*h || l.Y > (1-headBand)*h || inBand && bareNumber.MatchString(l.Text)) {
			if k := key(*l, h); seen[k] != l.Page {
				repeats[k]++
				seen[k] = l.Page
			}
		}
	}
	for i := range res.Lines {
		l := &res.Lines[i]
		_, h := pages[l.Page-1].size()
		n := repeats[key(*l, h)]
		inBand := l.Y < headBand*h || l.Y > (1-headBand)*h || bareNumber.MatchString(l.Text) && (l.Y < numberBand*h || l.Y > (1-numberBand)*h)
		if edge[i] && inBand && n >= minRepeats && n*2 > len(pages) {
			l.Outer = true
		}
		if edge[i] && inBand && bareNumber.MatchString(l.Text) && l.Center {
			l.Outer = true
		}
	}
}

// edges tells for each line whether it is among the two first or two last of
// its page.
func edges(lines []Line) []bool {
	const depth = 2
	edge := make([]bool, len(lines))
	for from := 0; from < len(lines); {
		to := from
		for to < len(lines) && lines[to].Page == lines[from].Page {
			to++
		}
		for i := from; i < to; i++ {
			edge[i] = i-from < depth || to-i <= depth
		}
		from = to
	}
	return edge
}
