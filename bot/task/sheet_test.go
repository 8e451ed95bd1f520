package task

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"xietiao/index/plan"
	"xietiao/index/sheet"
)

// book makes a workbook of sheets; a range like "A1:F1" in merges is merged.
func book(t testing.TB, sheets map[string][][]any, merges ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	first := true
	for name, rows := range sheets {
		if first {
			must(t, f.SetSheetName("Sheet1", name))
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		first = false
		for i, row := range rows {
			must(t, f.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &row))
		}
		for _, m := range merges {
			from, to, _ := strings.Cut(m, ":")
			must(t, f.MergeCell(name, from, to))
		}
	}
	var out bytes.Buffer
	must(t, f.Write(&out))
	return out.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func one(t testing.TB, rows [][]any, merges ...string) []byte {
	return book(t, map[string][][]any{"任务": rows}, merges...)
}

func gbk(t testing.TB, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	must(t, err)
	return out
}

// show words a sheet: a line for each row, each thing unclear, and each note of the file.
func show(s Sheet) (lines []string) {
	for _, r := range s.Rows {
		line := r.place() + " " + r.Draft.words()
		if r.Draft.Text != "" {
			line += "｜" + strings.ReplaceAll(r.Draft.Text, "\n", "/")
		}
		if r.Draft.Remark != "" {
			line += "｜注 " + r.Draft.Remark
		}
		for _, p := range r.Unclear {
			line = "? " + p.String()
			lines = append(lines, line)
		}
		if len(r.Unclear) == 0 {
			lines = append(lines, line)
		}
		for _, p := range r.Notes {
			lines = append(lines, "  "+p.String())
		}
	}
	for _, p := range s.Notes {
		lines = append(lines, "- "+p.String())
	}
	return lines
}

var usual = []any{"序号", "任务", "责任单位", "配合单位", "完成时限", "备注"}

func TestHandMadeSheets(t *testing.T) {
	t.Parallel()
	b := newBoard(Rules{})
	const two = "序号,任务,责任单位,配合单位,完成时限,备注\n1,建礼堂,市教育局,市科协,2026年12月底,省里要\n2,办展览,市文化馆,,每季度末,\n"
	wantTwo := []string{"B2 建礼堂｜牵头 市教育局｜配合 市科协｜2026年12月31日｜注 省里要", "B3 办展览｜牵头 市文化馆｜每季度最后一天"}
	for name, tc := range map[string]struct {
		data []byte
		want []string
	}{
		"a csv file in UTF-8":           {[]byte(two), wantTwo},
		"with a byte order mark":        {[]byte("\xef\xbb\xbf" + strings.ReplaceAll(two, "\n", "\r\n")), wantTwo},
		"in GB18030":                    {gbk(t, two), wantTwo},
		"with tabs":                     {[]byte(strings.ReplaceAll(two, ",", "\t")), wantTwo},
		"with full-width commas":        {gbk(t, strings.ReplaceAll(two, ",", "，")), wantTwo},
		"with columns in another order": {[]byte("完成时间,牵头部门,协办单位,工作内容\n年底前,教育局,科协、财政局,建礼堂\n"), []string{"D2 建礼堂｜牵头 市教育局｜配合 市科协、市财政局｜2026年12月31日", "  A2：期限“年底前”按2026年12月31日（没有写年份，按最近的一次算，请核对）。"}},
		"without a column of deadlines": {[]byte("任务,责任单位\n建礼堂,市教育局\n"), []string{"A2 建礼堂｜牵头 市教育局｜待定期限"}},
		"of duties of units":            {[]byte("单位,主要职责\n市教育局,办好少年宫\n市科协,办科普展\n"), []string{"B2 办好少年宫｜牵头 市教育局｜待定期限", "B3 办科普展｜牵头 市科协｜待定期限"}},
		"with full-width digits":        {[]byte("序号,任务,责任单位,完成时限\n１,建礼堂,市教育局,２０２６年１２月１０日前\n"), []string{"B2 建礼堂｜牵头 市教育局｜2026年12月10日"}},
		"with several units in a cell":  {[]byte("任务,责任单位,完成时限\n建礼堂,\"市教育局\n市科协\",12月10日前\n办展,牵头：市文化馆；配合：市科协、财政局等部门,长期坚持\n办会,市科协牵头，市教育局配合,待定\n"), []string{"A2 建礼堂｜牵头 市教育局、市科协｜2026年12月10日", "  C2：期限“12月10日前”按2026年12月10日（没有写年份，按最近的一次算，请核对）。", "A3 办展｜牵头 市文化馆｜配合 市科协、市财政局｜待定期限（长期坚持）", "  B3：“牵头：市文化馆；配合：市科协、财政局等部门”里的“等部门”没有写明是谁，只算写明的单位。", "A4 办会｜牵头 市科协｜配合 市教育局｜待定期限（待定）"}},
		"where the first leads":         {[]byte("任务,责任单位（首位为牵头单位）\n建礼堂,市教育局、市科协\n"), []string{"A2 建礼堂｜牵头 市教育局｜配合 市科协｜待定期限"}},
		"with all members":              {[]byte("任务,牵头单位,配合单位\n建礼堂,市教育局,各成员单位\n"), []string{"A2 建礼堂｜牵头 市教育局｜配合 市委宣传部、市财政局、市科协、市文化馆｜待定期限"}},
		"with groups that support":      {[]byte("任务,牵头单位,配合单位\n建礼堂,市教育局,各镇街、市科协\n建馆,市教育局,市科协等有关部门\n"), []string{"A2 建礼堂｜牵头 市教育局｜配合 市科协｜待定期限", "  C2：“各镇街”不是成员单位，没有算进配合单位。", "A3 建馆｜牵头 市教育局｜配合 市科协｜待定期限", "  C3：“有关部门”不是成员单位，没有算进配合单位。"}},
		"with 同上":                       {[]byte("任务,责任单位,完成时限\n建礼堂,市教育局,2026年12月底\n办展,同上,〃\n办会,同上,2026年11月底\n"), []string{"A2 建礼堂｜牵头 市教育局｜2026年12月31日", "A3 办展｜牵头 市教育局｜2026年12月31日", "A4 办会｜牵头 市教育局｜2026年11月30日"}},
		"with merged titles and headings": {one(t, [][]any{
			{"乐清市2026年文化礼堂建设任务分解表"}, {}, {"填报单位：协调组办公室"}, usual, {"一、阵地建设"}, {1, "建礼堂", "市教育局", "", "2026年12月底"},
			{}, {"（二）队伍建设"}, {2, "办培训", "市文化馆", "市科协", "第四季度", "两期"}, {"合计", "2项"}, {"注：完成后报办公室"}, {"填表人：张三"},
		}, "A1:F1", "A3:F3", "A5:F5", "A8:F8", "A11:F11"), []string{
			"任务!B6 建礼堂｜牵头 市教育局｜2026年12月31日｜一、阵地建设", "任务!B9 办培训｜牵头 市文化馆｜配合 市科协｜2026年12月31日｜（二）队伍建设｜注 两期",
			"  任务!E9：期限“第四季度”按2026年12月31日（没有写年份，按最近的一次算，请核对）。", "- 任务!A11：只有一格有字，不是任务，跳过了：“注：完成后报办公室”", "- 任务!A12：只有一格有字，不是任务，跳过了：“填表人：张三”",
		}},
		"with a header of two rows": {one(t, [][]any{
			{"任务分解表"}, {"序号", "工作任务", "责任分工", "", "完成时限"}, {"", "", "牵头单位", "配合单位", ""}, {1, "建礼堂", "市教育局", "市科协", "2026年12月底"},
		}, "A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3"), []string{"任务!B4 建礼堂｜牵头 市教育局｜配合 市科协｜2026年12月31日"}},
		"with a header of two rows in csv": {[]byte("序号,工作任务,责任分工,,完成时限\n,,牵头单位,配合单位,\n1,建礼堂,市教育局,市科协,2026年12月底\n"), []string{"B3 建礼堂｜牵头 市教育局｜配合 市科协｜2026年12月31日"}},
		"with serial dates":                {one(t, [][]any{usual, {1, "建礼堂", "市教育局", "", 46387}, {2, "办展", "市科协", "", "46387"}, {3, "办会", "市科协", "", at("2026-12-10 00:00")}}), []string{"任务!B2 建礼堂｜牵头 市教育局｜2026年12月31日", "任务!B3 办展｜牵头 市科协｜2026年12月31日", "任务!B4 办会｜牵头 市科协｜2026年12月10日"}},
		"with cells merged over rows": {one(t, [][]any{
			{"类别", "具体举措", "责任单位", "完成时限"}, {"阵地建设", "建礼堂", "市教育局", "2026年12月底"}, {"", "建书房", "", ""}, {"队伍建设", "办培训", "市科协", "每半年"},
		}, "A2:A3", "C2:C3", "D2:D3"), []string{"任务!B2 建礼堂｜牵头 市教育局｜2026年12月31日｜阵地建设", "任务!B3 建书房｜牵头 市教育局｜2026年12月31日｜阵地建设", "任务!B4 办培训｜牵头 市科协｜每半年最后一天｜队伍建设"}},
		"with names beside the words":      {[]byte("序号,任务名称,工作内容,责任单位\n1,礼堂,建一座礼堂,市教育局\n"), []string{"C2 礼堂｜牵头 市教育局｜待定期限｜建一座礼堂"}},
		"with groups above a whole header": {[]byte("任务清单,,责任分工,,时间\n序号,工作任务,牵头单位,责任单位,完成时限\n1,建礼堂,市教育局,市科协,2026年12月底\n"), []string{"B3 建礼堂｜牵头 市教育局｜配合 市科协｜2026年12月31日"}},
		"with the header on each page":     {[]byte("序号,任务,责任单位\n1,建礼堂,市教育局\n序号,任务,责任单位\n2,办展,市科协\n"), []string{"B2 建礼堂｜牵头 市教育局｜待定期限", "B4 办展｜牵头 市科协｜待定期限"}},
		"with rows numbered in advance":    {[]byte("序号,任务,责任单位\n1,建礼堂,市教育局\n2,,\n3,,\n"), []string{"B2 建礼堂｜牵头 市教育局｜待定期限"}},
		"with numbers in the words":        {[]byte("任务,责任单位\n1.建礼堂,市教育局\n（2）办展,市科协\n3.5公里步道,市财政局\n"), []string{"A2 建礼堂｜牵头 市教育局｜待定期限", "A3 办展｜牵头 市科协｜待定期限", "A4 3.5公里步道｜牵头 市财政局｜待定期限"}},
		"with a broken line in the words":  {[]byte("任务,责任单位\n\"建 礼\n堂 WiFi 5\",市教育局\n"), []string{"A2 建礼堂WiFi 5｜牵头 市教育局｜待定期限"}},
		"with two columns of time":         {[]byte("任务,责任单位,开始时间,完成时间\n建礼堂,市教育局,2026年1月,2026年12月底\n"), []string{"A2 建礼堂｜牵头 市教育局｜2026年12月31日"}},
		"with a deadline that is past":     {[]byte("任务,责任单位,完成时限\n建礼堂,市教育局,2026年6月底\n"), []string{"A2 建礼堂｜牵头 市教育局｜2026年6月30日", "  C2：期限 2026年6月30日已经过了。"}},
		"of several sheets":                {book(t, map[string][][]any{"教育": {usual, {1, "建礼堂", "市教育局"}}}), []string{"教育!B2 建礼堂｜牵头 市教育局｜待定期限"}},
		"whose rows are unclear": {one(t, [][]any{
			usual, {1, "建礼堂", "市教体局", "", "2026年12月底"}, {2, "办展", "市科协", "", "6月前"}, {3, "办会", "", "", "2026年12月底"}, {4, "", "市科协", "", "2026年12月底"},
			{5, "办节", "市科协", "", "尽快"}, {6, "办赛", "市教育局", "", "2026年12月底"}, {6, "办赛", "市教育局", "", "2026年12月底"}, {7, "讲座"}, {8, "好事", "有关单位"},
		}), []string{
			"? 任务!C2：方案里没有单位“市教体局”。请改成方案里的名称，或者把它加进别名。可能是：市教育局、市财政局。",
			"? 任务!E3：期限“6月前”看不懂。请写成一天（2026年12月31日）、一段时间的末尾（12月底、第四季度）、周期（每季度末）或“长期坚持”；还没有定就空着。",
			"? 任务!D4：没有责任单位。请填上牵头单位或责任单位。", "? 任务!B5：没有写任务。",
			"? 任务!E6：期限“尽快”看不懂。请写成一天（2026年12月31日）、一段时间的末尾（12月底、第四季度）、周期（每季度末）或“长期坚持”；还没有定就空着。",
			"任务!B7 办赛｜牵头 市教育局｜2026年12月31日", "? 任务!B8：和 任务!B7 完全一样，请删去一行。", "? 任务!D9：没有责任单位。请填上牵头单位或责任单位。",
			"? 任务!C10：方案里没有单位“有关单位”。请改成方案里的名称，或者把它加进别名。",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, problems, err := b.ReadSheet("任务.csv", tc.data, town{}, monday)
			if err != nil || len(problems) > 0 {
				t.Fatal(err, problems)
			}
			if d := cmp.Diff(tc.want, show(s)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestFilesThatAreNoTaskSheets(t *testing.T) {
	t.Parallel()
	b := newBoard(Rules{})
	for name, tc := range map[string]struct {
		data  []byte
		units interface {
			Resolve(string) (string, bool)
			Names() []string
		}
		want string
	}{
		"no header":          {one(t, [][]any{{"通讯录"}, {"姓名", "电话"}, {"张三", "1"}}), town{}, "任务：" + textNoHeader},
		"no unit column":     {[]byte("任务,完成时限\n建礼堂,年底\n"), town{}, textNoHeader},
		"a header alone":     {[]byte("任务,责任单位\n"), town{}, textNoTask},
		"no plan":            {[]byte("任务,责任单位\n建礼堂,市教育局\n"), nowhere{}, textNoUnits},
		"more than is taken": {[]byte("任务,责任单位\n" + strings.Repeat("建礼堂,市教育局\n", maxRows+1)), town{}, textTooMany(maxRows + 1)},
	} {
		_, problems, err := b.ReadSheet("a.csv", tc.data, tc.units, monday)
		if err != nil || len(problems) != 1 || problems[0].String() != tc.want {
			t.Errorf("%s: %v, %v", name, problems, err)
		}
	}
	for name, want := range map[string]error{"": sheet.ErrEmpty, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": sheet.ErrLegacy, "PK\x03\x04": sheet.ErrDamaged} {
		if _, _, err := b.ReadSheet("a.xls", []byte(name), town{}, monday); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

// nowhere has no units.
type nowhere struct{}

func (nowhere) Resolve(string) (string, bool) { return "", false }
func (nowhere) Names() []string               { return nil }

// What a plan gives its units comes out as a sheet that can be read in again.
func TestADutySheetComesBack(t *testing.T) {
	t.Parallel()
	p := plan.Sample()
	out := BlankSheet(p)
	duties := 0
	for _, u := range p.Units {
		duties += len(u.Duties)
	}
	if len(out.Rows) != duties+len(p.Items) || duties < 60 {
		t.Fatalf("%d rows of %d duties and %d items", len(out.Rows), duties, len(p.Items))
	}
	out.Rows[0][4] = "2026年12月10日前"
	var file bytes.Buffer
	must(t, sheet.WriteXLSX(&file, []sheet.Out{out}))
	s, problems, err := newBoard(Rules{}).ReadSheet("职责.xlsx", file.Bytes(), of(p), monday)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if len(s.Rows) != len(out.Rows) {
		t.Fatalf("%d rows came back, of %d", len(s.Rows), len(out.Rows))
	}
	for i, r := range s.Rows {
		want := out.Rows[i]
		if len(r.Unclear) > 0 || strings.Join(r.Draft.Leads, "、") != want[2] || r.Draft.Title != want[1] && r.Draft.Text != want[1] {
			t.Errorf("row %d: %v %q, want %q", i, r.Unclear, r.Draft.words(), want)
		}
		if src := r.Draft.Source; src.Plan+" "+src.Address != want[5] {
			t.Errorf("row %d: source %+v, want %s", i, src, want[5])
		}
		if undated := r.Draft.Deadline.IsZero(); undated != (i > 0) {
			t.Errorf("row %d: deadline %s", i, r.Draft.Deadline)
		}
	}
}

// of are the units of a plan by their names alone.
type headings struct{ *plan.Plan }

func of(p *plan.Plan) headings { return headings{p} }

func (h headings) Names() (names []string) {
	for _, u := range h.Units {
		names = append(names, u.Name)
	}
	return names
}

func (h headings) Resolve(name string) (string, bool) {
	for _, u := range h.Units {
		if u.Name == name {
			return name, true
		}
	}
	return "", false
}

// Whatever a file holds: it is read or refused with its reason, and every row that is
// taken can be kept.
func FuzzReadSheet(f *testing.F) {
	b := newBoard(Rules{})
	f.Add([]byte("序号,任务,责任单位,配合单位,完成时限,备注\n1,建礼堂,市教育局,各成员单位,2026年12月底,\n"))
	f.Add([]byte("序号,工作任务,责任分工,,完成时限\n,,牵头单位,配合单位,\n1,建礼堂,同上,市科协,每季度末\n一、标题,,,,\n"))
	f.Add(gbk(f, "任务\t责任单位（首位为牵头单位）\n（1）办展\t牵头：市科协；配合：教育局等部门\n"))
	f.Add(one(f, [][]any{{"表"}, usual, {1, "建", "市科协", "", 46387}}, "A1:F1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, problems, err := b.ReadSheet("x.csv", data, town{}, monday)
		if (err != nil) == (len(problems) > 0) && len(s.Rows) == 0 {
			t.Fatalf("neither rows nor a reason: %v %v", problems, err)
		}
		for _, r := range s.Rows {
			if len(r.Unclear) == 0 {
				if err := r.Draft.check(); err != nil || len(r.Draft.Leads) == 0 {
					t.Fatalf("%s is taken: %v %+v", r.place(), err, r.Draft)
				}
			}
			for _, p := range append(r.Unclear, r.Notes...) {
				if p.Text == "" || p.Cell == "" {
					t.Fatalf("a problem without place or words: %+v", p)
				}
			}
		}
	})
}
