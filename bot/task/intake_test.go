package task

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/store"
	"xietiao/index/plan"
)

// take reads a csv file and imports it, after a look that must tell the same.
func (h *hall) take(csv string) Intake { h.Helper(); return h.takeAs("任务.csv", csv) }

func (h *hall) takeAs(file, csv string) (in Intake) {
	h.Helper()
	s, problems, err := h.ReadSheet(file, []byte(csv), town{}, cal.Day(h.clock()))
	if err != nil || len(problems) > 0 {
		h.Fatal(err, problems)
	}
	return h.takeSheet(s)
}

func (h *hall) takeSheet(s Sheet) (in Intake) {
	h.Helper()
	var before Intake
	h.see(func(r store.Reader) (err error) { before, err = h.Compare(r, s); return err })
	h.do(nil, func(tx *store.Tx) (err error) { in, err = h.Import(tx, s, office); return err })
	if before.String() != in.String() {
		h.Errorf("the look said\n%s\nbut it was\n%s", before, in)
	}
	var again Intake
	h.see(func(r store.Reader) (err error) { again, err = h.Compare(r, s); return err })
	if !again.Empty() {
		h.Errorf("a second time\n%s", again)
	}
	return in
}

// fates is a letter for each row, with its task.
func fates(in Intake) (out string) {
	for _, r := range in.Rows {
		out += map[Fate]string{FateNew: "+", FateChange: "~", FateSame: "=", FateUnclear: "?"}[r.Fate]
		if r.Task.Number != 0 {
			out += r.Task.Number.String()
		}
		out += " "
	}
	for _, t := range in.Missing {
		out += "-" + t.Number.String() + " "
	}
	return strings.TrimSpace(out)
}

const head3 = "序号,任务,责任单位,完成时限\n"

func TestASheetImportedAgainChangesWhatItSaysOtherwise(t *testing.T) {
	t.Parallel()
	first := head3 + "1,建礼堂,市教育局,12月10日前\n2,办展,市科协,待定\n3,报告,市教育局,2026年底\n4,报告,市科协,2026年底\n"
	for name, tc := range map[string]struct {
		file, next, want string
		between          func(h *hall)
	}{
		"the same": {next: first, want: "=T1 =T2 =T3 =T4"},
		"a year later 12月10日 is the same day": {next: first, want: "=T1 =T2 =T3 =T4", between: func(h *hall) { h.set(at("2027-11-20 10:00")) }},
		"another deadline":                    {next: strings.Replace(first, "待定", "2026年11月30日", 1), want: "=T1 ~T2 =T3 =T4"},
		"a row more, the numbers move":        {next: head3 + "1,办会,市科协,\n2,建礼堂,市教育局,12月10日前\n3,办展,市科协,待定\n4,报告,市教育局,2026年底\n5,报告,市科协,2026年底\n", want: "+T5 =T1 =T2 =T3 =T4"},
		"another order":                       {next: head3 + "1,报告,市科协,2026年底\n2,报告,市教育局,2026年底\n3,办展,市科协,待定\n4,建礼堂,市教育局,12月10日前\n", want: "=T4 =T3 =T2 =T1"},
		"a row less":                          {next: head3 + "1,建礼堂,市教育局,12月10日前\n3,报告,市教育局,2026年底\n4,报告,市科协,2026年底\n", want: "=T1 =T3 =T4 -T2"},
		"another unit":                        {next: strings.Replace(first, "建礼堂,市教育局", "建礼堂,市科协", 1), want: "~T1 =T2 =T3 =T4"},
		"another unit of two alike":           {next: strings.Replace(first, "3,报告,市教育局", "3,报告,市文化馆", 1), want: "=T1 =T2 ~T3 =T4"},
		"another unit from another file":      {file: "科协.csv", next: strings.Replace(first, "建礼堂,市教育局", "建礼堂,市科协", 1), want: "+T5 =T2 =T3 =T4"},
		"the row is unclear now":              {next: strings.Replace(first, "待定", "6月前", 1), want: "=T1 ?T2 =T3 =T4"},
		"what was delayed stays so": {next: first, want: "=T1 =T2 =T3 =T4", between: func(h *hall) {
			h.step(1, Action{Do: DoHand}, office)
			h.step(1, Action{Do: DoSign}, teachers)
			h.step(1, Action{Do: DoAsk, To: date("2026-12-20"), Text: "雨"}, teachers)
			h.step(1, Action{Do: DoGrant}, office)
		}},
		"what was amended stays so, the rest changes": {next: strings.Replace(first, "12月10日前", "12月15日前", 1), want: "~T1 =T2 =T3 =T4", between: func(h *hall) {
			d := h.task(1).Edit()
			d.Supports = []string{"市科协"}
			h.step(1, Action{Do: DoAmend, Draft: &d}, office)
		}},
		"what the office has changed as the sheet does": {next: strings.Replace(first, "待定", "2026年11月30日", 1), want: "=T1 =T2 =T3 =T4", between: func(h *hall) {
			d := h.task(2).Edit()
			d.Deadline, d.DeadlineText = date("2026-11-30"), "2026年11月30日"
			h.step(2, Action{Do: DoAmend, Draft: &d}, office)
		}},
		"a cancelled task stays cancelled": {next: first, want: "=T1 =T2 =T3 =T4", between: func(h *hall) { h.step(1, Action{Do: DoCancel, Text: "不办了"}, office) }},
		"a new round of what is over":      {next: strings.Replace(first, "12月10日前", "2027年12月10日", 1), want: "+T5 =T2 =T3 =T4", between: func(h *hall) { h.step(1, Action{Do: DoCancel, Text: "不办了"}, office) }},
		"what is reported cannot be changed": {next: strings.Replace(first, "12月10日前", "12月15日前", 1), want: "?T1 =T2 =T3 =T4", between: func(h *hall) {
			h.step(1, Action{Do: DoHand}, office)
			h.step(1, Action{Do: DoSign}, teachers)
			h.step(1, Action{Do: DoReport}, teachers)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, "2026-11-23 10:00", Rules{})
			if got := fates(h.take(first)); got != "+T1 +T2 +T3 +T4" {
				t.Fatal(got)
			}
			if tc.between != nil {
				tc.between(h)
			}
			before := h.task(1)
			file := tc.file
			if file == "" {
				file = "任务.csv"
			}
			in := h.takeAs(file, tc.next)
			if got := fates(in); got != tc.want {
				t.Errorf("%s, want %s\n%s", got, tc.want, in)
			}
			after := h.task(1)
			if strings.Contains(tc.want, "=T1") && !cmp.Equal(before, after) {
				t.Error(cmp.Diff(before, after))
			}
			if strings.HasPrefix(name, "what was amended") && (after.Deadline != date("2026-12-15") || !slices.Equal(after.SupportUnits(), []string{"市科协"})) {
				t.Errorf("%+v", after)
			}
		})
	}
}

func TestAnUnclearRowStopsNoOther(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	in := h.take(head3 + "1,建礼堂,市教育局,12月底\n2,办展,外星局,12月底\n3,办会,市科协,6月前\n4,办节,市科协,每季度末\n")
	if got := fates(in); got != "+T1 ? ? +T2" {
		t.Fatal(got)
	}
	want := `4 行：新建 2，修改 0，不变 0，看不清 2
＋ B2 建礼堂｜牵头 市教育局｜2026年12月31日
  提醒 D2：期限“12月底”按2026年12月31日（没有写年份，按最近的一次算，请核对）。
？ C3：方案里没有单位“外星局”。请改成方案里的名称，或者把它加进别名。
？ D4：期限“6月前”看不懂。请写成一天（2026年12月31日）、一段时间的末尾（12月底、第四季度）、周期（每季度末）或“长期坚持”；还没有定就空着。
＋ B5 办节｜牵头 市科协｜每季度最后一天
`
	if d := cmp.Diff(want, in.String()); d != "" {
		t.Error(d)
	}
	for i, r := range in.Table().Rows {
		if r[5] != in.Rows[i].Fate.Word() || r[5] == "" {
			t.Errorf("row %d of the table: %q", i, r)
		}
	}
	if got := h.task(2); got.Rule.String() != "每季度最后一天" || got.State != StateDraft || got.Created.By != office.By {
		t.Errorf("%+v", got)
	}
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Import(tx, Sheet{}, teachers); return err })
	// Corrected, they follow, and the others stay.
	in = h.take(head3 + "1,建礼堂,市教育局,12月底\n2,办展,市科协,12月底\n3,办会,市科协,6月底\n4,办节,市科协,每季度末\n")
	if got := fates(in); got != "=T1 +T3 +T4 =T2" {
		t.Error(got)
	}
}

func TestThePlansOwnItemsBecomeTasks(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-23 10:00", Rules{})
	p := &plan.Plan{DocNo: "乐公共协〔2026〕1号", Items: []plan.Item{
		{No: 1, Text: "建礼堂", Lead: []string{"教育局"}, Support: []string{"市科协", "各镇街"}, Deadline: "2026年12月底前", Due: "2026-12-31"},
		{No: 2, Title: "展览", Text: "办好每年一次的展览。", Lead: []string{"市文化馆"}, Support: []string{}, Deadline: "每年12月底前"},
		{No: 3, Text: "办会", Lead: []string{"市科协"}, Deadline: "6月前"},
		{No: 4, Text: "办节", Lead: []string{"外星局"}},
	}}
	s := h.FromPlan(p, "sum", town{}, monday)
	in := h.takeSheet(s)
	if got := fates(in); got != "+T1 +T2 +T3 ?" {
		t.Fatalf("%s\n%s", got, in)
	}
	first, second, third := h.task(1), h.task(2), h.task(3)
	if want := (Source{"乐公共协〔2026〕1号", "sum", "第1项", "建礼堂"}); first.Source != want || first.Deadline != date("2026-12-31") || !slices.Equal(first.SupportUnits(), []string{"市科协"}) {
		t.Errorf("%+v", first)
	}
	if second.Title != "展览" || second.Text != "办好每年一次的展览。" || second.Rule.String() != "每年12月最后一天" {
		t.Errorf("%+v", second)
	}
	if !third.Deadline.IsZero() || third.DeadlineText != "6月前" {
		t.Errorf("a deadline was invented: %+v", third)
	}
	if p := in.Rows[3].Unclear[0]; p.Sheet != s.File || p.Cell != "第4项" {
		t.Errorf("%+v", p)
	}
}

// Any sheets in any order: what was imported last is what a second import finds, no
// task is made twice, and what the units have done stays.
func TestImportsOfRandomSheets(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 7))
		h := newHall(t, "2026-11-23 10:00", Rules{})
		for range 5 {
			var b strings.Builder
			b.WriteString(head3)
			for i := range 1 + r.IntN(6) {
				fmt.Fprintf(&b, "%d,任务%d,%s,%s\n", i+1, r.IntN(3), townUnits[r.IntN(3)], []string{"12月底", "2026年12月10日", "待定", "每月", "6月前"}[r.IntN(5)])
			}
			in := h.takeAs([]string{"甲.csv", "乙.csv"}[r.IntN(2)], b.String())
			seen := map[Number]bool{}
			for _, row := range in.Rows {
				if row.Fate == FateUnclear {
					continue
				}
				if seen[row.Task.Number] {
					t.Fatalf("seed %d: two rows mean %s\n%s", seed, row.Task.Number, in)
				}
				seen[row.Task.Number] = true
				got := h.task(row.Task.Number)
				if got.Title != row.Draft.Title || !slices.Equal(got.LeadUnits(), row.Draft.Leads) || got.DeadlineText != row.Draft.DeadlineText {
					t.Fatalf("seed %d: %s is %+v, the row says %+v", seed, got.Number, got, row.Draft)
				}
			}
		}
	}
}
