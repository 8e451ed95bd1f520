package bot

import (
	"strings"
	"testing"

	"xietiao/index"
	"xietiao/index/plan"
)

func TestNumbersOfChoices(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]int{
		"2": 2, " 2。": 2, "第二个": 2, "第2个": 2, "选2": 2, "选第三条": 3, "我要第一份": 1, "二": 2, "两": 2, "十二": 12, "第十个": 10,
		"二十": 0, "2020": 0, "0": 0, "99": 0, "二龙山": 0, "": 0, "农家书屋谁管": 0, "第二个方案谁牵头": 0,
	} {
		if got, ok := choiceNumber(q); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %d %v, want %d", q, got, ok, want)
		}
	}
}

func TestAChoiceIsTakenByAWordOfItsName(t *testing.T) {
	t.Parallel()
	row := func(plan string) index.Row {
		return index.Row{Kind: index.KindDuty, Plan: plan, Unit: "县文化局", Text: "文化礼堂", Cite: plan}
	}
	both := index.Answer{Status: index.Ambiguous, Results: []index.Row{row("永文〔2020〕1号"), row("乐文〔2020〕2号")}}
	b := New(fake{
		"文化礼堂谁管":            both,
		"文化礼堂谁管@永文〔2020〕1号": {Status: index.Answered, Results: []index.Row{row("永文〔2020〕1号")}},
		"文化礼堂谁管@乐文〔2020〕2号": {Status: index.Answered, Results: []index.Row{row("乐文〔2020〕2号")}},
		"方案":  {Status: index.Unknown},
		"那个呢": {Status: index.Unknown},
	}, Options{Plans: []*plan.Plan{{Title: "永嘉县文化方案", DocNo: "永文〔2020〕1号"}, {Title: "乐清市文化方案", DocNo: "乐文〔2020〕2号"}}})
	for q, want := range map[string]string{
		"第二个": "乐文〔2020〕2号", "永嘉的": "永文〔2020〕1号", "选乐清那份": "乐文〔2020〕2号", "永嘉": "永文〔2020〕1号", "方案": "", "那个呢": "",
	} {
		r, err := b.Ask(t.Context(), q, "文化礼堂谁管", "")
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		if got := r.Answer.Results; want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].Plan != want || !r.Leans) {
			t.Errorf("%s: %+v, want %q", q, got, want)
		}
	}
}

func TestTheListsSpellingIsNamed(t *testing.T) {
	t.Parallel()
	list := []string{"市委办（考绩）", "市市场监管局", "市残联", "市发展和改革局"}
	for unit, want := range map[string]string{
		"市市场监督管理局": "市市场监管局", "市残疾人联合会": "市残联", "市发改局": "市发展和改革局", "市残联": "市残联", "市体育中心": "", "": "",
	} {
		if got := listEntry(list, unit); got != want {
			t.Errorf("%s: %q, want %q", unit, got, want)
		}
	}
	if got := listEntry([]string{"市文广局", "市文化广电局"}, "市文化广电旅游局"); got != "" {
		t.Errorf("one of two was chosen: %q", got)
	}
	member := true
	reply := func(unit string) string {
		a := index.Answer{Status: index.Answered, Intent: index.IntentMember, Member: &member, Units: []string{unit},
			Results: []index.Row{{Kind: index.KindFact, Plan: "x", Fact: "members", Value: strings.Join(list, "、")}}}
		return New(fake{"q": a}, Options{}).word(a, "q", "", 0).Text
	}
	if got := reply("市市场监督管理局"); !strings.Contains(got, "名单上写作“市市场监管局”") {
		t.Error(got)
	}
	if got := reply("市体育中心"); !strings.Contains(got, textListDiffers) {
		t.Error(got)
	}
	if got := reply("市残联"); strings.Contains(got, "写作") || strings.Contains(got, textListDiffers) {
		t.Error(got)
	}
}

func TestAMissingNameIsSpeltAsTheQuestionSpellsIt(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]string{"市委政法委职责": "市委政法委", "政法委职责": "政法委"} {
		for _, cut := range []string{"政法委", "委政法委"} {
			c := composer{a: index.Answer{Missing: []string{cut}}, q: q}
			if !strings.Contains(q, cut) {
				continue
			}
			if got := c.missing(); got != want {
				t.Errorf("%s of %s: %q, want %q", cut, q, got, want)
			}
		}
	}
}

func TestASectionThatNamesUnitsIsNotCalledUnassigned(t *testing.T) {
	t.Parallel()
	b := New(fake{}, Options{Plans: []*plan.Plan{{Title: "x", Members: []string{"市教育局"}}}})
	for text, want := range map[string]bool{
		"开展评比。牵头单位待定。": true, "评比由领导小组办公室负责。": true, "市教育局开展评比。": true, "每年开展评比。": false,
	} {
		a := index.Answer{Status: index.Unassigned, Results: []index.Row{{Kind: index.KindSection, Plan: "x", Section: "一", Text: text}}}
		got := b.word(a, "评比", "", 0).Text
		if strings.HasPrefix(got, textSays) != want || strings.HasPrefix(got, textUnassigned) == want {
			t.Errorf("%s: %s", text, got)
		}
	}
}
