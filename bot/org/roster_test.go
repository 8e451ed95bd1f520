package org

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"xietiao/bot/chat"
	"xietiao/index/sheet"
)

func gb(t testing.TB, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// book makes a workbook as people do.
func book(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := fill(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rows writes rows from a cell on and merges ranges.
func rows(f *excelize.File, name string, first int, list [][]any, merges ...string) error {
	var errs []error
	for i, row := range list {
		errs = append(errs, f.SetSheetRow(name, fmt.Sprintf("A%d", first+i), &row))
	}
	for _, m := range merges {
		from, to, _ := strings.Cut(m, ":")
		errs = append(errs, f.MergeCell(name, from, to))
	}
	return errors.Join(errs...)
}

// shown gives an entry as text.
func shown(list []RosterEntry) []string {
	var out []string
	for _, e := range list {
		out = append(out, strings.TrimRight(fmt.Sprintf("%s|%s|%s|%s|%s|%s", e.Name, e.Unit, e.Role, e.IDs[chat.WeCom], e.IDs[chat.DingTalk], e.Phone.Reveal()), "|"))
	}
	return out
}

func lines(problems []Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

func TestRostersAsPeopleMakeThem(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		data  []byte
		want  []string
		notes int
	}{
		"a csv of Excel in GB18030": {
			gb(t, "姓名,单位,角色,企业微信账号,手机\r\n张三,市监局,联络员,zhangsan,13800000001\r\n"),
			[]string{"张三|市市场监督管理局|liaison|zhangsan||13800000001"}, 0,
		},
		"titles with brackets, stars and other names": {
			[]byte("序号,姓 名*,所属单位（必填）,身份,企微帐号(userid),钉钉userID,联系电话\n1,张　三,教育局,督办,zs,,0577-62522222\n2,李四,市科协,,,m-1,+86 138 0000 0002\n"),
			[]string{"张三|市教育局|office|zs||057762522222", "李四|市科协|staff||m-1|13800000002"}, 0,
		},
		"a list of liaisons has no roles": {
			[]byte("单位,联络员,联系电话\n宣传部,张三,13800000001\n市教育局,李四,\n"),
			[]string{"张三|市委宣传部|liaison|||13800000001", "李四|市教育局|liaison"}, 0,
		},
		"a workbook with a merged title, notes, blank rows, merged units and a footer": {
			book(t, func(f *excelize.File) error {
				return rows(f, "Sheet1", 1, [][]any{
					{"全市公共文化服务体系建设协调组联络员名册"},
					{"填报说明：账号在企业微信后台查看"},
					{nil},
					{"序号", "单位", "姓名", "角色", "账号"},
					{1, "市教育局", "张三", "联络员", "zs"},
					{2, nil, "李四", "工作人员", nil},
					{nil},
					{3, "市科协", nil, nil, nil},
					{4, "市文化馆", "王五", "志愿者", "ww"},
					{"填表人：赵六        日期：2026年11月"},
				}, "A1:E1", "A2:E2", "B5:B6", "A10:E10")
			}),
			[]string{"张三|市教育局|liaison|zs", "李四|市教育局|staff", "王五|市文化馆|volunteer|ww"}, 1,
		},
		"a header of two rows": {
			book(t, func(f *excelize.File) error {
				return rows(f, "Sheet1", 1, [][]any{
					{"单位", "姓名", "联系方式", nil, nil},
					{nil, nil, "企业微信账号", "钉钉账号", "手机"},
					{"市教育局", "张三", "zs", "d1", "13800000001"},
				}, "A1:A2", "B1:B2", "C1:E1")
			}),
			[]string{"张三|市教育局||zs|d1|13800000001"}, 0,
		},
		"sheets without a header are no rosters, and the header may come again": {
			book(t, func(f *excelize.File) error {
				_, err := f.NewSheet("名单")
				return errors.Join(err, rows(f, "Sheet1", 1, [][]any{{"说明", "本表由各单位填写"}}),
					rows(f, "名单", 1, [][]any{{"姓名", "单位"}, {"张三", "市科协"}, {"姓名", "单位"}, {"李四", "市科协"}}))
			}),
			[]string{"张三|市科协", "李四|市科协"}, 0,
		},
		"the address book of WeCom": {
			book(t, func(f *excelize.File) error {
				return rows(f, "Sheet1", 1, [][]any{
					{"填写须知：1、姓名、帐号必填；2、上级部门间用‘/’隔开，从最上级部门开始；3、多个部门用“;”隔开"},
					{"姓名", "帐号", "别名", "职务", "部门", "性别", "手机", "座机", "个人邮箱", "激活状态"},
					{"张三", "ZhangSan", nil, "办公室主任", "乐清市/市教育局/办公室", "男", "13800000001", nil, nil, "已激活"},
					{"李四", "lisi", nil, nil, "乐清市/市文广旅体局;乐清市/文广旅体局/市文化馆", "女", nil, nil, nil, "未激活"},
					{"王五", "wangwu", nil, nil, "乐清市/市教育局;乐清市/市科协", "女", nil, nil, nil, "未激活"},
					{"赵六", "zhaoliu", nil, nil, "乐清市/市信访局/办公室", "女", nil, nil, nil, "已激活"},
				}, "A1:J1")
			}),
			[]string{"张三|市教育局||ZhangSan||13800000001", "李四|市文化馆||lisi", "王五|市教育局||wangwu"}, 2,
		},
		"the address book of DingTalk": {
			[]byte("员工UserID,姓名,部门,职位,手机号\n0123-456,张三,乐清市-市教育局-办公室,科员,13800000001\n"),
			[]string{"张三|市教育局|||0123-456|13800000001"}, 0,
		},
		"the office is no member of the plan": {
			[]byte("姓名,单位,角色\n张三,协调组办公室,办公室\n李四,,督办\n"),
			[]string{"张三|协调组办公室|office", "李四||office"}, 0,
		},
		"two people of one name are told apart by accounts": {
			[]byte("姓名,单位,账号\n王伟,市教育局,ww1\n王伟,市教育局,ww2\n王伟,市科协,\n"),
			[]string{"王伟|市教育局||ww1", "王伟|市教育局||ww2", "王伟|市科协"}, 0,
		},
		"a unit beats a department, as one unit has an office": {
			[]byte("姓名,单位,部门,账号\n张三,市教育局,办公室,zs\n"),
			[]string{"张三|市教育局||zs"}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ro, problems, err := ReadRoster("名册.csv", tc.data, town{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, shown(ro.Entries)); d != "" || len(problems) > 0 {
				t.Error(d, lines(problems))
			}
			if len(ro.Notes) != tc.notes {
				t.Error(lines(ro.Notes))
			}
		})
	}
}

func TestProblemsNameThePlaceAndWhatToDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		csv  string
		want []string // cell and a part of the text of each
	}{
		"an unknown unit, with suggestions":   {"姓名,单位\n张三,市教育体育局\n", []string{"B2 方案里没有单位“市教育体育局” 可能是：市教育局"}},
		"no unit":                             {"姓名,单位,手机\n张三,,13800000001\n", []string{"B2 没有填单位"}},
		"no name":                             {"姓名,单位,手机\n,市科协,13800000001\n", []string{"A2 姓名空不能用"}},
		"several units":                       {"姓名,单位\n张三,\"市教育局,市科协\"\n", []string{"B2 写了几个单位（市教育局、市科协）"}},
		"an unknown role":                     {"姓名,单位,角色\n张三,市科协,办公室主任\n", []string{"C2 不认识角色“办公室主任”"}},
		"an account of another alphabet":      {"姓名,单位,账号\n张三,市科协,张三\n", []string{"C2 账号“张三”不能用"}},
		"an account in full-width letters":    {"姓名,单位,账号\n张三,市科协,ＺＳ\n", []string{"C2 不能用"}},
		"an account that Excel made a number": {"姓名,单位,账号\n张三,市科协,1.38E+10\n", []string{"C2 设成文本格式"}},
		"a telephone number that is none":     {"姓名,单位,手机\n张三,市科协,330382199001010011\n", []string{"C2 不是电话号码"}},
		"one account twice, by case":          {"姓名,单位,账号\n张三,市科协,zs\n李四,市科协,ZS\n", []string{"C3 在 C2 已经出现过"}},
		"one account on two platforms is two": {"姓名,单位,账号,钉钉账号\n张三,市科协,a,\n李四,市科协,,a\n王五,市科协,,a\n", []string{"D4 在 D3 已经出现过"}},
		"one name twice in a unit":            {"姓名,单位,账号,钉钉账号\n张三,市科协,a,\n张 三,市科协,,b\n", []string{"A3 （A2）"}},
		"two columns of one title":            {"姓名,单位,账号,企微账号\n张三,市科协,a,b\n", []string{"D1 有两列都是“企业微信账号”（另一列在 C1）"}},
		"no header":                           {"张三,市科协\n李四,市科协\n", []string{" 没有找到表头"}},
		"a header alone":                      {"姓名,单位\n", []string{" 没有可以导入的人员"}},
		"every fault at once":                 {"姓名,单位,角色\n张三,市科委,主任\n<b>,市科协,\n", []string{"C2 不认识", "B2 方案里没有", "A3 姓名"}},
		"a credential in the wrong column":    {"姓名,单位\n张三,https://qyapi.weixin.qq.com/x?key=693a91f6-7xxx\n", []string{"B2 已隐去"}},
		"a credential with spaces in it":      {"姓名,单位\n张三,693a91f6 7abc 4321 9876 0123456789ab\n", []string{"B2 已隐去"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ro, problems, err := ReadRoster("名册.csv", []byte(tc.csv), town{})
			if err != nil {
				t.Fatal(err)
			}
			if len(ro.Entries)+len(ro.Notes) > 0 {
				t.Error("a file with problems gives entries")
			}
			if len(problems) != len(tc.want) {
				t.Fatal(lines(problems))
			}
			for i, p := range problems {
				cell, rest, _ := strings.Cut(tc.want[i], " ")
				if p.Cell != cell {
					t.Errorf("%s is at %q, want %q", p, p.Cell, cell)
				}
				for part := range strings.FieldsSeq(rest) {
					if !strings.Contains(p.String(), part) {
						t.Errorf("%s lacks %q", p, part)
					}
				}
			}
		})
	}
}

// none is a town without units.
type none struct{}

func (none) Names() []string               { return nil }
func (none) Resolve(string) (string, bool) { return "", false }

func TestARosterNeedsAPlan(t *testing.T) {
	t.Parallel()
	_, problems, err := ReadRoster("a.csv", []byte("姓名,单位\n张三,市科协\n"), none{})
	if err != nil || len(problems) != 1 || problems[0].Text != textNoUnits {
		t.Fatal(err, problems)
	}
}

func TestUnreadableFilesAreErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":      {nil, sheet.ErrEmpty},
		"an old xls":   {[]byte("\xd0\xcf\x11\xe0 and so on"), sheet.ErrLegacy},
		"half an xlsx": {[]byte("PK\x03\x04 https://x?key=canary"), sheet.ErrDamaged},
	} {
		for kind, read := range map[string]func() ([]Problem, error){
			"roster": func() ([]Problem, error) { _, p, err := ReadRoster("a.xlsx", tc.data, town{}); return p, err },
			"groups": func() ([]Problem, error) { _, p, err := ReadGroups("a.xlsx", tc.data, town{}, hosts); return p, err },
		} {
			if problems, err := read(); !errors.Is(err, tc.want) || len(problems) > 0 || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s as %s: %v", name, kind, err)
			}
		}
	}
}

func TestManyProblemsEnd(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("姓名,单位\n")
	for i := range 3 * maxProblems {
		fmt.Fprintf(&b, "人%d,没有的单位%d\n", i, i)
	}
	_, problems, err := ReadRoster("a.csv", []byte(b.String()), town{})
	if err != nil || len(problems) != maxProblems+1 || problems[maxProblems].Text != textTooMany {
		t.Fatal(err, len(problems))
	}
}

func TestAReportIsATable(t *testing.T) {
	t.Parallel()
	_, problems, err := ReadRoster("a.csv", []byte("姓名,单位\n张三,市教育体育局\n=1+1,市科协\n"), town{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := sheet.WriteXLSX(&b, []sheet.Out{Report(problems)}); err != nil {
		t.Fatal(err)
	}
	tables, err := sheet.Read("r.xlsx", b.Bytes(), sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := tables[0].Rows; len(got) != 3 || got[1][1].Text != "B2" || !strings.HasPrefix(got[1][3].Text, "市教育局") {
		t.Error(got)
	}
}

func FuzzReadRoster(f *testing.F) {
	f.Add([]byte("姓名,单位,角色,账号,钉钉账号,手机\n张三,市教育局,联络员,zs,d1,13800000001\n李四,市科协,,,,\n"))
	f.Add([]byte("员工UserID,姓名,部门\n1,张三,乐清市-市教育局-办公室\n"))
	f.Add([]byte("单位,联络员\n市科协,张三\n市科协,张三\n"))
	f.Add(gb(f, "姓名;部门;userid\n张三;市教育局/办公室;a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ro, problems, err := ReadRoster("x.csv", data, town{})
		if err != nil || len(problems) > 0 {
			if len(ro.Entries)+len(ro.Notes) > 0 || err != nil && len(problems) > 0 {
				t.Fatal("half a roster")
			}
			checkQuotes(t, problems)
			return
		}
		for _, e := range ro.Entries {
			if !goodName(e.Name) || e.Unit == "" && e.Role != RoleOffice && e.Role != RoleVolunteer {
				t.Fatalf("entry %+v", e)
			}
		}
		c := compare(nil, ro)
		if len(c.Added) != len(ro.Entries) || len(c.Problems) > 0 {
			t.Fatalf("a first import of %d adds %d: %v", len(ro.Entries), len(c.Added), lines(c.Problems))
		}
		if again := compare(c.Added, ro); !again.Empty() || len(again.Missing) > 0 {
			t.Fatalf("a second import changes something: %s", again)
		}
	})
}

// checkQuotes fails if a problem shows what may be a credential.
func checkQuotes(t *testing.T, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Text != textBadWebhook && !quotable(p.Text) {
			t.Fatalf("%q may show a credential", p.Text)
		}
	}
}

// The examples of docs/roster.md can be imported as they stand.
func TestTheExamplesOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/roster.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for i, part := range strings.Split(string(page), "```") {
		if i%2 == 1 {
			examples = append(examples, strings.TrimPrefix(part, "csv\n"))
		}
	}
	if len(examples) != 2 {
		t.Fatal(examples)
	}
	if ro := roster(t, examples[0]); len(ro.Entries) != 4 || len(ro.Notes) > 0 {
		t.Error(shown(ro.Entries), lines(ro.Notes))
	}
	if g, problems, err := ReadGroups("g.csv", []byte(examples[1]), town{}, hosts); err != nil || len(problems) > 0 || len(g.Entries) != 2 {
		t.Error(lines(problems), err)
	}
}

func TestATableIsKnownByItsHeader(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text           string
		roster, groups bool
	}{
		"a roster":        {"某县名册\n\n姓名,所属单位,手机\n张三,县教育局,13800000001\n", true, false},
		"group robots":    {"单位,webhook地址\n县教育局,https://x\n", false, true},
		"a plan's table":  {"序号,工作任务,牵头单位\n1,保障图书馆经费,县财政局\n", false, false},
		"words, no table": {"姓名和单位都要写\n", false, false},
	} {
		if got := [2]bool{IsRoster("x.csv", []byte(tc.text)), IsGroups("x.csv", []byte(tc.text))}; got != [2]bool{tc.roster, tc.groups} {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
