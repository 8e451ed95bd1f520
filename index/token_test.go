package index

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/zh"
)

var tokenKinds = map[tokenKind]string{tokRaw: "raw", tokFrame: "frame", tokTerm: "term", tokRole: "role", tokUnit: "unit", tokMissing: "missing", tokOutside: "outside"}

// spellTokens writes tokens as 农家书屋/term 归/frame.
func spellTokens(list []token) string {
	var out []string
	for _, t := range list {
		out = append(out, t.text+"/"+tokenKinds[t.kind])
	}
	return strings.Join(out, " ")
}

func TestAQuestionIsCutIntoItsWords(t *testing.T) {
	t.Parallel()
	th := lists(t, "filler: 的 请问 是", "who: 谁 哪个部门", "resp: 归 管 负责", "generic: 工作", "when: 时间",
		"农家书屋 < 图书角 书屋", "文化礼堂 = 礼堂", "文化 = 人文", "outside: 户口 身份证", "family: 教育局 教委", "family: 公安局 公安", "duties: 工作")
	v := newView(parsed(t,
		"某市公共文化服务协调机制工作方案", "附件", "成员单位职责分工", "市教育局", "1.负责学校的文化礼堂时间表；", "2.负责书屋。",
		"市委宣传部", "1.负责农家书屋工作；", "2.指导文化工作。"), th)
	for _, tc := range []struct{ name, q, want string }{
		{"words and frame", "农家书屋归谁管", "农家书屋/term 归/frame 谁/frame 管/frame"},
		{"the long word wins", "文化礼堂", "文化礼堂/term"},
		{"two short ones where no long one is", "文化书屋", "文化/term 书屋/term"},
		{"a department of the plan", "教委的工作", "教委/unit 的/frame 工作/frame"},
		{"a department by its whole name", "市教育局", "市教育局/unit"},
		{"a department of other plans", "公安局管图书角", "公安局/missing 管/frame 图书角/term"},
		{"other business", "身份证", "身份证/outside"},
		{"what no list knows is joined", "张家祠堂归谁", "张家祠堂/raw 归/frame 谁/frame"},
		{"a role", "谁牵头", "谁/frame 牵头/role"},
		{"punctuation parts", "书屋，张三", "书屋/term ,/frame 张三/raw"},
		{"the plan's own words are content", "时间表谁管", "时间表/raw 谁/frame 管/frame"},
		{"nothing", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, spellTokens(v.tokens(th, zh.Fold(tc.q)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Tokens cover the question in order, whatever it is.
func TestTokensCoverTheQuestion(t *testing.T) {
	t.Parallel()
	v := sampleView()
	for _, q := range devQuestions(t) {
		clean, tokens, _ := v.repair(v.t, q.Q)
		rs := []rune(clean)
		at := 0
		for _, tok := range tokens {
			if tok.start < 0 {
				continue // said in parts
			}
			if tok.start != at || string(rs[tok.start:tok.end]) != tok.text {
				t.Fatalf("%s: %q at %d–%d after %d", clean, tok.text, tok.start, tok.end, at)
			}
			at = tok.end
		}
		if at != len(rs) {
			t.Errorf("%s: covered up to %d of %d", clean, at, len(rs))
		}
	}
}

func TestRolesInOrder(t *testing.T) {
	t.Parallel()
	order := []string{"牵头", "负责", "统筹协调", "指导", "参与"}
	for i := 1; i < len(order); i++ {
		if roleRank(order[i-1]) >= roleRank(order[i]) {
			t.Errorf("%s does not stand before %s", order[i-1], order[i])
		}
	}
	for _, tc := range []struct {
		role string
		rank int
	}{{"参与指导", rankTakesPart}, {"配合", rankTakesPart}, {"协同", rankTakesPart}, {"承担", rankCarries}, {"组织、指导和协调", rankOversees}, {"推进", rankDoes}, {"", rankDoes}} {
		if got := roleRank(tc.role); got != tc.rank {
			t.Errorf("%s: rank %d, want %d", tc.role, got, tc.rank)
		}
	}
	for s, want := range map[string]bool{"统筹指导": true, "参与": true, "牵头协调推进": true, "文化": false, "指导文化": false} {
		if isRoleRun(s) != want {
			t.Errorf("%s is a run of roles: %v", s, !want)
		}
	}
}
