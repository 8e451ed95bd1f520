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
	store  *store.Store
	data   string       // data folder
	given  []*plan.Plan // of the settings
	words  *index.Thesaurus
	log    *slog.Logger
	use    func(b *bot.Bot, examples []string)
	kick   chan struct{} // something was imported here
	mu     sync.Mutex    // guards what follows
	sums   map[string]string
	print  string       // of the plans in use
	index  *index.Index // in use
	before *index.Index // questions may still be at work on it; closed at the next swap
}

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
	sums := map[string]string{}
	err := s.store.View(ctx, func(r store.Reader) (err error) {
		if sums, err = library.Sums(r); err != nil || s.sums != nil && maps.Equal(sums, s.sums) {
			return err
		}
		docs, err = library.All(r)
		return err
	})
	if err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	if s.sums != nil && maps.Equal(sums, s.sums) {
		return nil
	}
	start := time.Now()
	plans := together(docs, s.given)
	print, err := fingerprint(plans)
	if err != nil {
		return err
	}
	if print != s.print {
		if s.before != nil {
			err := s.before.Close()
			if s.before = nil; err != nil {
				return err
			}
		}
		b, ix, err := diskBot(s.data, plans, s.words)
		if err != nil {
			return err
		}
		s.use(b, examples(plans))
		s.before, s.index, s.print = s.index, ix, print
	}
	s.sums = sums
	s.log.Info("documents ready", "component", "shelf", "documents", len(plans), "took", time.Since(start))
	return nil
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

// together joins the documents of the store with those of the settings.
func together(docs []library.Document, given []*plan.Plan) []*plan.Plan {
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
	if len(out) == 0 {
		return []*plan.Plan{plan.Sample()}
	}
	return out
}

// run follows the documents until ctx ends.
func (s *shelf) run(ctx context.Context) error {
	tick := time.NewTicker(shelfPoll)
	defer tick.Stop()
	var seen uint64
	loaded := false
	for {
		version, err := s.store.Version(ctx, library.Bucket)
		if err == nil && (!loaded || version != seen) {
			if err = s.load(ctx); err == nil {
				seen, loaded = version, true
			}
		}
		if err != nil && ctx.Err() == nil {
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

// units resolves names of units by the documents in force; nil before the first
// load.
func (s *shelf) units() org.Units {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		return nil
	}
	return unitsOf{s.index}
}

// unitsOf are the units an index knows.
type unitsOf struct{ *index.Index }

func (u unitsOf) Resolve(name string) (string, bool) { return u.Unit(name) }
func (u unitsOf) Names() []string                    { return u.Units() }

// close frees the indexes once nobody asks any more.
func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, ix := range []*index.Index{s.before, s.index} {
		if ix != nil {
			errs = append(errs, ix.Close())
		}
	}
	s.before, s.index = nil, nil
	return errors.Join(errs...)
}
