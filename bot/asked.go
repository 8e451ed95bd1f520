package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/index"
)

// The log of questions: answerBucket and what finds its records. All of it expires
// with the records, at the end of a day, so that the counts stay true. It holds no
// names; where an answer went is in the record and nowhere else.
const (
	answerBucket = "desk.answers"        // what was asked and answered, by time
	statusBucket = "desk.answers.status" // status/key of the record → the question, folded
	sameBucket   = "desk.answers.same"   // question/key of the record: who else asked it
	countBucket  = "desk.answers.days"   // day → how many of each status
	openBucket   = "desk.open"           // question → what nobody could answer yet
	orderBucket  = "desk.open.order"     // the same by how often it was asked
)

// chainQuestions is the audit history of what the office did about questions. It names
// them by their keys.
const chainQuestions = "questions"

// answered is an answer that was given. To holds no session link.
type answered struct {
	Q      string        `json:"q"`
	Prev   string        `json:"prev,omitempty"` // what it leaned on
	Thread string        `json:"thread"`         // what a follow-up leans on; see Bot.Thread
	Status index.Status  `json:"status"`
	Intent index.Intent  `json:"intent"`
	Reason index.Reason  `json:"reason,omitempty"`
	Office string        `json:"office,omitempty"` // the office's answer that was given
	Cites  []string      `json:"cites,omitempty"`
	Via    chat.Via      `json:"via"`
	Kind   chat.Kind     `json:"kind"`
	To     chat.Address  `json:"to"`
	Rating []ratingEntry `json:"rating,omitempty"`
	Until  time.Time     `json:"until,omitzero"` // when it is forgotten

	key string
}

// ratingEntry is what somebody thinks of an answer; the latest of a person counts.
type ratingEntry struct {
	By     string      `json:"by"` // digest of the person
	Rating chat.Rating `json:"rating"`
	Remark string      `json:"remark,omitempty"`
	At     time.Time   `json:"at"`
}

// question is the same for all who ask the same, in whatever signs and characters.
func (a answered) question() string { return sameQuestion(a.Q, a.Prev) }

func sameQuestion(q, prev string) string {
	return digest(index.FoldQuestion(q) + "\n" + index.FoldQuestion(prev))
}

// at is when it was asked.
func (a answered) at() time.Time { return timeOf(a.key) }

// timeOf reads the time that a record's key begins with.
func timeOf(key string) time.Time {
	t, _ := time.Parse(keyTime, key[:min(len(key), len(keyTime))]) // a key of ours; zero where it is damaged
	return t
}

// unanswered tells whether the office has to see to a question that was answered so.
func unanswered(s index.Status) bool { return s == index.Unknown || s == index.Unassigned }

// untilDay is the end of what was asked now and is kept for so many days, of which the
// present one is the first.
func untilDay(now time.Time, days int) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, now.Location())
}

// logAnswer keeps an answer, and what finds it.
func logAnswer(tx *store.Tx, id string, a answered) error {
	a.key = id
	day := tx.Now().In(a.Until.Location()).Format(time.DateOnly)
	counts, err := readJSON[map[index.Status]int](tx, countBucket, day)
	if err != nil {
		return err
	}
	if counts == nil {
		counts = map[index.Status]int{}
	}
	counts[a.Status]++
	err = errors.Join(
		putUntil(tx, answerBucket, id, a, a.Until),
		tx.PutUntil(statusBucket, string(a.Status)+"/"+id, []byte(index.FoldQuestion(a.Q)), a.Until),
		tx.PutUntil(sameBucket, a.question()+"/"+id, nil, a.Until),
		putUntil(tx, countBucket, day, counts, a.Until),
	)
	if err != nil || !unanswered(a.Status) {
		return err
	}
	return logOpen(tx, a)
}

// OpenQuestion is a question that nobody could answer, as often as it was asked since
// the office last saw to it or forgot it.
type OpenQuestion struct {
	Key    string       `json:"-"`
	Q      string       `json:"q"`
	Prev   string       `json:"prev,omitempty"` // what it was last asked after
	Status index.Status `json:"status"`         // of the last time, as all the rest
	Reason index.Reason `json:"reason,omitempty"`
	Times  int          `json:"times"`
	First  time.Time    `json:"first"`
	Last   time.Time    `json:"last"`
	Until  time.Time    `json:"until"`
	Closed bool         `json:"closed,omitempty"` // the office wants to see it no more
}

func (o OpenQuestion) order() string { return fmt.Sprintf("%08d/%s", o.Times, o.Key) }

// logOpen counts a question that was not answered.
func logOpen(tx *store.Tx, a answered) error {
	key := a.question()
	o, err := readJSON[OpenQuestion](tx, openBucket, key)
	if err != nil {
		return err
	}
	o.Key = key
	if o.Times == 0 {
		o.First = tx.Now()
	} else if err := tx.Delete(orderBucket, o.order()); err != nil {
		return err
	}
	o.Q, o.Prev, o.Status, o.Reason, o.Last, o.Until = a.Q, a.Prev, a.Status, a.Reason, tx.Now(), a.Until
	o.Times++
	return o.save(tx)
}

func (o OpenQuestion) save(tx *store.Tx) error {
	err := putUntil(tx, openBucket, o.Key, o, o.Until)
	if err != nil || o.Closed {
		return err
	}
	return tx.PutUntil(orderBucket, o.order(), nil, o.Until)
}

// OpenQuestions lists what nobody could answer, the most frequent first: up to limit
// that follow the one with the key after, of the same list. next continues the list;
// it is empty at the end.
func OpenQuestions(r store.Reader, after string, limit int) (list []OpenQuestion, next string, err error) {
	rg := store.Range{Reverse: true, Limit: limit + 1}
	if after != "" {
		rg.To = after
	}
	var keys []string
	err = r.Scan(orderBucket, rg, func(key string, _ []byte) error {
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if len(keys) > limit {
		keys, next = keys[:limit], keys[limit-1]
	}
	for _, key := range keys {
		_, id, _ := strings.Cut(key, "/")
		o, err := readJSON[OpenQuestion](r, openBucket, id)
		if err != nil {
			return nil, "", err
		}
		o.Key = id
		list = append(list, o)
	}
	return list, next, nil
}

// OpenQuestionAt is the one with that key, also where the office wants to see it no
// more; false if there is none.
func OpenQuestionAt(r store.Reader, key string) (OpenQuestion, bool, error) {
	o, err := readJSON[OpenQuestion](r, openBucket, key)
	o.Key = key
	return o, err == nil && o.Times > 0, err
}

// CloseQuestion takes a question off the office's list and says whether it was there.
// For good it stays off also when it is asked again; else it comes back then.
func CloseQuestion(tx *store.Tx, by, key string, forGood bool) (bool, error) {
	o, err := readJSON[OpenQuestion](tx, openBucket, key)
	if err != nil || o.Times == 0 || o.Closed {
		return false, err
	}
	o.Key = key
	what := "close"
	if err := tx.Delete(orderBucket, o.order()); err != nil {
		return false, err
	}
	if forGood {
		what, o.Closed = "dismiss", true
		err = o.save(tx)
	} else {
		err = tx.Delete(openBucket, key)
	}
	if err != nil {
		return false, err
	}
	_, err = audit.Append(tx, chainQuestions, by, what, key)
	return err == nil, err
}

// WrongAnswers stands for a status in LogQuery: answers that somebody found wrong and
// the office has not seen to.
const WrongAnswers = index.Status("wrong")

// LogQuery asks for a page of the log of questions, the newest first.
type LogQuery struct {
	Status index.Status // empty: all; WrongAnswers
	Words  string       // that the question holds, in any width and characters
	Since  time.Time    // zero: no bound
	Before time.Time    // zero: no bound
	After  string       // LogPage.Next of the page before
	Limit  int          // entries; 0: 50
}

// LogEntry is one question with its answer. Who asked is not told.
type LogEntry struct {
	Key       string
	At        time.Time
	Q, Prev   string
	Status    index.Status
	Intent    index.Intent
	Reason    index.Reason
	Office    string   // id of the office's answer that was given
	Cites     []string // what was answered
	Via       chat.Via
	Kind      chat.Kind
	Good, Bad int      // how many found it so
	Remarks   []string // of those who found it wrong
}

// LogPage is a page of the log.
type LogPage struct {
	Entries []LogEntry
	Next    string    // continues the list; empty at its end
	Reached time.Time // of a search: how far back it has looked, where Next continues it
}

const (
	defaultPage = 50
	// searchMost is how many records of a status a search looks at in one view: on Redis
	// one over many takes long, and others would keep changing what it reads.
	searchMost = 500
	// searchViews is how many views a page of a search takes, so that it is there at
	// once however long the log is.
	searchViews = 8
)

// ReadQuestions reads a page of the log. A search may end before the log does, with
// fewer entries than were asked for: see LogPage.Reached.
func ReadQuestions(ctx context.Context, s *store.Store, q LogQuery) (page LogPage, err error) {
	q.Limit = cmp.Or(q.Limit, defaultPage)
	for range searchViews {
		var part LogPage
		err := s.View(ctx, func(r store.Reader) (err error) {
			part, err = Questions(r, q)
			return err
		})
		if err != nil {
			return page, fmt.Errorf("questions: %w", err)
		}
		page.Entries = append(page.Entries, part.Entries...)
		page.Next, page.Reached = part.Next, part.Reached
		q.After = part.Next
		if q.Limit -= len(part.Entries); q.Limit <= 0 || q.After == "" {
			break
		}
	}
	return page, nil
}

// Questions is one view of ReadQuestions.
func Questions(r store.Reader, q LogQuery) (LogPage, error) {
	q.Limit = cmp.Or(q.Limit, defaultPage)
	switch {
	case q.Status == WrongAnswers:
		return q.wrong(r)
	case q.Status != "":
		return q.find(r, q.Status)
	case q.Words != "":
		return q.find(r, index.Answered, index.Unassigned, index.Unknown, index.Ambiguous)
	}
	return q.latest(r)
}

// bounds are those of the keys of records behind a prefix.
func (q LogQuery) bounds(prefix string) store.Range {
	rg := store.Range{Prefix: prefix, Reverse: true}
	if !q.Since.IsZero() {
		rg.From = prefix + q.Since.UTC().Format(keyTime)
	}
	if !q.Before.IsZero() {
		rg.To = prefix + q.Before.UTC().Format(keyTime)
	}
	if to := prefix + q.After; q.After != "" && (rg.To == "" || to < rg.To) {
		rg.To = to
	}
	return rg
}

// latest lists the records, whatever their status.
func (q LogQuery) latest(r store.Reader) (page LogPage, err error) {
	rg := q.bounds("")
	rg.Limit = q.Limit + 1
	err = r.Scan(answerBucket, rg, func(key string, value []byte) error {
		if n := len(page.Entries); n == q.Limit {
			page.Next = page.Entries[n-1].Key
			return store.ErrStop
		}
		a, err := decodeAnswered(key, value)
		page.Entries = append(page.Entries, a.entry())
		return err
	})
	return page, err
}

// find lists the records of some statuses. Where not all of one could be looked at,
// nothing older than that is listed of the others.
func (q LogQuery) find(r store.Reader, statuses ...index.Status) (page LogPage, err error) {
	words, end := index.FoldQuestion(q.Words), ""
	var keys []string
	for _, status := range statuses {
		prefix := string(status) + "/"
		rg := q.bounds(prefix)
		if words == "" {
			rg.Limit = q.Limit + 1
		}
		hits, looked, last := 0, 0, ""
		err = r.Scan(statusBucket, rg, func(key string, question []byte) error {
			if hits == q.Limit || looked == searchMost {
				end = max(end, last)
				return store.ErrStop
			}
			last = strings.TrimPrefix(key, prefix)
			looked++
			if strings.Contains(string(question), words) {
				hits++
				keys = append(keys, last)
			}
			return nil
		})
		if err != nil {
			return page, err
		}
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return key < end })
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(b, a) })
	page.Next = end
	if len(keys) > q.Limit {
		keys, page.Next = keys[:q.Limit], keys[q.Limit-1]
	}
	if q.Words != "" {
		page.Reached = timeOf(page.Next)
	}
	page.Entries, err = entriesAt(r, keys)
	return page, err
}

// wrong lists the records of the office's list of complaints, each once.
func (q LogQuery) wrong(r store.Reader) (page LogPage, err error) {
	var keys []string
	words := index.FoldQuestion(q.Words)
	err = r.Scan(feedbackBucket, q.bounds(""), func(item string, _ []byte) error {
		key, _, _ := strings.Cut(item, "/")
		switch {
		case len(keys) > 0 && keys[len(keys)-1] == key:
			return nil
		case words == "" && len(keys) == q.Limit:
			page.Next = keys[q.Limit-1]
			return store.ErrStop
		}
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		return page, err
	}
	list, err := entriesAt(r, keys)
	for _, e := range list {
		if strings.Contains(index.FoldQuestion(e.Q), words) {
			page.Entries = append(page.Entries, e)
		}
	}
	return page, err
}

func entriesAt(r store.Reader, keys []string) (list []LogEntry, err error) {
	for _, key := range keys {
		a, err := answerAt(r, key)
		if err != nil {
			return nil, err
		}
		if a != nil {
			list = append(list, a.entry())
		}
	}
	return list, nil
}

func (a answered) entry() LogEntry {
	e := LogEntry{
		Key: a.key, At: a.at(), Q: a.Q, Prev: a.Prev, Status: a.Status, Intent: a.Intent, Reason: a.Reason,
		Office: a.Office, Cites: a.Cites, Via: a.Via, Kind: a.Kind,
	}
	for _, rating := range a.Rating {
		switch rating.Rating {
		case chat.RatingGood:
			e.Good++
		case chat.RatingBad:
			e.Bad++
			if rating.Remark != "" {
				e.Remarks = append(e.Remarks, rating.Remark)
			}
		}
	}
	return e
}

// QuestionAt reads one entry of the log; false if it is forgotten.
func QuestionAt(r store.Reader, key string) (LogEntry, bool, error) {
	a, err := answerAt(r, key)
	if err != nil || a == nil {
		return LogEntry{}, false, err
	}
	return a.entry(), true, nil
}

// DayCount is how many questions of a day had which answer.
type DayCount struct {
	Day    string // 2026-11-23
	Counts map[index.Status]int
}

// QuestionDays counts the questions that are kept, day by day, the latest first.
func QuestionDays(r store.Reader) (days []DayCount, err error) {
	err = r.Scan(countBucket, store.Range{Reverse: true}, func(day string, value []byte) error {
		d := DayCount{Day: day}
		if err := json.Unmarshal(value, &d.Counts); err != nil {
			return fmt.Errorf("%w: %s: %w", store.ErrDamaged, countBucket, err)
		}
		days = append(days, d)
		return nil
	})
	return days, err
}

// timesAsked counts the questions that are kept since a day began, by what became of
// them.
func timesAsked(r store.Reader, since time.Time) (map[index.Status]int, error) {
	days, err := QuestionDays(r)
	out, first := map[index.Status]int{}, since.Format(time.DateOnly)
	for _, d := range days {
		if d.Day < first {
			break
		}
		for status, n := range d.Counts {
			out[status] += n
		}
	}
	return out, err
}

// TimesAsked counts the questions that are kept since a day began, in the zone of the
// desk's days, and those of them that nobody could answer. It reads no question.
func TimesAsked(r store.Reader, since time.Time) (asked, unanswered int, err error) {
	times, err := timesAsked(r, since)
	for _, n := range times {
		asked += n
	}
	return asked, times[index.Unknown] + times[index.Unassigned], err
}

// AskedSince is what was asked since a day began, as far as it is kept: see TimesAsked.
func AskedSince(r store.Reader, since time.Time) (out report.Asked, err error) {
	if out.Times, err = timesAsked(r, since); err != nil {
		return out, err
	}
	at := map[string]int{} // question → where it is in the list
	for _, status := range []index.Status{index.Unassigned, index.Unknown, index.Ambiguous} {
		var keys []string
		prefix := string(status) + "/"
		err := r.Scan(statusBucket, LogQuery{Since: since}.bounds(prefix), func(key string, _ []byte) error {
			keys = append(keys, strings.TrimPrefix(key, prefix))
			return nil
		})
		if err != nil {
			return out, err
		}
		for _, key := range keys { // the latest first
			a, err := answerAt(r, key)
			if err != nil {
				return out, err
			}
			if a == nil {
				continue
			}
			i, ok := at[a.question()]
			if !ok {
				i = len(out.Open)
				at[a.question()], out.Open = i, append(out.Open, report.Question{})
			}
			q := &out.Open[i]
			q.Times++
			if a.at().After(q.Last) {
				q.Q, q.Prev, q.Last, q.Status, q.Reason = a.Q, a.Prev, a.at(), a.Status, a.Reason
			}
		}
	}
	slices.SortStableFunc(out.Open, func(a, b report.Question) int { return cmp.Or(b.Times-a.Times, b.Last.Compare(a.Last)) })
	return out, nil
}

// QuestionCounts counts the questions that are kept, and the WrongAnswers.
func QuestionCounts(r store.Reader) (map[index.Status]int, error) {
	out, err := timesAsked(r, time.Time{})
	if err != nil {
		return nil, err
	}
	last := ""
	err = r.Scan(feedbackBucket, store.Range{}, func(item string, _ []byte) error {
		if key, _, _ := strings.Cut(item, "/"); key != last {
			last = key
			out[WrongAnswers]++
		}
		return nil
	})
	return out, err
}

func answerAt(r store.Reader, id string) (*answered, error) {
	value, ok, err := r.Get(answerBucket, id)
	if err != nil || !ok {
		return nil, err
	}
	a, err := decodeAnswered(id, value)
	if err != nil {
		return nil, err
	}
	return &a, nil
}

func decodeAnswered(key string, value []byte) (answered, error) {
	a := answered{key: key}
	if err := json.Unmarshal(value, &a); err != nil {
		return a, fmt.Errorf("%w: answer: %w", store.ErrDamaged, err)
	}
	return a, nil
}

func cites(rows []index.Row) []string {
	var out []string
	for _, r := range rows {
		if r.Cite != "" {
			out = append(out, r.Cite)
		}
	}
	return out
}
