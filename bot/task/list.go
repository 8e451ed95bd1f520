package task

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// Query picks tasks. The zero value is all that are not over.
type Query struct {
	Unit     string        // only where it has a share
	States   []State       // any of them; none: those that are no ends
	From, To calendar.Date // deadlines in [From, To]; zero: no bound, and undated ones too
	Undated  bool          // only those without a deadline; series left out
	Series   bool          // only series
	Undone   bool          // only where Unit has its part still to do
	Waits    Cause         // only where something waits for the office, as Waiting tells; States and what else is of deadlines do not matter then
	Text     string        // only those that say all of its words
	Limit    int           // at most so many; 0: no bound
}

// Listing is a part of a list.
type Listing struct {
	Tasks []Task
	Total int  // of the whole list; -1: it was not counted, as of one by its words
	More  bool // the list goes on behind it
}

// List returns tasks by their deadline, then their number, undated ones last; of Waits
// by their number. It reads no others, but for those whose words are looked through.
func (b *Board) List(r store.Reader, q Query) ([]Task, error) {
	b, err := b.on(r)
	if err != nil {
		return nil, err
	}
	bound := q.Limit
	if q.Text != "" {
		bound = 0
	}
	gists, err := b.gists(r, q, bound)
	if err != nil {
		return nil, err
	}
	p, err := q.read(r, gists, 0)
	return p.Tasks, err
}

// Listing is List from the task on that has so many before it.
func (b *Board) Listing(r store.Reader, q Query, skip int) (Listing, error) {
	b, err := b.on(r)
	if err != nil {
		return Listing{}, err
	}
	gists, err := b.gists(r, q, 0)
	if err != nil {
		return Listing{}, err
	}
	return q.read(r, gists, skip)
}

// read reads the tasks that the query picks of those that its range holds.
func (q Query) read(r store.Reader, gists []gist, skip int) (p Listing, err error) {
	words := strings.Fields(q.Text)
	mine := func(t Task) bool { return q.Waits == "" || q.Unit == "" || t.find(q.Unit) >= 0 }
	if p.Total = len(gists); len(words) > 0 || q.Waits != "" && q.Unit != "" {
		p.Total = -1
	} else {
		gists, skip = gists[min(skip, len(gists)):], 0
	}
	for _, g := range gists {
		if p.More = q.Limit > 0 && len(p.Tasks) == q.Limit; p.More && p.Total >= 0 {
			break
		}
		raw, err := raw(r, g.number)
		if err != nil {
			return Listing{}, err
		}
		if !mentions(raw, words) {
			p.More = false
			continue
		}
		rec, err := decode(g.number, raw)
		switch {
		case err != nil:
			return Listing{}, err
		case !mine(rec.Task) || !rec.says(words):
			p.More = false
			continue
		case skip > 0:
			skip--
			continue
		case p.More:
			return p, nil
		}
		p.Tasks = append(p.Tasks, rec.Task)
	}
	return p, nil
}

// mentions reports whether a record as it is stored may say the words: it is cheaper
// than to decode it.
func mentions(raw []byte, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		quoted, err := json.Marshal(w)
		return err == nil && !bytes.Contains(raw, bytes.Trim(quoted, `"`))
	})
}

// says reports whether the task has all the words somewhere in what people wrote.
func (t Task) says(words []string) bool {
	said := []string{t.Number.String(), t.Title, t.Text, t.Period, t.DeadlineText, t.Remark, t.Source.Plan, t.Source.Address, t.Source.Clause}
	for _, s := range t.Shares {
		said = append(said, s.Unit, s.Note)
	}
	for _, d := range t.Delays {
		said = append(said, d.Reason, d.Why)
	}
	for _, i := range t.Issues {
		said = append(said, i.Text, i.Outcome)
	}
	whole := strings.Join(said, sep)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(whole, w) })
}

// gist is what lists and sums need to know of a task. It is the value of its keys in
// the indexes of states and of units, so that they read no more tasks than they show.
type gist struct {
	number Number
	state  State
	date   string // dateKey of the deadline
	kind   byte
	ended  time.Time
	shares []stake
}

// The kinds of a gist.
const (
	kindDraft  = 'd' // it was never handed out
	kindHanded = 'h'
	kindSeries = 's'
)

// stake is a unit's part in it.
type stake struct {
	unit     string
	lead     bool
	done     bool
	returned bool
	percent  int
}

// deadline is the task's; zero: there is none.
func (g gist) deadline() calendar.Date {
	if g.date == noDate {
		return calendar.Date{}
	}
	d, _ := calendar.ParseDate(g.date) // written by dateKey
	return d
}

func (g gist) of(unit string) stake {
	if i := slices.IndexFunc(g.shares, func(s stake) bool { return s.unit == unit }); i >= 0 {
		return g.shares[i]
	}
	return stake{}
}

func (g gist) open(s stake) bool { return !s.done && !s.returned }

// gist is the value as it is stored: its kind, when it ended, and of each share how it
// stands and whose it is.
func (rec *record) gist() string {
	kind, ended := kindDraft, ""
	switch {
	case rec.Recurs():
		kind = kindSeries
	case !rec.Handed.IsZero():
		kind = kindHanded
	}
	if !rec.Ended.IsZero() {
		ended = digits(rec.Ended)
	}
	parts := []string{string(kind), ended}
	for _, s := range rec.Shares {
		part, stand := "S", "w"
		if s.Lead {
			part = "L"
		}
		switch {
		case !s.Returned.IsZero():
			stand = "r"
		case !s.Done.IsZero():
			stand = "d"
		}
		parts = append(parts, part+stand+strconv.Itoa(s.Percent), s.Unit)
	}
	return strings.Join(parts, sep)
}

// gistOf reads an entry of one of the two indexes. One of an older program has no
// value: the task is read.
func gistOf(r store.Reader, key, value string) (g gist, err error) {
	at := strings.Split(key, sep)
	at = at[len(at)-3:]
	if value == "" {
		rec, err := load(r, atoi(at[2]))
		if err != nil {
			return g, err
		}
		value = rec.gist()
	}
	parts := strings.Split(value, sep)
	g = gist{number: atoi(at[2]), state: State(at[0]), date: at[1], kind: parts[0][0]}
	if parts[1] != "" {
		g.ended = time.UnixMilli(int64(atoi(parts[1])))
	}
	for i := 2; i+1 < len(parts); i += 2 {
		w := parts[i]
		g.shares = append(g.shares, stake{unit: parts[i+1], lead: w[0] == 'L', done: w[1] == 'd', returned: w[1] == 'r', percent: int(atoi(w[2:]))})
	}
	return g, nil
}

// gists lists those of the tasks that the query picks, at most so many if bound is not
// 0, its words left aside. It reads the indexes alone.
func (b *Board) gists(r store.Reader, q Query, bound int) (all []gist, err error) {
	if q.Waits != "" {
		err := r.Scan(bucketWait, store.Range{Prefix: string(q.Waits) + sep}, func(key string, _ []byte) error {
			all = append(all, gist{number: numberIn(key)})
			return nil
		})
		return all, err
	}
	states := q.States
	if len(states) == 0 {
		states = live
	}
	bucket, head := bucketState, ""
	if q.Unit != "" {
		bucket, head = bucketUnit, q.Unit+sep
	}
	sifts := q.Undated || q.Series || q.Undone
	for _, s := range states {
		prefix := head + string(s) + sep
		rg := store.Range{Prefix: prefix}
		if !sifts {
			rg.Limit = bound
		}
		switch {
		case q.Undated || q.Series:
			rg.From = prefix + noDate
		case !q.From.IsZero() || !q.To.IsZero():
			rg.From, rg.To = prefix+q.From.String(), prefix+noDate
			if !q.To.IsZero() {
				rg.To = prefix + q.To.String() + "\x01" // above the separator
			}
		}
		err := r.Scan(bucket, rg, func(key string, value []byte) error {
			g, err := gistOf(r, key, string(value))
			if err == nil && q.takes(g) {
				all = append(all, g)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b gist) int {
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.number, b.number))
	})
	if bound > 0 && len(all) > bound {
		all = all[:bound]
	}
	return all, nil
}

// takes reports whether a task in the query's range is one of those that it picks.
func (q Query) takes(g gist) bool {
	switch {
	case q.Undated && g.kind == kindSeries, q.Series && g.kind != kindSeries:
		return false
	case q.Undone:
		return g.open(g.of(q.Unit))
	}
	return true
}
