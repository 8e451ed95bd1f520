package chat_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// alerts is what WeCom or DingTalk take for a mention of a group or a person.
var alerts = regexp.MustCompile(`(?i)<[@＠﹫]|[@＠﹫](all|everyone|所有人|全体)`)

// anyMention is @ with anything that may be a name after it.
var anyMention = regexp.MustCompile(`[@＠﹫][^\s\v\p{Z}\x{200b}\x{85}]`)

// markup is what either platform renders.
var markup = regexp.MustCompile("(?m)[*_`\\[\\]<>#~|\\\\]|^[ \t]*[-+=]")

var nasty = []string{
	"@all", "@ALL 快来", "@所有人", "＠所有人", "﹫all", "<@all>", "<@ZhangSan>", "<<@@all>>", "@@all", "@a@ll@all",
	"@\x00all", "@\u202eall", "<\u2066@all>", "@\r\nall", "[点我](https://evil.example)", "![x](y)", "<a href=\"x\">点我</a>",
	"</div><font color=\"warning\">", "**粗**", "# 标题", "> 引用", "`码`", "- 列", "  + 列", "===", "a | b", "张三", "", "\xff@\xffall", "@13800000000", "x@all.com",
}

func TestNoUserTextAlertsAnybody(t *testing.T) {
	t.Parallel()
	for _, s := range nasty {
		checkEscapes(t, s)
	}
}

func checkEscapes(t *testing.T, s string) {
	t.Helper()
	for name, fn := range map[string]func(string) string{"Plain": chat.Plain, "Markdown": chat.Markdown, "Defuse": chat.Defuse} {
		got := fn(s)
		if alerts.MatchString(got) {
			t.Errorf("%s(%q) = %q alerts", name, s, got)
		}
		if again := fn(got); again != got {
			t.Errorf("%s(%q): once %q, twice %q", name, s, got, again)
		}
		if name == "Defuse" {
			if strings.ReplaceAll(got, "\u200b", "") != strings.ReplaceAll(s, "\u200b", "") {
				t.Errorf("Defuse(%q) = %q changes more than it breaks", s, got)
			}
			continue
		}
		if anyMention.MatchString(got) || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\x00\u202e") {
			t.Errorf("%s(%q) = %q", name, s, got)
		}
		if strings.Contains(got, "<a") || strings.Contains(got, "</") {
			t.Errorf("%s(%q) = %q opens a tag", name, s, got)
		}
		if name == "Markdown" && markup.MatchString(got) {
			t.Errorf("Markdown(%q) = %q has markup", s, got)
		}
	}
}

func TestPlainWordsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"张三", "3 < 5，a-b，1.5", "“统筹指导”\n——四（三）", "周六 9:00-11:00", "tab\there", "👨‍👩‍👧"} {
		if got := chat.Plain(s); got != s {
			t.Errorf("Plain(%q) = %q", s, got)
		}
		if got := chat.Defuse(s); got != s {
			t.Errorf("Defuse(%q) = %q", s, got)
		}
	}
	if got := chat.Markdown("李[四]*#1"); got != "李［四］＊＃1" {
		t.Errorf("got %q", got)
	}
	if got := chat.Defuse("office@county.example，<font color=\"info\">甲</font>"); got != "office@county.example，<font color=\"info\">甲</font>" {
		t.Errorf("Defuse spoils an address or markup: %q", got)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(checkEscapes)
}
