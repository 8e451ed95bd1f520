package plan

import (
	"regexp"
	"strings"
)

var (
	// composed matches 由A、B、C等29个部门组成 and 联席会议由A、B组成.
	composed = regexp.MustCompile(`由([^。；：]+?)(?:等)?(?:(?:共)?([0-9一二三四五六七八九十]{1,4})(?:个|家)(?:成员|有关|相关)?(?:部门|单位|部门和单位)?)?(?:主要|有关|分管)?(?:负责同志|负责人|领导)?(?:共同)?组成`)
	// memberLabel matches 成员单位：A、B.
	memberLabel = regexp.MustCompile(`成员单位(?:包括|为|有|主要有)?[：:]([^。；]+)`)
)

// readMembers finds the list of member units.
func (p *parser) readMembers() {
	for i := range p.paras {
		if p.paras[i].table != nil {
			continue
		}
		t := p.text(i)
		for _, re := range []*regexp.Regexp{composed, memberLabel} {
			m := re.FindStringSubmatch(t)
			if m == nil {
				continue
			}
			if names := memberNames(m[1]); len(names) >= 2 {
				p.plan.Members = names
				return
			}
		}
	}
}

// memberNames reads a list of bodies; nil when it holds something else.
func memberNames(list string) []string {
	var out []string
	for _, w := range splitNames(strings.TrimSuffix(list, "等")) {
		for _, n := range splitAnd(w) {
			if !isOrg(n) {
				return nil
			}
			out = append(out, n)
		}
	}
	return out
}
