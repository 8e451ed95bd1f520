package bot

import (
	"slices"
	"strings"
	"unicode"
)

const (
	sentenceEnds = "。！？；\n"
	clauseEnds   = "，、：" + sentenceEnds
)

// keepShare of the best sentence's matches makes another sentence worth showing.
const keepShare = 0.6

// excerpt picks the sentences of text that match the lines of q, word for word
// and in order, within about limit characters. It returns them as runs of the
// source, and whether something was left out before the first and after the
// last. Short text comes back whole.
func excerpt(text, q, prev string, limit int) (segs []string, before, after bool) {
	if runeLen(text) <= limit {
		return []string{text}, false, false
	}
	parts := cutAfter(text, sentenceEnds)
	score := scores(parts, q)
	if slices.Max(score) == 0 && prev != "" {
		score = scores(parts, prev)
	}
	best := slices.Index(score, slices.Max(score))
	if runeLen(parts[best]) > limit {
		return window(parts, best, q, limit)
	}
	keep := make([]bool, len(parts))
	keep[best] = true
	left := limit - runeLen(parts[best])
	for i, p := range parts {
		enough := score[best] == 0 || float64(score[i]) >= keepShare*float64(score[best])
		if !keep[i] && enough && runeLen(p) <= left {
			keep[i] = true
			left -= runeLen(p)
		} else if score[best] == 0 && !keep[i] {
			break // nothing matches: show the beginning without holes
		}
	}
	return join(parts, keep)
}

// window shows a part of one overlong sentence: the clause that matches and as
// many of its neighbours as fit.
func window(parts []string, at int, q string, limit int) (segs []string, before, after bool) {
	pieces := cutAfter(parts[at], clauseEnds)
	score := scores(pieces, q)
	lo := slices.Index(score, slices.Max(score))
	hi := lo + 1
	size := runeLen(pieces[lo])
	if size > limit {
		return []string{string([]rune(pieces[lo])[:limit])}, at > 0 || lo > 0, true
	}
	for {
		switch {
		case hi < len(pieces) && size+runeLen(pieces[hi]) <= limit:
			size += runeLen(pieces[hi])
			hi++
			continue
		case lo > 0 && size+runeLen(pieces[lo-1]) <= limit:
			lo--
			size += runeLen(pieces[lo])
			continue
		}
		break
	}
	return []string{strings.Join(pieces[lo:hi], "")}, at > 0 || lo > 0, at < len(parts)-1 || hi < len(pieces)
}

func join(parts []string, keep []bool) (segs []string, before, after bool) {
	open := false
	for i, p := range parts {
		switch {
		case keep[i] && open:
			segs[len(segs)-1] += p
		case keep[i]:
			segs = append(segs, p)
		}
		open = keep[i]
	}
	return segs, !keep[0], !keep[len(keep)-1]
}

// scores counts, for each part, the different pairs of neighbouring letters it
// shares with the question.
func scores(parts []string, q string) []int {
	var letters []rune
	for _, r := range q {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			letters = append(letters, r)
		case r == '\n':
			letters = append(letters, 0) // no pair goes over a line end
		}
	}
	pairs := map[string]bool{}
	for i := 1; i < len(letters); i++ {
		pairs[string(letters[i-1:i+1])] = true
	}
	out := make([]int, len(parts))
	for i, p := range parts {
		for pair := range pairs {
			if strings.Contains(p, pair) {
				out[i]++
			}
		}
	}
	return out
}

// cutAfter splits text behind each of the marks; the pieces joined are text.
func cutAfter(text, marks string) []string {
	var out []string
	start := 0
	for i, r := range text {
		if strings.ContainsRune(marks, r) {
			end := i + len(string(r))
			out = append(out, text[start:end])
			start = end
		}
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

func runeLen(s string) int { return len([]rune(s)) }
