package zh

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSimilarShape(t *testing.T) {
	t.Parallel()
	for _, pair := range strings.Fields("宫官 育肓 己已 已巳 人入 末未 土士 日曰 侯候 拔拨 戊戌 戌戍 晴睛 贷货 崇祟 折拆 令今 千干 干于 午牛 天夫 太大 由甲 甲申 鸟乌 刀力 儿几") {
		t.Run(pair, func(t *testing.T) {
			t.Parallel()
			rs := []rune(pair)
			if !SimilarShape(rs[0], rs[1]) || !SimilarShape(rs[1], rs[0]) || !SimilarShape(rs[0], rs[0]) {
				t.Error("not alike")
			}
		})
	}
	for _, pair := range strings.Fields("文教 局部 a文 公安") {
		if rs := []rune(pair); SimilarShape(rs[0], rs[1]) {
			t.Errorf("%s are alike", pair)
		}
	}
}

func TestShapeGroupsHoldDifferentSimplifiedCharacters(t *testing.T) {
	t.Parallel()
	const enough = 150
	groups := 0
	for line := range strings.Lines(shapeText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for group := range strings.FieldsSeq(line) {
			groups++
			seen := map[rune]bool{}
			for _, r := range group {
				if seen[r] || !IsHan(r) || Fold(string(r)) != string(r) {
					t.Errorf("%c in %s", r, group)
				}
				seen[r] = true
			}
			if utf8.RuneCountInString(group) < 2 {
				t.Errorf("%s is alone", group)
			}
		}
	}
	if groups < enough {
		t.Errorf("%d groups", groups)
	}
}
