package zh

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"empty stays empty", "", ""},
		{"full-width digits and letters become small ASCII", "ＡＢｃ１２３", "abc123"},
		{"ASCII letters become lower case", "WPS Office", "wps office"},
		{"the ideographic space becomes a space", "谁　负责", "谁 负责"},
		{"full-width ASCII punctuation becomes ASCII", "（一）：；，！？％", "(一):;,!?%"},
		{"Chinese punctuation stays", "。、《》〈〉【】〔〕“”‘’……", "。、《》〈〉【】〔〕“”‘’……"},
		{"traditional characters become simplified", "誰負責文化禮堂", "谁负责文化礼堂"},
		{"compatibility forms become the character", "樂清\uF9B4", "乐清领"},
		{"an invalid byte is one rune", "a\xffb", "a\uFFFDb"},
		{"other letters keep their case", "É", "É"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Fold(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFoldSimplifies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"Taiwan forms", "裡臺麼為羣衆峯牀", "里台么为群众峰床"},
		{"Hong Kong forms", "衞説税枱啟綫", "卫说税台启线"},
		{"an ambiguous character gets the common form", "乾髮後鬆瞭", "干发后松了"},
		{"a character as common in simplified text stays", "著名覆盖狼藉", "著名覆盖狼藉"},
		{"radicals of pdf files become characters", "⼈⺠政府⽂化⻓", "人民政府文化长"},
		{"simplified text stays", "市文化和广电旅游体育局", "市文化和广电旅游体育局"},
		{"titles of offices", "市發展和改革局、農業農村局、衛生健康局、綜合行政執法局", "市发展和改革局、农业农村局、卫生健康局、综合行政执法局"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Fold(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFoldKeepsEveryRuneInItsPlace(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= utf8.MaxRune; r++ {
		s := string(r)
		once := Fold(s)
		if utf8.RuneCountInString(once) != 1 || Fold(once) != once {
			t.Fatalf("U+%04X becomes %q", r, once)
		}
	}
}

func TestTableLinesAreAligned(t *testing.T) {
	t.Parallel()
	lines := strings.Split(traditionalText, "\n")
	if len(lines) != 3 || utf8.RuneCountInString(lines[0]) != utf8.RuneCountInString(lines[1]) || lines[2] != "" {
		t.Fatalf("%d lines", len(lines))
	}
	if !slices.IsSorted([]rune(lines[0])) {
		t.Error("the first line is not sorted")
	}
	for _, r := range lines[0] {
		if r < firstRadical || r > lastHan && r < firstCompatible || r > lastPageOne {
			t.Errorf("%c lies outside the blocks", r)
		}
	}
}

func TestFoldOfFoldedTextAllocatesNothing(t *testing.T) {
	const s = "谁负责文化礼堂的建设,2020年?"
	if n := testing.AllocsPerRun(100, func() { Fold(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestIsHanAndIsPunct(t *testing.T) {
	t.Parallel()
	for _, r := range "一龥〇々㐀𠀀⼈" {
		if !IsHan(r) || IsPunct(r) {
			t.Errorf("%c is a Chinese character", r)
		}
	}
	for _, r := range "。、《〉（），,.-—…·“’+~￥@" {
		if IsHan(r) || !IsPunct(r) {
			t.Errorf("%c is punctuation", r)
		}
	}
	for _, r := range "a1 ○①é" {
		if IsHan(r) || IsPunct(r) {
			t.Errorf("%c is neither", r)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"誰負責（文化）禮堂？", "Ａ\xff　⼈", "", "\U0001F600乾"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if got, want := utf8.RuneCountInString(once), utf8.RuneCountInString(s); got != want {
			t.Errorf("%d runes from %d", got, want)
		}
		if Fold(once) != once {
			t.Errorf("%q folds on to %q", once, Fold(once))
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{
		"simplified":  strings.Repeat("谁负责文化礼堂的建设", 10),
		"traditional": strings.Repeat("誰負責文化禮堂的建設", 10),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(s)
			}
		})
	}
}
