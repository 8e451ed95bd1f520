package task

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/store"
)

// Spans writes numbers in their order, T1-T6、T8.
func Spans(list []Number) string {
	list = slices.Clone(list)
	slices.Sort(list)
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		switch j - i {
		case 0:
			parts = append(parts, list[i].String())
		case 1:
			parts = append(parts, list[i].String(), list[j].String())
		default:
			parts = append(parts, list[i].String()+"-"+list[j].String())
		}
		i = j + 1
	}
	if len(parts) > shownSpans {
		return strings.Join(parts[:shownSpans], "、") + fmt.Sprintf("等 %d 项", len(list))
	}
	return strings.Join(parts, "、")
}

// shownSpans is how many of them a line has.
const shownSpans = 12

// Said is what was said of one of several tasks, such as why a step was refused.
type Said struct {
	Number Number
	Words  string
}

// Reasons says each thing once, with all the tasks that it holds for in the place of
// the one that it names.
func Reasons(list []Said) (reasons []string) {
	holds := map[string][]Number{}
	for _, s := range list {
		reason := numberSaid.ReplaceAllStringFunc(s.Words, func(said string) string {
			if said == s.Number.String() {
				return numberHole
			}
			return said
		})
		if holds[reason] == nil {
			reasons = append(reasons, reason)
		}
		holds[reason] = append(holds[reason], s.Number)
	}
	for i, r := range reasons {
		reasons[i] = strings.ReplaceAll(r, numberHole, Spans(holds[r]))
	}
	return reasons
}

var numberSaid = regexp.MustCompile(`T\d+`)

// numberHole stands in a reason for the tasks that it holds for.
const numberHole = "\x00"

// Handout is what waits to be handed out, and what the office should know before it
// hands out so much.
type Handout struct {
	Tasks                               []Number // by number
	Leaderless, Undated, Past, Returned []Number // the last are not among Tasks: something is to be decided first
	Beyond                              int      // more wait than are handed out at once
}

// Nothing reports whether none of it can be handed out.
func (h Handout) Nothing() bool { return len(h.Tasks) == len(h.Leaderless) }

// Oddities are what is odd about some of it, a line each.
func (h Handout) Oddities() (lines []string) {
	for _, o := range []struct {
		some []Number
		what string
	}{
		{h.Leaderless, "没有牵头单位，交办不了"}, {h.Undated, "没有期限，按待定期限交办"}, {h.Past, "期限已经过了"}, {h.Returned, "单位退回过，没有算在内"},
	} {
		if len(o.some) > 0 {
			lines = append(lines, fmt.Sprintf("%d 项%s：%s。", len(o.some), o.what, Spans(o.some)))
		}
	}
	return lines
}

// Handout reads what waits to be handed out, at most so many tasks at once.
func (b *Board) Handout(r store.Reader, most int) (h Handout, err error) {
	drafts, err := b.List(r, Query{States: []State{StateDraft}})
	if err != nil {
		return h, err
	}
	slices.SortFunc(drafts, func(a, b Task) int { return int(a.Number - b.Number) })
	for _, t := range drafts {
		if slices.ContainsFunc(t.Shares, func(s Share) bool { return !s.Returned.IsZero() }) {
			h.Returned = append(h.Returned, t.Number)
			continue
		}
		if len(h.Tasks) == most {
			h.Beyond++
			continue
		}
		h.Tasks = append(h.Tasks, t.Number)
		switch {
		case len(t.LeadUnits()) == 0:
			h.Leaderless = append(h.Leaderless, t.Number)
		case t.Recurs():
		case t.Deadline.IsZero():
			h.Undated = append(h.Undated, t.Number)
		case t.Deadline.Before(b.Today(r)):
			h.Past = append(h.Past, t.Number)
		}
	}
	return h, nil
}
