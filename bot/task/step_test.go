package task

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/states.md anew")

// in is a task of two leads and a supporter in a state, with all that steps from
// there need.
func in(t testing.TB, s State) Task {
	t.Helper()
	task := Task{Number: 12, State: StateDraft, Version: 1}
	task.set(Draft{Title: "建设文化礼堂", Leads: []string{"市教育局", "市委宣传部"}, Supports: []string{"市科协"}, Deadline: date("2026-12-10")}, at("2026-11-02 10:00"))
	ways := map[State][]Do{
		StateAssigned: {DoHand}, StateSigned: {DoHand, DoSign}, StateReported: {DoHand, DoSign, DoReport},
		StateReviewed: {DoHand, DoSign, DoReport, DoReview}, StateClosed: {DoHand, DoSign, DoReport, DoReview, DoClose},
		StateStruck: {DoHand, DoSign, DoReport, DoReview, DoClose, DoStrike}, StateCancelled: {DoHand, DoCancel},
	}
	for _, do := range ways[s] {
		by := []Actor{office}
		if do.who() != byOffice {
			by = []Actor{teachers, writers}
		}
		for _, actor := range by {
			var err error
			if task, err = Step(task, action(do), actor); err != nil {
				t.Fatal(err)
			}
		}
	}
	if task.State != s {
		t.Fatalf("state %s, want %s", task.State, s)
	}
	return task
}

// action is a step with all that it may need.
func action(do Do) Action {
	return Action{Do: do, At: at("2026-11-03 10:00"), Text: "说明", Percent: 50, To: date("2026-12-20"),
		Draft: &Draft{Title: "新名称", Leads: []string{"市教育局", "市委宣传部"}, Supports: []string{"市科协"}, Deadline: date("2026-12-11")}}
}

// ready is the task as the step needs it, within its state.
func ready(task Task, do Do) Task {
	task = task.clone()
	m := Mark{at("2026-11-02 11:00"), "P2"}
	switch do {
	case DoHand:
		if task.State.handed() {
			task.Shares[2].Returned = m
		}
	case DoProgress, DoReport, DoAsk:
		if task.State == StateAssigned {
			task.Shares[0].Signed = m
		}
	case DoSign:
		if task.State == StateSigned {
			task.Shares[0].Signed = Mark{}
		}
	case DoGrant, DoDeny:
		task.Delays = []Delay{{Unit: "市教育局", To: date("2026-12-20"), Asked: m}}
	case DoSettle:
		task.Issues = []Issue{{Unit: "市教育局", Text: "缺场地", Raised: m}}
	}
	return task
}

func actorOf(do Do) Actor {
	if do.who() == byOffice {
		return office
	}
	return teachers
}

func TestEveryArrowAndEveryNonArrow(t *testing.T) {
	t.Parallel()
	for _, s := range States {
		for _, r := range arrows {
			t.Run(string(s)+" "+string(r.do), func(t *testing.T) {
				t.Parallel()
				task := ready(in(t, s), r.do)
				before := task.clone()
				got, err := Step(task, action(r.do), actorOf(r.do))
				if diff := cmp.Diff(before, task); diff != "" {
					t.Errorf("the step changed what it was given: %s", diff)
				}
				if !slices.Contains(r.from, s) {
					r := refusal(t, err, WhyState)
					if r.State != s || !strings.Contains(Tell(err), s.Word()) {
						t.Errorf("the refusal says %q of %s", Tell(err), s)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(r.to, got.State) || got.Version != task.Version+1 {
					t.Errorf("led to %s, version %d", got.State, got.Version)
				}
			})
		}
	}
}

// edge is a step that was seen to lead from one state to another.
type edge struct {
	from State
	do   Do
	to   State
}

// walked is the result of walk, made once.
var walked struct {
	sync.Once
	edges map[edge]bool
}

func edgesOf(t testing.TB) map[edge]bool {
	t.Helper()
	walked.Do(func() { walked.edges = walk(t) })
	return walked.edges
}

// walk takes every step that is allowed, from a new task on.
func walk(t testing.TB) map[edge]bool {
	t.Helper()
	found, seen := map[edge]bool{}, map[string]bool{}
	todo := []Task{in(t, StateDraft)}
	for len(todo) > 0 {
		task := todo[0]
		todo = todo[1:]
		for _, r := range arrows {
			for _, by := range []Actor{office, teachers, writers, science} {
				for _, leads := range [][]string{{"市教育局", "市委宣传部"}, {"市教育局"}} {
					a := action(r.do)
					a.Draft.Leads = leads
					next, err := Step(task, a, by)
					var refused *Refusal
					if err != nil {
						if !errors.As(err, &refused) {
							t.Fatalf("%s from %s: %v", a.Do, task.State, err)
						}
						continue
					}
					if next.State.handed() && next.State != next.phase() {
						t.Fatalf("%s led to %s, which its shares make %s", r.do, next.State, next.phase())
					}
					found[edge{task.State, r.do, next.State}] = true
					if id := shape(next); !seen[id] && len(next.Delays) < 2 && len(next.Issues) < 2 {
						seen[id] = true
						todo = append(todo, next)
					}
				}
			}
		}
	}
	return found
}

// shape is what of a task decides about its steps.
func shape(task Task) string {
	var b strings.Builder
	_, pending := task.Pending()
	fmt.Fprint(&b, task.State, pending, slices.ContainsFunc(task.Issues, Issue.Open), len(task.Delays), len(task.Issues))
	for _, s := range task.Shares {
		fmt.Fprint(&b, s.Unit, s.Lead, s.Signed.IsZero(), s.Done.IsZero(), s.Returned.IsZero())
	}
	return b.String()
}

// Every state that an arrow promises is reached by it, and is left by every arrow
// that says so.
func TestArrowsPromiseWhatTheyKeep(t *testing.T) {
	t.Parallel()
	edges := edgesOf(t)
	for _, r := range arrows {
		for _, to := range r.to {
			if !slices.ContainsFunc(r.from, func(from State) bool { return edges[edge{from, r.do, to}] }) {
				t.Errorf("%s never led to %s", r.do, to)
			}
		}
		for _, from := range r.from {
			if !slices.ContainsFunc(r.to, func(to State) bool { return edges[edge{from, r.do, to}] }) {
				t.Errorf("%s was never taken from %s", r.do, from)
			}
		}
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	for _, r := range arrows {
		for _, tc := range []struct {
			name string
			by   Actor
			unit string
			may  map[who]bool
		}{
			{"the office", office, "", map[who]bool{byOffice: true}},
			{"the office for a unit", office, "市教育局", map[who]bool{byOffice: true, byUnit: true, byLead: true}},
			{"a lead", teachers, "", map[who]bool{byUnit: true, byLead: true}},
			{"a lead by its own name", teachers, "市教育局", map[who]bool{byUnit: true, byLead: true}},
			{"a lead for another", teachers, "市委宣传部", nil},
			{"a supporter", science, "", map[who]bool{byUnit: true}},
			{"a unit that has no share", Actor{By: "P9", Unit: "市财政局"}, "", nil},
			{"somebody who acts for nobody", Actor{By: "P10"}, "", nil},
		} {
			t.Run(string(r.do)+" "+tc.name, func(t *testing.T) {
				t.Parallel()
				a := action(r.do)
				a.Unit = tc.unit
				_, err := Step(ready(in(t, r.from[0]), r.do), a, tc.by)
				var refused *Refusal
				forbidden := errors.As(err, &refused) && (refused.Why == WhyOffice || refused.Why == WhyUnit)
				if forbidden == tc.may[r.do.who()] {
					t.Errorf("error %v", err)
				}
				if forbidden && refused.Why == WhyUnit && !strings.Contains(Tell(err), "市教育局") {
					t.Errorf("%q does not say who may", Tell(err))
				}
			})
		}
	}
}

func TestEachLeadForItself(t *testing.T) {
	t.Parallel()
	task := in(t, StateAssigned)
	steps := []struct {
		by   Actor
		do   Do
		want State
	}{
		{science, DoSign, StateAssigned}, {teachers, DoSign, StateAssigned}, {teachers, DoReport, StateAssigned},
		{writers, DoSign, StateSigned}, {writers, DoReport, StateReported}, {office, DoReturn, StateSigned},
		{writers, DoReport, StateSigned}, {teachers, DoDecline, StateAssigned}, {office, DoHand, StateAssigned},
		{teachers, DoSign, StateSigned}, {teachers, DoReport, StateReported},
	}
	for i, s := range steps {
		next, err := Step(task, action(s.do), s.by)
		if err != nil || next.State != s.want {
			t.Fatalf("%d: %s by %s: %s, %v; want %s", i, s.do, s.by.Unit, next.State, err, s.want)
		}
		task = next
	}
	if s, _ := task.Share("市科协"); !s.Done.IsZero() || s.Signed.IsZero() {
		t.Errorf("the supporter's share is %+v", s)
	}
}

func TestRefusalsWithinAState(t *testing.T) {
	t.Parallel()
	m := Mark{at("2026-11-02 11:00"), "P2"}
	share := func(task Task, fn func(*Share)) Task { task = task.clone(); fn(&task.Shares[0]); return task }
	for name, tc := range map[string]struct {
		task Task
		do   Do
		edit func(*Action)
		why  Why
	}{
		"signed twice":              {in(t, StateSigned), DoSign, nil, WhyAgain},
		"handed out twice":          {in(t, StateAssigned), DoHand, nil, WhyAgain},
		"declined twice":            {share(in(t, StateAssigned), func(s *Share) { s.Returned = m }), DoDecline, nil, WhyAgain},
		"progress before signing":   {in(t, StateAssigned), DoProgress, nil, WhyUnsigned},
		"report before signing":     {in(t, StateAssigned), DoReport, nil, WhyUnsigned},
		"sign after giving back":    {share(in(t, StateAssigned), func(s *Share) { s.Returned = m }), DoSign, nil, WhyReturned},
		"progress after the report": {share(in(t, StateSigned), func(s *Share) { s.Done = m }), DoProgress, nil, WhyDone},
		"give back after it":        {share(in(t, StateSigned), func(s *Share) { s.Done = m }), DoDecline, nil, WhyDone},
		"110 percent":               {in(t, StateSigned), DoProgress, func(a *Action) { a.Percent = 110 }, WhyPercent},
		"a delay to the past":       {in(t, StateSigned), DoAsk, func(a *Action) { a.To = date("2026-12-09") }, WhyDate},
		"a delay to the same day":   {in(t, StateSigned), DoAsk, func(a *Action) { a.To = date("2026-12-10") }, WhyDate},
		"a delay to no day":         {in(t, StateSigned), DoAsk, func(a *Action) { a.To.Y = 0; a.To.M = 0; a.To.D = 0 }, WhyDate},
		"a delay without a reason":  {in(t, StateSigned), DoAsk, func(a *Action) { a.Text = " " }, WhyReason},
		"two delays":                {ready(in(t, StateSigned), DoGrant), DoAsk, nil, WhyPending},
		"no delay to grant":         {in(t, StateSigned), DoGrant, nil, WhyNothing},
		"no issue to settle":        {in(t, StateSigned), DoSettle, nil, WhyNothing},
		"a supporter's report back": {in(t, StateReported), DoReturn, func(a *Action) { a.Unit = "市科协" }, WhyNothing},
		"too many words":            {in(t, StateSigned), DoRaise, func(a *Action) { a.Text = strings.Repeat("字", maxWords+1) }, WhyLong},
		"nobody leads":              {in(t, StateAssigned), DoAmend, func(a *Action) { a.Draft.Leads = nil }, WhyLead},
		"a step of a series": {func() Task {
			task := in(t, StateAssigned)
			task.Rule = Rule{Every: EveryYear}
			return task
		}(), DoSign, nil, WhySeries},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := action(tc.do)
			if tc.edit != nil {
				tc.edit(&a)
			}
			_, err := Step(tc.task, a, actorOf(tc.do))
			refusal(t, err, tc.why)
		})
	}
}

func TestAmendingNeedsTheVersionThatWasSeen(t *testing.T) {
	t.Parallel()
	task := in(t, StateAssigned)
	a := action(DoAmend)
	a.Version = task.Version
	task, err := Step(task, a, office)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Step(task, a, office); !errors.Is(err, ErrChanged) || Tell(err) == "" {
		t.Errorf("error %v", err)
	}
}

func TestUnitsThatStayKeepWhatTheyDid(t *testing.T) {
	t.Parallel()
	task := in(t, StateSigned)
	a := action(DoAmend)
	a.Draft.Leads, a.Draft.Supports = []string{"市财政局", "市教育局"}, nil
	got, err := Step(task, a, office)
	if err != nil || got.State != StateAssigned {
		t.Fatal(got.State, err)
	}
	kept, _ := got.Share("市教育局")
	fresh, _ := got.Share("市财政局")
	if kept.Signed.IsZero() || !fresh.Signed.IsZero() || !fresh.Handed.Equal(a.At) || len(got.Shares) != 2 {
		t.Errorf("shares %+v", got.Shares)
	}
	a.Draft.Leads = []string{"市教育局"}
	if got, err = Step(got, a, office); err != nil || got.State != StateSigned {
		t.Errorf("without the one that had not signed: %s, %v", got.State, err)
	}
}

const statesPage = "../../docs/states.md"

// The page shows the table of the code.
func TestThePageOfStatesIsTrue(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(statesPage)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- task -->\n", "<!-- /task -->"
	head, rest, ok1 := strings.Cut(string(raw), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("docs/states.md has lost its marks")
	}
	want := head + begin + drawing(t) + end + tail
	if *update {
		if err := os.WriteFile(statesPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("run this test with -update: %s", diff)
	}
}

// drawing is the table of arrows as a diagram and as a table.
func drawing(t testing.TB) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> draft: 立项\n")
	for _, s := range States {
		fmt.Fprintf(&b, "    %s: %s\n", s, s.Word())
	}
	edges := edgesOf(t)
	for _, from := range States {
		for _, to := range States {
			var words []string
			for _, r := range arrows {
				if from != to && edges[edge{from, r.do, to}] {
					words = append(words, r.do.Word())
				}
			}
			if words != nil {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, strings.Join(words, "、"))
			}
		}
	}
	b.WriteString("    struck --> [*]\n    cancelled --> [*]\n```\n\n| 步骤 | 谁 | 从 | 到 | 要写原因或内容 |\n|---|---|---|---|---|\n")
	list := func(states []State) string {
		var words []string
		for _, s := range States {
			if slices.Contains(states, s) {
				word, _, _ := strings.Cut(s.Word(), "，")
				word, _, _ = strings.Cut(word, "（")
				words = append(words, word)
			}
		}
		return strings.Join(words, "、")
	}
	by := map[who]string{byOffice: "办公室", byLead: "牵头单位", byUnit: "牵头、配合单位"}
	for _, r := range arrows {
		reason := ""
		if r.reason {
			reason = "是"
		}
		fmt.Fprintf(&b, "| %s `%s` | %s | %s | %s | %s |\n", r.do.Word(), r.do, by[r.do.who()], list(r.from), list(r.to), reason)
	}
	return b.String()
}
