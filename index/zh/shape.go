package zh

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// shapeText has groups of characters that people and text recognition take for each other, one group a word.
//
//go:embed shape.txt
var shapeText string

var loadShapes = sync.OnceValue(parseShapes)

func parseShapes() map[rune][]uint16 {
	groups := make(map[rune][]uint16, 1024)
	var id uint16
	for line := range strings.Lines(shapeText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for group := range strings.FieldsSeq(line) {
			id++
			for _, r := range group {
				groups[r] = append(groups[r], id)
			}
		}
	}
	return groups
}

// SimilarShape says whether a and b look alike (官 宫, 育 肓, 己 已 巳): a table of simplified characters that typing,
// handwriting and text recognition confuse. A rune is like itself. It is symmetric but not transitive.
// Fold both runes first. It is safe for concurrent use and allocates nothing after the first call.
func SimilarShape(a, b rune) bool {
	if a == b {
		return true
	}
	shapes := loadShapes()
	other := shapes[b]
	for _, id := range shapes[a] {
		if slices.Contains(other, id) {
			return true
		}
	}
	return false
}
