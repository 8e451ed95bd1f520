package index

import (
	"strings"
	"testing"

	"xietiao/index/plan"
)

// What is no question about the plan does not get the previous answer again.
func TestTalkIsNoFollowUp(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for _, prev := range []string{"农家书屋归谁管", "市教育局有哪些职责", "公共文化服务谁管", ""} {
		for q, chat := range map[string]bool{
			"我要投诉": false, "谁的电话": false, "联系人电话": false, "你真笨": false, "没听懂": false, "asdf": false, "asdfghjkl": false, "？": false,
			"反馈": false, "名册": false, "有误列表": false, "你们办事太慢了": false, "不对吧": false, "今天好累": false, "他们太慢了": false, "这个没用": false,
			"你呢": false, "真的吗": false, "1234": false, "张三": false,
			"哦": true, "好的呢": true, "收到": true, "嗯": true, "知道了": true, "666": true, "你是机器人吗": true,
		} {
			a := ask(t, ix, Query{Q: q, Prev: prev})
			if (a.Intent == IntentChat) != chat || len(a.Results) > 0 || !chat && a.Status != Unknown {
				t.Errorf("%q after %q: %s %s %v", q, prev, a.Status, a.Intent, spellRows(a.Results))
			}
		}
	}
}

// Words that ask on get the previous matter, whatever they are.
func TestWordsThatAskOn(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for _, q := range []string{"谁牵头", "配合单位呢", "原文", "详细说说", "再说一遍", "是谁", "只有他们吗", "具体呢", "时限呢", "在哪一条", "到底谁管"} {
		a := ask(t, ix, Query{Q: q, Prev: "农家书屋归谁管"})
		if len(a.Results) != 1 || a.Results[0].Unit != "市委宣传部" {
			t.Errorf("%q: %s %v", q, a.Status, spellRows(a.Results))
		}
	}
	if a := ask(t, ix, Query{Q: "2", Prev: "市教育局有哪些职责"}); len(a.Results) != 1 || *a.Results[0].No != 2 {
		t.Errorf("a bare number: %s %v", a.Status, spellRows(a.Results))
	}
}

// A word that all units have in their duties is not a matter.
func TestVagueWords(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for _, q := range []string{"定", "办", "制定", "举办", "推进", "谁制定", "谁推进"} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Unknown || len(a.Results) > 0 {
			t.Errorf("%q: %s %v", q, a.Status, spellRows(a.Results))
		}
	}
	if a := ask(t, ix, Query{Q: "谁制定"}); a.Hint != HintVague {
		t.Errorf("hint %q", a.Hint)
	}
	for _, q := range []string{"编制谁管", "谁牵头", "哪些单位参与", "志愿服务谁推进"} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Answered {
			t.Errorf("%q: %s %s", q, a.Status, a.Hint)
		}
	}
}

// The number of members may be what the question says or what it asks for.
func TestTheNumberOfMembers(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for q, want := range map[string]string{
		"29个部门是哪29个": FactMembers, "29个部门都有谁": FactMembers, "二十九个部门是哪些": FactMembers, "这29个单位分别是谁": FactMembers,
		"协调组有30个部门吗": FactMemberCount, "是29个部门吗": FactMemberCount,
		"5个部门是哪5个": "", "给29家单位都发一条催办通知": "",
	} {
		a := ask(t, ix, Query{Q: q})
		got := ""
		if len(a.Results) == 1 {
			got = a.Results[0].Fact
		}
		if got != want {
			t.Errorf("%s: %q, want %q", q, got, want)
		}
	}
}

// The plan names a matter only by its name: what the thesaurus counts it among is
// not said to be it, nor shown as near it.
func TestWhatThePlanDoesNotName(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for _, q := range []string{"送戏下乡谁负责", "文物保护谁负责"} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Unknown {
			t.Errorf("%s: %s %v", q, a.Status, spellRows(a.Results))
		}
	}
	for q, word := range map[string]string{"非遗谁管": "非物质文化遗产", "放露天电影归谁": "农村电影放映", "文化惠民项目谁统筹安排": "文化惠民项目"} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Unassigned || !strings.Contains(a.Results[0].Text, word) {
			t.Errorf("%s: %s %v", q, a.Status, spellRows(a.Results))
		}
	}
	if a := ask(t, ix, Query{Q: "时间表路线图谁定"}); a.Status != Unassigned || len(a.Results) != 1 {
		t.Errorf("near it: %s %v", a.Status, spellRows(a.Results))
	}
}

// A clause about what belongs to one system answers for nothing else.
func TestClausesLimitedToTheirOwn(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for _, q := range []string{"文化馆免费开放归谁", "图书馆免费开放谁负责", "剧院免费开放谁负责", "文化站免费开放谁管"} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Unknown {
			t.Errorf("%s: %s %v", q, a.Status, spellRows(a.Results))
		}
	}
	for q, want := range map[string]string{
		"少年宫免费开放归谁": "团市委·3", "团系统的场馆免费开放谁管": "团市委·3", "妇联的场馆免费开放谁管": "市妇联·4", "巾帼活动室对外白用，哪家推着办": "市妇联·4",
		"工人文化宫免费开放谁推动": "市总工会·3", "文化礼堂免费开放谁管": "市委宣传部·3", "体育馆免费开放找谁": "市旅体中心·3",
		"公共文化设施免费开放谁负责": "团市委·3", "哪些单位推动免费开放": "市总工会·3",
	} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Answered || spellRows(a.Results)[0] != want {
			t.Errorf("%s: %s %v, want %s", q, a.Status, spellRows(a.Results), want)
		}
	}
}

// A question for what all units do is answered with all of it.
func TestTheDutiesOfAll(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for _, q := range []string{"各单位职责", "各成员单位分别负责什么", "各部门职责列一下", "全部职责", "各部门怎么分工", "每个单位要做什么"} {
		if a := ask(t, ix, Query{Q: q}); a.Status != Answered || a.Intent != IntentDuties || len(a.Results) != 64 {
			t.Errorf("%s: %s %s %d", q, a.Status, a.Intent, len(a.Results))
		}
	}
	for _, q := range []string{"各单位在文化志愿服务上的职责", "各单位职责写在哪", "各单位有哪些"} {
		if a := ask(t, ix, Query{Q: q}); a.Intent == IntentDuties {
			t.Errorf("%s: %v", q, spellRows(a.Results))
		}
	}
}
