package index

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
)

// findTopic is the first topic that has the word.
func findTopic(m Matrix, word string) (task MainTask, topic Topic, ok bool) {
	for _, t := range m.Tasks {
		for _, p := range t.Topics {
			if strings.Contains(p.Text, word) {
				return t, p, true
			}
		}
	}
	return MainTask{}, Topic{}, false
}

func addresses(refs []Ref) (list []string) {
	for _, r := range refs {
		list = append(list, strings.TrimPrefix(r.Address, "附件·"))
	}
	return list
}

func TestWhatNobodyAnswersForInTheSample(t *testing.T) {
	t.Parallel()
	m := NewMatrix(plan.Sample(), words(t))
	for word, at := range map[string]string{
		"购买服务目录": "四（七）", "文化志愿者大队": "四（七）", "非营利组织": "四（七）", "人才资源与服务项目对接": "四（七）", "总分馆": "四（四）", "下派员": "四（六）", "脱产培训": "四（六）", "服务岗位": "四（六）",
		"监督评估机制": "四（二）", "理事会": "四（一）", "转移支付": "四（三）", "专项经费": "四（三）", "村村通": "四（五）", "综合平台": "二（二）", "时间表": "二（四）",
	} {
		task, topic, ok := findTopic(m, word)
		if !ok || !topic.Gap() || len(topic.Near) > 0 || task.Address != at {
			t.Errorf("%s: at %s, %v, near %v", word, task.Address, addresses(topic.Clauses), addresses(topic.Near))
		}
	}
	for word, want := range map[string][]string{
		"文化与科技融合": {"市科技局·第1项"}, "规划编制工作": {"市文广旅体局·第1项", "市自然资源和规划局·第1项"}, "完善标准体系": {"市市场监管局·第1项"}, "纳入财政预算": {"市财政局·第1项"},
	} {
		if _, topic, _ := findTopic(m, word); cmp.Diff(want, addresses(topic.Clauses)) != "" {
			t.Errorf("%s: %v", word, addresses(topic.Clauses))
		}
	}
	for word, near := range map[string]string{"常住人口": "市财政局·第1项", "年度报告": "市文广旅体局·第2项"} {
		if _, topic, _ := findTopic(m, word); !topic.Gap() || !slices.Contains(addresses(topic.Near), near) {
			t.Errorf("near %s: %v", word, topic)
		}
	}
	for _, words := range []string{"习近平", "主要目标", "分工合作", "统一部署", "同步推进", "使其", "在此基础上", "任何组织"} {
		if _, topic, ok := findTopic(m, words); ok {
			t.Errorf("%s is no matter: %s", words, topic.Text)
		}
	}
}

func TestTheSamplesMainTasksByUnits(t *testing.T) {
	t.Parallel()
	p := plan.Sample()
	m := NewMatrix(p, words(t))
	cells := map[string][]string{}
	var main []string
	for _, task := range m.Tasks {
		if task.Main {
			main = append(main, task.Address)
			cells[task.Address] = addresses(task.Cells)
		}
	}
	want := []string{"四（一）", "四（二）", "四（三）", "四（四）", "四（五）", "四（六）", "四（七）", "四（八）"}
	if d := cmp.Diff(want, main); d != "" || len(m.Units) != 29 {
		t.Errorf("%d units; %s", len(m.Units), d)
	}
	for address, clauses := range map[string][]string{
		"四（一）": {"市发改局·第1项", "市文广旅体局·第1项"},
		"四（二）": {"市委办（考绩）", "市发改局·第2项", "市财政局·第2项", "市市场监管局·第1项"},
		"四（三）": {"市财政局·第1项"},
		"四（四）": {"市委宣传部·第3项", "市发改局·第3项", "市教育局·第1项"},
		"四（五）": {"市委宣传部·第6项", "市科技局·第1项", "市旅体中心·第2项", "市广播电视台", "团市委·第2项"},
		"四（六）": {"市人社局"},
		"四（七）": {"市委宣传部·第5项", "市教育局·第3项", "团市委·第1项", "市妇联·第3项", "市科协·第2项"},
	} {
		for _, c := range clauses {
			if !slices.Contains(cells[address], c) {
				t.Errorf("%s has not %s: %v", address, c, cells[address])
			}
		}
	}
	if len(cells["四（八）"]) != 0 {
		t.Errorf("other matters are somebody's: %v", cells["四（八）"])
	}
	accountedFor(t, p, m)
}

// accountedFor checks that every clause that gives something to a unit is in a cell or
// loose, that what is quoted is the plan's, and that nothing is twice in a cell.
func accountedFor(t *testing.T, p *plan.Plan, m Matrix) {
	t.Helper()
	text := map[string][]string{}
	for at, c := range p.Clauses() {
		text[at] = append(text[at], c.Text)
	}
	check := func(refs []Ref) {
		seen := map[string]bool{}
		for _, r := range refs {
			if !slices.Contains(text[r.Address], r.Text) || !slices.Contains(m.Units, r.Unit) {
				t.Errorf("not the plan's: %+v", r)
			}
			if key := r.Unit + "|" + r.Address; seen[key] {
				t.Errorf("twice: %s", key)
			} else {
				seen[key] = true
			}
		}
	}
	placed := map[string]bool{}
	for _, task := range m.Tasks {
		check(task.Cells)
		for _, r := range task.Cells {
			placed[r.Address] = true
		}
		for _, topic := range task.Topics {
			check(topic.Clauses)
			check(topic.Near)
			if !topic.Gap() && len(topic.Near) > 0 {
				t.Errorf("%s is a gap and is none", topic.Text)
			}
		}
	}
	check(m.Loose)
	for _, r := range m.Loose {
		if placed[r.Address] {
			t.Errorf("%s is in a cell and loose", r.Address)
		}
		placed[r.Address] = true
	}
	for _, u := range p.Units {
		for _, d := range u.Duties {
			if at := plan.DutyAddress(u.Name, d.No); !placed[at] {
				t.Errorf("%s is nowhere", at)
			}
		}
	}
	for _, o := range m.Overlaps {
		check(o.Clauses)
		if len(o.Units) < 2 {
			t.Errorf("%s is %v's alone", o.Topic, o.Units)
		}
	}
}

func TestWhatSeveralUnitsHaveInTheSample(t *testing.T) {
	t.Parallel()
	m := NewMatrix(plan.Sample(), words(t))
	find := func(list []Overlap, topic string) Overlap {
		i := slices.IndexFunc(list, func(o Overlap) bool { return o.Topic == topic })
		if i < 0 {
			t.Errorf("no overlap %s", topic)
			return Overlap{}
		}
		return list[i]
	}
	for topic, want := range map[string][]string{
		"志愿服务": {"团市委", "市妇联", "市委宣传部", "市委组织部", "市教育局", "市旅体中心", "市科协"},
		"标准":   {"市住建局", "市发改局", "市市场监管局", "市文广旅体局", "市旅体中心", "市残联", "市财政局"},
		"未成年人": {"团市委", "市委宣传部"},
		"少数民族": {"市委统战部", "市民宗局"},
	} {
		got := slices.Sorted(slices.Values(find(m.Overlaps, topic).Units))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s %s", topic, d)
		}
	}
	if o := find(m.Overlaps, "标准"); o.Clauses[0].Role != "牵头" || o.Units[0] != "市旅体中心" {
		t.Errorf("who leads comes first: %+v", o.Clauses[0])
	}
	find(find(m.Overlaps, "志愿服务").Narrower, "文化志愿服务")
	find(find(m.Overlaps, "开放").Narrower, "免费开放")
	for _, o := range m.Overlaps {
		if len(o.Units) > 8 || o.Topic == "公共文化" || o.Topic == "公共文化服务" {
			t.Errorf("everybody's: %s, %d units", o.Topic, len(o.Units))
		}
	}
}

// A gap is what a question says, too.
func TestTheMatrixSaysWhatAnswersSay(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	m, err := ix.Matrix(plan.Sample().DocNo)
	if err != nil {
		t.Fatal(err)
	}
	gaps := 0
	for _, task := range m.Tasks {
		for _, topic := range task.Topics {
			a := ask(t, ix, Query{Q: "“" + topic.Text + "”归哪个单位负责"})
			if topic.Gap() && len(topic.Near) == 0 {
				gaps++
				if a.Status == Answered && a.Intent != IntentSection {
					t.Errorf("%s is a gap, and answered: %v", topic.Text, spellRows(a.Results))
				}
			}
		}
	}
	if gaps < 20 {
		t.Errorf("%d gaps", gaps)
	}
}

func TestAMatrixIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample(), small("清江市", "清文协〔2020〕1号", "市教育局", "文化礼堂"))
	first, err := ix.Matrix(plan.Sample().DocNo)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if d := cmp.Diff(first, NewMatrix(plan.Sample(), words(t))); d != "" {
			t.Fatal(d)
		}
	}
	for _, name := range []string{"", "没有这份"} {
		if _, err := ix.Matrix(name); !errors.Is(err, ErrNoPlan) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got, err := ix.Matrix("清文协〔2020〕1号"); err != nil || len(got.Units) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Plans of other forms and fields.
func TestMatricesOfOtherPlans(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text  string
		tasks []string // address, title and units of the cells
		gaps  []string
		loose []string
	}{
		"items below their own titles": {
			"某省2021年放管服改革重点工作安排\n\n一、简政放权\n\n（一）加强权责清单管理。规范行政权力事项。（省政务服务局牵头，省有关部门按职责分工负责）\n\n（二）深化投资审批制度改革。出台管理办法。（省发展改革委、省财政厅按职责分工负责）\n",
			[]string{"一（一） 加强权责清单管理 省政务服务局 省有关部门", "一（二） 深化投资审批制度改革 省发展改革委 省财政厅"}, nil, nil,
		},
		"another field, with an annex": {
			"某县河长制工作方案\n\n一、总体要求\n\n全面落实河长制，实现水清岸绿。\n\n二、主要任务\n\n（一）加强水污染防治。开展入河排污口排查整治，建设污水处理厂。\n\n（二）加强水域岸线管理。划定河道管理范围，编制河湖岸线保护规划，建立无人机巡河队伍。\n\n三、组织机构\n\n由县水利局、县环保局组成。\n\n附件\n\n职责分工\n\n县水利局\n\n1. 负责编制河湖岸线保护规划；\n\n2. 划定河道管理范围。\n\n县环保局\n\n负责入河排污口排查整治。\n",
			[]string{"二（一） 加强水污染防治 县环保局", "二（二） 加强水域岸线管理 县水利局 县水利局"},
			[]string{"建设污水处理厂", "建立无人机巡河队伍"}, nil,
		},
		"an annex without a body": {
			"某县文化工作方案\n\n附件\n\n职责分工\n\n县教育局\n\n推动校园图书馆开放。\n\n县财政局\n\n保障图书馆经费。\n", nil, nil, []string{"县教育局", "县财政局"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.Read("a.txt", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			m := NewMatrix(p, words(t))
			var tasks, gaps []string
			for _, task := range m.Tasks {
				line := task.Address + " " + task.Title
				for _, c := range task.Cells {
					line += " " + c.Unit
				}
				tasks = append(tasks, line)
				for _, topic := range task.Topics {
					if topic.Gap() && len(topic.Near) == 0 {
						gaps = append(gaps, topic.Text)
					}
				}
			}
			var loose []string
			for _, r := range m.Loose {
				loose = append(loose, r.Unit)
			}
			if d := cmp.Diff([][]string{tc.tasks, tc.gaps, tc.loose}, [][]string{tasks, gaps, loose}); d != "" {
				t.Error(d)
			}
			accountedFor(t, p, m)
		})
	}
}

func TestWhichSectionIsPartOfWhich(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		path, parent string
		want         bool
	}{
		{"四（一）", "四", true}, {"四（一）2", "四（一）", true}, {"四（十一）", "四（十", false}, {"四", "四", false}, {"十一", "十", false}, {"一1", "一", true}, {"一12", "一1", false},
		{"第八条", "第八条", false}, {"第八条（一）", "第八条", true}, {"二（一）", "四", false},
	} {
		if got := below(tc.path, tc.parent); got != tc.want {
			t.Errorf("%s below %s: %v", tc.path, tc.parent, got)
		}
	}
}

func BenchmarkMatrix(b *testing.B) {
	t := words(b)
	b.ReportAllocs()
	for b.Loop() {
		NewMatrix(plan.Sample(), t)
	}
}
