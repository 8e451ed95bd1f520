package library

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"xietiao/index/doc"
	"xietiao/index/plan"
	"xietiao/index/sheet"
)

// Everything that users read of this package.

var stateWords = map[State]string{StateDraft: "草稿", StateScheduled: "待生效", StateCurrent: "现行", StateSuperseded: "废止"}

// Word is what users call the state.
func (s State) Word() string { return stateWords[s] }

var actWords = map[Act]string{
	ActUpload: "上传", ActAgain: "重新提出旧版", ActDiscard: "丢弃草稿", ActPublish: "发布", ActImport: "导入", ActWithdraw: "撤回待生效的版本",
	ActReplaced: "由别的文件代替", ActRemove: "移除", ActDecide: "勘误",
}

// Word is what users call the act.
func (a Act) Word() string { return actWords[a] }

var choiceWords = map[Choice]string{ChoiceAdopt: "采纳建议", ChoiceKeep: "保留原文", ChoiceOwn: "自填"}

// Word is what users call the choice; that of no choice is 未处理.
func (c Choice) Word() string {
	if c == "" {
		return "未处理"
	}
	return choiceWords[c]
}

var warnWords = map[string]string{
	plan.WarnDamaged: "疑似缺字", plan.WarnNameMismatch: "单位名称不一致", plan.WarnCountMismatch: "数目不一致", plan.WarnMissingPeriod: "缺句末标点", plan.WarnNumberGap: "编号不连续",
}

// KindWord is what users call the erratum's kind.
func (e Erratum) KindWord() string {
	if w := warnWords[e.Kind]; w != "" {
		return w
	}
	return "其他"
}

var fateWords = map[FateKind]string{FateSame: "没有变", FateMoved: "原文不变，换了位置", FateChanged: "这一条的内容改了", FateGone: "这一条没有了"}

// Word is what users call the fate.
func (k FateKind) Word() string { return fateWords[k] }

// Tell words an error of this package for users, with what to do next; empty: it is
// none.
func Tell(err error) string {
	var f *Faulty
	if errors.As(err, &f) {
		var lines []string
		for _, fault := range f.Faults {
			lines = append(lines, fault.String())
		}
		return "文件自身有前后不一致的地方，先核对；确实要这样发布，请写明理由：\n" + strings.Join(lines, "\n")
	}
	for _, t := range []struct {
		err  error
		text string
	}{
		{ErrNoDraft, "这份草稿已经发布或者丢弃了，请回到方案列表看看。"},
		{ErrNone, "没有这份文件或这一版，请回到方案列表重新选。"},
		{ErrSame, "与现行的（或待生效的）版本完全相同，不用再发布。"},
		{ErrStale, "您打开这一页以后，别人已经改动过。请刷新，看过现在的样子再操作；您的改动没有保存。"},
		{ErrReview, "设置了双人复核：上传的人不能自己发布，请另一位办公室人员核对后发布。"},
		{ErrInvalid, "请选一种处理；“采纳建议”要有建议读法，“自填”要写出读法，文字不超过 1000 字。"},
		{ErrDamaged, "库里的这份文件读不出来，请用原来的文件重新上传。"},
	} {
		if errors.Is(err, t.err) {
			return t.text
		}
	}
	return ""
}

// String says what is wrong and what helps.
func (f Fault) String() string {
	switch f.Kind {
	case FaultSpelling:
		return fmt.Sprintf("成员名单写“%s”，职责分工写“%s”：是同一个单位就把其中一个设为别名。", f.Member, f.Heading)
	case FaultNoHeading:
		return fmt.Sprintf("成员单位“%s”在职责分工里没有对应的标题。", f.Member)
	case FaultNoMember:
		return fmt.Sprintf("职责分工里的“%s”不在成员名单里。", f.Heading)
	case FaultCount:
		return fmt.Sprintf("正文说有 %s 个成员单位，列出来的是 %s 个。", f.Said, f.Listed)
	}
	return "没有读到任何职责或事项：请确认是不是这份文件，附件有没有在里面。"
}

// The list of errata for the office that issued the document.
const errataTitle = "勘误表"

var errataHead = []string{"序号", "位置", "问题", "原文", "建议读法", "处理", "读作", "说明"}

// ErrataSheet is the list of errata as a sheet.
func ErrataSheet(list []Erratum) sheet.Out {
	out := sheet.Out{Name: errataTitle, Head: errataHead}
	for i, e := range list {
		out.Rows = append(out.Rows, []string{strconv.Itoa(i + 1), e.Where, e.KindWord(), e.Text, e.Suggestion, e.Choice.Word(), e.Read(), e.Note})
	}
	return out
}

// ErrataDoc is the list of errata as a document: of the document that d is a version of.
func ErrataDoc(d Document, list []Erratum) []doc.Out {
	open := 0
	for _, e := range list {
		if !e.Decided() {
			open++
		}
	}
	table := ErrataSheet(list)
	summary := fmt.Sprintf("共 %d 处，其中 %d 处还没有处理。“原文”照录印发的文字，“读作”是核对的意见，不改动原文。", len(list), open)
	if len(list) == 0 {
		return []doc.Out{{Style: "title", Text: errataTitle}, {Text: textOf(d)}, {Text: "没有发现需要勘误的地方。"}}
	}
	return []doc.Out{{Style: "title", Text: errataTitle}, {Text: textOf(d)}, {Text: summary}, {Table: &table}}
}

// textOf names a version.
func textOf(d Document) string {
	text := "文件：《" + d.Plan.Title + "》"
	if d.Plan.DocNo != "" {
		text += "（" + d.Plan.DocNo + "）"
	}
	return text + "，版本 " + d.Sum[:min(len(d.Sum), 12)]
}
