package curate

import (
	"errors"
	"fmt"
	"strings"

	"xietiao/index"
)

// Everything that users read of this package.

const (
	textOfficeWords = "办公室的词表"
	textTooLong     = "这一行太长，请拆成几行。"
	textForm        = "要写成“甲 = 乙”（同义）、“甲 < 乙”（乙是甲的俗称）、“甲 ~ 乙”（相近），或“单位: 全称 = 别名”，符号两边都要有字。"
)

// lineFaults say what to do about a line.
var lineFaults = map[index.LineFault]string{
	index.LineForm:  textForm,
	index.LineSide:  textForm,
	index.LinePart:  "“+”和“|”的两边都要有字，例如：健身+义工|志愿者。",
	index.LineKind:  "冒号前面的词不认识；单位的别名写成“单位: 全称 = 别名”。",
	index.LineAbout: "要写成“about: 妇联 = 妇女 家庭”。",
	index.LineGroup: "要写成“group: 工青妇 = 总工会 团委 妇联”，右边至少两个。",
	index.LineUnit:  "要写成“单位: 全称 = 别名 别名”，左边只写一个单位，名称里不要有空格。",
}

// shownFaults is how many bad lines are told at once.
const shownFaults = 10

// Tell words an error of this package for users; ok is false where it is none of them.
func Tell(err error) (text string, ok bool) {
	var bad BadLines
	switch {
	case errors.As(err, &bad):
		var lines []string
		for _, f := range bad[:min(len(bad), shownFaults)] {
			lines = append(lines, fmt.Sprintf("第 %d 行“%s”：%s", f.No, clip(f.Text), tellLine(f.Err)))
		}
		if rest := len(bad) - shownFaults; rest > 0 {
			lines = append(lines, fmt.Sprintf("还有 %d 行也要改。", rest))
		}
		return strings.Join(lines, "\n"), true
	}
	var line *QuestionFault
	if errors.As(err, &line) {
		return tellQuestion(line), true
	}
	var taken *TakenError
	if errors.As(err, &taken) {
		return "“" + clip(taken.Question) + "”已经有办公室的答复，请去改那一条。", true
	}
	for e, text := range sentinels {
		if errors.Is(err, e) {
			return text, true
		}
	}
	return "", false
}

// sentinels say what to do about the rest.
var sentinels = map[error]string{
	ErrTooMany:    "放不下这么多，请先删去不用的。",
	ErrTooLong:    "太长了：一问不超过 500 字，答复的话不超过 300 字。",
	ErrNoQuestion: "没有问题。请至少写一问。",
	ErrNoClause:   "没有条款。请至少选一条。",
	ErrChanged:    "您打开以后，别人改过或删掉了它。请看过现在的内容再改。",
}

func tellQuestion(f *QuestionFault) string {
	switch {
	case f.Missing:
		return fmt.Sprintf("第 %d 行缺少 q 或 kind", f.No)
	case errors.Is(f.Err, ErrTooLong):
		return fmt.Sprintf("第 %d 行太长：一问不超过 500 字", f.No)
	case errors.Is(f.Err, ErrEncoding):
		return fmt.Sprintf("第 %d 行不是 UTF-8 的文字，请把文件另存为 UTF-8", f.No)
	}
	return fmt.Sprintf("第 %d 行不是一行完整的 JSON（%v）", f.No, f.Err)
}

func tellLine(err error) string {
	var line *index.LineError
	if errors.As(err, &line) {
		return lineFaults[line.Fault]
	}
	return textTooLong
}

// shownRunes of a bad line are enough to find it.
const shownRunes = 40

func clip(s string) string {
	if rs := []rune(s); len(rs) > shownRunes {
		return string(rs[:shownRunes]) + "…"
	}
	return s
}
