// Package index finds who is responsible: it keeps the clauses of the plans in
// a Bleve index, understands a question, ranks the clauses that answer it, and
// refuses what the documents do not hold.
//
// It must not know chat, people, HTTP or storage of anything but its index.
package index

// Status says what kind of answer it is.
type Status string

const (
	Answered   Status = "answered"
	Unassigned Status = "unassigned" // the plan names the matter but gives it to no unit
	Ambiguous  Status = "ambiguous"  // ask back; the rows are the choices
	Unknown    Status = "unknown"    // not in the documents
)

// Intent says what was asked.
type Intent string

const (
	IntentResponsible Intent = "responsible"
	IntentRole        Intent = "role"
	IntentDuties      Intent = "duties"
	IntentSection     Intent = "section"
	IntentFact        Intent = "fact"
	IntentMember      Intent = "member"
	IntentCompare     Intent = "compare"
	IntentChat        Intent = "chat"
	IntentNone        Intent = "none"
)

// Row kinds.
const (
	KindDuty    = "duty"
	KindTask    = "task"
	KindSection = "section"
	KindFact    = "fact"
)

// Row is one clause, section or fact of an answer, in the order they are shown.
// Which fields are set depends on Kind; see docs/design.md.
type Row struct {
	Kind     string   `json:"kind"`
	Plan     string   `json:"plan"`
	Unit     string   `json:"unit,omitempty"`
	No       *int     `json:"no,omitempty"`
	Role     string   `json:"role,omitempty"`
	Section  string   `json:"section,omitempty"`
	Title    string   `json:"title,omitempty"`
	Text     string   `json:"text,omitempty"`
	Lead     []string `json:"lead,omitempty"`
	Support  []string `json:"support,omitempty"`
	Deadline string   `json:"deadline,omitempty"`
	Due      string   `json:"due,omitempty"`
	Fact     string   `json:"fact,omitempty"`
	Value    string   `json:"value,omitempty"`
	Cite     string   `json:"cite,omitempty"`
	Related  bool     `json:"related,omitempty"` // near the matter, but does not answer
}

// Answer is what the documents say to one question. Wording is the bot's.
type Answer struct {
	Status  Status
	Intent  Intent
	Results []Row
	Office  *Approved // the answer that the office gave; its clauses stand first in Results

	// For wording.
	NoLead  bool     // the question asked who leads and no clause of the answer has 牵头
	Roles   []string // role verbs the question asked for: 牵头, 参与 …
	Units   []string // units the question named, as the plan spells them
	Missing []string // units the question named that are in no plan
	Member  *bool    // for IntentMember: whether the unit is a member
	score   float64  // of the first clause, to compare plans
	Words   []string // of the documents, that the question's words stand for: what to show of a long text
	Parts   []Part   // of a message with several questions: their answers, of which Results has the rows
	Hint    string   // one of the Hint constants
	Reason  Reason   // why it is Unknown or Unassigned
}

// Query is one question.
type Query struct {
	Q    string
	Prev string // the person's previous question, for follow-ups; may be empty
	Plan string // restrict to the plan with this 文号 or title; empty = all
}
