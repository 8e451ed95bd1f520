package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chart"
	"xietiao/bot/holidays"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/config"
	"xietiao/handlers"
)

// newBoard makes the tasks' board by the settings.
func newBoard(cfg config.Config, box *outbox.Box) (*task.Board, error) {
	book, err := holidaysOf(cfg)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(cfg)
	if err != nil {
		return nil, err
	}
	return task.New(task.Options{Holidays: book, Sender: box, Routes: routesOf(cfg), Rules: rules, Asked: bot.TimesAsked}), nil
}

// holidaysOf gives the calendar, with the days that the settings name.
func holidaysOf(cfg config.Config) (*holidays.Book, error) {
	var days []calendar.Correction
	for _, h := range cfg.Holidays {
		day, err := calendar.ParseDate(h.Date)
		if err != nil {
			return nil, fmt.Errorf("holidays: %w", err)
		}
		days = append(days, calendar.Correction{Date: day, Off: h.Off, Name: h.Name})
	}
	return holidays.New(cfg.Location(), days), nil
}

// rulesOf says when units are reminded.
func rulesOf(cfg config.Config) (task.Rules, error) {
	hours, err1 := calendar.ParseHours(cfg.Remind.Hours)
	digest, err2 := calendar.ParseClock(cfg.Remind.Digest)
	r := cfg.Remind
	days := func(list []int) []int { return append([]int{}, list...) } // none is none, not the default
	return task.Rules{
		Offsets: days(r.Offsets), OverdueEvery: r.OverdueEvery, Digest: digest, Hours: hours, DailyCap: r.DailyCap,
		Sign: days(r.Sign), Support: days(r.Support), Head: r.Head, Office: r.Office, Bulletin: r.Bulletin,
	}, errors.Join(err1, err2)
}

// drawing draws the pictures of notices, or is nil where the machine has no font for
// them.
func (a *app) drawing() func(ctx context.Context, name, mark string) ([]byte, error) {
	f, err := chart.FindFont(chart.FontFolders())
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		a.log.Warn("bulletins go out without pictures", "component", "reminders", "err", err)
		return nil
	}
	return func(ctx context.Context, name, mark string) (data []byte, err error) {
		var bu task.Bulletin
		err = a.store.View(ctx, func(r store.Reader) (err error) {
			bu, err = a.board.Drawn(r, name)
			return err
		})
		if err != nil {
			return nil, err
		}
		return picture(bu, mark)
	}
}

// How often the reminders are looked at.
const (
	remindEvery = 10 * time.Second // for what a step or another instance has changed
	remindLeast = time.Second      // between two looks, also where something stays due
)

// reminders puts what is due into the outbox.
type reminders struct {
	board   *task.Board
	also    *activity.Board // may be nil
	store   *store.Store
	time    programTime
	log     *slog.Logger
	metrics *handlers.Metrics
	fault   string // what went wrong last; said once until it changes
}

// run looks again and again until ctx ends. Any number of instances may: each
// reminder is written once.
func (r *reminders) run(ctx context.Context) error {
	for {
		t := time.NewTimer(r.time.wall(r.once(ctx)))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// once says what is due now, and returns for how long nothing will be.
func (r *reminders) once(ctx context.Context) time.Duration {
	next, err := r.board.Remind(ctx, r.store)
	if r.also != nil {
		other, fault := r.also.Remind(ctx, r.store)
		if err = errors.Join(err, fault); next.IsZero() || !other.IsZero() && other.Before(next) {
			next = other
		}
	}
	if ctx.Err() != nil {
		return 0
	}
	r.metrics.Reminded(err == nil)
	fault := ""
	if err != nil {
		fault = err.Error()
	}
	if fault != r.fault && err != nil {
		r.log.Error("reminders are not all written", "component", "reminders", "err", err)
	}
	r.fault = fault
	if next.IsZero() {
		return remindEvery
	}
	return max(remindLeast, min(remindEvery, next.Sub(r.time.now())))
}
