package console

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"xietiao/bot"
	"xietiao/bot/curate"
	"xietiao/index"
)

// What the pages on questions say; the templates hold the rest.
const (
	textQuestions    = "问答"
	textTryQuestion  = "试一问"
	textQuestionWork = "待办的问题"
	textChangeWords  = "加词、写答复"
	textOfficeWords  = "办公室的词"
	textOfficeSaid   = "办公室的答复"
	textQuestionSet  = "题集"

	textLongQuestion  = "问题太长，请写在 500 字以内。"
	textKeptRight     = "记进题集了：以后改词、改答复、换方案，这一问都要这样答才放行。收错了，在“题集”里去掉。"
	textNoAnswerWords = "请写要告诉提出的人的话；只是不再列出，就按“不用答复”。"
	textNotListed     = "它已经不在列表里了，可能别人刚处理过。"
	textOffList       = "不再列出了。再有人问起、还是没有答案的，会重新列出来。"
	textOffForGood    = "不再列出了，再有人问也不列。"
	textNothingTyped  = "没有要改的：请加一行词，或者写一条答复（问题和条款都要有）。"
	textChangedSince  = "试过以后又改了，没有保存。请看过下面的结果再按保存。"
	textWordGone      = "这一行已经删掉了。"
	textNotInSet      = "它已经不在题集里了，可能别人刚去掉。"
	textOutOfSet      = "从题集里去掉了：以后改词、改答复、换方案，不再管这一问。"
)

func textNoted(n int) string {
	return fmt.Sprintf("处理了 %d 条反映，已经把话发给提出的人。", n)
}

func textNotedOnly(n int) string {
	return fmt.Sprintf("处理了 %d 条反映，没有发消息。", n)
}

func textSaved(s bot.Saved) string {
	said := "保存好了，几秒内生效。"
	if n := len(s.Differences); n > 0 {
		said += fmt.Sprintf("记录里有 %d 问的回答变了。", n)
	}
	if s.Closed > 0 {
		said += fmt.Sprintf("%d 个没有答案的问题现在能答了，不再列出。", s.Closed)
	}
	if s.Told > 0 {
		said += fmt.Sprintf("更正发给了 %d 处。", s.Told)
	}
	return said
}

func textSetTaken(added, changed, all int) string {
	return fmt.Sprintf("收进 %d 问，换了答案 %d 问，本来就有、答案一样的 %d 问。问一遍看现在答得怎样。", added, changed, all-added-changed)
}

func textQuestionsFail(e bot.Exam) string {
	n := 0
	for _, f := range e.Failed {
		if !f.Before {
			n++
		}
	}
	return fmt.Sprintf("没有保存：这样改了，题集里有 %d 问会答错（下面列着）。请改一改再试。", n)
}

// statusWord is what became of a question.
func statusWord(s index.Status) string {
	switch s {
	case "":
		return "全部"
	case index.Answered:
		return "有答案"
	case index.Unassigned:
		return "没有落到单位"
	case index.Ambiguous:
		return "反问了"
	case index.Unknown:
		return "没有答案"
	case bot.WrongAnswers:
		return "有人说有误"
	}
	return string(s)
}

// kindWord is what a word of a question is.
func kindWord(k index.WordKind) string {
	switch k {
	case index.WordTerm:
		return "业务词"
	case index.WordRole:
		return "分工（牵头、配合）"
	case index.WordUnit:
		return "单位"
	case index.WordMissing:
		return "方案里没有的单位"
	case index.WordOutside:
		return "别的业务"
	case index.WordFrame:
		return "问话，不用来找"
	case index.WordLetters:
		return "词表里没有"
	case index.WordParts:
		return "分开说的词"
	}
	return string(k)
}

// matchWord is how a word stands for one of the documents.
func matchWord(m index.Match) string {
	switch m {
	case index.MatchSame:
		return "原词"
	case index.MatchSynonym:
		return "同义"
	case index.MatchCommon:
		return "俗称"
	case index.MatchRelated:
		return "相近"
	case index.MatchInner:
		return "词里的词"
	case index.MatchPieces:
		return "字相同"
	case index.MatchOwner:
		return "单位管的事"
	case index.MatchAlias:
		return "别名"
	}
	return string(m)
}

// senseWords are what a word stands for, in one line.
func senseWords(list []index.Sense) string {
	var out []string
	for _, s := range list {
		w := s.Text + "（" + matchWord(s.By)
		if s.Sim < 1 {
			w += fmt.Sprintf(" %d%%", wholePercent(s.Sim))
		}
		out = append(out, w+"）")
	}
	return strings.Join(out, "、")
}

func wholePercent(x float64) int { return int(math.Round(100 * x)) }

// goldWord is what a question of the set must be answered with.
func goldWord(q curate.Question) string {
	switch q.Kind {
	case curate.KindNone:
		return "答“方案里没有”"
	case curate.KindGap:
		return "答“没有落到单位”"
	}
	var out []string
	for _, g := range q.Gold {
		switch {
		case g.Unit != nil && g.Number() == curate.AllDuties:
			out = append(out, *g.Unit+"的全部职责")
		case g.Unit != nil:
			out = append(out, *g.Unit+"第"+g.Number()+"项")
		case g.Section != nil:
			out = append(out, *g.Section)
		case g.Fact != nil:
			out = append(out, g.Value)
		default:
			out = append(out, g.Cite)
		}
	}
	return strings.Join(out, "；")
}

// tellQuestion words the errors of bot and curate about questions; "": none of theirs.
func tellQuestion(err error) string {
	var unsettled *bot.UnsettledError
	var exam *bot.ExamError
	switch {
	case errors.As(err, &unsettled):
		return "“" + unsettled.Question + "”单看不知道问的是什么事，不能单独配答复。请写成说得清事情的一问。"
	case errors.As(err, &exam):
		return textQuestionsFail(exam.Exam)
	case errors.Is(err, bot.ErrNotReady):
		return "方案还没有读好，请过几秒再试。"
	case errors.Is(err, bot.ErrNoClause):
		return "现行方案里没有这一条，或者文字已经变了。条款照回答里的出处写，例如：乐公共协〔2020〕1号 附件·市教育局·第2项。"
	case errors.Is(err, bot.ErrForgotten):
		return "这一问已经不在记录里：过了保存期，或者别人刚处理过。"
	case errors.Is(err, bot.ErrNotRight):
		return "现在的回答和记录里的不一样，或者没有给出确定的答案，不能记成对的。请先看现在怎么答。"
	}
	text, _ := curate.Tell(err)
	return text
}
