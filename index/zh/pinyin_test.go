package zh

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/mozillazg/go-pinyin"
)

func TestSyllables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		r    rune
		want []string
	}{
		{"one reading", '教', []string{"jiao"}},
		{"several, the usual one first", '重', []string{"zhong", "chong"}},
		{"乐 has the reading of 乐清 too", '乐', []string{"le", "yue"}},
		{"ü is v", '女', []string{"nv"}},
		{"a traditional character", '禮', []string{"li"}},
		{"〇", '〇', []string{"ling"}},
		{"no Chinese character", 'a', nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Syllables(c.r)
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%v lacks %s", got, want)
				}
			}
			if len(c.want) == 0 && got != nil || len(c.want) > 0 && got[0] != c.want[0] {
				t.Errorf("%v; want %v", got, c.want)
			}
		})
	}
}

// The table has the readings of its source: the usual one always, and none that the source lacks.
func TestTableAgreesWithGoPinyin(t *testing.T) {
	t.Parallel()
	args := pinyin.NewArgs()
	args.Heteronym = true
	for r := rune(0x4E00); r <= 0x9FA5; r++ {
		source := pinyin.SinglePinyin(r, args)
		got := Syllables(r)
		if len(source) == 0 || len(got) == 0 {
			if len(got) > 0 {
				t.Errorf("%c: %v from nothing", r, got)
			}
			continue
		}
		if strings.ContainsAny(source[0], "aeiouv") && got[0] != source[0] {
			t.Errorf("%c: %v; the source has %v", r, got, source)
		}
		for _, s := range got {
			if !slices.Contains(source, s) {
				t.Errorf("%c: %s is not among %v", r, s, source)
			}
		}
	}
}

func TestSoundDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a, b rune
		want int
	}{
		{"the same sound with another tone", '里', '礼', 0},
		{"a second reading", '重', '虫', 0},
		{"the same rune without a reading", '?', '?', 0},
		{"z and zh", '自', '至', 1},
		{"c and ch", '从', '冲', 1},
		{"s and sh", '是', '四', 1},
		{"an and ang", '单', '当', 1},
		{"en and eng", '真', '正', 1},
		{"in and ing", '金', '京', 1},
		{"uan and uang", '关', '光', 1},
		{"two at once", '站', '藏', 1},
		{"n and l", '农', '龙', 1},
		{"n and l with another confusion are too far", '南', '郎', 2},
		{"different", '教', '育', 2},
		{"a letter and a character", 'a', '啊', 2},
		{"two runes without a reading", 'a', 'b', 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := SoundDistance(c.a, c.b); got != c.want || SoundDistance(c.b, c.a) != got {
				t.Errorf("%d", got)
			}
		})
	}
}

func TestSyllableDistanceAgreesWithSoundDistance(t *testing.T) {
	t.Parallel()
	one := map[string]rune{} // a character for each syllable that is the only reading of one
	for r := rune(0x4E00); r <= 0x9FA5; r++ {
		if s := Syllables(r); len(s) == 1 {
			one[s[0]] = r
		}
	}
	for s, a := range one {
		for u, b := range one {
			if got, want := SyllableDistance(s, u), SoundDistance(a, b); got != want {
				t.Fatalf("%s %s: %d, characters %c %c: %d", s, u, got, a, b, want)
			}
		}
	}
	if SyllableDistance("lue", "lve") != 0 || SyllableDistance("", "a") != 2 || SyllableDistance("", "") != 0 {
		t.Error("lue, lve and nothing")
	}
}

func TestSplitPinyin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     [][]string
	}{
		{"one way", "shequ", [][]string{{"she", "qu"}}},
		{"longer syllables first", "xian", [][]string{{"xian"}, {"xi", "an"}}},
		{"a space ends a syllable", "xi an", [][]string{{"xi", "an"}}},
		{"so does an apostrophe", "xi'an", [][]string{{"xi", "an"}}},
		{"ü is v", "lüyou", [][]string{{"lv", "you"}}},
		{"lue is kept as typed", "lue", [][]string{{"lue"}, {"lu", "e"}}},
		{"case and width do not matter", "ＳｈｅQU", [][]string{{"she", "qu"}}},
		{"half a syllable is none", "sheq", nil},
		{"English is none", "help", nil},
		{"a single n is none", "n", nil},
		{"digits are none", "she4", nil},
		{"Chinese is none", "社qu", nil},
		{"nothing", " ", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, SplitPinyin(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for in, want := range map[string]string{"wenhualitang": "wen hua li tang", "nongjia shuwu": "nong jia shu wu", "guanggao": "guang gao"} {
		if got := SplitPinyin(in); len(got) == 0 || strings.Join(got[0], " ") != want {
			t.Errorf("%s: %v", in, got)
		}
	}
	if got := SplitPinyin(strings.Repeat("xian", 20)); len(got) != maxSplits {
		t.Errorf("%d ways", len(got))
	}
}

func TestEveryWordSplitsIntoItsSyllables(t *testing.T) {
	t.Parallel()
	for r := rune(0x4E00); r <= 0x9FA5; r++ {
		for _, s := range Syllables(r) {
			if got := SplitPinyin(s); len(got) == 0 || len(got[0]) != 1 || got[0][0] != s {
				t.Fatalf("%c %s: %v", r, s, got)
			}
		}
	}
}

func TestSoundsAllocateNothing(t *testing.T) {
	SoundDistance('文', '闻')
	if n := testing.AllocsPerRun(100, func() { SoundDistance('重', '长'); SimilarShape('官', '宫') }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSplitPinyin(f *testing.F) {
	for _, s := range []string{"shequ", "nongjia shuwu", "xi'an", "LÜ-you", "ａｎ", "aaaaaaaaaa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ways := SplitPinyin(s)
		if len(ways) > maxSplits {
			t.Errorf("%d ways", len(ways))
		}
		letters := strings.Map(func(r rune) rune {
			if r = narrow(unicode.ToLower(r)); r == 'ü' {
				return 'v'
			}
			if r < 'a' || r > 'z' {
				return -1
			}
			return r
		}, s)
		seen := map[string]bool{}
		for _, way := range ways {
			if key := strings.Join(way, " "); seen[key] {
				t.Errorf("%s twice", key)
			} else {
				seen[key] = true
			}
			if got := strings.Join(way, ""); got != letters {
				t.Errorf("%q: %s, want %s", s, got, letters)
			}
		}
	})
}

func BenchmarkSoundDistance(b *testing.B) {
	pairs := [][2]rune{{'文', '闻'}, {'重', '长'}, {'教', '育'}, {'乐', '和'}}
	SoundDistance('文', '闻')
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := pairs[i&3]
		SoundDistance(p[0], p[1])
		i++
	}
}

func BenchmarkSplitPinyin(b *testing.B) {
	for b.Loop() {
		SplitPinyin("nongcunwenhualitang")
	}
}
