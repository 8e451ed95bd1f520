package activity

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// jobKind says what is to be done at a time.
type jobKind string

const (
	jobEve    jobKind = "eve"    // tell people what they have on the Day
	jobSoon   jobKind = "soon"   // tell people that it begins soon
	jobChange jobKind = "change" // tell people that time or place are others
	jobCancel jobKind = "cancel" // tell people that it does not happen
	jobEnd    jobKind = "end"    // tell the organiser what is left to do
	jobDue    jobKind = "due"    // tell the organiser that a dispute is to be decided today
	jobLate   jobKind = "late"   // tell the office that it was not
	jobNext   jobKind = "next"   // make a series' next occurrence
)

// job is planned in the transaction of its cause, and found out of date when its time
// comes rather than looked for when something changes.
type job struct {
	Kind      jobKind       `json:"kind"`
	Number    Number        `json:"number,omitempty"`
	Volunteer VolunteerID   `json:"volunteer,omitempty"`
	Day       calendar.Date `json:"day,omitzero"`
	At        time.Time     `json:"at"`
	Urgent    bool          `json:"urgent,omitempty"` // people are told at night too
}

func (j job) key() string {
	return strings.Join([]string{moment(j.At), string(j.Kind), j.Number.digits(), j.Volunteer.digits(), j.Day.String()}, sep)
}

// planJob has the job done at the first moment, not before at, at which people may be
// written to.
func (b *Board) planJob(tx *store.Tx, at time.Time, j job) error {
	j.At = b.awake(at)
	return put(tx, bucketJob, j.key(), j)
}

// planCall has people told of a change or a cancellation: when they may be written to, and
// at once, even at night, where the activity begins before that.
func (b *Board) planCall(tx *store.Tx, kind jobKind, n Number, start time.Time) error {
	j, now := job{Kind: kind, Number: n}, b.now(tx)
	if b.awake(now).Before(start) {
		return b.planJob(tx, now, j)
	}
	j.At, j.Urgent = now, true
	return put(tx, bucketJob, j.key(), j)
}

func (b *Board) awake(t time.Time) time.Time { return b.cal.NextOpenAnyDay(t, b.rules.Hours) }

// plan plans what is said of an activity by its time alone.
func (b *Board) plan(tx *store.Tx, a Activity) error {
	now, day := b.now(tx), b.cal.Day(a.Start)
	if eve := b.rules.Eve.On(day.AddDays(-1), b.cal.Location()); eve.After(now) {
		if err := b.planJob(tx, eve, job{Kind: jobEve, Day: day}); err != nil {
			return err
		}
	}
	if soon := a.Start.Add(-b.rules.Soon); soon.After(now) {
		if err := b.planJob(tx, soon, job{Kind: jobSoon, Number: a.Number}); err != nil {
			return err
		}
	}
	return b.planJob(tx, a.Shut(), job{Kind: jobEnd, Number: a.Number})
}

// Reminders says when somebody who signs up now is reminded, the eve and shortly before; zero
// where that is too late, or at night.
func (b *Board) Reminders(a Activity, now time.Time) (eve, soon time.Time) {
	eve = b.awake(b.rules.Eve.On(b.cal.Day(a.Start).AddDays(-1), b.cal.Location()))
	soon = b.awake(a.Start.Add(-b.rules.Soon))
	if !eve.After(now) {
		eve = time.Time{}
	}
	if !soon.After(now) || !soon.Before(a.Start) {
		soon = time.Time{}
	}
	return eve, soon
}

// Remind does what is due: it reminds people of what they have signed up for, tells them
// of changes, organisers of what is left to do, and makes occurrences of series. People
// are told a page at a time, each page in a transaction of its own; a notice's key makes
// it go out once, and what is due stays so until all are told: so nothing is said twice
// or left out, whichever of several instances does it and wherever it dies. Its cost grows
// with what is due. Nothing goes out outside of the hours but what planCall says.
//
// It returns when to look again: zero if nothing is planned, and earlier if something
// changes meanwhile. An error of one thing does not hold up the others, and it stays due:
// after an error, wait before looking again.
func (b *Board) Remind(ctx context.Context, s *store.Store) (next time.Time, err error) {
	var due []job
	ended := map[string][]job{} // by unit
	err = s.View(ctx, func(r store.Reader) (err error) {
		due, ended, err = b.due(r, b.now(r))
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("activities: %w", err)
	}
	var errs []error
	failed := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("activities: %s: %w", what, err))
		}
	}
	for _, j := range due {
		failed(string(j.Kind), b.do(ctx, s, j))
	}
	for _, unit := range slices.Sorted(maps.Keys(ended)) {
		failed(string(jobEnd), b.tellEnded(ctx, s, unit, ended[unit]))
	}
	err = s.View(ctx, func(r store.Reader) error {
		next = time.Time{}
		return r.Scan(bucketJob, store.Range{Limit: 1}, func(key string, _ []byte) error {
			ms, _, _ := strings.Cut(key, sep)
			n, err := strconv.ParseInt(ms, 10, 64)
			next = time.UnixMilli(n).In(b.cal.Location())
			return err
		})
	})
	failed("next", err)
	return next, errors.Join(errs...)
}

// due lists the jobs that are due by the moment; those of what has ended by unit.
func (b *Board) due(r store.Reader, at time.Time) (due []job, ended map[string][]job, err error) {
	ended = map[string][]job{}
	err = r.Scan(bucketJob, store.Range{To: moment(at) + "\x01"}, func(key string, raw []byte) error {
		var j job
		if err := json.Unmarshal(raw, &j); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucketJob, key, err)
		}
		if j.Kind != jobEnd {
			due = append(due, j)
			return nil
		}
		a, err := b.Get(r, j.Number)
		ended[a.Unit] = append(ended[a.Unit], j)
		return err
	})
	return due, ended, err
}

// do does one job.
func (b *Board) do(ctx context.Context, s *store.Store, j job) error {
	switch j.Kind {
	case jobEve, jobSoon, jobChange, jobCancel:
		return b.tellAll(ctx, s, j)
	}
	return s.Update(ctx, func(tx *store.Tx) error {
		if there, err := b.done(tx, j); err != nil || !there {
			return err
		}
		if j.Kind == jobNext {
			return b.makeAgain(tx, j.Number)
		}
		sign, _, err := b.Signup(tx, j.Number, j.Volunteer)
		if err != nil || !sign.disputed() {
			return err
		}
		a, err := b.Get(tx, j.Number)
		if err != nil {
			return err
		}
		return b.tellDispute(tx, a, sign, j.Kind)
	})
}

// done takes a job off, and says whether it was there: another instance may have done it.
func (b *Board) done(tx *store.Tx, j job) (there bool, err error) {
	_, there, err = tx.Get(bucketJob, j.key())
	if err != nil || !there {
		return false, err
	}
	return true, tx.Delete(bucketJob, j.key())
}

func (b *Board) makeAgain(tx *store.Tx, n Number) error {
	old, err := b.load(tx, n)
	if err != nil || old.State != StatePublished {
		return err
	}
	rec := *old
	if err := b.makeNext(tx, &rec, Actor{Person: org.PersonID(old.Published.By), Office: true}); err != nil {
		return err
	}
	return rec.save(tx, old)
}

// pageOf is how many people are told in one transaction.
const pageOf = 100

// call is whom a job concerns, and with which activities.
type call struct {
	volunteer VolunteerID
	at        []Number
}

// tellAll tells everybody whom the job concerns, and the organisers whom to call up.
func (b *Board) tellAll(ctx context.Context, s *store.Store, j job) error {
	var calls []call
	err := s.View(ctx, func(r store.Reader) (err error) { calls, err = b.calls(r, j); return err })
	if err != nil {
		return err
	}
	unreached := map[string][]*person{} // by unit
	for page := range slices.Chunk(calls, pageOf) {
		var missed map[string][]*person
		err := s.Update(ctx, func(tx *store.Tx) error {
			missed = map[string][]*person{}
			for _, c := range page {
				if err := b.tell(tx, j, c, missed); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for unit, list := range missed {
			unreached[unit] = append(unreached[unit], list...)
		}
	}
	return s.Update(ctx, func(tx *store.Tx) error {
		if there, err := b.done(tx, j); err != nil || !there || j.Kind == jobSoon {
			return err
		}
		for _, unit := range slices.Sorted(maps.Keys(unreached)) {
			if err := b.tellCalls(tx, j, unit, unreached[unit]); err != nil {
				return err
			}
		}
		return nil
	})
}

// calls lists whom a job concerns, by their ids.
func (b *Board) calls(r store.Reader, j job) ([]call, error) {
	at := map[VolunteerID][]Number{}
	each := func(a Activity) error {
		if !b.current(a, j) {
			return nil
		}
		return eachSignup(r, a.Number, func(s Signup) error {
			if j.concerns(s) {
				at[s.Volunteer] = append(at[s.Volunteer], a.Number)
			}
			return nil
		})
	}
	var err error
	if j.Kind == jobEve {
		from := j.Day.At(0, 0, b.cal.Location())
		err = b.eachStart(r, []State{StatePublished}, from, from.AddDate(0, 0, 1), each)
	} else {
		var a Activity
		if a, err = b.Get(r, j.Number); err == nil {
			err = each(a)
		}
	}
	if err != nil {
		return nil, err
	}
	list := make([]call, 0, len(at))
	for v, numbers := range at {
		list = append(list, call{v, numbers})
	}
	slices.SortFunc(list, func(x, y call) int { return cmp.Compare(x.volunteer.number(), y.volunteer.number()) })
	return list, nil
}

// current reports whether what the job was planned for still stands.
func (b *Board) current(a Activity, j job) bool {
	switch {
	case j.Kind == jobCancel:
		return a.State == StateCancelled
	case a.State != StatePublished || !a.Series.IsZero():
		return false
	case j.Kind == jobEve:
		return b.cal.Day(a.Start) == j.Day
	case j.Kind == jobSoon:
		return b.awake(a.Start.Add(-b.rules.Soon)).Equal(j.At) && j.At.Before(a.Start)
	case j.Kind == jobEnd:
		return b.awake(a.Shut()).Equal(j.At)
	}
	return true
}

// concerns reports whether a sign-up is to hear of it.
func (j job) concerns(s Signup) bool {
	waits := s.State == SignWaiting && (j.Kind == jobChange || j.Kind == jobCancel)
	return s.State == SignJoined || waits
}

// tell writes to one volunteer; who cannot be reached is added to missed.
func (b *Board) tell(tx *store.Tx, j job, c call, missed map[string][]*person) error {
	var list []Activity
	for _, n := range c.at { // as they are now
		a, err := b.Get(tx, n)
		if err != nil {
			return err
		}
		s, _, err := b.Signup(tx, n, c.volunteer)
		if err != nil {
			return err
		}
		if b.current(a, j) && j.concerns(s) && (j.Kind == jobCancel || b.now(tx).Before(a.Start)) {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil
	}
	n := outbox.Notice{Key: j.noticeKey(list, c.volunteer), Reply: chat.Reply{Text: b.words(j, list)}, Unit: list[0].Unit}
	if j.Kind != jobCancel {
		n.Expires = list[0].Start
	}
	if j.Urgent {
		n.After = b.now(tx)
	}
	for _, a := range list {
		if a.Unit != n.Unit {
			n.Unit = "" // of several
		}
	}
	p, reached, err := b.write(tx, c.volunteer, n)
	if err != nil || reached {
		return err
	}
	for _, a := range list {
		if !slices.Contains(missed[a.Unit], p) {
			missed[a.Unit] = append(missed[a.Unit], p)
		}
	}
	return nil
}

// noticeKey is the same for the same news, whatever happens between.
func (j job) noticeKey(list []Activity, v VolunteerID) string {
	what := j.Day.String()
	switch j.Kind {
	case jobSoon:
		what = list[0].Start.UTC().Format(sortable)
	case jobChange:
		what = strconv.Itoa(list[0].Version)
	}
	return strings.Join([]string{Kind, string(j.Kind), j.Number.String(), what, string(v)}, "/")
}

// write puts a notice to a volunteer into the outbox, for when people may be written to;
// reached is false where there is no way.
func (b *Board) write(tx *store.Tx, v VolunteerID, n outbox.Notice) (p *person, reached bool, err error) {
	p, err = loadVolunteer(tx, v)
	if err != nil {
		return nil, false, err
	}
	to, err := b.reach(tx, p)
	if err != nil || len(to) == 0 {
		return p, p.Standing == StandingErased, err
	}
	return p, true, b.post(tx, to, n)
}

// post puts a notice to the first of the addresses that takes it into the outbox, for when
// people may be written to unless it says when. One that would come too late is left out.
func (b *Board) post(tx *store.Tx, to []chat.Address, n outbox.Notice) error {
	n.Kind, n.To, n.Fallback = Kind, to[0], to[1:]
	if n.After.IsZero() {
		n.After = b.awake(b.now(tx))
	}
	if !n.Expires.IsZero() && !n.After.Before(n.Expires) {
		return nil
	}
	_, err := b.sender.Put(tx, n)
	return err
}

// organisers lists how a unit's organisers are reached in person, as a group is no place
// for what is said of volunteers: the liaisons, the head, and where there are none the
// office.
func (b *Board) organisers(r store.Reader, unit string) (to []chat.Address, err error) {
	for _, role := range []org.Role{org.RoleLiaison, org.RoleHead} {
		people, err := org.ByUnit(r, unit, role)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			to = append(to, b.routes.To(p)...)
		}
	}
	if len(to) > 0 {
		return to, nil
	}
	return b.offices(r)
}

// Unattended lists what is yet to take place, or goes on, of which no organiser can be written to.
func (b *Board) Unattended(r store.Reader) (list []Activity, err error) {
	for _, series := range []bool{false, true} {
		all, err := b.List(r, Query{Series: series, States: []State{StateDraft, StatePublished}})
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			if to, err := b.organisers(r, l.Unit); err != nil {
				return nil, err
			} else if len(to) == 0 {
				list = append(list, l.Activity)
			}
		}
	}
	return list, nil
}

// offices lists how the people of the office are reached.
func (b *Board) offices(r store.Reader) (to []chat.Address, err error) {
	people, err := org.Offices(r)
	for _, p := range people {
		to = append(to, b.routes.To(p)...)
	}
	return to, err
}

// tellOrganisers writes to a unit's organisers, if there are any.
func (b *Board) tellOrganisers(tx *store.Tx, unit string, n outbox.Notice) error {
	to, err := b.organisers(tx, unit)
	if err != nil || len(to) == 0 {
		return err
	}
	n.Unit = unit
	return b.post(tx, to, n)
}

// tellCalls tells a unit's organisers whom they must call up.
func (b *Board) tellCalls(tx *store.Tx, j job, unit string, people []*person) error {
	what := j.Day.String()
	if j.Number != 0 {
		a, err := b.Get(tx, j.Number)
		if err != nil {
			return err
		}
		what = fmt.Sprintf("%s/%d", j.Number, a.Version)
	}
	text, err := b.textCalls(j, people)
	if err != nil {
		return err
	}
	key := strings.Join([]string{Kind, "call", string(j.Kind), what, keyPart(unit)}, "/")
	n := outbox.Notice{Key: key, Reply: chat.Reply{Text: text}}
	if j.Urgent {
		n.After = b.now(tx)
	}
	return b.tellOrganisers(tx, unit, n)
}

// keyPart is a name within a notice's key.
func keyPart(name string) string { return strings.ReplaceAll(name, "#", "＃") }

// tellEnded tells a unit's organisers what is left to do of all that has ended.
func (b *Board) tellEnded(ctx context.Context, s *store.Store, unit string, jobs []job) error {
	sums := map[Number]Summary{}
	err := s.View(ctx, func(r store.Reader) error {
		for _, j := range jobs {
			sum, err := b.Summary(r, j.Number)
			if err != nil {
				return err
			}
			sums[j.Number] = sum
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Update(ctx, func(tx *store.Tx) error {
		var list []Summary
		for _, j := range jobs {
			there, err := b.done(tx, j)
			if err != nil {
				return err
			}
			a, err := b.Get(tx, j.Number)
			if err != nil {
				return err
			}
			if there && b.current(a, j) {
				list = append(list, sums[j.Number])
			}
		}
		if len(list) == 0 {
			return nil
		}
		key := strings.Join([]string{Kind, string(jobEnd), list[0].Number.String(), list[0].Shut().UTC().Format(sortable)}, "/")
		return b.tellOrganisers(tx, unit, outbox.Notice{Key: key, Reply: chat.Reply{Text: textEnded(list)}})
	})
}

// tellPromoted tells somebody who waited that there is a place, or the organisers whom they
// must call up.
func (b *Board) tellPromoted(tx *store.Tx, a Activity, s Signup) error {
	whose := fmt.Sprintf("promote/%s/%s/%d", a.Number, s.Volunteer, s.Seq)
	p, reached, err := b.write(tx, s.Volunteer, outbox.Notice{
		Key: Kind + "/" + whose, Reply: chat.Reply{Text: b.textPromoted(a)}, Unit: a.Unit, Expires: a.Start,
	})
	if err != nil || reached {
		return err
	}
	text, err := b.textCalls(job{Kind: jobPromoted, Number: a.Number}, []*person{p})
	if err != nil {
		return err
	}
	return b.tellOrganisers(tx, a.Unit, outbox.Notice{Key: Kind + "/call/" + whose, Reply: chat.Reply{Text: text}, Expires: a.Start})
}

// jobPromoted is when somebody who waited gets a place.
const jobPromoted jobKind = "promoted"

// tellCorrected tells a volunteer that an organiser has set the minutes.
func (b *Board) tellCorrected(tx *store.Tx, a Activity, s Signup) error {
	_, _, err := b.write(tx, s.Volunteer, outbox.Notice{
		Key:   fmt.Sprintf("%s/correct/%s/%s/%d", Kind, a.Number, s.Volunteer, len(s.Records)),
		Reply: chat.Reply{Text: textCorrected(a, s)}, Unit: a.Unit,
	})
	return err
}

// tellUndone tells a volunteer that an organiser has taken something back.
func (b *Board) tellUndone(tx *store.Tx, a Activity, s Signup) error {
	_, _, err := b.write(tx, s.Volunteer, outbox.Notice{
		Key:   fmt.Sprintf("%s/undo/%s/%s/%d", Kind, a.Number, s.Volunteer, len(s.Records)),
		Reply: chat.Reply{Text: textUndone(a, s)}, Unit: a.Unit,
	})
	return err
}

// tellDenied tells a volunteer that a dispute changes nothing.
func (b *Board) tellDenied(tx *store.Tx, a Activity, s Signup) error {
	_, _, err := b.write(tx, s.Volunteer, outbox.Notice{
		Key:   fmt.Sprintf("%s/deny/%s/%s/%d", Kind, a.Number, s.Volunteer, s.Dispute.Raised.At.UnixMilli()),
		Reply: chat.Reply{Text: textDenied(a, s)}, Unit: a.Unit,
	})
	return err
}

// jobRaised is when a dispute is new.
const jobRaised jobKind = "raised"

// tellDispute tells the organisers that a dispute waits, or the office that it waited too
// long.
func (b *Board) tellDispute(tx *store.Tx, a Activity, s Signup, kind jobKind) error {
	p, err := loadVolunteer(tx, s.Volunteer)
	if err != nil {
		return err
	}
	n := outbox.Notice{
		Key:   fmt.Sprintf("%s/%s/%s/%s/%d", Kind, kind, a.Number, s.Volunteer, s.Dispute.Raised.At.UnixMilli()),
		Reply: chat.Reply{Text: b.textDispute(a, s, p, kind)},
	}
	if kind != jobLate {
		return b.tellOrganisers(tx, a.Unit, n)
	}
	people, err := org.Offices(tx)
	if err != nil {
		return err
	}
	key := n.Key
	for i, of := range people {
		n.Key, n.Unit = fmt.Sprintf("%s/%d", key, i+1), a.Unit
		if to := b.routes.To(of); len(to) > 0 {
			if err := b.post(tx, to, n); err != nil {
				return err
			}
		}
	}
	return nil
}
