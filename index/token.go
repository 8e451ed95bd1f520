package index

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xietiao/index/zh"
)

// tokenKind says where a piece of a question was found.
type tokenKind uint8

const (
	tokRaw     tokenKind = iota // in no word list
	tokFrame                    // frame of the question
	tokTerm                     // a word of the thesaurus
	tokRole                     // a role verb: 牵头, 参与 …
	tokUnit                     // a department of the plan
	tokMissing                  // a department that the plan does not name
	tokOutside                  // other business
)

// token is one piece of a question.
type token struct {
	kind       tokenKind
	text       string
	start, end int // runes
	tags       tag
	exp        []expansion
	units      []int
	inner      []string // words of the field inside a longer one
	run        bool     // a raw run joined from single runes
}

func single(t token) bool { return t.run || t.end-t.start == 1 }

// maxQuestion bounds a question in runes; zh.CleanQuestion cuts there as well.
const maxQuestion = 500

// lexer cuts a folded question into tokens with the words of the thesaurus and
// the unit names of one plan (dir may be nil).
type lexer struct {
	t   *Thesaurus
	dir *directory
}

// cell is the best cut of a prefix.
type cell struct {
	score float64
	from  int
	tok   token
}

// cut finds the cut with the highest score: the square of a word's length, so
// that long words win over the short ones inside them.
func (x lexer) cut(q string) []token {
	rs := []rune(q)
	if len(rs) > maxQuestion {
		rs = rs[:maxQuestion]
	}
	longest := x.t.maxLen
	if x.dir != nil {
		longest = max(longest, x.dir.maxLen)
	}
	best := make([]cell, len(rs)+1)
	for i := 1; i <= len(rs); i++ {
		best[i] = cell{score: best[i-1].score, from: i - 1, tok: token{text: string(rs[i-1 : i]), start: i - 1, end: i}}
		for n := 1; n <= longest && n <= i; n++ {
			if splitsLatin(rs, i-n) || splitsLatin(rs, i) {
				continue
			}
			tok, score, ok := x.word(string(rs[i-n:i]), n)
			if !ok || best[i-n].score+score <= best[i].score {
				continue
			}
			tok.start, tok.end = i-n, i
			best[i] = cell{score: best[i-n].score + score, from: i - n, tok: tok}
		}
	}
	var out []token
	for i := len(rs); i > 0; i = best[i].from {
		out = append(out, best[i].tok)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// splitsLatin tells whether place i lies inside a word of Latin letters.
func splitsLatin(rs []rune, i int) bool {
	return i > 0 && i < len(rs) && latin(rs[i-1]) && latin(rs[i])
}

func latin(r rune) bool { return r >= 'a' && r <= 'z' }

// Scores of one rune of a word, before squaring the length: a department
// outweighs a term, a term a frame word of the same length.
const (
	scoreUnit    = 1.2
	scoreOutside = 1.1
	scoreTerm    = 1.05
	scoreFrame   = 1.0
	scoreSingle  = 0.5 // words of one rune are weak evidence of a cut
)

// word looks a piece up in all lists. A piece may be a term and a frame word
// (任务, 规划): then it is a term that carries the frame's tags.
func (x lexer) word(s string, n int) (token, float64, bool) {
	sq := float64(n * n)
	if n == 1 {
		sq = scoreSingle
	}
	if x.dir != nil && n >= 2 {
		if us := x.dir.alias[s]; len(us) > 0 {
			return token{kind: tokUnit, text: s, units: x.dir.prefer(s, us)}, sq * scoreUnit, true
		}
	}
	if x.dir != nil && n >= minPlain {
		if us := x.dir.reordered(s); len(us) == 1 {
			return token{kind: tokUnit, text: s, units: us}, sq * scoreUnit, true
		}
	}
	if stem, ok := strings.CutSuffix(s, "部门"); ok && x.dir != nil && n >= 4 {
		if us := x.dir.alias[stem+"局"]; len(us) > 0 {
			return token{kind: tokUnit, text: s, units: x.dir.prefer(stem+"局", us)}, sq * scoreUnit, true
		}
	}
	if x.t.outside[s] {
		return token{kind: tokOutside, text: s}, sq * scoreOutside, true
	}
	tags, framed := x.t.frames[s]
	if isRoleVerb(s) {
		return token{kind: tokRole, text: s, tags: tags}, sq * scoreTerm, true
	}
	if _, ok := x.t.terms[s]; ok {
		return token{kind: tokTerm, text: s, tags: tags}, sq * scoreTerm, true
	}
	if framed {
		return token{kind: tokFrame, text: s, tags: tags}, sq * scoreFrame, true
	}
	if n >= 2 && (len(x.t.families[s]) > 0 || len(x.t.families[stripLevel(s)]) > 0) {
		return token{kind: tokMissing, text: s}, sq * scoreUnit, true
	}
	return token{}, 0, false
}

// tokens cuts a folded question for this plan.
func (v *view) tokens(t *Thesaurus, clean string) []token {
	out := join(v.joinLiteral(lexer{t, v.dir}.cut(clean)))
	for i, tok := range out {
		if tok.kind == tokTerm || tok.kind == tokOutside && !v.culture {
			out[i].exp = t.expand(tok.text)
		}
	}
	return append(out, settle(t.combined(clean, out))...)
}

// minInner is the length of a word that is also looked at by its inner words.
const minInner = 4

// innerWords finds the words of the field inside a longer word.
func (t *Thesaurus) innerWords(word string) []string {
	rs := []rune(word)
	if len(rs) < minInner {
		return nil
	}
	var out []string
	for n := len(rs) - 1; n >= 2; n-- {
		for i := 0; i+n <= len(rs); i++ {
			w := string(rs[i : i+n])
			if _, ok := t.terms[w]; ok && t.frames[w] == 0 {
				out = append(out, w)
			}
		}
	}
	return out
}

// settle makes one word of those said in the same parts.
func settle(combos []token) []token {
	var out []token
	at := map[string]int{}
	for _, c := range combos {
		parts := strings.Split(c.text, "+")
		slices.Sort(parts)
		key := strings.Join(parts, "+")
		if i, ok := at[key]; ok {
			out[i].exp = mergeExpansions(out[i].exp, c.exp)
			continue
		}
		at[key] = len(out)
		out = append(out, c)
	}
	return out
}

func mergeExpansions(a, b []expansion) []expansion {
	best := map[string]float64{}
	for _, e := range append(slices.Clone(a), b...) {
		best[e.text] = max(best[e.text], e.sim)
	}
	return sortedExpansions("", best)
}

// join merges neighbouring raw runes into runs.
func join(in []token) []token {
	var out []token
	for _, t := range in {
		if n := len(out); n > 0 && t.end-t.start == 1 && single(out[n-1]) && t.kind == tokRaw && out[n-1].kind == tokRaw && !isBreak(t.text) && !isBreak(out[n-1].text) {
			out[n-1].text += t.text
			out[n-1].end = t.end
			out[n-1].run = true
			continue
		}
		out = append(out, t)
	}
	kept := out[:0]
	for _, t := range out {
		if t.kind == tokRaw && (isBreak(t.text) || isNumber(t.text)) {
			t.kind, t.tags = tokFrame, tagFiller
		}
		kept = append(kept, t)
	}
	return kept
}

// joinLiteral merges neighbouring raw and frame tokens whose letters together
// stand in the plan (时间 表 where the plan has 时间表): the plan's own words are
// content whatever the frame lists say.
func (v *view) joinLiteral(in []token) []token {
	var out []token
	for i := 0; i < len(in); i++ {
		end, text := i, ""
		raw := false
		run := ""
		for j := i; j < len(in) && j < i+maxJoin && joinable(in[j]); j++ {
			run += in[j].text
			raw = raw || in[j].kind == tokRaw
			n := utf8.RuneCountInString(run)
			if j > i && (raw && n >= 3 || n >= minFrameRun) && v.holds(run) {
				end, text = j, run
			}
		}
		if end > i {
			out = append(out, token{kind: tokRaw, text: text, start: in[i].start, end: in[end].end})
			i = end
			continue
		}
		out = append(out, in[i])
	}
	return out
}

const (
	maxJoin     = 5
	minFrameRun = 4 // frame words alone need this length to be the plan's words
)

func joinable(t token) bool {
	switch t.kind {
	case tokRaw:
		return !isBreak(t.text)
	case tokFrame:
		return t.tags&^(tagFiller|tagResp|tagWhen|tagItemWord|tagCount|tagAttr|tagDuties) == 0 && !isBreak(t.text) && t.text != "的"
	}
	return false
}

func isNumber(s string) bool {
	_, ok := zh.Number(s)
	return ok
}

func isBreak(s string) bool {
	return strings.TrimSpace(s) == "" || !strings.ContainsFunc(s, func(r rune) bool { return !zh.IsPunct(r) })
}
