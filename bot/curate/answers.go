package curate

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/store"
	"xietiao/index"
)

// AnswerBucket holds the office's own answers; its store version changes with them.
const AnswerBucket = "curate.answers"

// Bounds of an answer.
const (
	maxAnswers  = 2000
	maxAsked    = 50  // questions of one answer
	maxQuestion = 500 // runes, as of every question
	maxClauses  = 10  // of one answer
	maxText     = 300 // runes; more would leave no room for the clause in a chat message
)

var (
	// ErrChanged: somebody else changed or removed it since it was read.
	ErrChanged = errors.New("curate: changed meanwhile")
	// ErrNoQuestion, ErrNoClause: an answer needs one at least.
	ErrNoQuestion = errors.New("curate: no question")
	ErrNoClause   = errors.New("curate: no clause")
	// ErrTooLong: a question or a text has too many characters.
	ErrTooLong = errors.New("curate: too long")
)

// TakenError says that a question has an answer of the office already.
type TakenError struct{ Question, Answer string } // Answer is its id

// Error implements error.
func (e *TakenError) Error() string { return "curate: the question has the answer " + e.Answer }

// Answer is one that the office gave itself: see index.Approved.
type Answer struct {
	ID        string            `json:"id"`
	Questions []string          `json:"questions"`
	Clauses   []index.ClauseRef `json:"clauses"`
	Text      string            `json:"text,omitempty"`
	At        time.Time         `json:"at"`
	By        string            `json:"by"`
}

// Approved is the answer as an index takes it.
func (a Answer) Approved() index.Approved {
	return index.Approved{ID: a.ID, Questions: a.Questions, Clauses: a.Clauses, Text: a.Text}
}

// Approved are the answers as an index takes them.
func Approved(list []Answer) []index.Approved {
	out := make([]index.Approved, len(list))
	for i, a := range list {
		out[i] = a.Approved()
	}
	return out
}

// Trim checks an answer as it was entered, and gives it without what is empty or
// stands twice. Whether the clauses are in the documents it does not know. Errors are
// ErrNoQuestion, ErrNoClause, ErrTooLong and ErrTooMany.
func (a Answer) Trim() (Answer, error) {
	var questions []string
	seen := map[string]bool{}
	for _, q := range a.Questions {
		q = strings.TrimSpace(q)
		if key := index.FoldQuestion(q); key != "" && !seen[key] {
			seen[key] = true
			questions = append(questions, q)
		}
		if utf8.RuneCountInString(q) > maxQuestion {
			return a, ErrTooLong
		}
	}
	a.Questions, a.Text = questions, strings.TrimSpace(a.Text)
	switch {
	case len(a.Questions) == 0:
		return a, ErrNoQuestion
	case len(a.Clauses) == 0:
		return a, ErrNoClause
	case len(a.Questions) > maxAsked || len(a.Clauses) > maxClauses:
		return a, ErrTooMany
	case utf8.RuneCountInString(a.Text) > maxText:
		return a, ErrTooLong
	}
	return a, nil
}

// PutAnswer keeps an answer: a new one where a has no ID, else the one in whose place
// it is to be, which must still be as it was when a.At was read. It gives the answer
// as it is kept. Errors are those of Trim, ErrChanged, a *TakenError and the store's.
func PutAnswer(tx *store.Tx, by string, a Answer) (Answer, error) {
	a, err := a.Trim()
	if err != nil {
		return a, err
	}
	all, err := Answers(tx)
	if err != nil {
		return a, err
	}
	what := "change-answer"
	if a.ID == "" {
		what = "add-answer"
		a.ID = idOf(tx.Now().UTC().Format(time.RFC3339Nano) + a.Questions[0])
		if len(all) >= maxAnswers {
			return a, ErrTooMany
		}
	} else if !slices.ContainsFunc(all, func(b Answer) bool { return b.ID == a.ID && b.At.Equal(a.At) }) {
		return a, ErrChanged
	}
	for _, q := range a.Questions {
		for _, b := range all {
			if b.ID != a.ID && b.asks(q) {
				return a, &TakenError{q, b.ID}
			}
		}
	}
	a.At, a.By = tx.Now().UTC(), by
	if err := put(tx, AnswerBucket, a.ID, a); err != nil {
		return a, err
	}
	return a, note(tx, by, what, a)
}

func (a Answer) asks(q string) bool {
	key := index.FoldQuestion(q)
	return slices.ContainsFunc(a.Questions, func(b string) bool { return index.FoldQuestion(b) == key })
}

// RemoveAnswer takes an answer back and says whether there was one.
func RemoveAnswer(tx *store.Tx, by, id string) (bool, error) {
	a, ok, err := get[Answer](tx, AnswerBucket, id)
	if err != nil || !ok {
		return false, err
	}
	return true, errors.Join(tx.Delete(AnswerBucket, id), note(tx, by, "remove-answer", a))
}

// AnswerAt is the answer with that id; false if there is none.
func AnswerAt(r store.Reader, id string) (Answer, bool, error) {
	return get[Answer](r, AnswerBucket, id)
}

// Answers are the office's answers, the latest first.
func Answers(r store.Reader) (out []Answer, err error) {
	out, err = list[Answer](r, AnswerBucket)
	slices.SortFunc(out, func(a, b Answer) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
	return out, err
}
