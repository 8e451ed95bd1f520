package index

import (
	"slices"
	"sync"
)

// letterIndex knows the places of every letter of a text. A plan has some
// thousand letters, some hundred of them different; it is kept in three slices
// because a server keeps one for many plans.
type letterIndex struct {
	letters []rune  // in order
	starts  []int32 // of a letter's places in at; one more at the end
	at      []int32 // byte offsets in the text
}

// numbering gives the letters of a text numbers while its index is made.
type numbering struct {
	of    [1 << 16]int32 // by letter: its number plus one
	other map[rune]int32 // letters beyond
}

var numberings = sync.Pool{New: func() any { return &numbering{other: map[rune]int32{}} }}

func (n *numbering) get(r rune) int32 {
	if int(r) < len(n.of) {
		return n.of[r]
	}
	return n.other[r]
}

func (n *numbering) set(r rune, number int32) {
	if int(r) < len(n.of) {
		n.of[r] = number
		return
	}
	n.other[r] = number
}

// newLetterIndex indexes a text but for its line ends.
func newLetterIndex(text string) letterIndex {
	n := numberings.Get().(*numbering)
	var x letterIndex
	total := 0
	for _, r := range text {
		if r == '\n' {
			continue
		}
		count := n.get(r)
		if count == 0 {
			x.letters = append(x.letters, r)
		}
		n.set(r, count+1)
		total++
	}
	slices.Sort(x.letters)
	x.starts = make([]int32, len(x.letters)+1)
	x.at = make([]int32, total)
	next := int32(0)
	for i, r := range x.letters {
		x.starts[i] = next
		next += n.get(r)
		n.set(r, x.starts[i])
	}
	x.starts[len(x.letters)] = next
	for i, r := range text {
		if r != '\n' {
			k := n.get(r)
			x.at[k] = int32(i)
			n.set(r, k+1)
		}
	}
	for _, r := range x.letters {
		n.set(r, 0)
	}
	clear(n.other)
	numberings.Put(n)
	return x
}

// places are the byte offsets of a letter, in order.
func (x *letterIndex) places(r rune) []int32 {
	i, ok := slices.BinarySearch(x.letters, r)
	if !ok {
		return nil
	}
	return x.at[x.starts[i]:x.starts[i+1]]
}
