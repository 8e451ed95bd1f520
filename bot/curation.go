package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// Source is an Asker that also tells about its documents and its answers; see
// index.Index.
type Source interface {
	Asker
	Explain(ctx context.Context, q index.Query) (index.Answer, []index.Reading, error)
	Clauses(plan string) []index.Row
	Settles(question, plan string) bool
	Stale() []string
}

var _ Source = (*index.Index)(nil)

// Source is what b answers from, where it tells about itself.
func (b *Bot) Source() (Source, bool) {
	s, ok := b.ix.(Source)
	return s, ok
}

// Edition is all that answers are made of.
type Edition struct {
	Plans   []*plan.Plan
	Sample  bool // there is nothing but the built-in sample, which steps aside for any document
	Words   []curate.Word
	Answers []curate.Answer
}

// with gives the edition with the document in force that goes by the name, in the place
// also of the one that goes by instead.
func (e Edition) with(name, instead string, p *plan.Plan) Edition {
	plans := []*plan.Plan{}
	for _, old := range e.Plans {
		of := library.Name(old, "")
		if !e.Sample && of != name && (instead == "" || of != instead) {
			plans = append(plans, old)
		}
	}
	e.Plans, e.Sample = append(plans, p), false
	return e
}

// Change is what the office wants to change of its words and answers. The zero value
// changes nothing.
type Change struct {
	AddWords     string         // lines; see curate.AddWords
	RemoveWords  []string       // ids
	Answer       *curate.Answer // to keep: a new one where it has no ID
	RemoveAnswer string         // id
}

func (ch Change) empty() bool {
	return ch.AddWords == "" && len(ch.RemoveWords) == 0 && ch.Answer == nil && ch.RemoveAnswer == ""
}

// newAnswer is the id of an answer that is not kept yet.
const newAnswer = "new"

// on gives the edition after the change.
func (ch Change) on(e Edition) (Edition, error) {
	lines, err := curate.ReadWords(ch.AddWords)
	if err != nil {
		return e, err
	}
	e.Words = slices.DeleteFunc(slices.Clone(e.Words), func(w curate.Word) bool { return slices.Contains(ch.RemoveWords, w.ID) })
	e.Words = append(e.Words, lines...)
	e.Answers = slices.DeleteFunc(slices.Clone(e.Answers), func(a curate.Answer) bool {
		return a.ID == ch.RemoveAnswer || ch.Answer != nil && a.ID == ch.Answer.ID
	})
	if ch.Answer == nil {
		return e, nil
	}
	a, err := ch.Answer.Trim()
	if a.ID == "" {
		a.ID = newAnswer
	}
	e.Answers = append(e.Answers, a)
	return e, err
}

// apply makes the change. It may run twice.
func (ch Change) apply(tx *store.Tx, by string) error {
	for _, id := range ch.RemoveWords {
		if _, err := curate.RemoveWord(tx, by, id); err != nil {
			return err
		}
	}
	if _, err := curate.AddWords(tx, by, ch.AddWords); err != nil {
		return err
	}
	if ch.RemoveAnswer != "" {
		if _, err := curate.RemoveAnswer(tx, by, ch.RemoveAnswer); err != nil {
			return err
		}
	}
	if ch.Answer == nil {
		return nil
	}
	_, err := curate.PutAnswer(tx, by, *ch.Answer)
	return err
}

var (
	// ErrNoClause: a clause of an answer is not in the documents, or says something else.
	ErrNoClause = errors.New("bot: the clause is not in the documents")
	// ErrForgotten: the question is not in the log any more.
	ErrForgotten = errors.New("bot: the question is forgotten")
	// ErrNotRight: the answer of the log is not the one that would be given now, or settles nothing.
	ErrNotRight = errors.New("bot: the answer cannot be kept as right")
)

// UnsettledError is a question that says nothing by itself, so that no answer can be
// given to it alone.
type UnsettledError struct{ Question string }

// Error implements error.
func (e *UnsettledError) Error() string { return "bot: the question says nothing by itself" }

// Exam is what became of the questions that must stay answered.
type Exam struct {
	Asked  int
	Failed []Failed
}

// Failed is a question that is not answered right.
type Failed struct {
	curate.Failure
	Before bool // nor is it now: the change is not to blame
}

// Passed tells whether nothing that is right now would be wrong then.
func (e Exam) Passed() bool {
	return !slices.ContainsFunc(e.Failed, func(f Failed) bool { return !f.Before })
}

// ExamError says that questions which must stay answered would not.
type ExamError struct{ Exam }

// Error implements error.
func (e *ExamError) Error() string {
	return fmt.Sprintf("bot: %d of %d questions are not answered right", len(e.Failed), e.Asked)
}

// Difference is a question of the log that would be answered otherwise.
type Difference struct {
	Key      string // of its latest record
	Q, Prev  string
	Asked    time.Time // when it was last asked
	Was, Now Reply
	Wrong    int // places that were given what it was, and can be told
}

// Preview is what a change would change.
type Preview struct {
	Looked      int // questions of the log that were asked anew
	Differences []Difference
	Exam        Exam
}

// CuratorOptions are what a Curator works with. All are required.
type CuratorOptions struct {
	Store   *store.Store
	Outbox  Sender
	Desk    *Desk
	InForce func() (e Edition, ok bool)                          // what the desk answers from; not ok: nothing yet
	Build   func(Edition) (b *Bot, done func() error, err error) // a bot over an edition; done gives it back
	Changed func()                                               // called when something changed, to make it take effect
}

// Curator sees to the questions for the office: it tries changes of its words and
// answers before they are made, makes them, and tells those who were answered wrong.
// It is safe for concurrent use.
type Curator struct{ opt CuratorOptions }

// NewCurator returns a Curator.
func NewCurator(opt CuratorOptions) *Curator { return &Curator{opt} }

const (
	previewQuestions = 2000  // distinct questions of the log that a preview asks
	previewRecords   = 20000 // of which it looks at so many records
	previewPage      = 500   // in one view
)

// trial is a change on trial.
type trial struct {
	was, now  *Bot
	edition   Edition // what the change was tried on
	done      func() error
	questions []LogEntry // that are answered otherwise
	Preview
}

// changes tells whether the question of the log is answered otherwise.
func (t *trial) changes(question string) bool {
	return slices.ContainsFunc(t.questions, func(e LogEntry) bool { return sameQuestion(e.Q, e.Prev) == question })
}

// Preview tells what a change would change, and changes nothing. Errors are
// ErrNotReady, ErrNoClause, *UnsettledError, those of curate about the words and the
// answer, and those of the index and the store.
func (c *Curator) Preview(ctx context.Context, ch Change) (Preview, error) {
	t, err := c.try(ctx, ch)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	return t.Preview, t.done()
}

// try builds what the change would make, and asks it.
func (c *Curator) try(ctx context.Context, ch Change) (t *trial, err error) {
	t = &trial{was: c.opt.Desk.bot.Load(), done: func() error { return nil }}
	if t.edition, err = c.edition(ctx); err != nil {
		return nil, err
	}
	next, err := ch.on(t.edition)
	if err != nil {
		return nil, err
	}
	if t.now = t.was; !ch.empty() {
		if t.now, t.done, err = c.opt.Build(next); err != nil {
			return nil, err
		}
	}
	if err = ch.check(t.now); err == nil {
		err = c.ask(ctx, ch, t)
	}
	if err != nil {
		return nil, errors.Join(err, t.done())
	}
	return t, nil
}

// ask asks what must stay answered, and the questions of the log.
func (c *Curator) ask(ctx context.Context, ch Change, t *trial) (err error) {
	if t.Exam, err = c.examine(ctx, t.was, t.now); err != nil || ch.empty() {
		return err
	}
	asked, err := c.distinct(ctx)
	if err != nil {
		return err
	}
	t.Looked = len(asked)
	for _, e := range asked {
		d := Difference{Key: e.Key, Q: e.Q, Prev: e.Prev, Asked: e.At}
		if d.Was, err = t.was.Ask(ctx, e.Q, e.Prev, ""); err != nil {
			return err
		}
		if d.Now, err = t.now.Ask(ctx, e.Q, e.Prev, ""); err != nil {
			return err
		}
		if d.Was.Text == d.Now.Text && sameRows(d.Was.Answer, d.Now.Answer) {
			continue
		}
		t.Differences, t.questions = append(t.Differences, d), append(t.questions, e)
	}
	return c.opt.Store.View(ctx, func(r store.Reader) error {
		for i := range t.Differences {
			places, _, err := wrongPlaces(r, t.Differences[i].Key)
			if err != nil {
				return err
			}
			t.Differences[i].Wrong = len(places)
		}
		return nil
	})
}

// edition is what answers now, with the words and answers as they are kept.
func (c *Curator) edition(ctx context.Context) (Edition, error) {
	e, ok := c.opt.InForce()
	if !ok || c.opt.Desk.bot.Load() == nil {
		return e, ErrNotReady
	}
	err := c.opt.Store.View(ctx, func(r store.Reader) (err error) {
		e.Words, e.Answers, err = additions(r)
		return err
	})
	return e, err
}

func additions(r store.Reader) ([]curate.Word, []curate.Answer, error) {
	words, err := curate.Words(r)
	if err != nil {
		return nil, nil, err
	}
	answers, err := curate.Answers(r)
	return words, answers, err
}

// check sees to it that a new answer would be given.
func (ch Change) check(b *Bot) error {
	s, ok := b.Source()
	if ch.Answer == nil || !ok {
		return nil
	}
	id := ch.Answer.ID
	if id == "" {
		id = newAnswer
	}
	if slices.Contains(s.Stale(), id) {
		return ErrNoClause
	}
	for _, q := range ch.Answer.Questions {
		if strings.TrimSpace(q) != "" && !s.Settles(q, ch.Answer.Clauses[0].Plan) {
			return &UnsettledError{q}
		}
	}
	return nil
}

// distinct lists the latest questions of the log, each once.
func (c *Curator) distinct(ctx context.Context) (list []LogEntry, err error) {
	seen := map[string]bool{}
	q := LogQuery{Limit: previewPage}
	for looked := 0; looked < previewRecords && len(list) < previewQuestions; looked += previewPage {
		var page LogPage
		err := c.opt.Store.View(ctx, func(r store.Reader) (err error) {
			page, err = Questions(r, q)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if key := sameQuestion(e.Q, e.Prev); !seen[key] && len(list) < previewQuestions {
				seen[key] = true
				list = append(list, e)
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	return list, nil
}

// Examine asks the questions that must stay answered as if the document were in force
// that goes by the name, in the place of the one that goes by it now, and of the one
// that goes by instead; empty: of no other. Those that fail
// and do not fail now are a reason not to publish it: see Exam.Passed. Errors are
// ErrNotReady and those of the index and the store.
func (c *Curator) Examine(ctx context.Context, name, instead string, p *plan.Plan) (Exam, error) {
	e, err := c.edition(ctx)
	if err != nil {
		return Exam{}, err
	}
	e = e.with(name, instead, p)
	b, done, err := c.opt.Build(e)
	if err != nil {
		return Exam{}, err
	}
	exam, err := c.examine(ctx, c.opt.Desk.bot.Load(), b)
	return exam, errors.Join(err, done())
}

// Run asks the questions as the desk answers now, and gives those that are not answered
// right. Errors are ErrNotReady and those of the index.
func (c *Curator) Run(ctx context.Context, cases []curate.Case) ([]curate.Failure, error) {
	b := c.opt.Desk.bot.Load()
	if b == nil {
		return nil, ErrNotReady
	}
	return curate.Examine(ctx, cases, b.examined)
}

func (c *Curator) examine(ctx context.Context, was, now *Bot) (exam Exam, err error) {
	var cases []curate.Case
	err = c.opt.Store.View(ctx, func(r store.Reader) (err error) {
		cases, err = curate.Cases(r)
		return err
	})
	if err != nil {
		return exam, err
	}
	exam.Asked = len(cases)
	failed, err := curate.Examine(ctx, cases, now.examined)
	if err != nil || len(failed) == 0 {
		return exam, err
	}
	cases = nil
	for _, f := range failed {
		cases = append(cases, f.Case)
	}
	before, err := curate.Examine(ctx, cases, was.examined)
	for _, f := range failed {
		exam.Failed = append(exam.Failed, Failed{f, slices.ContainsFunc(before, func(b curate.Failure) bool { return b.Key == f.Key })})
	}
	return exam, err
}

func (b *Bot) examined(ctx context.Context, q, prev, plan string) (index.Status, []index.Row, error) {
	r, err := b.Ask(ctx, q, prev, plan)
	return r.Answer.Status, r.Answer.Results, err
}

// Saved is what a change did.
type Saved struct {
	Preview
	Closed int // questions that went off the office's list, as they are answered now
	Told   int // places that a correction goes to
}

// Save makes the change, if the questions that must stay answered do: an *ExamError
// else. Wrong are keys of the log whose answers were wrong: each place that was given
// one of them, and each person who found it so, is told once what is answered now,
// and is off the office's list. They are of questions that the change answers otherwise,
// or that somebody's complaint is open about: ErrForgotten else. Where somebody changed the office's words or answers
// meanwhile, it is curate.ErrChanged; the other errors are those of Preview.
func (c *Curator) Save(ctx context.Context, by string, ch Change, wrong ...string) (saved Saved, err error) {
	t, err := c.try(ctx, ch)
	if err != nil {
		return saved, fmt.Errorf("save: %w", err)
	}
	defer func() { err = errors.Join(err, t.done()) }()
	if !ch.empty() && !t.Exam.Passed() {
		return saved, &ExamError{t.Exam}
	}
	fixes, err := c.fixes(ctx, t, wrong)
	if err != nil {
		return saved, fmt.Errorf("save: %w", err)
	}
	err = c.opt.Store.Update(ctx, func(tx *store.Tx) error {
		saved = Saved{Preview: t.Preview}
		words, answers, err := additions(tx)
		if err != nil {
			return err
		}
		if !sameAdditions(t.edition, words, answers) {
			return curate.ErrChanged
		}
		if err := ch.apply(tx, by); err != nil {
			return err
		}
		for i, d := range t.Differences {
			if unanswered(d.Now.Answer.Status) {
				continue
			}
			closed, err := CloseQuestion(tx, by, sameQuestion(t.questions[i].Q, t.questions[i].Prev), false)
			if err != nil {
				return err
			}
			if closed {
				saved.Closed++
			}
		}
		for _, f := range fixes {
			told, err := f.tell(tx, c.opt.Outbox, by)
			if err != nil {
				return err
			}
			saved.Told += told
		}
		return nil
	})
	if err != nil {
		return Saved{}, fmt.Errorf("save: %w", err)
	}
	if !ch.empty() {
		c.opt.Changed()
	}
	return saved, nil
}

func sameAdditions(e Edition, words []curate.Word, answers []curate.Answer) bool {
	return slices.EqualFunc(e.Words, words, func(a, b curate.Word) bool { return a.ID == b.ID }) &&
		slices.EqualFunc(e.Answers, answers, func(a, b curate.Answer) bool { return a.ID == b.ID && a.At.Equal(b.At) })
}

// fix is the right answer to a question that was answered wrong.
type fix struct {
	key   string // of a record with the wrong answer
	cites []string
	reply chat.Reply
}

// KindCorrection marks corrections in the outbox.
const KindCorrection = "correction"

// correctionFor is how long a correction is worth sending.
const correctionFor = 7 * 24 * time.Hour

// fixes are the right answers to the questions of the log.
func (c *Curator) fixes(ctx context.Context, t *trial, keys []string) (list []fix, err error) {
	for _, key := range keys {
		var found *wrong
		err := c.opt.Store.View(ctx, func(r store.Reader) (err error) {
			_, found, err = wrongPlaces(r, key)
			return err
		})
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, ErrForgotten
		}
		e := found.answered
		r, err := t.now.Ask(ctx, e.Q, e.Prev, "")
		if err != nil {
			return nil, err
		}
		if len(found.items) == 0 && (!t.changes(e.question()) || e.sameAs(r.answered())) {
			return nil, ErrForgotten
		}
		reply := chat.Reply{Text: textCorrection(chat.Plain(e.Q)) + "\n" + r.Text}
		list = append(list, fix{key, cites(r.Answer.Results), c.opt.Desk.linked(reply, r.Answer.Results)})
	}
	return list, nil
}

// tell tells each place that has the wrong answer, and takes it off the list.
func (f fix) tell(tx *store.Tx, out Sender, by string) (told int, err error) {
	places, found, err := wrongPlaces(tx, f.key)
	if err != nil || found == nil {
		return 0, err
	}
	question := found.question()
	for _, id := range slices.Sorted(maps.Keys(places)) {
		added, err := out.Put(tx, outbox.Notice{
			Key:  "correct/" + question[:16] + "/" + digest(f.reply.Text)[:16] + "/" + id,
			Kind: KindCorrection, To: places[id], Reply: f.reply, Expires: tx.Now().Add(correctionFor),
		})
		if err != nil {
			return 0, err
		}
		if added {
			told++
		}
	}
	for _, item := range found.items {
		if err := tx.Delete(feedbackBucket, item); err != nil {
			return 0, err
		}
	}
	_, err = audit.Append(tx, chainQuestions, by, "correct", f.key)
	return told, err
}

// wrong is an answer that was wrong, with the complaints about answers to its question.
type wrong struct {
	answered
	items []string
}

// wrongPlaces finds where the answer of a record was given, as the last one to its
// question, and where somebody found any answer to it wrong; by a digest of the place.
// The record is nil where it is forgotten.
func wrongPlaces(r store.Reader, key string) (places map[string]chat.Address, found *wrong, err error) {
	a, err := answerAt(r, key)
	if err != nil || a == nil {
		return nil, nil, err
	}
	found, places = &wrong{answered: *a}, map[string]chat.Address{}
	prefix := a.question() + "/"
	var keys []string
	err = r.Scan(sameBucket, store.Range{Prefix: prefix}, func(key string, _ []byte) error {
		keys = append(keys, strings.TrimPrefix(key, prefix))
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	complained := map[string]chat.Address{}
	for _, key := range keys {
		given, err := answerAt(r, key)
		if err != nil {
			return nil, nil, err
		}
		if given == nil {
			continue
		}
		if id, to := whereTold(given.To); given.sameAs(*a) {
			places[id] = to
		} else {
			delete(places, id) // it was told better since
		}
		if len(given.Rating) == 0 {
			continue
		}
		err = r.Scan(feedbackBucket, store.Range{Prefix: key + "/"}, func(item string, value []byte) error {
			c, err := decodeComplaint(item, value)
			id, to := whereTold(c.To)
			complained[id] = to
			found.items = append(found.items, item)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	maps.Copy(places, complained)
	delete(places, "")
	return places, found, nil
}

// sameAs tells whether two answers said the same.
func (a answered) sameAs(b answered) bool {
	return a.Status == b.Status && a.Office == b.Office && slices.Equal(a.Cites, b.Cites)
}

// answered is what the log has of the answer itself.
func (r Reply) answered() answered {
	return answered{Status: r.Answer.Status, Office: r.Office, Cites: cites(r.Answer.Results)}
}

// whereTold is where an answer went, as somebody can be told later: a group as a whole, or
// a person; "" where there is nobody.
func whereTold(to chat.Address) (id string, _ chat.Address) {
	to.Session = chat.Session{}
	if to.Kind == chat.Group {
		to.User = ""
	}
	if to.Via == "" || to.Conversation == "" && to.User == "" {
		return "", to
	}
	return digest(strings.Join([]string{string(to.Via), string(to.Kind), string(to.Conversation), string(to.User), to.Robot}, "\x00"))[:16], to
}

// Right makes the answer of a record one that must stay. It gives the question as it
// is kept. Errors are ErrForgotten, ErrNotRight, ErrNotReady and those of curate, the
// index and the store.
func (c *Curator) Right(ctx context.Context, by, key string) (q curate.Question, err error) {
	b := c.opt.Desk.bot.Load()
	if b == nil {
		return q, ErrNotReady
	}
	var a *answered
	err = c.opt.Store.View(ctx, func(r store.Reader) (err error) {
		a, err = answerAt(r, key)
		return err
	})
	switch {
	case err != nil:
		return q, err
	case a == nil:
		return q, ErrForgotten
	}
	r, err := b.Ask(ctx, a.Q, a.Prev, "")
	if err != nil {
		return q, err
	}
	q, ok := curate.QuestionOf(a.Q, a.Prev, r.Answer.Status, r.Answer.Intent, r.Answer.Results)
	if !ok || !r.answered().sameAs(*a) {
		return q, ErrNotRight
	}
	return q, c.opt.Store.Update(ctx, func(tx *store.Tx) error {
		_, _, err := curate.AddQuestions(tx, by, []curate.Question{q})
		return err
	})
}

// Open is a question of the office's list, with what is answered to it now.
type Open struct {
	OpenQuestion
	Now Reply
}

// Open lists what nobody could answer: see OpenQuestions.
func (c *Curator) Open(ctx context.Context, after string, limit int) (list []Open, next string, err error) {
	b := c.opt.Desk.bot.Load()
	if b == nil {
		return nil, "", ErrNotReady
	}
	var open []OpenQuestion
	err = c.opt.Store.View(ctx, func(r store.Reader) (err error) {
		open, next, err = OpenQuestions(r, after, limit)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	for _, o := range open {
		now, err := b.Ask(ctx, o.Q, o.Prev, "")
		if err != nil {
			return nil, "", err
		}
		list = append(list, Open{o, now})
	}
	return list, next, nil
}

// Explain answers a question as the desk does, and tells how. Errors are ErrNotReady
// and those of the index.
func (c *Curator) Explain(ctx context.Context, q, prev string) (Reply, []index.Reading, error) {
	b := c.opt.Desk.bot.Load()
	if b == nil {
		return Reply{}, nil, ErrNotReady
	}
	r, err := b.Ask(ctx, q, prev, "")
	s, ok := b.Source()
	if err != nil || !ok {
		return r, nil, err
	}
	_, readings, err := s.Explain(ctx, index.Query{Q: q, Prev: prev})
	return r, readings, err
}

// Clause is the clause that somebody names as a citation does, 乐公共协〔2020〕1号
// 附件·市教育局·第2项. Errors are ErrNotReady and ErrNoClause.
func (c *Curator) Clause(said string) (index.ClauseRef, error) {
	b := c.opt.Desk.bot.Load()
	if b == nil {
		return index.ClauseRef{}, ErrNotReady
	}
	name, address, rest, ok := b.cited(said)
	s, tells := b.Source()
	if !ok || !tells || address == "" || rest != "" {
		return index.ClauseRef{}, ErrNoClause
	}
	for _, row := range s.Clauses(name) {
		if row.Cite == name+" "+address {
			return index.ClauseRef{Plan: row.Plan, Cite: row.Cite, Text: row.Text}, nil
		}
	}
	return index.ClauseRef{}, ErrNoClause
}
