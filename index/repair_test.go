package index

import (
	"testing"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

func repaired(v *view, q string) string {
	out, _, _ := v.repair(v.t, zh.Fold(zh.CleanQuestion(q)))
	return out
}

func TestTypingErrorsAreMended(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, q, want string }{
		{"a homophone", "公共文化设施用低归谁管", "公共文化设施用地归谁管"},
		{"a homophone in a name", "农家书物归谁管", "农家书屋归谁管"},
		{"a look-alike", "工人文化官免费开放", "工人文化宫免费开放"},
		{"a look-alike in a department", "市教肓局的职责", "市教育局的职责"},
		{"two errors in one word", "文化志原服务", "文化志愿服务"},
		{"errors in two places", "残急人文化权意谁保障", "残疾人文化权益谁保障"},
		{"an error that makes a word of the lists", "全民建身志原服务谁负责", "全民健身志愿服务谁负责"},
		{"an error that is a word by itself", "妇女儿同文化权益谁管", "妇女儿童文化权益谁管"},
		{"an error beside a word that it fits", "社科只识普及谁组织", "社科知识普及谁组织"},
		{"pinyin", "nongjiashuwu归谁管", "农家书屋归谁管"},
		{"pinyin of two words", "wenhualitang归谁管", "文化礼堂归谁管"},
		{"southern sounds", "残急人的文化权益", "残疾人的文化权益"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := repaired(sampleView(), tc.q); got != tc.want {
				t.Errorf("%s → %s, want %s", tc.q, got, tc.want)
			}
		})
	}
}

// A question that is spelled rightly must stay as it is, whatever rare words it
// has.
func TestRightSpellingIsNeverChanged(t *testing.T) {
	t.Parallel()
	v := sampleView()
	var list []string
	for _, q := range devQuestions(t) {
		if q.Kind != "typo" {
			list = append(list, q.Q, q.Prev)
		}
	}
	for _, u := range plan.Sample().Units {
		list = append(list, u.Name)
		for _, d := range u.Duties {
			list = append(list, d.Text)
		}
	}
	for _, s := range plan.Sample().Sections {
		list = append(list, s.Title, s.Text)
	}
	list = append(list,
		"张家村的祠堂想挂个牌子归谁管", "李老师问农家书屋缺书找谁", "虹桥镇的越剧团去哪里备案",
		"我是柳市的，想在村口搭个戏台", "雁荡山风景区的讲解员谁培训", "wps打不开怎么办", "ktv装修谁批",
		"第一条原则是哪条", "老党员想带头去文化队里帮忙", "第三项任务是什么", "方案第四部分（三）写了什么", "2020年9月25日印发的是哪个文件")
	for _, q := range list {
		want := zh.Fold(zh.CleanQuestion(q))
		if got := repaired(v, q); got != want {
			t.Errorf("%s → %s", want, got)
		}
	}
}

// However long and strange a question is, few of its letters are looked at.
func TestFewRunesAreSuspected(t *testing.T) {
	t.Parallel()
	v := sampleView()
	var strange []rune
	for r := rune(0x9000); len(strange) < maxQuestion; r++ {
		strange = append(strange, r)
	}
	tokens := v.tokens(v.t, string(strange))
	count := 0
	for _, d := range v.doubts(strange, tokens) {
		if d >= weak {
			count++
		}
	}
	if count != maxSuspects {
		t.Errorf("%d runes", count)
	}
}

func TestWhatMayBeMisspelled(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		window, word string
		want         int
	}{
		{"书物", "书屋", 1},   // the same sound
		{"文化官", "文化宫", 2}, // a look-alike
		{"残急人", "残疾人", 1},
		{"书屋", "书屋", 99},   // no error
		{"书", "书屋", 99},    // another length
		{"天气", "书屋", 99},   // nothing in common
		{"文化站", "文化宫", 99}, // another word
	} {
		if got := misspelled([]rune(tc.window), []rune(tc.word)); got != tc.want {
			t.Errorf("%s for %s costs %d, want %d", tc.window, tc.word, got, tc.want)
		}
	}
}
