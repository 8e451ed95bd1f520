package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMeta(t *testing.T) {
	type meta struct{ Title, DocNo, Issuer, Date string }
	cases := map[string]struct {
		text string
		want meta
	}{
		"a plan issued by a notice, its title broken": {`
			某县人民政府办公室关于印发《2021年
			某县重点工作
			安排》的通知
			某政办〔2021〕5号
			各乡镇人民政府：
			《2021年某县重点工作安排》已经县政府同意，现印发给你们。
			县政府办公室
			2021年4月16日
			2021年某县重点
			工作安排
			一、加强领导
			抓好落实。`,
			meta{"2021年某县重点工作安排", "某政办〔2021〕5号", "某县人民政府办公室", "2021-04-16"}},
		"a notice that issues nothing": {`
			来源：某县政府网
			某县人民政府文件
			某政发[2020]12号
			关于做好防汛工作的通知
			各乡镇人民政府：
			现通知如下。
			一、加强值守
			二〇二〇年六月一日
			（此件公开发布）`,
			meta{"关于做好防汛工作的通知", "某政发[2020]12号", "某县人民政府", "2020-06-01"}},
		"everything on the first line": {`
			国务院办公厅关于同意建立某某部际联席会议制度的函国办函〔2021〕12号
			交通运输部：你部请示收悉，现函复如下，请认真组织开展工作。
			2021年1月26日（此件公开发布）`,
			meta{"国务院办公厅关于同意建立某某部际联席会议制度的函", "国办函〔2021〕12号", "国务院办公厅", "2021-01-26"}},
		"a number that a sentence quotes is not the document's": {`
			某市养老服务实施方案
			根据省政府文件（某政发〔2019〕3号）要求，制定本方案。
			一、目标`,
			meta{"某市养老服务实施方案", "", "", ""}},
		"an extract without a head": {`
			市人社局：加强队伍建设。
			市财政局：保障经费。`, meta{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := read(t, "a.txt", lines(c.text))
			if d := cmp.Diff(c.want, meta{p.Title, p.DocNo, p.Issuer, p.Date}); d != "" {
				t.Error("(-want +got):", d)
			}
		})
	}
}

func TestMembersAndOffice(t *testing.T) {
	for name, c := range map[string]struct{ text, members, office, warning string }{
		"composed of, with a wrong count": {
			"联席会议由市教育局、市财政局、各县（市、区）政府等4个部门组成，办公室设在市教育局，负责日常工作。",
			"市教育局 市财政局 各县（市、区）政府", "市教育局", "4→3"},
		"a labelled list": {"成员单位：市教育局、市财政局和市人社局。", "市教育局 市财政局 市人社局", "", ""},
		"one per line":    {"成员单位名单\n市教育局\n团市委\n市妇联", "市教育局 团市委 市妇联", "", ""},
		"persons":         {"成 员：张三 市教育局局长\n李四 市财政局局长", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := read(t, "a.txt", c.text)
			warning := ""
			for _, w := range p.Warnings {
				warning += w.Text + "→" + w.Suggestion
			}
			if got := strings.Join(p.Members, " "); got != c.members || p.Office != c.office || warning != c.warning {
				t.Errorf("members %q, office %q, warning %q", got, p.Office, warning)
			}
		})
	}
}

func TestIsOrg(t *testing.T) {
	for _, yes := range []string{
		"市委办（考绩）", "市府办（市大数据发展管理中心）", "市自然资源和规划局", "团市委", "市妇联", "市科协", "省人力资源社会保障厅", "中国银保监会", "最高人民法院",
		"国网龙岩供电公司", "各乡镇（街道）", "各县（市、区）人民政府", "省有关部门", "各地级以上市", "人民银行广州分行", "海关总署广东分署", "县教育行政部门", "财务科", "市重大项目推进办公室", "市政协", "市红十字会", "各项目牵头单位",
	} {
		if !isOrg(yes) {
			t.Error("not a name:", yes)
		}
	}
	for _, no := range []string{
		"", "局", "部门", "全体干部", "推进会", "社会", "平台", "加强领导", "市教育局负责学校", "主要任务", "工作要求", "由市教育局", "文化志愿者", "2021年6月底前", "认真抓好组织实施", "优化空间布局", "动员部署", "跨省通办", "成立领导小组", "创建示范区", "政务服务大厅", "联系电话",
	} {
		if isOrg(no) {
			t.Error("a name:", no)
		}
	}
}

func TestUnitList(t *testing.T) {
	for text, want := range map[string]string{
		"省政府办公厅和省市场监管局、司法厅":     "省政府办公厅 省市场监管局 司法厅",
		"市自然资源和规划局、市文化和旅游局":     "市自然资源和规划局 市文化和旅游局",
		"市、县（区）人民政府，各有关部门和单位":   "市、县（区）人民政府 各有关部门和单位",
		"乡、镇人民政府和街道办事处":         "乡、镇人民政府 街道办事处",
		"县委宣传部（文明办、网信办）、县融媒体中心": "县委宣传部（文明办、网信办） 县融媒体中心",
	} {
		got, _ := unitList(text)
		if strings.Join(got, " ") != want {
			t.Errorf("%s = %q", text, got)
		}
	}
}
