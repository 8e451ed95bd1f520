package index

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
)

// Every question of a message is answered, or shown as one that is not.
func TestSeveralQuestionsInOneMessage(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for q, want := range map[string][]string{
		"农家书屋归谁管，残联有什么职责":           {"农家书屋归谁管: answered 市委宣传部·3", "残联有什么职责: answered 市残联·1"},
		"农家书屋归谁管\n残联有什么职责\n成员单位有哪些": {"农家书屋归谁管: answered 市委宣传部·3", "残联有什么职责: answered 市残联·1", "成员单位有哪些: answered members"},
		"农家书屋归谁管？身份证归谁办？":           {"农家书屋归谁管: answered 市委宣传部·3", "身份证归谁办: unknown"},
		"文号是多少；编制找谁":                {"文号是多少: answered doc_no", "编制找谁: answered 市委编办·0"},
		"立项归谁，用地归谁":                 nil, // one answer has both
		"农家书屋归谁管，是哪个单位":             nil,
		"建个文化场馆，立项找谁，用地找谁":          nil,
		"文化馆都挤在城区，布点不合理找谁":          nil,
	} {
		a := ask(t, ix, Query{Q: q})
		var got []string
		for _, p := range a.Parts {
			s := p.Q + ": " + string(p.Answer.Status)
			if rows := spellRows(p.Answer.Results); len(rows) > 0 {
				s += " " + rows[0]
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", q, diff)
		}
	}
	a := ask(t, ix, Query{Q: "第二条呢", Prev: "农家书屋归谁管，残联有什么职责"})
	if rows := spellRows(a.Results); len(rows) != 1 || rows[0] != "市残联·2" {
		t.Errorf("a follow-up leans on the last question: %v", rows)
	}
}
