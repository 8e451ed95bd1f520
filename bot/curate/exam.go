package curate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/store"
	"xietiao/index"
)

// ExamBucket holds the questions that must stay answered.
const ExamBucket = "curate.exam"

// Bounds of the questions that must stay answered.
const (
	maxExam = 5000     // questions
	maxCase = 16 << 10 // bytes of a line; the longest of ours has 1 KB
)

// Question is one line of a question file: what is asked, and every row that answers
// it. Plan names the document where it is not the one, or all, that the whole file is
// about.
type Question struct {
	ID   json.RawMessage `json:"id,omitempty"`
	Q    string          `json:"q"`
	Prev string          `json:"prev,omitempty"`
	Kind string          `json:"kind"`
	Plan string          `json:"plan,omitempty"`
	Gold []Gold          `json:"gold"`
	Also []Gold          `json:"also,omitempty"`
}

// Kinds that are judged in a way of their own; the others say only what to count
// together.
const (
	KindNone = "none" // to be refused
	KindGap  = "gap"  // assigned to nobody
)

// Gold is a right answer: a duty, a section, a fact, or whatever is cited so.
type Gold struct {
	Unit    *string         `json:"unit,omitempty"`
	No      json.RawMessage `json:"no,omitempty"`
	Section *string         `json:"section,omitempty"`
	Fact    *string         `json:"fact,omitempty"`
	Value   string          `json:"value,omitempty"`
	Cite    string          `json:"cite,omitempty"`
}

// AllDuties as a number means every duty of the unit.
const AllDuties = "*"

// Number is the number as it is written; "" where there is none.
func (g Gold) Number() string { return strings.Trim(string(g.No), `"`) }

// Matches says whether a row of an answer is this right answer.
func (g Gold) Matches(r index.Row) bool {
	switch {
	case g.Fact != nil:
		if r.Kind != index.KindFact || r.Fact != *g.Fact {
			return false
		}
		want, got := Squash(g.Value), Squash(r.Value)
		return *g.Fact == "members" || got != "" && (strings.Contains(got, want) || strings.Contains(want, got))
	case g.Section != nil:
		return r.Kind == index.KindSection && Squash(r.Section) == *g.Section
	case g.Unit != nil:
		return r.Kind == index.KindDuty && r.Unit == *g.Unit && (g.Number() == AllDuties || fmt.Sprint(Number(r)) == g.Number())
	}
	return g.Cite != "" && r.Cite == g.Cite
}

// Squash takes the white space out.
func Squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// Number is a row's number; 0 where it has none.
func Number(r index.Row) int {
	if r.No == nil {
		return 0
	}
	return *r.No
}

// AnyMatches says whether a row is a right answer of any of the lists.
func AnyMatches(r index.Row, lists ...[]Gold) bool {
	for _, l := range lists {
		if slices.ContainsFunc(l, func(g Gold) bool { return g.Matches(r) }) {
			return true
		}
	}
	return false
}

// NamesUnit says whether a row names the unit of a right answer, in any spelling.
func NamesUnit(r index.Row, gold []Gold) bool {
	var named []string
	if r.Unit != "" {
		named = append(named, r.Unit)
	}
	named = slices.Concat(named, r.Lead, r.Support)
	return slices.ContainsFunc(gold, func(g Gold) bool {
		return g.Unit != nil && slices.ContainsFunc(named, func(n string) bool { return SameUnit(*g.Unit, n) })
	})
}

var (
	unitMarks = regexp.MustCompile(`[\s\p{Z}，。；：、,.;:（）()“”"'《》〈〉\-—]+`)
	unitLevel = regexp.MustCompile(`^(省|市|县|区)`)
)

// SameUnit compares names as two lists may spell them: with and without the
// level in front, or one the end of the other.
func SameUnit(a, b string) bool {
	a, b = unitMarks.ReplaceAllString(a, ""), unitMarks.ReplaceAllString(b, "")
	if a == "" || b == "" {
		return false
	}
	a2, b2 := unitLevel.ReplaceAllString(a, ""), unitLevel.ReplaceAllString(b, "")
	short := min(utf8.RuneCountInString(a2), utf8.RuneCountInString(b2))
	return a == b || a2 == b2 || short >= 2 && (strings.HasSuffix(a, b2) || strings.HasSuffix(b, a2))
}

// Right says whether this answers the question: its first row is a right one, or for
// what nobody has, it says so.
func (q Question) Right(status index.Status, rows []index.Row) bool {
	switch {
	case q.Kind == KindGap:
		return status == index.Unassigned && (len(q.Gold) == 0 || slices.ContainsFunc(rows, func(r index.Row) bool { return AnyMatches(r, q.Gold) }))
	case q.Kind == KindNone || len(q.Gold) == 0:
		return status == index.Unknown
	case len(rows) == 0 || status == index.Unknown:
		return false
	}
	return AnyMatches(rows[0], q.Gold, q.Also) || rows[0].Kind == index.KindTask && NamesUnit(rows[0], q.Gold)
}

// QuestionOf makes a question of one that was asked and of its answer, which is right;
// ok is false where the answer settles nothing: it asked back, or only talked.
func QuestionOf(q, prev string, status index.Status, intent index.Intent, rows []index.Row) (out Question, ok bool) {
	out = Question{Q: q, Prev: prev, Kind: string(intent), Gold: []Gold{}}
	switch {
	case status == index.Unknown:
		out.Kind = KindNone
		return out, true
	case status == index.Ambiguous || intent == index.IntentChat || len(rows) == 0:
		return out, false
	case status == index.Unassigned:
		out.Kind = KindGap
	}
	for _, r := range rows {
		if r.Related {
			continue
		}
		out.Gold = append(out.Gold, goldOf(r))
		if status == index.Unassigned {
			break
		}
	}
	return out, len(out.Gold) > 0
}

func goldOf(r index.Row) Gold {
	switch r.Kind {
	case index.KindDuty:
		return Gold{Unit: &r.Unit, No: json.RawMessage(fmt.Sprint(Number(r)))}
	case index.KindSection:
		section := Squash(r.Section)
		return Gold{Section: &section}
	case index.KindFact:
		return Gold{Fact: &r.Fact, Value: r.Value}
	}
	return Gold{Cite: r.Cite}
}

// QuestionFault is a line of a question file that cannot be used. Missing says that it
// has no q or kind; else Err says why it is no line of that form: ErrTooLong, ErrEncoding,
// or what the JSON lacks.
type QuestionFault struct {
	No      int
	Missing bool
	Err     error
}

// Error implements error.
func (e *QuestionFault) Error() string {
	if e.Missing {
		return fmt.Sprintf("curate: line %d has no q or kind", e.No)
	}
	return fmt.Sprintf("curate: line %d: %v", e.No, e.Err)
}

// ErrEncoding: a file is not UTF-8.
var ErrEncoding = errors.New("curate: not UTF-8")

// ReadQuestions reads a question file, JSON line by line. The error is a
// *QuestionFault or ErrNoQuestion.
func ReadQuestions(data []byte) ([]Question, error) {
	var out []Question
	no := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		no++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !utf8.Valid(line) { // which JSON would read as other characters
			return nil, &QuestionFault{No: no, Err: ErrEncoding}
		}
		var q Question
		if err := json.Unmarshal(line, &q); err != nil {
			return nil, &QuestionFault{No: no, Err: err}
		}
		if len(line) > maxCase || utf8.RuneCountInString(q.Q) > maxQuestion || utf8.RuneCountInString(q.Prev) > maxQuestion {
			return nil, &QuestionFault{No: no, Err: ErrTooLong}
		}
		if q.Q == "" || q.Kind == "" {
			return nil, &QuestionFault{No: no, Missing: true}
		}
		out = append(out, q)
	}
	if len(out) == 0 {
		return nil, ErrNoQuestion
	}
	return out, nil
}

// WriteQuestions writes a question file that ReadQuestions reads.
func WriteQuestions(w io.Writer, list []Question) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, q := range list {
		if err := out.Encode(q); err != nil {
			return fmt.Errorf("curate: %w", err)
		}
	}
	return nil
}

// Case is a question that must stay answered.
type Case struct {
	Key string    `json:"key"` // of what is asked: the same question has the same
	At  time.Time `json:"at"`
	By  string    `json:"by"`
	Question
}

// caseKey is of a question, of what it leans on, and of the document it is about.
func caseKey(q Question) string {
	return idOf(strings.Join([]string{index.FoldQuestion(q.Q), index.FoldQuestion(q.Prev), q.Plan}, "\n"))
}

// AddQuestions makes the questions stay answered so; of one that is kept already, the
// answers take the place of the earlier ones. It says how many are new, and how many
// have other answers now. The history names them by their keys alone. Errors are
// ErrTooMany and the store's.
func AddQuestions(tx *store.Tx, by string, list []Question) (added, changed int, err error) {
	if len(list) > maxExam {
		return 0, 0, ErrTooMany
	}
	var keys []string
	for _, q := range list {
		key := caseKey(q)
		was, ok, err := get[Case](tx, ExamBucket, key)
		if err != nil {
			return 0, 0, err
		}
		if ok && sameGold(was.Question, q) {
			continue
		}
		keys = append(keys, key)
		if ok {
			changed++
		} else {
			added++
		}
		if err := put(tx, ExamBucket, key, Case{key, tx.Now().UTC(), by, q}); err != nil {
			return 0, 0, err
		}
	}
	if len(keys) == 0 {
		return 0, 0, nil
	}
	if all, err := Cases(tx); err != nil || len(all) > maxExam {
		return 0, 0, cmp.Or(err, ErrTooMany)
	}
	return added, changed, note(tx, by, "add-questions", keys)
}

func sameGold(a, b Question) bool {
	a.ID, b.ID, a.Q, b.Q, a.Prev, b.Prev = nil, nil, "", "", "", ""
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errors.Join(errA, errB) == nil && bytes.Equal(x, y)
}

// RemoveQuestion lets a question go and says whether it was there.
func RemoveQuestion(tx *store.Tx, by, key string) (bool, error) {
	_, ok, err := get[Case](tx, ExamBucket, key)
	if err != nil || !ok {
		return false, err
	}
	return true, errors.Join(tx.Delete(ExamBucket, key), note(tx, by, "remove-question", key))
}

// Cases are the questions that must stay answered, the latest first.
func Cases(r store.Reader) (out []Case, err error) {
	out, err = list[Case](r, ExamBucket)
	slices.SortFunc(out, func(a, b Case) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Key, b.Key)) })
	return out, err
}

// Asker answers questions: see bot.Bot.Ask. plan restricts the answer to the document
// with that 文号 or title; index.ErrNoPlan where it is not there.
type Asker func(ctx context.Context, q, prev, plan string) (index.Status, []index.Row, error)

// Failure is a question that is no longer answered right, with what it gets instead.
type Failure struct {
	Case
	Status index.Status
	Rows   []index.Row
}

// Examine asks all the questions. Those about a document that is not there fail, as
// unknown. Errors are those of asking.
func Examine(ctx context.Context, cases []Case, ask Asker) ([]Failure, error) {
	var out []Failure
	for _, c := range cases {
		status, rows, err := ask(ctx, c.Q, c.Prev, c.Plan)
		switch {
		case errors.Is(err, index.ErrNoPlan):
			out = append(out, Failure{Case: c, Status: index.Unknown})
		case err != nil:
			return nil, fmt.Errorf("examine: %w", err)
		case !c.Right(status, rows):
			out = append(out, Failure{c, status, rows})
		}
	}
	return out, nil
}
