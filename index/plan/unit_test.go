package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDuties(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"numbered headings, shared headings, groups": {`
			某县创建示范区责任分工
			一、县委宣传部
			1、负责宣传报道；
			2、指导农家书屋建设。
			二、县委组织部、县委编办
			负责基层文化队伍编制落实。
			三、县财政局职责
			（一）保障创建经费；
			（二）监督资金使用。
			四、各乡镇（街道）
			1．建设综合文化站；
			2．配合迎检。
			五、工作要求
			（一）提高认识。各部门要高度重视。`, `
			县委宣传部 1 负责宣传报道；
			县委宣传部 2 指导农家书屋建设。
			县委组织部 0 负责基层文化队伍编制落实。
			县委编办 0 负责基层文化队伍编制落实。
			县财政局 1 保障创建经费；
			县财政局 2 监督资金使用。
			各乡镇（街道） 1 建设综合文化站；
			各乡镇（街道） 2 配合迎检。`},
		"headings that run into their text": {`
			一、职责分工
			1.县委宣传部。负责舆论引导。
			2.县教育局（县青少年活动中心）：负责学生活动。
			★县公安局：
			（1）维护秩序；
			（2）管控交通。
			县卫健局:1.医疗保障;2.防疫消杀。
			县妇联、团县委：组织志愿者参加活动。
			二、保障措施
			各单位要高度重视，明确责任。`, `
			县委宣传部 0 负责舆论引导。
			县教育局（县青少年活动中心） 0 负责学生活动。
			县公安局 1 维护秩序；
			县公安局 2 管控交通。
			县卫健局 1 医疗保障;
			县卫健局 2 防疫消杀。
			县妇联 0 组织志愿者参加活动。
			团县委 0 组织志愿者参加活动。`},
		"paragraphs below a heading that runs in": {`
			某市未成年人保护委员会成员单位职责任务分工
			确定各成员单位工作职责如下：
			一、市委宣传部、市委文明办。把保护工作纳入规划。督促指导各地。
			二、市教育局（市委教育工委）。推进家庭教育。
			指导学校做好安全工作。
			三、各县（市、区）人民政府。落实属地责任。
			附件`, `
			市委宣传部 0 把保护工作纳入规划。督促指导各地。
			市委文明办 0 把保护工作纳入规划。督促指导各地。
			市教育局（市委教育工委） 0 推进家庭教育。指导学校做好安全工作。
			各县（市、区）人民政府 0 落实属地责任。`},
		"lost line ends": {`
			市人社局:加强队伍建设。负责组织培训工作。 市国土局:负责用地;围绕规划,落实政策。 市文广局: 1.建设场馆; 2.人均藏书`, `
			市人社局 0 加强队伍建设。负责组织培训工作。
			市国土局 0 负责用地;围绕规划,落实政策。
			市文广局 1 建设场馆;
			市文广局 2 人均藏书`},
		"a body and its office": {`
			关于建立某市学前教育工作联席会议制度的通知
			各县（区）人民政府：
			建立某市学前教育工作联席会议（以下简称联席会议）制度。
			一、主要职责
			（一）统筹协调全市学前教育工作；
			（二）完成市政府交办的事项。
			二、成员单位
			联席会议由市教育局、市发改委、市财政局组成，市教育局为牵头单位。
			联席会议办公室设在市教育局，承担联席会议日常工作。
			三、工作规则
			联席会议每年召开一次全体会议。`, `
			联席会议 1 统筹协调全市学前教育工作；
			联席会议 2 完成市政府交办的事项。
			联席会议办公室 0 联席会议办公室设在市教育局，承担联席会议日常工作。`},
		"an article that lists one unit's duties": {`
			第五条 区应急管理局履行下列职责：
			（一）承担日常工作；
			（二）综合监督管理安全生产工作。
			第六条 本规定自印发之日起施行。`, `
			区应急管理局 1 承担日常工作；
			区应急管理局 2 综合监督管理安全生产工作。`},
		"decimal numbers": {`
			2.1.1 市防汛指挥部职责
			（1）组织防汛工作；
			（2）完成其他事项。
			2.1.2 市防汛指挥部办公室及其职责
			办公室设在市水利局。
			（1）承担日常工作。
			2.2 预警
			监测雨情。`, `
			市防汛指挥部 1 组织防汛工作；
			市防汛指挥部 2 完成其他事项。
			市防汛指挥部办公室 0 办公室设在市水利局。
			市防汛指挥部办公室 1 承担日常工作。`},
		"lists of names are no headings": {`
			成员单位：
			市教育局
			市财政局
			市人社局
			一、工作要求
			加强领导。`, ``},
		"a unit in prose is no heading": {`
			一、工作目标
			市教育局：一个都不能少。
			二、工作要求
			加强领导。`, ``},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(lines(c.want), dutyLines(read(t, "a.txt", lines(c.text)))); d != "" {
				t.Error("(-want +got):", d)
			}
		})
	}
}

func TestSample(t *testing.T) {
	p := Sample()
	duties, roles := 0, map[string]string{}
	for _, u := range p.Units {
		duties += len(u.Duties)
		for _, d := range u.Duties {
			roles[DutyPlace(u.Name, d.No)] = d.Role
		}
	}
	if len(p.Units) != 29 || duties != 64 || len(p.Members) != 29 || len(p.Items) != 0 {
		t.Errorf("%d units, %d duties, %d members, %d items", len(p.Units), duties, len(p.Members), len(p.Items))
	}
	if p.Office != "市文广旅体局" || p.DateText != "2020年9月25日" {
		t.Errorf("office %q, date %q", p.Office, p.DateText)
	}
	for place, want := range map[string]string{
		"市委宣传部·3": "统筹指导", "市委宣传部·1": "指导", "市文广旅体局·1": "协调", "市旅体中心·1": "牵头", "市委编办": "指导和协调",
		"市人社局": "协助", "市社科联": "组织、指导和协调", "市民宗局": "参与", "团市委·3": "推动并指导", "市文广旅体局·4": "承担", "市委宣传部·5": "",
	} {
		if roles[place] != want {
			t.Errorf("role of %s = %q, want %q", place, roles[place], want)
		}
	}
}

func TestRoleOf(t *testing.T) {
	for text, want := range map[string]string{
		"牵头制定规划，并协调推进相关工作；": "牵头",
		"依据要求，指导重点任务的落实":    "指导",
		"继续推进惠民项目":          "推进",
		"将文化工作纳入规划":         "",
		"参与指导编制标准":          "参与指导",
		"":                  "",
	} {
		if got := RoleOf(text); got != want {
			t.Errorf("RoleOf(%q) = %q, want %q", text, got, want)
		}
	}
}
