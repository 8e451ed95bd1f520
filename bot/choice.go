package bot

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"xietiao/index"
)

// maxChoice bounds what is read as the number of a choice; 2020 is a question.
const maxChoice = 20

var (
	chosenNumber = regexp.MustCompile(`^(?:我?[选要]|就)?(?:第)?([0-9]{1,2}|[一二两三四五六七八九十]{1,2})(?:个|份|条|种|项|号)?(?:的|吧|呢)?$`)
	chosenWord   = regexp.MustCompile(`^(我?[选要]|就|是)?(\p{Han}{2,12}?)(的?那[个份条种]|的|吧)?$`)
)

// digits are Chinese numbers by their value; a choice is rarely beyond ten.
const digits = "零一二三四五六七八九十"

// trimAnswer takes off what a person types around a short answer.
func trimAnswer(q string) string {
	return strings.Trim(strings.TrimSpace(q), "。.!！，, 　、“”\"（）()")
}

// choiceNumber reads 2, 二, 第二个, 选2.
func choiceNumber(q string) (int, bool) {
	q = trimAnswer(q)
	m := chosenNumber.FindStringSubmatch(q)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		n = 0
		for i, r := range []rune(m[1]) {
			d := 2
			if r != '两' {
				d = len([]rune(digits[:strings.IndexRune(digits, r)]))
			}
			switch {
			case i == 0:
				n = d
			case n == 10: // 十二
				n += d
			default: // 二十
				return 0, false
			}
		}
	}
	return n, n >= 1 && n <= maxChoice
}

// choiceOf is the number of the choice that q takes from what prev was asked
// back with, or 0: by its number, or by a word that only one choice has in its
// name (永嘉的).
func (b *Bot) choiceOf(ctx context.Context, q, prev, plan string) (int, error) {
	if strings.TrimSpace(prev) == "" {
		return 0, nil
	}
	if n, ok := choiceNumber(q); ok {
		return n, nil
	}
	m := chosenWord.FindStringSubmatch(trimAnswer(q))
	if m == nil || isMore(q) {
		return 0, nil
	}
	a, err := b.ix.Ask(ctx, index.Query{Q: prev, Plan: plan})
	if err != nil || a.Status != index.Ambiguous {
		return 0, err
	}
	several := severalPlans(a.Results)
	if !several && m[1] == "" && m[3] == "" {
		return 0, nil // a bare word is rather a question of its own
	}
	found := 0
	for i, r := range a.Results {
		name := r.Unit + " " + r.Title + " " + r.Section
		if several {
			name = r.Plan
			if p := b.planNamed(r.Plan); p != nil {
				name = p.Title + " " + p.DocNo + " " + p.Issuer
			}
		}
		if !strings.Contains(name, m[2]) {
			continue
		}
		if found > 0 {
			return 0, nil
		}
		found = i + 1
	}
	return found, nil
}
