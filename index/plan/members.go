package plan

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// composed matches 由A、B、C等29个部门组成 and 联席会议由A、B组成.
	composed = regexp.MustCompile(`由([^。；：]+?)(?:等)?(?:(?:共)?([0-9一二三四五六七八九十]{1,4})(?:个|家)(?:成员|有关|相关)?(?:部门|单位|部门和单位)?)?(?:主要|有关|分管)?(?:负责同志|负责人|领导)?(?:共同)?组成`)
	// memberLabel matches 成员单位：A、B.
	memberLabel = regexp.MustCompile(`成员单位(?:(?:包括|为|有|主要有)[：:]?|[：:])([^。；]+)`)
)

// readMembers finds the list of member units and compares it with the number
// the text gives.
func (p *parser) readMembers() {
	for i := range p.paras {
		if p.paras[i].table != nil || p.role[i] == roleDuty {
			continue
		}
		t := p.text(i)
		for _, re := range []*regexp.Regexp{composed, memberLabel} {
			m := re.FindStringSubmatch(t)
			if m == nil {
				continue
			}
			names := memberNames(m[1])
			if len(names) < 2 {
				continue
			}
			p.plan.Members = names
			if re == composed {
				p.checkCount(i, m[2], len(names))
			}
			return
		}
	}
	p.readMemberLines()
}

// readMemberLines reads members that stand one per line below a title such as
// 成员单位.
func (p *parser) readMemberLines() {
	for i := range p.paras {
		if p.paras[i].table != nil || !memberTitle.MatchString(p.src.str(p.paras[i].body())) {
			continue
		}
		var names []string
		for j := i + 1; j < len(p.paras) && p.paras[j].table == nil; j++ {
			more := memberNames(strings.TrimRight(p.src.str(p.paras[j].body()), "。；;"))
			if more == nil {
				break
			}
			names = append(names, more...)
		}
		if len(names) >= 2 {
			p.plan.Members = names
			return
		}
	}
}

// memberTitle matches the title above a list of members.
var memberTitle = regexp.MustCompile(`成员单位(?:名单)?[：:]?$|组成(?:部门|单位)[：:]?$`)

// checkCount warns where the list has another number of names than the text says.
func (p *parser) checkCount(i int, said string, have int) {
	if n := number([]rune(said)); n > 0 && n != have {
		p.report(WarnCountMismatch, p.whereIs(p.paras[i].from), said, fmt.Sprint(have))
	}
}

// memberNames reads a list of bodies; nil when it holds something else.
func memberNames(list string) []string {
	if k := strings.LastIndex(list, "由"); k >= 0 {
		list = list[k+len("由"):]
	}
	out, ok := unitList(strings.TrimSuffix(list, "等"))
	if !ok {
		return nil
	}
	return out
}
