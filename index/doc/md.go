package doc

import (
	"regexp"
	"strconv"
	"strings"

	"xietiao/index/sheet"
)

var (
	mdHeading = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$`)
	mdRuler   = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
	mdRule    = regexp.MustCompile(`^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$`)
	mdFence   = regexp.MustCompile("^ {0,3}(```|~~~)")
	mdBold    = regexp.MustCompile(`\*\*([^\s*](?:[^*]*[^\s*])?)\*\*|__([^\s_](?:[^_]*[^\s_])?)__`)
	mdBreak   = regexp.MustCompile(`(?i)<br\s*/?>`)
	mdEscape  = regexp.MustCompile(`\\([\\` + "`" + `*_{}\[\]()#+\-.!|>~])`)
)

// readMD keeps each line as a block, without heading marks, bold marks and
// backslash escapes; list marks and their numbers stay, a horizontal rule and
// code fences are dropped, pipe tables become tables.
func readMD(b *builder, data []byte) error {
	s, err := sheet.Decode(data)
	if err != nil {
		return err
	}
	lines := strings.SplitN(s, "\n", maxBlocks+2)
	fenced := false
	for i := 0; i < len(lines); i++ {
		if err := b.bud.Time(); err != nil {
			return err
		}
		line := lines[i]
		switch h := mdHeading.FindStringSubmatch(line); {
		case mdFence.MatchString(line):
			fenced = !fenced
			b.drop(line)
		case fenced:
			b.add(Block{Text: line})
		case h != nil:
			b.add(Block{Text: mdInline(h[2]), Style: "heading" + strconv.Itoa(len(h[1]))})
		case mdTableAt(lines, i):
			n, err := mdTable(b, lines[i:])
			if err != nil {
				return err
			}
			i += n - 1
		case mdRule.MatchString(line):
			b.drop(line)
		default:
			b.add(Block{Text: mdInline(line)})
		}
	}
	return nil
}

func mdInline(s string) string {
	if strings.Contains(s, "**") || strings.Contains(s, "__") {
		s = mdBold.ReplaceAllString(s, "$1$2")
	}
	if strings.Contains(s, `\`) {
		s = mdEscape.ReplaceAllString(s, "$1")
	}
	return s
}

// mdTableAt tells whether a pipe table begins at line i: a row with a pipe and
// a ruler of as many columns below it.
func mdTableAt(lines []string, i int) bool {
	return i+1 < len(lines) && strings.Contains(lines[i], "|") && strings.Contains(lines[i+1], "-") &&
		mdRuler.MatchString(lines[i+1]) && len(mdCells(lines[i])) == len(mdCells(lines[i+1]))
}

// mdTable reads the table at the head of lines and tells how many it took.
func mdTable(b *builder, lines []string) (int, error) {
	g := b.grid()
	n := 0
	for ; n < len(lines); n++ {
		if n == 1 {
			continue // the ruler
		}
		if !strings.Contains(lines[n], "|") || strings.TrimSpace(lines[n]) == "" {
			break
		}
		if err := g.NextRow(); err != nil {
			return 0, err
		}
		for _, c := range mdCells(lines[n]) {
			if err := g.Put(c, 1, 1); err != nil {
				return 0, err
			}
		}
	}
	t, err := g.Table("")
	if err != nil {
		return 0, err
	}
	b.addTable(t)
	return n, nil
}

func mdCells(line string) []string {
	line = strings.TrimSpace(line)
	line = strings.TrimPrefix(line, "|")
	if strings.HasSuffix(line, "|") && !strings.HasSuffix(line, `\|`) {
		line = line[:len(line)-1]
	}
	var cells []string
	from := 0
	for i := 0; i <= len(line); i++ {
		if i < len(line) && (line[i] != '|' || i > 0 && line[i-1] == '\\') {
			continue
		}
		c := mdBreak.ReplaceAllString(line[from:i], "\n")
		cells = append(cells, strings.TrimSpace(mdInline(c)))
		from = i + 1
	}
	return cells
}
