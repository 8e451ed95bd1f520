package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
		2.开展培训。（责任单位：县住建局（首位为牵头单位）、县财政局）`)))
	want := lines(`
		1 修缮文物。 | 县文旅局 | 县财政局
		2 开展培训。 | 县住建局 | 县财政局`)
	if diff := cmp.Diff(want, itemLines(p)); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestDueDayOfForms(t *testing.T) {
	for text, want := range map[string]string{
		"2024/12/31": "2024-12-31", "2025-06-30": "2025-06-30", "2024.10": "2024-10-31", "2024.2.30": "",
		"2024-2025": "", "每年10月底前": "", "2024年每季度末": "", "10月底前": "2023-10-31",
	} {
		if got := dueDay(text, 2023); got != want {
			t.Errorf("dueDay(%q) = %q, want %q", text, got, want)
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
