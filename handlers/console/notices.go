package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index/sheet"
)

// noticeRoutes are the ledger of what was sent, with what people do about it. A notice's
// key has slashes: it is the rest of the address.
func (c *Console) noticeRoutes() []route {
	list, show := c.shows("notices.html", c.noticeList), c.shows("notice.html", c.noticePage)
	return []route{
		get("/notices", watchers, list),
		get("/notices.xlsx", watchers, c.noticeFile),
		post("/notices/resend", office, c.does(c.resendFailed, at("/notices"), list)),
		get("/notices/one", watchers, show),
		post("/notices/one", office, c.does(c.doNotice, c.backToNotice, show)),
	}
}

// How much of the ledger one page looks through, and a file holds.
const (
	noticesLook = 5000
	noticesMost = 20_000
	noticesBack = 90 * 24 * time.Hour // of a file without a day
)

// noticesView is a page of the ledger.
type noticesView struct {
	State, Kind, Unit, Day string
	States, Kinds          []choice
	Units                  []string
	Rows                   []noticeRow
	Next                   string // address of the next page
	Until                  string // how far the page has looked, where it found less than it may show
	Failed                 int    // that wait to be sent again
	File                   string
	Any                    bool // something is filtered
}

// noticeRow is a notice in a list.
type noticeRow struct {
	At    time.Time
	Kind  string
	Unit  string
	Place string
	State outbox.State
	Stand string
	Why   string
	Path  string
}

// noticePath is the page of the notice of a key.
func noticePath(key string) string { return Path + "/notices/one?key=" + url.QueryEscape(key) }

// noticeQuery reads the filter of the address.
func (c *Console) noticeQuery(q *request) outbox.Query {
	f := outbox.Query{Kind: q.Query("kind"), Unit: q.Query("unit"), Before: q.Query("before"), Not: outbox.KindReply, Limit: onPage}
	if s := outbox.State(q.Query("state")); bot.NoticeStateWord(s) != "" {
		f.States = []outbox.State{s}
	}
	if day, err := calendar.ParseDate(q.Query("day")); err == nil {
		loc := c.opt.Tasks.Holidays().Location()
		f.From, f.To = day.At(0, 0, loc), day.AddDays(1).At(0, 0, loc)
	}
	return f
}

// noticeList shows the ledger, answers left out, the newest first.
func (c *Console) noticeList(q *request, r store.Reader) (page, error) {
	f := c.noticeQuery(q)
	got, err := c.opt.Outbox.Look(r, f, noticesLook)
	if err != nil {
		return page{}, err
	}
	v := noticesView{State: q.Query("state"), Kind: f.Kind, Unit: f.Unit, Day: q.Query("day"), Units: c.unitNames()}
	v.Any = v.State+v.Kind+v.Unit+v.Day != ""
	for _, s := range []outbox.State{outbox.StateFailed, outbox.StateWaiting, outbox.StateHeld, outbox.StateSending, outbox.StateSent, outbox.StateExpired, outbox.StateCancelled} {
		v.States = append(v.States, choice{string(s), bot.NoticeStateWord(s), string(s) == v.State})
	}
	for _, kind := range bot.NoticeKinds() {
		v.Kinds = append(v.Kinds, choice{kind, bot.KindWord(kind), kind == v.Kind})
	}
	for _, rec := range got.Records {
		row, err := c.noticeRow(r, rec)
		if err != nil {
			return page{}, err
		}
		v.Rows = append(v.Rows, row)
	}
	query := q.Request.URL.Query()
	if got.Next != "" {
		query.Set("before", got.Next)
		v.Next = Path + "/notices?" + query.Encode()
		if len(v.Rows) < onPage {
			v.Until = c.moment(timeIn(got.Next))
		}
	}
	query.Del("before")
	v.File = Path + "/notices.xlsx?" + query.Encode()
	failed, err := bot.Failures(r, c.opt.Outbox, c.opt.Tasks.Holidays().Location())
	v.Failed = len(failed)
	return page{Title: textNotices, Data: v}, err
}

// timeIn is when the notice of a cursor was due.
func timeIn(cursor string) time.Time {
	var ms int64
	_, _ = fmt.Sscanf(cursor, "%d", &ms) // written by the outbox
	return time.UnixMilli(ms)
}

func (c *Console) noticeRow(r store.Reader, rec outbox.Record) (noticeRow, error) {
	place, err := bot.PlaceWords(r, rec.Place())
	return noticeRow{
		At: rec.At, Kind: bot.NoticeKind(rec), Unit: rec.Unit, Place: place, State: rec.State, Stand: bot.NoticeState(rec),
		Why: bot.NoticeWhy(rec, c.opt.Advice), Path: noticePath(rec.Key),
	}, err
}

// noticeView is a notice's page.
type noticeView struct {
	noticeRow
	Record   outbox.Record
	Text     string
	Attempts []attemptView
	Places   []string // to be tried in order
	Deeds    []deedView
	Other    string // of a withdrawal: the page of what it takes back
	Resend   bool
	Stop     bool
}

// attemptView is a try to send.
type attemptView struct {
	At     time.Time
	Place  string
	Result string
}

// noticeOf is the notice of the address. handlers.ErrNotFound.
func (c *Console) noticeOf(q *request, r store.Reader) (outbox.Record, error) {
	rec, ok, err := c.opt.Outbox.Record(r, q.Query("key"))
	bad := errors.Is(err, store.ErrBadName) || errors.Is(err, store.ErrTooLarge)
	if bad || err == nil && (!ok || rec.Kind == outbox.KindReply) { // what somebody was answered is between the two
		err = handlers.ErrNotFound
	}
	return rec, err
}

func (c *Console) noticePage(q *request, r store.Reader) (page, error) {
	rec, err := c.noticeOf(q, r)
	if err != nil {
		return page{}, err
	}
	v := noticeView{Record: rec, Text: bot.NoticeText(rec), Resend: rec.State == outbox.StateFailed, Stop: !rec.State.Ended()}
	if v.noticeRow, err = c.noticeRow(r, rec); err != nil {
		return page{}, err
	}
	for _, to := range append([]chat.Address{rec.To}, rec.Fallback...) {
		place, err := bot.PlaceWords(r, to)
		if err != nil {
			return page{}, err
		}
		v.Places = append(v.Places, place)
	}
	for _, a := range rec.Attempts {
		v.Attempts = append(v.Attempts, c.attempt(rec, v.Places, a))
	}
	if rec.Withdraws != "" {
		v.Other = noticePath(rec.Withdraws)
	}
	v.Deeds, err = noticeDeeds(r, rec.Key)
	return page{Title: v.Kind, Data: v}, err
}

// attempt words what came of a try.
func (c *Console) attempt(rec outbox.Record, places []string, a outbox.Attempt) attemptView {
	v := attemptView{At: a.At, Result: textAttempts[a.Verdict]}
	to := rec.To
	if a.Address > 0 && a.Address <= len(rec.Fallback) {
		to = rec.Fallback[a.Address-1]
	}
	if a.Address < len(places) {
		v.Place = places[a.Address]
	}
	if a.Code != "" {
		v.Result += "：" + bot.CodeWords(to.Via, a.Code, c.opt.Advice)
	}
	return v
}

// noticeDeeds words what people did with a notice.
func noticeDeeds(r store.Reader, key string) (list []deedView, err error) {
	entries, err := outbox.Deeds(r, key)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		var deed outbox.Deed
		if err := json.Unmarshal(e.Data, &deed); err != nil {
			return nil, fmt.Errorf("%w: history of a notice: %w", store.ErrDamaged, err)
		}
		who, err := nameOf(r, org.PersonID(e.By))
		if err != nil {
			return nil, err
		}
		d := deedView{At: e.At, Who: who, Do: textDeeds[e.What]}
		if deed.Why != "" {
			d.Details = []string{deed.Why}
		}
		list = append(list, d)
	}
	return list, nil
}

// doNotice sends a notice again, or stops it, for a reason that is kept.
func (c *Console) doNotice(q *request, tx *store.Tx) (string, error) {
	why := strings.TrimSpace(q.PostForm("why"))
	rec, err := c.noticeOf(q, tx)
	switch {
	case err != nil:
		return "", err
	case why == "":
		return "", words(textWhyNotice)
	case len([]rune(why)) > maxReason:
		return "", words(textLongReason)
	}
	switch q.PostForm("do") {
	case outbox.DeedResend:
		after, err := c.resend(q, tx, rec, why)
		return textResent(1, c.moment(after), after.After(tx.Now())), err
	case outbox.DeedStop:
		certain, err := c.opt.Outbox.Stop(tx, rec.Key, string(q.by()), why)
		return textStopped(certain), err
	}
	return "", words(textWhichStep)
}

const maxReason = 500 // characters

// resend sends a failed notice again and says when at the earliest.
func (c *Console) resend(q *request, tx *store.Tx, rec outbox.Record, why string) (after time.Time, err error) {
	if bot.WaitsForHours(rec.Kind) {
		if after, err = c.opt.Tasks.Opens(tx, tx.Now()); err != nil {
			return after, err
		}
	}
	return after, c.opt.Outbox.Resend(tx, rec.Key, after, string(q.by()), why)
}

// resendFailed sends all again that failed lately.
func (c *Console) resendFailed(q *request, tx *store.Tx) (string, error) {
	why := strings.TrimSpace(q.PostForm("why"))
	if why == "" {
		return "", words(textWhyNotice)
	}
	failed, err := bot.Failures(tx, c.opt.Outbox, c.opt.Tasks.Holidays().Location())
	if err != nil {
		return "", err
	}
	var last time.Time
	for _, rec := range failed {
		after, err := c.resend(q, tx, rec, why)
		if err != nil {
			return "", err
		}
		last = slices.MaxFunc([]time.Time{last, after}, time.Time.Compare)
	}
	return textResent(len(failed), c.moment(last), last.After(tx.Now())), nil
}

// backToNotice is the page of the notice that a form stood on.
func (c *Console) backToNotice(q *request) string { return noticePath(q.Query("key")) }

// noticeFile is the ledger as a workbook, the oldest first; without a day the last months.
func (c *Console) noticeFile(q *request) error {
	var out sheet.Out
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		f := c.noticeQuery(q)
		f.Limit = noticesMost
		if f.From.IsZero() {
			f.From = r.Now().Add(-noticesBack)
		}
		list, err := c.opt.Outbox.List(r, f)
		if err != nil {
			return err
		}
		slices.Reverse(list)
		names := map[string]string{}
		place := func(to chat.Address) string {
			key := fmt.Sprint(to.Via, to.Kind, to.User)
			if _, known := names[key]; !known {
				word, err2 := bot.PlaceWords(r, to)
				err, names[key] = cmp.Or(err, err2), word
			}
			return names[key]
		}
		out = bot.NoticeSheet(list, c.opt.Tasks.Holidays().Location(), place, c.opt.Advice)
		return err
	})
	if err != nil {
		return err
	}
	return sendXLSX(q, out.Name, []sheet.Out{out})
}
