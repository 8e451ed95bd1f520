package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/doc"
)

// Words of time stand among units in a bracket; they are a time limit or
// nothing, never a unit.
func TestTimeIsNoUnit(t *testing.T) {
	for _, when := range []string{"持续推进", "长期坚持", "持续实施", "常年开展", "长期", "全年", "2025年完成", "分年度实施", "立即开展", "即日起实施", "每季度末", "力争年底完成", "适时启动", "下半年"} {
		for _, text := range []string{"（县住建局、县财政局按职责分工负责，" + when + "）", "（责任单位：县住建局、县财政局；" + when + "）"} {
			p := Parse(textDoc("一、重点任务\n1.修缮文物。" + text + "\n"))
			if len(p.Items) != 1 {
				t.Fatalf("%s: %d items, want 1", text, len(p.Items))
			}
			if diff := cmp.Diff([]string{"县住建局", "县财政局"}, p.Items[0].Lead); diff != "" {
				t.Errorf("%s: lead (-want +got):\n%s", text, diff)
			}
			if len(p.Items[0].Support) > 0 {
				t.Errorf("%s: support = %q, want none", text, p.Items[0].Support)
			}
		}
	}
}

func TestMarkedAndRemarkedNames(t *testing.T) {
	p := Parse(textDoc(lines(`
		一、重点任务
		1.修缮文物。（县文旅局（牵头）、县财政局）
		2.开展培训。（责任单位：县住建局（首位为牵头单位）、县财政局）
		3.巡查隐患，2024年6月底前建成台账。（县住建局负责，县财政局配合，持续推进）
		4.清理网吧。（县公安局长期坚持，县财政局配合）
		5.检查。（县公安局负责，每年6月底、12月底前各一次）`)))
	want := lines(`
		1 修缮文物。 | 县文旅局 | 县财政局
		2 开展培训。 | 县住建局 | 县财政局
		3 巡查隐患，2024年6月底前建成台账。 | 县住建局 | 县财政局 | 2024年6月底前；持续推进
		4 清理网吧。 | 县公安局 | 县财政局 | 长期坚持
		5 检查。 | 县公安局 |  | 每年6月底、12月底前各一次`)
	if diff := cmp.Diff(want, itemLines(p)); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestDueDayOfForms(t *testing.T) {
	for text, want := range map[string]string{
		"2024/12/31": "2024-12-31", "2025-06-30": "2025-06-30", "2024.10": "2024-10-31", "2024.2.30": "",
		"2024-2025": "", "每年10月底前": "", "2024年每季度末": "", "10月底前": "2023-10-31",
	} {
		if got := DueDay(text, 2023); got != want {
			t.Errorf("DueDay(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTableHeadersAndTotal(t *testing.T) {
	p := read(t, "a.csv", "序号,任务内容,牵头领导单位,协同单位,截止日期\n1,建设书房,县文旅局（牵头）、县住建局,县财政局,2025/6/30\n合计,1项,,,\n")
	want := "1 建设书房 | 县文旅局 | 县住建局、县财政局 | 2025/6/30\n"
	if got := itemLines(p); got != want {
		t.Errorf("items = %q, want %q", got, want)
	}
}

// Plain ways to say who does an entry; none of the titles is a unit.
func TestPlainEntries(t *testing.T) {
	p := Parse(textDoc(lines(`
		某县2024年重点工作方案
		一、重点任务
		（一）建好融媒体中心。完成平台建设。（责任单位：县委宣传部、县大数据局）
		（二）办好老年大学。扩大招生。（县教育局、县民政局按职责分工负责，持续推进）
		（三）建设中转站
		选址建设。（县住建局、县财政局）
		（四）开展培训。组织技能培训。
		县人社局牵头，县民政局、县财政局配合，2024年底前完成。
		（五）加强督导。（县综合执法局，各乡镇）
		（六）修缮学校（县住建局、县财政局）
		（七）审核经费。县住建局负责，县财政局配合。
		（八）落实经费。由县财政局牵头，县审计局配合，2024年3月底前完成。`)))
	want := lines(`
		1 建好融媒体中心。完成平台建设。 | 县委宣传部、县大数据局
		2 办好老年大学。扩大招生。 | 县教育局、县民政局 |  | 持续推进
		3 建设中转站选址建设。 | 县住建局、县财政局
		4 开展培训。组织技能培训。 | 县人社局 | 县民政局、县财政局 | 2024年底前
		5 加强督导。 | 县综合执法局、各乡镇
		6 修缮学校 | 县住建局、县财政局
		7 审核经费。 | 县住建局 | 县财政局
		8 落实经费。 | 县财政局 | 县审计局 | 2024年3月底前`)
	if diff := cmp.Diff(want, itemLines(p)); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if len(p.Units) > 0 {
		t.Errorf("units = %+v, want none", p.Units)
	}
}

func TestPlainTexts(t *testing.T) {
	cases := map[string]struct{ name, text, items, duties string }{
		"lost newlines": {"a.txt", "平安县防汛工作方案 一、组织机构 成员单位：县水利局、县气象局。 二、总体要求 未雨绸缪。 三、重点任务 （一）修复堤防。牵头单位：县水利局，完成时限：2024年5月底前。 （二）开展演练。县应急管理局牵头，县气象局配合。 平安县人民政府办公室 2024年4月1日\n", `
			1 修复堤防。 | 县水利局 |  | 2024年5月底前
			2 开展演练。 | 县应急管理局 | 县气象局`, ""},
		"two jobs in a clause": {"a.txt", "第八条 县农业农村局负责犬只免疫和检疫工作；县卫生健康局负责狂犬病防治。\n", `
			8 县农业农村局负责犬只免疫和检疫工作； | 县农业农村局
			8 县卫生健康局负责狂犬病防治。 | 县卫生健康局`, ""},
		"no numbers": {"a.txt", "平安县控烟工作方案\n\n卫生健康局牵头控烟工作，组织监督检查。教育局负责学校控烟。\n市场监管局负责烟草广告管理，文旅局协助。\n", `
			0 卫生健康局牵头控烟工作，组织监督检查。 | 卫生健康局
			0 教育局负责学校控烟。 | 教育局
			0 市场监管局负责烟草广告管理，文旅局协助。 | 市场监管局 | 文旅局`, ""},
		"bullets": {"a.md", "# 某县方案\n\n## 一、任务分工\n\n- **县住建局**：负责设施建设。\n- **县教育局**：负责校园宣传；\n", "", `
			县住建局 0 负责设施建设。
			县教育局 0 负责校园宣传；`},
		"a table behind an entry": {"a.md", "1. 开展督导。（牵头单位：县综合执法局）\n\n| 序号 | 工作 | 牵头单位 |\n|---|---|---|\n| 1 | 采购垃圾桶 | 县住建局 |\n", `
			1 开展督导。 | 县综合执法局
			1 采购垃圾桶 | 县住建局`, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := read(t, c.name, c.text)
			if diff := cmp.Diff(lines(c.items), itemLines(p)); c.items != "" && diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(lines(c.duties), dutyLines(p)); c.duties != "" && diff != "" {
				t.Errorf("duties (-want +got):\n%s", diff)
			}
		})
	}
}

// Merged cells of a number and a task over rows with other units and days.
func TestMergedRows(t *testing.T) {
	row := func(when string) string {
		return "<table><tr><td>序号<td>任务<td>责任单位<td>时限</tr><tr><td rowspan=2>1<td rowspan=2>建设书房<td>县文旅局<td>2024年3月底前</tr><tr><td>县财政局<td>" + when + "</tr></table>"
	}
	for when, want := range map[string]string{
		"2024年6月底前": "1 建设书房 | 县文旅局 |  | 2024年3月底前\n1 建设书房 | 县财政局 |  | 2024年6月底前\n",
		"2024年3月底前": "1 建设书房 | 县文旅局、县财政局 |  | 2024年3月底前\n",
	} {
		if diff := cmp.Diff(want, itemLines(read(t, "a.html", row(when)))); diff != "" {
			t.Errorf("%s: items (-want +got):\n%s", when, diff)
		}
	}
	duties := "<table><tr><td>单位<td>职责</tr><tr><td rowspan=2>县教育局<td>1.负责学校开放；2.负责家庭教育。</tr><tr><td>3.负责志愿服务</tr></table>"
	want := "县教育局 1 负责学校开放；\n县教育局 2 负责家庭教育。\n县教育局 3 负责志愿服务\n"
	if diff := cmp.Diff(want, dutyLines(read(t, "a.html", duties))); diff != "" {
		t.Errorf("duties (-want +got):\n%s", diff)
	}
}

func TestUnclosedQuote(t *testing.T) {
	p := read(t, "a.csv", "序号,任务,牵头单位\n1,\"未闭合,县住建局\n2,修路,县交通局\n")
	if len(p.Warnings) != 1 || p.Warnings[0].Kind != WarnDamaged || p.Warnings[0].Where != "第2行" {
		t.Errorf("warnings = %+v, want one damaged at 第2行", p.Warnings)
	}
}

func TestTooLong(t *testing.T) {
	for name, text := range map[string]string{
		"a.txt": strings.Repeat("防", maxRunes+1),
		"b.txt": strings.Repeat("1.防\n", maxBlocks+1),
		"c.csv": strings.Repeat(strings.Repeat("x,", 99)+"x\n", maxCells/100+1),
	} {
		if _, err := Read(name, []byte(text)); !errors.Is(err, doc.ErrTooLarge) {
			t.Errorf("%s: %v, want %v", name, err, doc.ErrTooLarge)
		}
	}
}
