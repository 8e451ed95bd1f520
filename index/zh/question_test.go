package zh

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCleanQuestion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a plain question stays", "谁负责文化礼堂？", "谁负责文化礼堂？"},
		{"nothing", "", ""},
		{"white space only", " \n\t　", ""},
		{"a mention in front", "@机器人 教育局职责", "教育局职责"},
		{"the space that WeCom puts after a mention", "@协调助手\u2005教育局职责", "教育局职责"},
		{"a name with spaces before WeCom's space", "@Li Lei\u2005教育局职责", "教育局职责"},
		{"a mention at the end", "教育局职责 @协调助手", "教育局职责"},
		{"a mention at the end without a space", "教育局职责@协调助手 ", "教育局职责"},
		{"a name with spaces at the end", "教育局职责@Li Lei\u2005", "教育局职责"},
		{"several mentions", "@张三 @协调助手 教育局职责 @李四", "教育局职责"},
		{"a full-width sign", "＠协调助手　教育局职责", "教育局职责"},
		{"a bot's name that nothing parts from the question", "@协调助手教育局职责", "教育局职责"},
		{"a mention alone", "@协调助手 ", ""},
		{"a sign that may hold the whole question", "@教育局职责", "教育局职责"},
		{"an e-mail address stays", "a@b.com 是谁的", "a@b.com 是谁的"},
		{"an e-mail address at the end stays", "谁用 a@b.com", "谁用 a@b.com"},
		{"a mention inside stays", "问@张三 谁负责", "问@张三 谁负责"},
		{"emoji", "文化礼堂👨‍👩‍👧谁负责❤️👍🏻🇨🇳1️⃣", "文化礼堂谁负责1"},
		{"picture codes", "[微笑]教育局[强][强]", "教育局"},
		{"other brackets stay", "[教育局]职责", "[教育局]职责"},
		{"a picture code inside another", "[[强]微笑]教育局", "教育局"},
		{"zero-width and control characters", "\ufeff教\u200b育\u0000局\u202e", "教育局"},
		{"private characters", "教育局\ue415", "教育局"},
		{"line ends become a space", "教育局\r\n职责", "教育局 职责"},
		{"white space becomes one space", "教育局 　\t 职责", "教育局 职责"},
		{"repeated punctuation", "谁负责？？？！！……。。", "谁负责？！…。"},
		{"circles that stand for 〇 stay", "二○○○年①", "二○○○年①"},
		{"invalid bytes", "教\xff\xfe育", "教育"},
		{"traditional characters and width stay", "誰負責（Ａ）", "誰負責（Ａ）"},
		{"the limit", strings.Repeat("文", 600), strings.Repeat("文", 500)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, CleanQuestion(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryPictureCodeIsShortEnoughToBeFound(t *testing.T) {
	t.Parallel()
	for name := range strings.FieldsSeq(faces) {
		if len(name) > longestFace || CleanQuestion("问["+name+"]") != "问" {
			t.Errorf("%s stays", name)
		}
	}
}

func FuzzCleanQuestion(f *testing.F) {
	for _, s := range []string{"@机器人 教育局", "@A B\u2005问@C D\u2005", "[[强]微笑]？？", "\xff\u200d❤️", "@ @ @a", "a@b @c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanQuestion(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxQuestion || strings.TrimSpace(got) != got {
			t.Errorf("%q becomes %q", s, got)
		}
		if again := CleanQuestion(got); again != got {
			t.Errorf("%q becomes %q, then %q", s, got, again)
		}
	})
}

func BenchmarkCleanQuestion(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		CleanQuestion("@协调助手\u2005请问一下，农村文化礼堂的建设由哪个部门负责牵头？？🙏")
	}
}
