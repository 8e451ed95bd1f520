package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func warningLines(p *Plan) (out []string) {
	for _, w := range p.Warnings {
		out = append(out, w.Kind+" "+w.Where+" "+w.Text+" → "+w.Suggestion)
	}
	return out
}

func TestSampleWarnings(t *testing.T) {
	want := []string{
		"damaged 市委统战部·2 公共文化建政策 → 公共文化建设政策",
		"damaged 市委统战部·3 公共文化建纳入 → 公共文化建设纳入",
		"damaged 市发改局·1 服务体系建纳入 → 服务体系建设纳入",
		"damaged 市发改局·3 文化设施建项目 → 文化设施建设项目",
		"name_mismatch 市府办（市大数据发展管理中心） 市府办（市大数据发展管理中心） → 市府办（大数据发展管理中心）",
		"name_mismatch 市市场监管局 市市场监管局 → 市市场监督管理局",
		"missing_period 市社科联 共文化领域的应用 → 共文化领域的应用。",
	}
	if d := cmp.Diff(want, warningLines(Sample())); d != "" {
		t.Error("(-want +got):", d)
	}
}

func TestWarnings(t *testing.T) {
	cases := map[string]struct {
		text string
		want []string
	}{
		"numbers that skip and repeat": {`
			市教育局：
			1.负责学校；
			3.负责教师。
			市财政局：
			1.保障经费；
			1.监督资金。
			一、甲
			三、乙`, []string{"number_gap 市教育局·3 3 → 2", "number_gap 三 三 → 2"}},
		"words that only look damaged": {`
			一、文化建设与体系建设、文化建设、体系建设、设施建设、设施建设
			推进文化建立机制，新建项目、共建共享，体系建成后，设施建筑面积扩大。`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, warningLines(read(t, "a.txt", lines(c.text)))); d != "" {
				t.Error("(-want +got):", d)
			}
		})
	}
}

func TestNoWarningsInSoundPlans(t *testing.T) {
	for _, name := range []string{"04-gd-fgf-2021", "17-lishan-2023-excerpt"} {
		if _, p := readGold(t, name); len(p.Warnings) > 0 {
			t.Error(name, warningLines(p))
		}
	}
}
