package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"xietiao/bot"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// shelfPoll is how often the store is asked whether the documents changed, for
// imports of other instances.
const shelfPoll = 2 * time.Second

// shelf keeps the index in step with the documents: those in the store, and
// those of the settings that no document of the store replaces; the sample if
// there are none. It also follows the words and the answers that the office added.
type shelf struct {
	store *store.Store
	data  string       // data folder
	given []*plan.Plan // of the settings
	own   []index.List // words of the settings
	log   *slog.Logger
	use   func(b *bot.Bot, examples []string)
	kick  chan struct{} // something was imported here

	words atomic.Pointer[index.Thesaurus] // in use; nil before the first load
	loan  atomic.Pointer[loan]            // the index in use; nil before the first load

	mu    sync.Mutex // guards what follows; held while the store is read, so not to be taken within a transaction
	sums  map[string]string
	due   time.Time    // when the day of the next version comes, by the store's clock; zero: none is known
	plans []*plan.Plan // in use
	added additions    // in use
	print string       // of the plans and words in use
}

// additions are what the office adds to its documents.
type additions struct {
	Words   []curate.Word   `json:"words"`
	Answers []curate.Answer `json:"answers"`
}

func readAdditions(r store.Reader) (a additions, err error) {
	if a.Words, err = curate.Words(r); err != nil {
		return a, err
	}
	a.Answers, err = curate.Answers(r)
	return a, err
}

// same tells whether both lists have the same records as they were last changed.
func same[T any](a, b []T, at func(T) (string, time.Time)) bool {
	return slices.EqualFunc(a, b, func(x, y T) bool {
		idX, atX := at(x)
		idY, atY := at(y)
		return idX == idY && atX.Equal(atY)
	})
}

func (a additions) sameWords(b additions) bool {
	return same(a.Words, b.Words, func(w curate.Word) (string, time.Time) { return w.ID, w.At })
}

func (a additions) sameAnswers(b additions) bool {
	return same(a.Answers, b.Answers, func(x curate.Answer) (string, time.Time) { return x.ID, x.At })
}

// errNoDocument: there are documents, but none can be read. Nothing else may
// answer for them.
var errNoDocument = errors.New("no document can be read")

// changed makes the shelf look at once.
func (s *shelf) changed() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// load reads the documents and swaps the index if they differ from those in use.
func (s *shelf) load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var docs []library.Document
	var bad []library.Damage
	var added additions
	sums := map[string]string{}
	var due time.Time
	err := s.store.View(ctx, func(r store.Reader) (err error) {
		if added, err = readAdditions(r); err != nil {
			return err
		}
		if due, err = library.Coming(r); err != nil {
			return err
		}
		if sums, err = library.Sums(r); err != nil || s.known(sums) {
			return err
		}
		docs, bad, err = library.All(r)
		return err
	})
	if err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	if s.known(sums) && s.added.sameWords(added) && s.added.sameAnswers(added) {
		s.due = due
		return nil
	}
	start := time.Now()
	plans := s.plans
	if !s.known(sums) {
		if plans, err = together(docs, bad, s.given); err != nil {
			return err
		}
	}
	for _, b := range bad {
		s.log.Error("document left out", "component", "shelf", "document", b.Name, "err", b.Err)
	}
	words := s.words.Load()
	if words == nil || !s.added.sameWords(added) {
		var left []curate.Word
		if words, left, err = thesaurus(s.own, added.Words); err != nil {
			return err
		}
		for _, w := range left {
			s.log.Error("line left out", "component", "shelf", "line", w.ID)
		}
	}
	print, err := fingerprint(plans)
	if err != nil {
		return err
	}
	print += words.Version()
	switch {
	case print != s.print:
		err = s.swap(plans, words, added.Answers)
	case !s.added.sameAnswers(added):
		s.loan.Load().amend(added.Answers)
	}
	if err != nil {
		return err
	}
	s.words.Store(words)
	s.plans, s.added, s.print, s.sums, s.due = plans, added, print, sums, due
	s.log.Info("documents ready", "component", "shelf", "documents", len(plans), "words", len(added.Words), "answers", len(added.Answers), "took", time.Since(start))
	return nil
}

// known tells whether these are the documents in use.
func (s *shelf) known(sums map[string]string) bool { return s.sums != nil && maps.Equal(sums, s.sums) }

// swap makes an index answer in place of the one before. Where the data folder cannot
// hold it, it is made in memory.
func (s *shelf) swap(plans []*plan.Plan, words *index.Thesaurus, answers []curate.Answer) error {
	ix, fault, err := diskIndex(s.data, plans, words)
	if err != nil {
		return err
	}
	if fault != nil {
		s.log.Warn("index kept in memory", "component", "shelf", "err", fault)
	}
	l := &loan{index: ix}
	l.amend(answers)
	before := s.loan.Swap(l)
	s.use(bot.New(l, bot.Options{Plans: plans}), examples(plans))
	if before != nil {
		if err := before.end(l); err != nil { // it answers no more: nothing is lost
			s.log.Warn("old index not closed", "component", "shelf", "err", err)
		}
	}
	return nil
}

// edition is what answers now; false before the first load.
func (s *shelf) edition() (bot.Edition, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bot.Edition{
		Plans: s.plans, Sample: len(s.sums)+len(s.given) == 0, Words: s.added.Words, Answers: s.added.Answers,
	}, s.loan.Load() != nil
}

// build makes a bot over an edition that is not in force, in memory.
func (s *shelf) build(e bot.Edition) (*bot.Bot, func() error, error) {
	words, _, err := thesaurus(s.own, e.Words)
	if err != nil {
		return nil, nil, err
	}
	ix, err := memoryIndex(e.Plans, words)
	if err != nil {
		return nil, nil, err
	}
	return bot.New(ix.With(curate.Approved(e.Answers)), bot.Options{Plans: e.Plans}), ix.Close, nil
}

// loan lends an index to those who ask, until another takes its place; from then
// on it passes questions on to that one.
type loan struct {
	mu    sync.RWMutex // held for reading while a question is at work; guards what follows
	index *index.Index
	next  *loan // nil while the index is in use
}

var _ bot.Source = (*loan)(nil)

// with has fn work on the index, or on the one that took its place.
func (l *loan) with(fn func(ix *index.Index)) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.next != nil {
		l.next.with(fn)
		return
	}
	fn(l.index)
}

func (l *loan) Ask(ctx context.Context, q index.Query) (a index.Answer, err error) {
	l.with(func(ix *index.Index) { a, err = ix.Ask(ctx, q) })
	return a, err
}

func (l *loan) Explain(ctx context.Context, q index.Query) (a index.Answer, readings []index.Reading, err error) {
	l.with(func(ix *index.Index) { a, readings, err = ix.Explain(ctx, q) })
	return a, readings, err
}

func (l *loan) Clauses(plan string) (rows []index.Row) {
	l.with(func(ix *index.Index) { rows = ix.Clauses(plan) })
	return rows
}

func (l *loan) Settles(question, plan string) (ok bool) {
	l.with(func(ix *index.Index) { ok = ix.Settles(question, plan) })
	return ok
}

func (l *loan) Stale() (ids []string) {
	l.with(func(ix *index.Index) { ids = ix.Stale() })
	return ids
}

// amend makes the index answer with these answers of the office.
func (l *loan) amend(answers []curate.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index = l.index.With(curate.Approved(answers))
}

// end frees the index as soon as no question is at work on it.
func (l *loan) end(next *loan) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = next
	return l.index.Close()
}

// fingerprint tells sets of plans apart by all that they say. An index on disk
// is opened once only, so the same set must not be opened again.
func fingerprint(plans []*plan.Plan) (string, error) {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(plans); err != nil {
		return "", fmt.Errorf("compare plans: %w", err)
	}
	return string(h.Sum(nil)), nil
}

// together joins the documents of the store with those of the settings, or gives
// the sample if there are none at all. errNoDocument.
func together(docs []library.Document, bad []library.Damage, given []*plan.Plan) ([]*plan.Plan, error) {
	var out []*plan.Plan
	names := map[string]bool{}
	for _, d := range docs {
		names[d.Name] = true
		out = append(out, d.Plan)
	}
	for _, p := range given {
		if !names[library.Name(p, "")] {
			out = append(out, p)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case len(bad) > 0:
		return nil, fmt.Errorf("%w: %w", errNoDocument, bad[0].Err)
	}
	return []*plan.Plan{plan.Sample()}, nil
}

// run follows the documents until ctx ends.
func (s *shelf) run(ctx context.Context) error {
	tick := time.NewTicker(shelfPoll)
	defer tick.Stop()
	var seen [3]uint64
	loaded, said := false, ""
	for {
		versions, err := s.versions(ctx)
		var come bool
		if err == nil {
			come, err = s.come(ctx)
		}
		if err == nil && (!loaded || versions != seen || come) {
			if err = s.load(ctx); err == nil {
				seen, loaded = versions, true
			}
		}
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said: // a fault that lasts is told once
			said = err.Error()
			s.log.Warn("documents not read", "component", "shelf", "err", err)
		}
		select {
		case <-tick.C:
		case <-s.kick:
		case <-ctx.Done():
			return nil
		}
	}
}

// come reports whether the day of a version has come since the documents were read.
func (s *shelf) come(ctx context.Context) (come bool, err error) {
	s.mu.Lock()
	due := s.due
	s.mu.Unlock()
	if due.IsZero() {
		return false, nil
	}
	err = s.store.View(ctx, func(r store.Reader) error {
		come = !r.Now().Before(due)
		return nil
	})
	return come, err
}

// versions are those of what the shelf follows.
func (s *shelf) versions(ctx context.Context) (out [3]uint64, err error) {
	for i, bucket := range []string{library.Bucket, curate.WordBucket, curate.AnswerBucket} {
		if out[i], err = s.store.Version(ctx, bucket); err != nil {
			return out, err
		}
	}
	return out, nil
}

// units are the documents in force, by which names of units are resolved; nil before
// the first load. As alike, it may be asked within transactions.
func (s *shelf) units() report.Documents {
	l := s.loan.Load()
	if l == nil {
		return nil
	}
	k := lent{loan: l}
	l.with(func(ix *index.Index) { k.known = known{ix} })
	return k
}

// matrix is that of a document in use. index.ErrNoPlan.
func (s *shelf) matrix(name string) (m index.Matrix, err error) {
	l := s.loan.Load()
	if l == nil {
		return m, index.ErrNoPlan
	}
	l.with(func(ix *index.Index) { m, err = ix.Matrix(name) })
	return m, err
}

// alike tells whether the office takes two spellings for one unit. It waits for nothing:
// it is asked within transactions.
func (s *shelf) alike(a, b string) bool {
	words := s.words.Load()
	return words != nil && words.Same(a, b)
}

// known is what an index knows of its documents.
type known struct{ *index.Index }

var _ report.Documents = known{}

func (k known) Resolve(name string) (string, bool) { return k.Unit(name) }
func (k known) Names() []string                    { return k.Units() }

// lent is known, of an index that another may take the place of while it is asked.
type lent struct {
	known
	loan *loan
}

func (l lent) Ask(ctx context.Context, q index.Query) (index.Answer, error) {
	return l.loan.Ask(ctx, q)
}

// close frees the index once nobody asks any more.
func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.loan.Swap(nil)
	if l == nil {
		return nil
	}
	return l.index.Close()
}
