package task

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// KindRemind is the Kind of the notices that are written here.
const KindRemind = "remind"

// Item is a task in a message to a unit, or to the office.
type Item struct {
	Task   Task
	Unit   string
	Causes []Cause
	Left   int // see Task.Left
	Colour Colour
}

// Message is what a unit is told at one time. Each page is a notice for each place.
type Message struct {
	Unit     string           // Office for the office
	Head     bool             // it goes to the unit's heads, in person
	Bulletin bool             // it is the week's, which has no items
	Places   [][]chat.Address // of each the best way first; none: nobody can be reached, call them up
	Items    []Item           // the most urgent first
	Pages    []Page
}

// Page is one message, short enough for every channel. A task is on one page alone.
type Page struct {
	Text  string
	Items []Item // those that did not fit any page are with the last
}

// digest is what a unit was told last, until all of it is known to have gone out.
type digest struct {
	Pages []page    `json:"pages"`
	Watch time.Time `json:"watch"` // when that is looked at
}

// page is one message of it, to one or more people.
type page struct {
	Keys  []string           `json:"keys"` // of the notices
	Day   calendar.Date      `json:"day"`  // against whose cap it counts
	Items map[Number][]Cause `json:"items"`
}

// tally counts the messages of a day to a unit.
type tally struct {
	Written   int `json:"written"`
	Withdrawn int `json:"withdrawn,omitempty"` // before they went out
}

// fateOf is the number that stands in the index of what is due for the fate of a
// unit's last digest.
const fateOf Number = 0

// Remind says what is due: it makes the occurrences of series that have come, and
// puts one message for each unit into the outbox, with all that the unit is to be
// told. Each unit is a transaction of its own, in which the message is written and
// what is due next is set: so nothing is said twice or left out, whichever of
// several instances does it and wherever it dies. Its cost grows with what is due.
//
// Nothing is written outside of the hours, nor more than the cap for a unit and
// day: it stays due and is part of the next message. A notice expires with the
// hours of its day, and what has not gone out by then, as while a platform is down
// or pushes are paused, is part of the next morning's message, in its then words.
//
// Once a week the office gets the bulletin, on the first working day with the digest,
// or on a later day of the week if it was missed; in December it hears once that the
// next year's holidays are not known, if something is planned in that year.
//
// It returns when to look again: zero if nothing is planned, and earlier if a task
// changes meanwhile. An error of one unit does not hold up the others, and what it was
// to be told stays due: after an error, wait before looking again.
func (b *Board) Remind(ctx context.Context, s *store.Store) (next time.Time, err error) {
	var due map[string][]Number
	var series []Number
	if err := b.Adapt(ctx, s); err != nil {
		return time.Time{}, err
	}
	err = s.View(ctx, func(r store.Reader) (err error) {
		if series, err = b.coming(r); err != nil {
			return err
		}
		due, err = b.due(r, b.now(r))
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("remind: %w", err)
	}
	var errs []error
	for _, n := range series {
		if err := s.Update(ctx, func(tx *store.Tx) error { return b.makeNext(tx, n) }); err != nil {
			errs = append(errs, fmt.Errorf("remind: series %s: %w", n, err))
		}
	}
	if len(series) > 0 { // what was made is handed out at once
		if err := s.View(ctx, func(r store.Reader) (err error) { due, err = b.due(r, b.now(r)); return err }); err != nil {
			return time.Time{}, fmt.Errorf("remind: %w", err)
		}
	}
	errs = append(errs, b.remindAll(ctx, s, due), b.publishWeek(ctx, s), b.tellGap(ctx, s))
	err = s.View(ctx, func(r store.Reader) (err error) { next, err = b.wake(r); return err })
	return next, errors.Join(append(errs, err)...)
}

// atOnce is how many units are told at the same time: the store commits them together.
const atOnce = 16

func (b *Board) remindAll(ctx context.Context, s *store.Store, due map[string][]Number) error {
	units := slices.Sorted(maps.Keys(due))
	errs := make([]error, len(units))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, unit := range units {
		group.Go(func() error {
			if err := s.Update(ctx, func(tx *store.Tx) error { return b.remind(tx, unit, due[unit]) }); err != nil {
				errs[i] = fmt.Errorf("remind: a unit of %d tasks: %w", len(due[unit]), err)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return errors.Join(errs...)
}

// coming lists the series whose next occurrence is to be made.
func (b *Board) coming(r store.Reader) (list []Number, err error) {
	err = r.Scan(bucketComing, store.Range{To: digits(r.Now()) + "\x01"}, func(key string, _ []byte) error {
		list = append(list, numberIn(key))
		return nil
	})
	return list, err
}

// due lists the tasks that are due by the moment, by unit. It reads the index alone.
func (b *Board) due(r store.Reader, at time.Time) (map[string][]Number, error) {
	due := map[string][]Number{}
	err := r.Scan(bucketDue, store.Range{To: digits(at) + "\x01"}, func(key string, _ []byte) error {
		_, rest, _ := strings.Cut(key, sep)
		unit := rest[:strings.LastIndex(rest, sep)]
		due[unit] = append(due[unit], numberIn(key))
		return nil
	})
	return due, err
}

// wake is when the next thing is due; if that is now, when messages may go out.
func (b *Board) wake(r store.Reader) (next time.Time, err error) {
	b, err = b.on(r)
	if err != nil {
		return time.Time{}, err
	}
	for _, bucket := range []string{bucketDue, bucketComing} {
		err := r.Scan(bucket, store.Range{Limit: 1}, func(key string, _ []byte) error {
			ms, _ := strconv.ParseInt(key[:strings.Index(key, sep)], 10, 64)
			if t := time.UnixMilli(ms).In(b.book.Location()); next.IsZero() || t.Before(next) {
				next = t
			}
			return nil
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	bulletin, _, err := b.nextBulletin(r)
	if !bulletin.IsZero() && (next.IsZero() || bulletin.Before(next)) {
		next = bulletin
	}
	if now := b.now(r); !next.IsZero() && !next.After(now) {
		next = b.open(now)
	}
	return next, err
}

// remind tells a unit of the tasks that are due.
func (b *Board) remind(tx *store.Tx, unit string, numbers []Number) error {
	b, err := b.on(tx)
	if err != nil {
		return err
	}
	now := b.now(tx)
	if b.open(now).After(now) {
		return nil // it stays due
	}
	if due, err := b.stillDue(tx, unit, numbers); err != nil || !due {
		return err // another instance has told it: that message is not to be made anew
	}
	before, kept, err := b.recall(tx, unit)
	if err != nil {
		return err
	}
	left, err := b.capLeft(tx, unit)
	if err != nil {
		return err
	}
	numbers = append(slices.Clone(numbers), slices.Collect(maps.Keys(before))...)
	slices.Sort(numbers)
	var items, heads []Item
	for _, n := range slices.Compact(numbers) {
		if n == fateOf {
			continue
		}
		old, err := b.take(tx, n)
		if err != nil {
			return err
		}
		if due, ok := old.Due[unit]; before[n] == nil && (!ok || due.After(now)) {
			continue // another instance has told it
		}
		causes, head := b.causes(old, unit, now, before[n])
		rec := old.copy()
		delete(rec.Owed, unit)
		b.schedule(rec, unit, time.Time{}, now)
		switch {
		case left <= 0: // the day's messages are used up
			b.postpone(rec, unit, now, causes, head)
		case head && left == 1:
			b.postpone(rec, unit, now, nil, true)
		case head:
			heads = append(heads, b.item(rec.Task, unit, []Cause{CauseHead}, now))
		}
		if left > 0 && len(causes) > 0 {
			items = append(items, b.item(rec.Task, unit, causes, now))
		}
		if err := rec.save(tx, old); err != nil {
			return err
		}
	}
	if kept, err = b.say(tx, unit, items, heads, left, kept); err != nil {
		return err
	}
	return b.keep(tx, unit, kept)
}

// stillDue says whether any of the tasks, or the fate of the unit's last digest, is.
func (b *Board) stillDue(tx *store.Tx, unit string, numbers []Number) (bool, error) {
	now := b.now(tx)
	for _, n := range numbers {
		at, ok := time.Time{}, false
		if n == fateOf {
			d, had, err := get[digest](tx, bucketDigest, digestKey(unit))
			if err != nil {
				return false, err
			}
			at, ok = d.Watch, had
		} else {
			rec, err := load(tx, n)
			if err != nil {
				return false, err
			}
			at, ok = rec.Due[unit]
		}
		if ok && !at.After(now) {
			return true, nil
		}
	}
	return false, nil
}

// causes lists why the unit is to hear of the task now: what it is owed, what the
// schedule has brought since it was due, what did not reach it before. The cause for
// the unit's head is told apart.
func (b *Board) causes(rec *record, unit string, now time.Time, before []Cause) (list []Cause, head bool) {
	add := func(c Cause) {
		switch {
		case !rec.concerns(unit, c) || slices.Contains(list, c):
		case c == CauseHead:
			head = true
		default:
			list = append(list, c)
		}
	}
	for _, c := range append(slices.Clone(rec.Owed[unit]), before...) {
		add(c)
	}
	since := rec.Due[unit]
	if since.IsZero() || since.After(now) {
		return list, head
	}
	for _, c := range slices.Concat(scheduled, officeScheduled) {
		if at, ok := b.rules.next(b.cal, rec.Task, unit, c, since.Add(-1)); ok && !at.After(now) {
			add(c)
		}
	}
	return list, head
}

// item is the task as it stands now.
func (b *Board) item(t Task, unit string, causes []Cause, now time.Time) Item {
	day := b.cal.Day(now)
	it := Item{Task: t, Unit: unit, Causes: causes, Colour: t.ColourOn(b.cal, day)}
	if !t.Deadline.IsZero() {
		it.Left = t.Left(b.cal, day)
	}
	return it
}

// postpone keeps the causes for the next morning.
func (b *Board) postpone(rec *record, unit string, now time.Time, causes []Cause, head bool) {
	if head {
		causes = append(causes, CauseHead)
	}
	if len(causes) == 0 {
		return
	}
	for _, c := range causes {
		rec.owe(unit, c)
	}
	rec.Due[unit] = b.morning(now)
}

// morning is when messages may go out again after today.
func (b *Board) morning(now time.Time) time.Time {
	return b.open(b.cal.Day(now).AddDays(1).At(0, 0, b.cal.Location()))
}

// say writes what a unit is told in one pass, within what is left of its day, and
// adds it to the pages whose fate is open.
func (b *Board) say(tx *store.Tx, unit string, items, heads []Item, left int, kept []page) ([]page, error) {
	now := b.now(tx)
	most := left
	if left == b.rules.DailyCap {
		most-- // the first of a long day
	}
	if len(heads) > 0 {
		places, err := b.heads(tx, unit)
		if err != nil {
			return nil, err
		}
		if len(places) > 0 {
			m := Message{Unit: unit, Head: true, Places: places, Items: heads, Pages: b.pages(unit, heads, 1, now)}
			if kept, err = b.put(tx, m, kept); err != nil {
				return nil, err
			}
			most--
		}
	}
	if len(items) == 0 {
		return kept, nil
	}
	places, err := b.places(tx, unit)
	if err != nil {
		return nil, err
	}
	if len(places) == 0 {
		return kept, b.callUp(tx, unit, items)
	}
	return b.put(tx, Message{Unit: unit, Places: places, Items: items, Pages: b.pages(unit, items, max(1, most), now)}, kept)
}

// places lists where a unit's message goes: to one place with what it falls back
// to, or to each person of the office.
func (b *Board) places(r store.Reader, unit string) (all [][]chat.Address, err error) {
	if unit != Office {
		to, err := org.Targets(r, unit, b.routes)
		if err != nil || len(to) == 0 {
			return nil, err
		}
		return [][]chat.Address{to}, nil
	}
	people, err := org.Offices(r)
	return b.each(people), err
}

// heads is where each of the unit's heads who can be reached is reached.
func (b *Board) heads(r store.Reader, unit string) ([][]chat.Address, error) {
	people, err := org.ByUnit(r, unit, org.RoleHead)
	return b.each(people), err
}

// each is where each of the people who can be reached is reached.
func (b *Board) each(people []org.Person) (all [][]chat.Address) {
	for _, p := range people {
		if to := b.routes.To(p); len(to) > 0 {
			all = append(all, to)
		}
	}
	return all
}

// mention lists the liaisons to alert in a group of their platform.
func (b *Board) mention(r store.Reader, unit string, to chat.Address) (users []chat.UserID, err error) {
	if to.Kind != chat.Group {
		return nil, nil
	}
	people, err := org.ByUnit(r, unit, org.RoleLiaison)
	for _, p := range people {
		if id := p.IDs[to.Via.Platform()]; id != "" {
			users = append(users, id)
		}
	}
	return users, err
}

// put writes the pages of a message to each place.
func (b *Board) put(tx *store.Tx, m Message, kept []page) ([]page, error) {
	day := b.cal.Day(b.now(tx))
	mention, err := b.mention(tx, m.Unit, m.Places[0][0])
	if err != nil {
		return nil, err
	}
	for i, text := range m.Pages {
		n, err := b.count(tx, m.Unit, day)
		if err != nil {
			return nil, err
		}
		p := page{Day: day, Items: map[Number][]Cause{}}
		for _, it := range text.Items {
			p.Items[it.Task.Number] = it.Causes
		}
		for j, to := range m.Places {
			notice := outbox.Notice{
				Key: noticeKey(m.Unit, day, n, j), Kind: KindRemind, Unit: m.Unit,
				To: to[0], Fallback: to[1:], Reply: chat.Reply{Text: text.Text},
				Expires: b.rules.Hours.To.On(day, b.cal.Location()),
			}
			if i == 0 {
				notice.Reply.Mention = mention
			}
			notice.Reply.Card = b.card(text.Items, notice.Key, day)
			if _, err := b.sender.Put(tx, notice); err != nil {
				return nil, err
			}
			p.Keys = append(p.Keys, notice.Key)
			if err := b.noteTold(tx, m.Unit, notice.Key, p.Items); err != nil {
				return nil, err
			}
		}
		kept = append(kept, p)
	}
	return kept, nil
}

// card is the card of a message that is of one task, to be signed: its buttons say
// what a reply in words would say.
func (b *Board) card(items []Item, key string, today calendar.Date) *chat.Card {
	if len(items) != 1 || !slices.Contains(items[0].Causes, CauseHand) {
		return nil
	}
	t := items[0].Task
	sum := sha256.Sum256([]byte(key))
	return &chat.Card{
		ID: t.Number.String() + "-" + hex.EncodeToString(sum[:8]), Title: t.Heading(),
		Text:  b.dueWords(t, today) + "。" + textHanded(t, items[0].Unit),
		Facts: []chat.Fact{{Name: textTo, Value: items[0].Unit}},
		Buttons: []chat.Button{
			{Text: DoSign.Word(), Key: textReceived + t.Number.String()}, {Text: textView, Key: t.Number.String()},
		},
	}
}

// noticeKey names the nth message of a day to a unit, to the place with that index.
func noticeKey(unit string, day calendar.Date, n, place int) string {
	name := strings.ReplaceAll(cmp.Or(unit, textOffice), "#", "＃")
	return fmt.Sprintf("%s/%s/%s/%d/%d", KindRemind, name, day, n, place+1)
}

// recall looks at what became of the unit's last messages. What of them did not go
// out, and now will not, it returns by task; pages whose fate is open are kept.
func (b *Board) recall(tx *store.Tx, unit string) (before map[Number][]Cause, kept []page, err error) {
	before = map[Number][]Cause{}
	d, _, err := get[digest](tx, bucketDigest, digestKey(unit))
	if err != nil {
		return nil, nil, err
	}
	for _, p := range d.Pages {
		fate, cancelled, err := b.fate(tx, p.Keys)
		if err == nil && cancelled && fate == fateLost {
			err = b.withdrawn(tx, unit, p.Day)
		}
		if err != nil {
			return nil, nil, err
		}
		switch fate {
		case fateOpen:
			kept = append(kept, p)
		case fateLost:
			for n, causes := range p.Items {
				before[n] = append(before[n], causes...)
			}
		}
	}
	return before, kept, nil
}

// What can have become of a page.
type fate int

const (
	fateSent fate = iota
	fateOpen
	fateLost
)

// fate cancels what of a page's notices still waits, and says whether it did. A page
// is lost if none of them went out, or is on its way.
func (b *Board) fate(tx *store.Tx, keys []string) (f fate, cancelled bool, err error) {
	f = fateLost
	for _, key := range keys {
		rec, ok, err := b.sender.Record(tx, key)
		if err != nil {
			return 0, false, err
		}
		switch {
		case !ok || rec.State == outbox.StateSent:
			f = fateSent
		case rec.State == outbox.StateSending:
			f = min(f, fateOpen)
		case !rec.State.Ended():
			done, err := b.sender.Cancel(tx, key, textMerged)
			if err != nil {
				return 0, false, err
			}
			cancelled = cancelled || done
			if !done {
				f = min(f, fateOpen)
			}
		}
	}
	return f, cancelled, nil
}

// recallIf makes the unit's last messages anew if they speak of the task, which has
// changed, and have not gone out.
func (b *Board) recallIf(tx *store.Tx, unit string, n Number) error {
	d, _, err := get[digest](tx, bucketDigest, digestKey(unit))
	if err != nil || !slices.ContainsFunc(d.Pages, func(p page) bool { _, ok := p.Items[n]; return ok }) {
		return err
	}
	before, kept, err := b.recall(tx, unit)
	if err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(before)) {
		old, err := b.take(tx, n)
		if err != nil {
			return err
		}
		rec := old.copy()
		for _, c := range before[n] {
			rec.owe(unit, c)
		}
		b.schedule(rec, unit, old.Due[unit], b.now(tx))
		if err := rec.save(tx, old); err != nil {
			return err
		}
	}
	return b.keep(tx, unit, kept)
}

// keep notes the pages whose fate is to be looked at the next morning.
func (b *Board) keep(tx *store.Tx, unit string, pages []page) error {
	old, had, err := get[digest](tx, bucketDigest, digestKey(unit))
	if err != nil {
		return err
	}
	if had {
		if err := tx.Delete(bucketDue, watchKey(unit, old.Watch)); err != nil {
			return err
		}
	}
	if len(pages) == 0 {
		return tx.Delete(bucketDigest, digestKey(unit))
	}
	d := digest{pages, b.morning(b.now(tx))}
	if err := tx.Put(bucketDue, watchKey(unit, d.Watch), nil); err != nil {
		return err
	}
	return put(tx, bucketDigest, digestKey(unit), d)
}

func digestKey(unit string) string { return cmp.Or(unit, sep) }
func watchKey(unit string, at time.Time) string {
	return digits(at) + sep + unit + sep + fateOf.digits()
}
func dayKey(day calendar.Date, unit string) string { return day.String() + sep + unit }
func callKey(day calendar.Date, it Item) string {
	return dayKey(day, it.Unit) + sep + it.Task.Number.digits()
}

// keepCounts is how long it is known how many messages a unit got.
const keepCounts = 2 * 366 * 24 * time.Hour

// capLeft is how many messages the unit may still get today.
func (b *Board) capLeft(tx *store.Tx, unit string) (int, error) {
	c, _, err := get[tally](tx, bucketSent, dayKey(b.cal.Day(b.now(tx)), unit))
	return b.rules.DailyCap - c.Written + c.Withdrawn, err
}

// count counts one more message, and says which of the day it is.
func (b *Board) count(tx *store.Tx, unit string, day calendar.Date) (int, error) {
	c, _, err := get[tally](tx, bucketSent, dayKey(day, unit))
	if err != nil {
		return 0, err
	}
	c.Written++
	return c.Written, b.setTally(tx, unit, day, c)
}

// withdrawn counts a message of the day that will not go out.
func (b *Board) withdrawn(tx *store.Tx, unit string, day calendar.Date) error {
	c, _, err := get[tally](tx, bucketSent, dayKey(day, unit))
	if err != nil {
		return err
	}
	c.Withdrawn++
	return b.setTally(tx, unit, day, c)
}

func (b *Board) setTally(tx *store.Tx, unit string, day calendar.Date, c tally) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.PutUntil(bucketSent, dayKey(day, unit), raw, tx.Now().Add(keepCounts))
}

// Sending is how many messages were written to a unit on a day, those withdrawn before
// they went out left out: the load that the office puts on it.
type Sending struct {
	Unit     string // Office for the office
	Day      calendar.Date
	Messages int
}

// Sendings lists the days in [from, to] on which messages were written, by day, then by
// unit. Two years are kept.
func (b *Board) Sendings(r store.Reader, from, to calendar.Date) (list []Sending, err error) {
	err = r.Scan(bucketSent, store.Range{From: from.String(), To: to.String() + "\x01"}, func(key string, raw []byte) error {
		var c tally
		if err := json.Unmarshal(raw, &c); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucketSent, key, err)
		}
		day, unit, _ := strings.Cut(key, sep)
		date, err := calendar.ParseDate(day)
		if n := c.Written - c.Withdrawn; n > 0 {
			list = append(list, Sending{unit, date, n})
		}
		return err
	})
	return list, err
}

// DailyCap is how many messages a unit gets in a day at most; what its heads are told at
// one time is one more.
func (b *Board) DailyCap() int { return b.rules.DailyCap }

// callUp notes what a unit that nobody can reach must be told by telephone.
func (b *Board) callUp(tx *store.Tx, unit string, items []Item) error {
	for _, it := range items {
		raw, err := json.Marshal(it.Causes)
		if err != nil {
			return err
		}
		if err := tx.PutUntil(bucketCall, callKey(b.cal.Day(b.now(tx)), it), raw, tx.Now().Add(keepCounts)); err != nil {
			return err
		}
	}
	return nil
}

// Calls lists by unit what was due on the day to units that cannot be reached, as it
// stands now. What no longer concerns them is left out.
func (b *Board) Calls(r store.Reader, day calendar.Date) ([]Message, error) {
	b, err := b.on(r)
	if err != nil {
		return nil, err
	}
	byUnit := map[string][]Item{}
	now := b.now(r)
	err = r.Scan(bucketCall, store.Range{Prefix: day.String() + sep}, func(key string, raw []byte) error {
		parts := strings.Split(key, sep)
		rec, err := load(r, atoi(parts[2]))
		if err != nil {
			return err
		}
		var causes []Cause
		if err := json.Unmarshal(raw, &causes); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucketCall, key, err)
		}
		causes = slices.DeleteFunc(causes, func(c Cause) bool { return !rec.concerns(parts[1], c) })
		if len(causes) > 0 {
			byUnit[parts[1]] = append(byUnit[parts[1]], b.item(rec.Task, parts[1], causes, now))
		}
		return nil
	})
	var list []Message
	for _, unit := range slices.Sorted(maps.Keys(byUnit)) {
		list = append(list, Message{Unit: unit, Items: byUnit[unit], Pages: b.pages(unit, byUnit[unit], len(byUnit[unit]), now)})
	}
	return list, err
}

// Due lists what Remind would say at the moment: of today's messages those still to
// come, of another day's all that the schedule brings on it up to then, if nothing
// happens to any task and nothing is withheld by a cap. It changes nothing.
func (b *Board) Due(r store.Reader, at time.Time) ([]Message, error) {
	b, err := b.on(r)
	if err != nil {
		return nil, err
	}
	at = at.In(b.cal.Location())
	due, err := b.due(r, at)
	if err != nil {
		return nil, err
	}
	begin := b.cal.Day(at).At(0, 0, b.cal.Location())
	var list []Message
	for _, unit := range slices.Sorted(maps.Keys(due)) {
		var items, heads []Item
		for _, n := range due[unit] {
			if n == fateOf {
				continue
			}
			rec, err := load(r, n)
			if err != nil {
				return nil, err
			}
			if rec, err = b.adapted(r, rec); err != nil {
				return nil, err
			}
			rec = rec.copy()
			if b.cal.Day(b.now(r)).Before(b.cal.Day(at)) && rec.Due[unit].Before(begin) {
				rec.Due[unit] = begin
				delete(rec.Owed, unit)
			}
			causes, head := b.causes(rec, unit, at, nil)
			if len(causes) > 0 {
				items = append(items, b.item(rec.Task, unit, causes, at))
			}
			if head {
				heads = append(heads, b.item(rec.Task, unit, []Cause{CauseHead}, at))
			}
		}
		some, err := b.messages(r, unit, items, heads, at)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	bulletin, err := b.dueBulletin(r, at)
	if err != nil {
		return nil, err
	}
	gap, err := b.dueGap(r, at)
	return slices.Concat(list, bulletin, gap), err
}

func (b *Board) messages(r store.Reader, unit string, items, heads []Item, at time.Time) (list []Message, err error) {
	if len(heads) > 0 {
		places, err := b.heads(r, unit)
		if err != nil {
			return nil, err
		}
		if len(places) > 0 {
			list = append(list, Message{Unit: unit, Head: true, Places: places, Items: heads, Pages: b.pages(unit, heads, 1, at)})
		}
	}
	if len(items) == 0 {
		return list, nil
	}
	places, err := b.places(r, unit)
	if err != nil {
		return nil, err
	}
	return append(list, Message{Unit: unit, Places: places, Items: items, Pages: b.pages(unit, items, max(1, b.rules.DailyCap-1), at)}), nil
}

func get[T any](r store.Reader, bucket, key string) (v T, ok bool, err error) {
	raw, ok, err := r.Get(bucket, key)
	if err != nil || !ok {
		return v, false, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, false, fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucket, key, err)
	}
	return v, true, nil
}

func put(tx *store.Tx, bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return tx.Put(bucket, key, raw)
}
