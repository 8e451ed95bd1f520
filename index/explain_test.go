package index

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"xietiao/index/plan"
)

// TestExplain prints how the question in Q is understood.
func TestExplain(t *testing.T) {
	if os.Getenv("Q") == "" {
		t.Skip("Q not set")
	}
	th, err := LoadThesaurus()
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Sample()
	if f := os.Getenv("PLAN"); f != "" {
		data, _ := os.ReadFile(f)
		p, err = plan.Read(f, data)
		if err != nil {
			t.Fatal(err)
		}
	}
	v := newView(p, th)
	for _, q := range strings.Split(os.Getenv("Q"), "|") {
		prev, cur, ok := strings.Cut(q, ">>")
		if !ok {
			prev, cur = "", q
		}
		r := v.read(th, cur)
		if prev != "" {
			r = r.follow(v.read(th, prev))
		}
		fmt.Println("==", cur, "→", r.clean, "units", r.unitNames(), "missing", r.missing, "ord", r.ordinal, r.ordUnit)
		h := v.match(r.content, r.context)
		for _, tok := range r.tokens {
			fmt.Printf(" %s/%d/%b", tok.text, tok.kind, tok.tags)
		}
		fmt.Println()
		for _, tm := range h.terms {
			fmt.Printf("   %s w=%.2f df=%d g=%d exp=%v\n", tm.tok.text, tm.weight, tm.df, tm.group, tm.tok.exp)
		}
		list := h.rank(nil)
		for i, s := range list {
			if i > 6 {
				break
			}
			c := &v.clauses[s.clause]
			row := r.row(c)
			fmt.Printf("   %.3f cover=%.3f lit=%.2f %s %s%s %d %s\n", s.score, s.cover, s.literal, row.Kind, row.Unit, row.Section, c.no, firstRunes(row.Text, 40))
		}
		a := r.answer()
		fmt.Println("  =>", a.Status, a.Intent, a.Hint)
		for i, row := range a.Results {
			if i > 5 {
				break
			}
			fmt.Println("    ", row.Kind, row.Unit, row.Section, row.Fact, row.Value, row.Related)
		}
	}
}
