package zh

import "testing"

func TestEditsWithin1(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"equal", "文化礼堂", "文化礼堂", true},
		{"both empty", "", "", true},
		{"one character and none", "", "文", true},
		{"substitution", "文化礼堂", "文化里堂", true},
		{"deletion inside", "文化礼堂", "文化堂", true},
		{"deletion at the front", "文化礼堂", "化礼堂", true},
		{"insertion at the end", "文化", "文化站", true},
		{"exchange of neighbours", "文化礼堂", "文礼化堂", true},
		{"exchange at the end", "礼堂", "堂礼", true},
		{"two substitutions", "文化礼堂", "闻化里堂", false},
		{"two insertions", "文化", "文化礼堂", false},
		{"exchange over a distance", "文化礼堂", "堂化礼文", false},
		{"deletion and substitution", "文化礼堂", "化里堂", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := []rune(c.a), []rune(c.b)
			if EditsWithin1(a, b) != c.want || EditsWithin1(b, a) != c.want {
				t.Errorf("want %v both ways", c.want)
			}
		})
	}
}
