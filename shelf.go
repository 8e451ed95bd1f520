package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"xietiao/bot"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// shelfPoll is how often the store is asked whether the documents changed, for
// imports of other instances.
const shelfPoll = 2 * time.Second

// shelf keeps the index in step with the documents: those in the store, and
// those of the settings that no document of the store replaces; the sample if
// there are none.
type shelf struct {
	store *store.Store
	data  string       // data folder
	given []*plan.Plan // of the settings
	words *index.Thesaurus
	log   *slog.Logger
	use   func(b *bot.Bot, examples []string)
	kick  chan struct{} // something was imported here
	mu    sync.Mutex    // guards what follows
	sums  map[string]string
	due   time.Time // when the day of the next version comes, by the store's clock; zero: none is known
	print string    // of the plans in use
	loan  *loan     // the index in use
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
	sums := map[string]string{}
	var due time.Time
	err := s.store.View(ctx, func(r store.Reader) (err error) {
		if due, err = library.Coming(r); err != nil {
			return err
		}
		if sums, err = library.Sums(r); err != nil || s.sums != nil && maps.Equal(sums, s.sums) {
			return err
		}
		docs, bad, err = library.All(r)
		return err
	})
	if err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	if s.sums != nil && maps.Equal(sums, s.sums) {
		s.due = due
		return nil
	}
	start := time.Now()
	plans, err := together(docs, bad, s.given)
	if err != nil {
		return err
	}
	for _, b := range bad {
		s.log.Error("document left out", "component", "shelf", "document", b.Name, "err", b.Err)
	}
	print, err := fingerprint(plans)
	if err != nil {
		return err
	}
	if print != s.print {
		if err := s.swap(plans); err != nil {
			return err
		}
		s.print = print
	}
	s.sums, s.due = sums, due
	s.log.Info("documents ready", "component", "shelf", "documents", len(plans), "took", time.Since(start))
	return nil
}

// swap makes an index of the plans answer in place of the one before. Where the
// data folder cannot hold it, it is made in memory.
func (s *shelf) swap(plans []*plan.Plan) error {
	ix, fault, err := diskIndex(s.data, plans, s.words)
	if err != nil {
		return err
	}
	if fault != nil {
		s.log.Warn("index kept in memory", "component", "shelf", "err", fault)
	}
	before := s.loan
	s.loan = &loan{index: ix}
	s.use(bot.New(s.loan, bot.Options{Plans: plans}), examples(plans))
	if before != nil {
		if err := before.end(s.loan); err != nil { // it answers no more: nothing is lost
			s.log.Warn("old index not closed", "component", "shelf", "err", err)
		}
	}
	return nil
}

// loan lends an index to those who ask, until another takes its place; from then
// on it passes questions on to that one.
type loan struct {
	mu    sync.RWMutex // held for reading while a question is at work; guards what follows
	index *index.Index
	next  *loan // nil while the index is in use
}

var _ bot.Asker = (*loan)(nil)

func (l *loan) Ask(ctx context.Context, q index.Query) (index.Answer, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.next != nil {
		return l.next.Ask(ctx, q)
	}
	return l.index.Ask(ctx, q)
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
	var seen uint64
	loaded, said := false, ""
	for {
		version, err := s.store.Version(ctx, library.Bucket)
		var come bool
		if err == nil {
			come, err = s.come(ctx)
		}
		if err == nil && (!loaded || version != seen || come) {
			if err = s.load(ctx); err == nil {
				seen, loaded = version, true
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

// units resolves names of units by the documents in force; nil before the first
// load.
func (s *shelf) units() org.Units {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loan == nil {
		return nil
	}
	return unitsOf{s.loan.index}
}

// unitsOf are the units an index knows.
type unitsOf struct{ *index.Index }

func (u unitsOf) Resolve(name string) (string, bool) { return u.Unit(name) }
func (u unitsOf) Names() []string                    { return u.Units() }

// close frees the index once nobody asks any more.
func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loan == nil {
		return nil
	}
	err := s.loan.index.Close()
	s.loan = nil
	return err
}
