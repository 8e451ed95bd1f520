package sheet

import (
	"strconv"
	"strings"
)

// readCSV reads one table of separated values.
func readCSV(data []byte, tabs bool, b *Budget) ([]Table, error) {
	s, err := Decode(data)
	if err != nil {
		return nil, err
	}
	delim := '\t'
	if rest, ok := strings.CutPrefix(s, "sep="); ok && strings.Index(rest, "\n") == 1 {
		delim, s = rune(rest[0]), rest[2:] // Excel's own hint line
	} else if !tabs {
		delim = sniff(s)
	}
	p := csvParser{s: s, delim: delim, budget: b}
	rows, err := p.records()
	if err != nil {
		return nil, err
	}
	t, err := rectangle("", rows, nil, b)
	if err != nil || t == nil {
		return nil, err
	}
	return []Table{*t}, nil
}

// sniffLines is how many lines decide the separator.
const sniffLines = 50

// sniff picks the separator that most lines agree on; before equals the more
// usual one, since Chinese text is full of full-width commas itself.
func sniff(s string) rune {
	lines := strings.SplitN(s, "\n", sniffLines+1)
	lines = lines[:min(len(lines), sniffLines)]
	best, bestScore := ',', 0
	for _, d := range []rune{'\t', ',', ';', '，'} {
		seen := map[int]int{}
		for _, line := range lines {
			if n := countOutside(line, d); n > 0 {
				seen[n]++
			}
		}
		score := 0
		for _, k := range seen {
			score = max(score, k)
		}
		if score > bestScore && (d != '，' || bestScore == 0) {
			best, bestScore = d, score
		}
	}
	return best
}

// countOutside counts d outside double quotes.
func countOutside(line string, d rune) int {
	n, quoted := 0, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == d && !quoted:
			n++
		}
	}
	return n
}

// csvParser reads records with lazy quotes: a quote that is not closed before
// a separator, a line end or the end of the file is an ordinary character.
type csvParser struct {
	s       string
	delim   rune
	budget  *Budget
	literal bool // from here on quotes mean nothing: the last one never closes
	cells   int
}

func (p *csvParser) records() ([][]string, error) {
	var rows [][]string
	for p.s != "" {
		row, err := p.record()
		if err != nil {
			err.Place = "line " + strconv.Itoa(len(rows)+1)
			return nil, err
		}
		rows = append(rows, row)
		if len(rows) > p.budget.MaxRows {
			return nil, &Error{Kind: ErrTooLarge, Place: "line " + strconv.Itoa(len(rows))}
		}
		if err := p.budget.Time(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (p *csvParser) record() ([]string, *Error) {
	var row []string
	for {
		field, more := p.field()
		row = append(row, tidy(field))
		if p.cells++; p.cells > p.budget.MaxCells {
			return nil, &Error{Kind: ErrTooLarge}
		}
		if !more {
			return row, nil
		}
	}
}

// field takes one field and tells whether another follows in the record.
func (p *csvParser) field() (string, bool) {
	if body := strings.TrimLeft(p.s, " "); !p.literal && strings.HasPrefix(body, `"`) {
		if field, rest, ok := p.quoted(body[1:]); ok {
			p.s = rest
			return field, p.next()
		}
		p.literal = true
	}
	i := strings.IndexFunc(p.s, func(r rune) bool { return r == p.delim || r == '\n' })
	if i < 0 {
		i = len(p.s)
	}
	field := p.s[:i]
	p.s = p.s[i:]
	return field, p.next()
}

// next steps over a separator or a line end and tells which it was.
func (p *csvParser) next() bool {
	if p.s == "" {
		return false
	}
	sep := strings.HasPrefix(p.s, string(p.delim))
	if sep {
		p.s = p.s[len(string(p.delim)):]
	} else {
		p.s = p.s[1:]
	}
	return sep
}

// quoted reads up to the quote that closes the field; quotes inside that close
// nothing stay.
func (p *csvParser) quoted(s string) (field, rest string, ok bool) {
	var sb strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false
		}
		sb.WriteString(s[:i])
		after := s[i+1:]
		if strings.HasPrefix(after, `"`) {
			sb.WriteByte('"')
			s = after[1:]
			continue
		}
		end := strings.TrimLeft(after, " ")
		if end == "" || end[0] == '\n' || strings.HasPrefix(end, string(p.delim)) {
			return sb.String(), end, true
		}
		sb.WriteByte('"')
		s = after
	}
}
