package task

import (
	"fmt"
	"strings"

	"xietiao/bot/chat"
	"xietiao/index/sheet"
)

// What users read of sheets that come in.

const (
	textNoHeader  = "前 20 行里没有找到表头。表头要有任务（工作内容）和责任单位（牵头单位）这几列。"
	textNoUnits   = "还没有导入方案，无法核对单位名称。请先导入方案，再导入任务。"
	textNoTask    = "表头下面没有任务。"
	textNoTitle   = "没有写任务。"
	textNoLead    = "没有责任单位。请填上牵头单位或责任单位。"
	textLongRow   = "文字太长，放不下。请缩短这一行。"
	textSheetName = "任务"

	textFieldTitle    = "名称"
	textFieldOffsets  = "提醒"
	textFieldSource   = "依据"
	textUsual         = "按默认"
	textNone          = "（空）"
	textFieldText     = "内容"
	textFieldLeads    = "牵头"
	textFieldSupports = "配合"
	textFieldDeadline = "期限"
	textFieldRemark   = "备注"
)

var textSheetHead = []string{"序号", "任务", "责任单位", "配合单位", "完成时限", "来源", "备注"}

func quoted(s string) string { return "“" + clip(s, shownCell) + "”" }

func textTooMany(n int) string {
	return fmt.Sprintf("表里有 %d 项任务，一次最多导入 %d 项，请分成几个文件。", n, maxRows)
}
func textNoted(s string) string {
	return "只有一格有字，不是任务，跳过了：" + quoted(s)
}
func textTwin(before Row) string {
	return "和 " + before.place() + " 完全一样，请删去一行。"
}
func textManyUnits(n int) string {
	return fmt.Sprintf("有 %d 个单位，一项任务最多 %d 个。", n, maxUnits)
}
func textBadDeadline(s string) string {
	return "期限" + quoted(s) + "看不懂。请写成一天（2026年12月31日）、一段时间的末尾（12月底、第四季度）、周期（每季度末）或“长期坚持”；还没有定就空着。"
}
func textAssumed(s string, w When) string { return "期限" + quoted(s) + "按" + w.String() + "。" }
func textPast(w When) string              { return "期限 " + w.String() + "已经过了。" }
func textUndated(s string) string {
	return "期限" + quoted(s) + "定不到哪一天，先按待定期限。"
}
func textNoUnitIn(cell string) string { return quoted(cell) + "里没有找到单位。" }
func textUnknownUnit(name string) string {
	return "方案里没有单位" + quoted(name) + "。请改成方案里的名称，或者把它加进别名。"
}
func textGroup(name string) string {
	return quoted(name) + "不是成员单位，没有算进配合单位。"
}
func textEtc(cell string) string {
	return quoted(cell) + "里的“等部门”没有写明是谁，只算写明的单位。"
}

// place is where a row stands: 任务!B4.
func (r Row) place() string {
	return strings.Trim(r.Sheet+"!"+r.Cell, "!")
}

func unitsWord(units []string) string {
	if len(units) == 0 {
		return "无"
	}
	return chat.Plain(strings.Join(units, "、"))
}

// when words a draft's deadline, with the source's words where they say more.
func (d Draft) when() string {
	switch {
	case !d.Rule.IsZero():
		return d.Rule.String()
	case !d.Deadline.IsZero():
		return dayWord(d.Deadline)
	case d.DeadlineText != "":
		return textNoDate + "（" + clip(d.DeadlineText, shownCell) + "）"
	}
	return textNoDate
}

func (d Draft) words() string {
	s := clip(d.Title, shownTitle) + "｜牵头 " + unitsWord(d.Leads)
	if len(d.Supports) > 0 {
		s += "｜配合 " + unitsWord(d.Supports)
	}
	return s + "｜" + d.when()
}

var fateWords = map[Fate]string{FateNew: "新建", FateChange: "修改", FateSame: "不变", FateUnclear: "看不清，不导入"}

// Word is the fate in Chinese.
func (f Fate) Word() string { return fateWords[f] }

// String is the result for people, a line each.
func (in Intake) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d 行：新建 %d，修改 %d，不变 %d，看不清 %d\n", len(in.Rows), in.Count(FateNew), in.Count(FateChange), in.Count(FateSame), in.Count(FateUnclear))
	for _, r := range in.Rows {
		switch r.Fate {
		case FateNew:
			fmt.Fprintf(&b, "＋ %s %s\n", r.place(), r.Draft.words())
		case FateChange:
			fmt.Fprintf(&b, "改 %s %s：%s\n", r.place(), r.Task.Heading(), strings.Join(r.Changes, "；"))
		case FateUnclear:
			for _, p := range r.Unclear {
				fmt.Fprintf(&b, "？ %s\n", p)
			}
		}
		if r.Fate == FateNew || r.Fate == FateChange {
			for _, p := range r.Notes {
				fmt.Fprintf(&b, "  提醒 %s\n", p)
			}
		}
	}
	for _, t := range in.Missing {
		fmt.Fprintf(&b, "－ %s 表里没有了，任务保持原样；不用再办的请取消\n", t.Heading())
	}
	for _, p := range in.Notes {
		fmt.Fprintf(&b, "提醒 %s\n", p)
	}
	return b.String()
}

// Table is the result as a sheet, to be handed back to those who made the file.
func (in Intake) Table() sheet.Out {
	out := sheet.Out{Name: "核对", Head: []string{"位置", "任务", "牵头单位", "配合单位", "期限", "结果", "说明"}}
	for _, r := range in.Rows {
		d := r.Draft
		words := append([]string(nil), r.Changes...)
		for _, p := range append(r.Unclear, r.Notes...) {
			words = append(words, p.String())
		}
		out.Rows = append(out.Rows, []string{r.place(), d.Title, strings.Join(d.Leads, "、"), strings.Join(d.Supports, "、"), d.when(), r.Fate.Word(), strings.Join(words, "\n")})
	}
	return out
}
