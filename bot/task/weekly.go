package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// KindBulletin is the Kind of the notices that bring the bulletin.
const KindBulletin = "bulletin"

// edition is what became of a week's bulletin.
type edition struct {
	Day     calendar.Date `json:"day"`             // on which it was written last
	Units   []Progress    `json:"units,omitempty"` // of its picture
	Keys    []string      `json:"keys,omitempty"`  // of its notices
	Settled bool          `json:"settled"`         // it went out, or there was nothing to say
}

// nextBulletin is when to look at a bulletin next, and the Monday of its week: on the
// week's first working day to write it, and the morning after it was written to see
// whether it went out. It follows from what is kept of each week alone, so that it
// is the same for all instances, and follows the calendar. Zero: never.
func (b *Board) nextBulletin(r store.Reader) (time.Time, calendar.Date, error) {
	b, err := b.on(r)
	if err != nil || !b.rules.Bulletin {
		return time.Time{}, calendar.Date{}, err
	}
	for monday := mondayOf(b.cal.Day(b.now(r))); ; monday = monday.AddDays(weekDays) {
		w, _, err := get[edition](r, bucketWeek, monday.String())
		if err != nil || w.Settled {
			if err != nil {
				return time.Time{}, monday, err
			}
			continue
		}
		from := monday
		if !w.Day.IsZero() {
			from = w.Day.AddDays(1)
		}
		if at := b.open(from.At(0, 0, b.cal.Location())); b.cal.Day(at).Before(monday.AddDays(weekDays)) {
			return at, monday, nil
		}
	}
}

func mondayOf(d calendar.Date) calendar.Date { return d.AddDays(1 - isoWeekday(d)) }

// publishWeek writes the bulletin of the week if it is due. Its figures are read
// before the transaction that writes it, which would otherwise have to be made again
// whenever any task changes.
func (b *Board) publishWeek(ctx context.Context, s *store.Store) error {
	var at time.Time
	var monday calendar.Date
	var bu Bulletin
	err := s.View(ctx, func(r store.Reader) error {
		b, err := b.on(r)
		if err != nil {
			return err
		}
		at, monday, err = b.nextBulletin(r)
		if now := b.now(r); err != nil || at.IsZero() || at.After(now) || b.open(now).After(now) {
			at = time.Time{}
			return err
		}
		bu, err = b.Bulletin(r)
		return err
	})
	if err == nil && !at.IsZero() {
		err = s.Update(ctx, func(tx *store.Tx) error { return b.writeWeek(tx, monday, bu) })
	}
	if err != nil {
		return fmt.Errorf("remind: bulletin: %w", err)
	}
	return nil
}

// writeWeek writes the bulletin unless another instance has, or it has gone out.
func (b *Board) writeWeek(tx *store.Tx, monday calendar.Date, bu Bulletin) error {
	w, _, err := get[edition](tx, bucketWeek, monday.String())
	if err != nil || w.Settled || w.Day == bu.Day {
		return err
	}
	became, _, err := b.fate(tx, w.Keys)
	if err != nil {
		return err
	}
	places, err := b.bulletinPlaces(tx)
	switch {
	case err != nil:
		return err
	case became != fateLost:
		w.Settled = true
	case bu.empty() || len(places) == 0:
		w = edition{Day: bu.Day, Settled: true}
	default:
		w = edition{Day: bu.Day, Units: bu.Units}
		for i, to := range places {
			n := outbox.Notice{
				Key: fmt.Sprintf("%s/%s/%d", KindBulletin, bu.Day, i+1), Kind: KindBulletin, To: to[0], Fallback: to[1:],
				Reply:   chat.Reply{Text: bu.Text()},
				Expires: b.rules.Hours.To.On(bu.Day, b.book.Location()),
			}
			if !bu.idle() {
				n.Reply.Picture = KindBulletin + "/" + monday.String()
			}
			if _, err := b.sender.Put(tx, n); err != nil {
				return err
			}
			w.Keys = append(w.Keys, n.Key)
		}
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return tx.PutUntil(bucketWeek, monday.String(), raw, tx.Now().Add(keepCounts))
}

// bulletinPlaces is the office's group, its people for want of it; without one each of
// them.
func (b *Board) bulletinPlaces(r store.Reader) ([][]chat.Address, error) {
	group, err := org.Targets(r, org.OfficeUnit, b.routes)
	if err != nil {
		return nil, err
	}
	people, err := b.places(r, Office)
	if len(group) == 0 {
		return people, err
	}
	for _, to := range people {
		group = append(group, to...)
	}
	return [][]chat.Address{group}, err
}

// Drawn is the bulletin that a Picture of a notice names, as far as the picture shows
// it. ErrNotFound: there was none, or it is no longer kept.
func (b *Board) Drawn(r store.Reader, name string) (Bulletin, error) {
	monday, ok := strings.CutPrefix(name, KindBulletin+"/")
	w, had, err := get[edition](r, bucketWeek, monday)
	if err == nil && !(ok && had) {
		err = fmt.Errorf("%w: picture %q", ErrNotFound, name)
	}
	return Bulletin{Day: w.Day, Units: w.Units}, err
}

// dueBulletin is the bulletin that Remind would write at the moment, with the figures
// of now.
func (b *Board) dueBulletin(r store.Reader, at time.Time) ([]Message, error) {
	next, monday, err := b.nextBulletin(r)
	if day := b.cal.Day(at); err == nil && !next.IsZero() && !day.Before(monday.AddDays(weekDays)) { // of a later week
		next = b.open(mondayOf(day).At(0, 0, b.cal.Location()))
	}
	if err != nil || next.IsZero() || next.After(at) || b.cal.Day(b.now(r)).Before(b.cal.Day(at)) && b.cal.Day(next) != b.cal.Day(at) {
		return nil, err
	}
	places, err1 := b.bulletinPlaces(r)
	bu, err2 := b.Bulletin(r)
	if err := errors.Join(err1, err2); err != nil || bu.empty() || len(places) == 0 {
		return nil, err
	}
	return []Message{{Unit: Office, Bulletin: true, Places: places, Pages: []Page{{Text: bu.Text()}}}}, nil
}
