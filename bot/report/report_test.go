package report

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// written is the report as a file.
func written(t testing.TB, rep Report, ending string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := rep.Write(&b, ending); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What a page shows, a document prints and a workbook files are the same.
func TestReportsAreReadBack(t *testing.T) {
	t.Parallel()
	h := aYear(t)
	for _, k := range Kinds() {
		rep := h.make(Query{Kind: k})
		if rep.Kind != k || rep.Title == "" || rep.Summary == "" || rep.Day != date("2026-11-23") || k.Word() == "" || k.Use() == "" {
			t.Errorf("%s: %q, %q, %s", k, rep.Title, rep.Summary, rep.Day)
		}
		var want strings.Builder
		for i, p := range rep.Parts {
			if i > 0 {
				want.WriteString("\n")
			}
			want.WriteString(p.Text)
			if p.Table == nil {
				continue
			}
			if len(p.Table.Rows) == 0 {
				t.Errorf("%s: the table %s is empty", k, p.Table.Name)
			}
			for j, row := range slices.Concat([][]string{p.Table.Head}, p.Table.Rows) {
				if len(row) != len(p.Table.Head) {
					t.Errorf("%s: %q", k, row)
				}
				if j > 0 {
					want.WriteString("\n")
				}
				want.WriteString(strings.Join(row, "\t"))
			}
			want.WriteString("\n") // behind a table is an empty line
		}
		d, err := doc.Read("a.docx", written(t, rep, ".docx"), doc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), d.Text); diff != "" {
			t.Errorf("%s (-made +read)\n%s", k, diff)
		}
		back, err := sheet.Read("a.xlsx", written(t, rep, ".xlsx"), sheet.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var read []sheet.Out
		for _, b := range back {
			out := sheet.Out{Name: b.Name}
			for i, cells := range b.Rows {
				var row []string
				for _, c := range cells {
					row = append(row, c.Text)
				}
				if i == 0 {
					out.Head = row
				} else {
					out.Rows = append(out.Rows, row)
				}
			}
			read = append(read, out)
		}
		if diff := cmp.Diff(rep.Tables(), read); diff != "" {
			t.Errorf("%s (-made +read)\n%s", k, diff)
		}
	}
}

// The figures are those of what was done.
func TestTheFiguresOfAYear(t *testing.T) {
	t.Parallel()
	h := aYear(t)
	for _, tc := range []struct {
		kind  Kind
		table string
		rows  []string
	}{
		{Bulletin, "各单位进度", []string{"市总工会|1|0|1|40%", "市教育局|1|1|0|100%"}},
		{Bulletin, "逾期未完成", []string{"T2|工人文化宫免费开放|市总工会|2026-11-16|已过 5 个工作日"}},
		{Assessment, "考评表", []string{"市教育局|1|1|0|0|0|100|100.00", "市总工会|1|0|0|1|0|0|0.00", "市残联|0|0|0|0|0|0|—"}},
		{Assessment, "明细", []string{"T1|学校文体设施开放|市教育局|2026-06-30|2026-03-20|0|按期办结|100|100|"}},
		{Assessment, "申诉", []string{"1|T2|市总工会|消防验收不归我们|待定|"}},
		{Meeting, "各单位情况", []string{"市教育局|3|1|0|1|0|0|0", "市总工会|3|1|0|0|1|0|1", "市财政局|2|0|1|0|0|1|0", "市统计局|3|0|0|0|0|0|0"}},
		{Unanswered, "没有答上来的原因", []string{"方案没有分工|1|2", "文件里没有|1|5", "没有把握，没有答|1|1", "没有看懂，或者反问了|1|3"}},
		{Unanswered, "没有看懂，或者反问了", []string{"那件事 归谁管（接着问：=1+1）|3|2026-11-20|有几处都像，反问了|还是没有答案"}},
		{Unanswered, "没有把握，没有答", []string{"农家书屋归谁管|1|2026-11-19|没有哪一条和问的足够接近|能答了"}},
		{Meeting, "提请研究的事项", []string{
			"市委宣传部|T3|提请协调|农家书屋补充更新|经费没有列入 今年预算|附件·市委宣传部·第3项", "市妇联|T5|退回任务|家庭文化活动|应由文广旅体局牵头|附件·市妇联·第1项",
			"市残联|T6|延期到 2026-12-18|残疾人文化周|场地改造|附件·市残联·第1项", "市总工会|T2|考评申诉1|工人文化宫免费开放|消防验收不归我们|附件·市总工会·第3项",
		}},
		{Meeting, "任务", []string{
			"市教育局|T1|学校文体设施开放|牵头|附件·市教育局·第2项|2026-06-30|2026-03-20 办结。“已开放 12 所学校，接待 3.2 万人次”",
			"市总工会|T2|工人文化宫免费开放|牵头|附件·市总工会·第3项|2026-11-16|逾期，已过 5 个工作日，40%。“消防还没有验收”",
			"市财政局|T3|农家书屋补充更新|配合|附件·市委宣传部·第3项|2026-12-10|在办，还剩 13 个工作日，0%",
			"市科协|T4|科普进礼堂|牵头|没有写依据|待定期限|待定期限，0%",
			"市文联|T7|=HYPERLINK(\"http://x\",\"点\")|牵头|没有写依据|2026-11-25|已反馈，等复核。“@SUM(A1:A9)”",
		}},
		{Meeting, "职责", []string{"市教育局|附件·市教育局·第2项|指导|指导有条件的学校文体设施向社会开放，指导做好家庭教育工作；"}},
		{Volunteers, "按分队", []string{"没有分队|1|1|2 小时", "党员分队|2|2|6 小时"}},
		{Volunteers, "按主办单位", []string{"市教育局|1|1|2 小时", "市文广旅体局|3|1|6 小时"}},
		{Volunteers, "举办的活动", []string{"A1|春联义写|市文广旅体局|2026-04-18|乐清市柳市镇综合文化站|3|0|6 小时", "A4|送戏下乡|市妇联|2026-07-04|柳市镇文化广场|1|1|0 分钟"}},
		{Volunteers, "方案里写到志愿服务的单位", []string{"市妇联|参与推进文化志愿服务；|附件·市妇联·第3项|1"}},
		{Load, "每月消息", []string{"市总工会|0|0|0|0|0|0|0|0|0|0|9|9", "市财政局|0|0|0|0|0|0|0|0|0|4|0|4", "每个单位的上限|63|48|66|63|57|63|69|63|66|54|48|660"}},
		{Load, "对照上限", []string{"市总工会|9|1|0|0|1|0|0", "市教育局|0|0|0|0|1|1|0", "市残联|1|1|0|0|1|0|1"}},
		{Annual, "总体情况", []string{"任务（项）|7|T1–T7", "已办结（项）|1|T1", "逾期（项）|1|T2", "举办活动（场）|3|A1、A2、A4", "到场（人次）|5|A1、A2、A4", "服务的志愿者（人）|3|A1、A2、A4", "志愿服务时长|8 小时|A1、A2、A4"}},
		{Annual, "分单位", []string{"市教育局|1|1|1|1|2 小时|T1；A2", "市文广旅体局|0|0|1|3|6 小时|A1"}},
		{Annual, "分乡镇（街道）", []string{"柳市镇|2|4|6 小时|A1、A4", "没有写明|1|1|2 小时|A2"}},
		{Annual, "各单位反馈的材料", []string{"学校文体设施开放|市教育局|“已开放 12 所学校，接待 3.2 万人次”|T1 附件·市教育局·第2项"}},
		{Annual, "缺少的资料", []string{
			"群众满意度|民意调查的样本、满意度、知晓率|市统计局（指导）|附件·市统计局·第3项|—", "总分馆|总馆、分馆、服务点数，通借通还、文化配送场次|方案提到，没有写明由谁办，请办公室定|四（四）|—",
			"分乡镇底数|各乡镇（街道）常住人口、行政村和社区数、面积|方案没有写到，请办公室定||—", "农家书屋、文化礼堂|分乡镇的座数、藏书、开放天数、接待人次|市委宣传部（统筹指导）|附件·市委宣传部·第3项|T3",
		}},
		{Annual, "说明", []string{"五、缺少的资料|编制年度报告：方案提到，没有写明由谁办，请办公室定（四（二））。", "五、缺少的资料|数据的统计和分析：市统计局（指导）（附件·市统计局·第2项）。"}},
	} {
		var got []string
		for _, row := range h.table(h.make(Query{Kind: tc.kind}), tc.table) {
			got = append(got, strings.Join(row, "|"))
		}
		for _, want := range tc.rows {
			if !slices.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", tc.table, want, strings.Join(got, "\n"))
			}
		}
	}
	for k, want := range map[Kind]string{
		Volunteers: "2026 年举办活动 3 场，取消 1 场，到场 5 人次；3 名志愿者服务 8 小时，另有 1 人次待核实，没有计入。",
		Load:       "2026 年给 8 个单位发提醒 15 条。上限是每个单位每天 3 条，单日最多的是 1 条，没有一天到上限。",
		Annual:     "2026 年的年度报告资料：26 项指标里 1 项有单位反馈的材料，25 项缺，已列出向谁要。",
	} {
		if got := h.make(Query{Kind: k}).Summary; got != want {
			t.Error(got)
		}
	}
}

// Where nothing is, a sentence says so, and no table is empty.
func TestReportsOfNothing(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-03-02 09:00")
	h.do(func(tx *store.Tx) error {
		_, err := h.tasks.Publish(tx, 2026, task.DefaultWeights(), office)
		return err
	})
	for k, words := range map[Kind][]string{
		Bulletin: {"还没有交办过写明期限的任务。"}, Assessment: {"没有申诉。", "没有计分的任务。"}, Meeting: {"没有交办的任务。没有请求。", "没有单位提出请求。"},
		Volunteers: {"这一年还没有举办过活动。", "这一年还没有计入的服务时长。"}, Load: {"这一年没有给单位发过消息"}, Annual: {"还没有单位反馈过下面各项的材料。", "这一年还没有举办过活动。"},
	} {
		rep := h.make(Query{Kind: k})
		text := ""
		for _, p := range rep.Parts {
			text += p.Text + "\n"
			if p.Table != nil && len(p.Table.Rows) == 0 {
				t.Errorf("%s: the table %s is empty", k, p.Table.Name)
			}
		}
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", k, w, text)
			}
		}
		written(t, rep, ".docx")
		for _, s := range rep.Tables() {
			if len(s.Rows) == 0 {
				t.Errorf("%s: the sheet %s is empty", k, s.Name)
			}
		}
		written(t, rep, ".xlsx")
	}
}

// Each unit has a page of its own, and may have it alone.
func TestAPageForEachUnit(t *testing.T) {
	t.Parallel()
	h := aYear(t)
	pages := 0
	for _, p := range h.make(Query{Kind: Meeting}).Parts {
		if p.Break {
			pages++
		}
	}
	if pages != 29 {
		t.Errorf("%d pages", pages)
	}
	one := h.make(Query{Kind: Meeting, Unit: "乐清市总工会", Since: date("2026-10-01")})
	if want := "市总工会：牵头 1 项，配合 0 项：办结 0，逾期 1，在办 0，待定期限 0。请求 1 件。"; one.Summary != want {
		t.Error(one.Summary)
	}
	for _, p := range one.Parts {
		if p.Break || strings.Contains(p.Text, "市教育局") {
			t.Errorf("%+v", p)
		}
	}
	after := h.make(Query{Kind: Meeting, Unit: "市教育局", Since: date("2026-04-01")})
	if !strings.Contains(after.Summary, "没有交办的任务") {
		t.Errorf("what was done before: %s", after.Summary)
	}
}

// Another year has none of this one's.
func TestReportsAreOfTheirYear(t *testing.T) {
	t.Parallel()
	h := aYear(t)
	for k, want := range map[Kind]string{
		Volunteers: "2025 年举办活动 0 场，取消 0 场，到场 0 人次；0 名志愿者服务 0 分钟，另有 0 人次待核实，没有计入。",
		Load:       "2025 年给 0 个单位发提醒 0 条。上限是每个单位每天 3 条，单日最多的是 0 条，没有一天到上限。",
		Annual:     "2025 年的年度报告资料：26 项指标里 0 项有单位反馈的材料，26 项缺，已列出向谁要。",
	} {
		if got := h.make(Query{Kind: k, Year: 2025}).Summary; got != want {
			t.Error(got)
		}
	}
}

func TestWhatCannotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-03-02 09:00")
	unread := New(h.press.Options)
	unread.Documents = func() (Documents, error) { return nil, nil }
	for _, tc := range []struct {
		press *Press
		q     Query
		want  error
	}{
		{h.press, Query{Kind: "x"}, ErrKind}, {h.press, Query{Kind: Meeting, Unit: "火星"}, ErrUnit}, {h.press, Query{Kind: Assessment}, task.ErrNoVersion},
		{unread, Query{Kind: Load}, ErrDocuments},
	} {
		h.must(h.View(context.Background(), func(r store.Reader) error {
			if _, err := tc.press.Make(context.Background(), r, tc.q); !errors.Is(err, tc.want) || Tell(err) == "" {
				t.Errorf("%+v: %v, %q", tc.q, err, Tell(err))
			}
			return nil
		}))
	}
}

// An assessment that is to be proved is made of the histories.
func TestAnAssessmentIsProved(t *testing.T) {
	t.Parallel()
	h := aYear(t)
	h.make(Query{Kind: Assessment, Proof: true})
	h.do(func(tx *store.Tx) error {
		var key string
		var raw []byte
		err := tx.Scan("audit.entry", store.Range{}, func(k string, v []byte) error {
			if bytes.Contains(v, []byte(`"deadline":"2026-11-16"`)) && raw == nil {
				key, raw = k, bytes.Clone(v)
			}
			return nil
		})
		if err != nil || raw == nil {
			t.Fatal("no entry to change", err)
		}
		return tx.Put("audit.entry", key, bytes.Replace(raw, []byte("2026-11-16"), []byte("2026-12-16"), 1))
	})
	h.make(Query{Kind: Assessment})
	h.must(h.View(context.Background(), func(r store.Reader) error {
		if _, err := h.press.Make(context.Background(), r, Query{Kind: Assessment, Proof: true}); err == nil {
			t.Error("a history that was changed proves it")
		}
		return nil
	}))
}

// What was not answered is of seven days unless another day is asked for; the rare ones
// of very many are counted and not listed.
func TestWhatWasNotAnswered(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 15:00")
	rep := h.make(Query{Kind: Unanswered})
	if want := "2026年11月16日以来问了 51 次：答了 40 次，没有落到单位 2 次，没有答案 6 次，反问 3 次。没有答上来的一共 4 问。"; rep.Summary != want || !h.since.Equal(at("2026-11-16 00:00")) {
		t.Errorf("%s, since %s", rep.Summary, h.since)
	}
	h.make(Query{Kind: Unanswered, Since: date("2026-11-01")})
	if !h.since.Equal(at("2026-11-01 00:00")) {
		t.Error(h.since)
	}
	h.press.Asked = func(store.Reader, time.Time) (a Asked, err error) {
		for i := range shownQuestions + 2 {
			a.Open = append(a.Open, Question{Q: fmt.Sprintf("第%d间归谁管", i), Times: 1, Last: h.clock(), Status: index.Unknown, Reason: index.HintNotMember})
		}
		return a, nil
	}
	rep = h.make(Query{Kind: Unanswered})
	if rows := h.table(rep, textSilences[absent].name); len(rows) != shownQuestions {
		t.Errorf("%d rows", len(rows))
	}
	if !slices.ContainsFunc(rep.Parts, func(p doc.Out) bool { return p.Text == "还有 2 问，次数更少，没有列出。" }) {
		t.Error("it does not say that there are more")
	}
	h.press.Asked = func(store.Reader, time.Time) (Asked, error) { return Asked{}, io.ErrUnexpectedEOF }
	h.must(h.View(t.Context(), func(r store.Reader) error {
		if _, err := h.press.Make(t.Context(), r, Query{Kind: Unanswered}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		return nil
	}))
}

// Each reason has words, and is of the kind that its words say.
func TestReasonsOfSilence(t *testing.T) {
	t.Parallel()
	for q, want := range map[Question]silence{
		{Status: index.Unassigned}: unassigned, {Status: index.Unassigned, Reason: index.ReasonGap}: unassigned, {Status: index.Unknown, Reason: index.ReasonNoDuty}: unassigned,
		{Status: index.Unknown, Reason: index.HintOfftopic}: absent, {Status: index.Unknown, Reason: index.ReasonDocument}: absent, {Status: index.Unknown}: absent,
		{Status: index.Unknown, Reason: index.ReasonShare}: unsure, {Status: index.Unknown, Reason: index.ReasonTheirs}: unsure,
		{Status: index.Ambiguous}: unclear, {Status: index.Unknown, Reason: index.HintVague}: unclear,
	} {
		if got := q.silence(); got != want || textWhy(q) == "" || textWhy(q) == string(q.Reason) {
			t.Errorf("%+v: %d, %s", q, got, textWhy(q))
		}
	}
}

// No cell of a workbook is a formula, and no text of a document a field.
func TestNothingIsAFormula(t *testing.T) {
	t.Parallel()
	h := aYear(t)
	bad := regexp.MustCompile(`<f[ >]|<w:instrText|w:instr="|<w:hyperlink`)
	for _, k := range Kinds() {
		for _, ending := range []string{".docx", ".xlsx"} {
			data := written(t, h.make(Query{Kind: k}), ending)
			z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			h.must(err)
			for _, f := range z.File {
				if strings.Contains(f.Name, "footer") {
					continue // the number of the page
				}
				r, err := f.Open()
				h.must(err)
				text, err := io.ReadAll(r)
				h.must(err)
				if m := bad.Find(text); m != nil {
					t.Errorf("%s%s %s: %s", k, ending, f.Name, m)
				}
			}
		}
	}
}

func TestTownships(t *testing.T) {
	t.Parallel()
	for place, want := range map[string]string{
		"乐清市柳市镇综合文化站": "柳市镇", "柳市镇文化广场": "柳市镇", "城东街道社区中心": "城东街道", "温州市乐清市岭底乡文化站": "岭底乡", "大荆 镇": "大荆镇", "城北乡礼堂": "城北乡",
		"": "", "市图书馆": "", "文化馆一楼": "", "乡镇综合文化站": "", "文化下乡大舞台": "", "送戏下乡": "", "小镇客厅": "", "雁荡古镇广场": "", "江南水乡大舞台": "", "各街道": "", "城镇广场": "",
	} {
		if got := township(place); got != want {
			t.Errorf("%s: %q, want %q", place, got, want)
		}
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for want, list := range map[string][]int{"": nil, "T3": {3}, "T1、T2": {2, 1}, "T1–T3、T5、T7、T8": {8, 1, 2, 3, 5, 7, 3}} {
		if got := ranges("T", list); got != want {
			t.Errorf("%v: %s, want %s", list, got, want)
		}
	}
}

// A unit's duties are its own, with where they stand.
func TestDutiesOfAUnit(t *testing.T) {
	t.Parallel()
	docs, err := aYear(t).press.Documents()
	if err != nil {
		t.Fatal(err)
	}
	got := DutiesOf(docs, "市教育局")
	want := Duty{"指导", "指导有条件的学校文体设施向社会开放，指导做好家庭教育工作；", "附件·市教育局·第2项"}
	if len(got) != 3 || got[1] != want {
		t.Errorf("%+v", got)
	}
	if got := DutiesOf(docs, "县马戏团"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
