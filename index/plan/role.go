package plan

import (
	"regexp"
	"strings"
)

// roleVerbs are the words with which a clause says how a unit takes part.
// Longer words stand before their beginnings.
var roleVerbs = []string{"统筹", "协调", "指导", "推进", "推动", "牵头", "负责", "承担", "参与", "协助", "配合", "协同", "支持", "组织", "实施", "督促", "监督", "引导", "鼓励"}

// joiners may stand between two role verbs of one run: 指导和协调, 组织、指导和协调, 推动并指导.
var joiners = []string{"和", "并", "、", "与", "及"}

// adverbs may stand before a run and say nothing of the part taken.
var adverbs = regexp.MustCompile(`^(?:并|要|应当|应|继续|积极|大力|切实|认真|具体|主要|依法|全面|加快|深入|进一步)+`)

// RoleOf returns the role verbs with which a clause begins to act, as the
// clause writes them: 统筹指导, 协调推进, 指导和协调, 牵头. It is the leading run
// of role verbs of the first sub-clause that starts with one; "" when no
// sub-clause does.
func RoleOf(text string) string {
	for _, sub := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，；。,;", r) }) {
		if run := verbRun(adverbs.ReplaceAllString(sub, "")); run != "" {
			return run
		}
	}
	return ""
}

// verbRun is the longest run of role verbs, joined or bare, at the beginning.
func verbRun(s string) string {
	n := 0
	for rest := s; ; {
		v := prefixOf(rest, roleVerbs)
		if v == "" {
			break
		}
		n = len(s) - len(rest) + len(v)
		rest = rest[len(v):]
		if j := prefixOf(rest, joiners); j != "" {
			rest = rest[len(j):]
		}
	}
	return s[:n]
}

func prefixOf(s string, words []string) string {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return w
		}
	}
	return ""
}
