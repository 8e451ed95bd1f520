package library_test

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
)

const docName = "某文发〔2026〕1号"

var (
	cst   = time.FixedZone("CST", 8*60*60)
	rules = library.Rules{Location: cst}
)

// version is first with another number of years in it.
func version(n int) string {
	return strings.Replace(first, "图书馆经费", fmt.Sprintf("图书馆%d年经费", n), 1)
}

// office is a store by a clock of the test's own.
type office struct {
	*store.Store
	t   testing.TB
	mu  sync.Mutex
	now time.Time
}

// redisURL is the server of TestOnRedis, while that runs.
var redisURL string

// The tests of what is kept do so on Redis as well.
func TestOnRedis(t *testing.T) {
	redisURL = storetest.NewRedis(t).URL()
	for name, test := range map[string]func(*testing.T){
		"life":        TestTheLifeOfAVersion,
		"schedule":    TestAVersionComesIntoForceOnItsDay,
		"replace":     TestADocumentOfAnotherNumberReplaces,
		"clerks":      TestOfTwoClerksOnePublishes,
		"race":        TestOfManyWhoPublishAtOnceOneDoes,
		"review":      TestASecondPersonPublishes,
		"discard":     TestDiscardingKeepsWhatAVersionHas,
		"faults":      TestADocumentWithFaultsNeedsAReason,
		"decisions":   TestDecisionsOfErrata,
		"contacts":    TestUnitsThatNobodyReachesAreToDo,
		"as of":       TestAsOfADate,
		"taken back":  TestATakenBackDocumentIsScheduledAgain,
		"withdrawing": TestWithdrawing,
	} {
		t.Run(name, test)
	}
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2026, 1, 10, 9, 0, 0, 0, cst)}
	opt := store.Options{Now: func() time.Time {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.now
	}}
	var err error
	if strings.HasPrefix(t.Name(), "TestOnRedis/") {
		o.Store, err = store.OpenRedis(redisURL, crand.Text(), nil, opt)
	} else {
		o.Store, err = store.OpenFile(filepath.Join(t.TempDir(), "x.db"), opt)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

func (o *office) at(year int, month time.Month, day, hour int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = time.Date(year, month, day, hour, 0, 0, 0, cst)
}

// must does what has to succeed.
func (o *office) must(fn func(tx *store.Tx) error) {
	o.t.Helper()
	if err := o.Update(context.Background(), fn); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) upload(text, by string) (d library.Draft) {
	o.t.Helper()
	o.must(func(tx *store.Tx) (err error) { d, _, err = library.Upload(tx, "a.txt", []byte(text), by); return err })
	return d
}

func (o *office) stand(names ...string) (s library.Stand) {
	o.t.Helper()
	o.must(func(tx *store.Tx) (err error) { s, err = library.StandOf(tx, names...); return err })
	return s
}

// publish publishes a draft as it is looked at now.
func (o *office) publish(d library.Draft, p library.Publication) (v library.Version, err error) {
	o.t.Helper()
	p.Sum, p.Stand = d.Sum, o.stand(d.Name, p.Instead)
	if p.By == "" {
		p.By = "甲"
	}
	err = o.Update(context.Background(), func(tx *store.Tx) (err error) { v, err = rules.Publish(tx, p); return err })
	return v, err
}

func (o *office) mustPublish(text string, p library.Publication) library.Version {
	o.t.Helper()
	v, err := o.publish(o.upload(text, "甲"), p)
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

func (o *office) holding(name string) (h library.Holding) {
	o.t.Helper()
	o.must(func(tx *store.Tx) (err error) { h, _, err = library.HoldingOf(tx, name); return err })
	return h
}

// inForce lists the documents in force as "name sum".
func (o *office) inForce() (list []string) {
	o.t.Helper()
	o.must(func(tx *store.Tx) error {
		docs, bad, err := library.All(tx)
		if len(bad) > 0 {
			o.t.Errorf("damaged: %v", bad)
		}
		list = nil
		for _, d := range docs {
			list = append(list, d.Name+" "+d.Sum)
		}
		return err
	})
	return list
}

func (o *office) states(h library.Holding, sums ...string) (list []library.State) {
	for _, sum := range sums {
		_, s := h.Version(sum)
		list = append(list, s)
	}
	return list
}

func want(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got)\n%s", what, d)
	}
}

func day(y int, m time.Month, d int) calendar.Date { return calendar.Date{Y: y, M: m, D: d} }

func TestTheLifeOfAVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.upload(version(1), "甲")
	if o.upload(version(1), "乙").By != "甲" {
		t.Error("the same upload makes another draft")
	}
	if len(o.inForce()) != 0 {
		t.Error("a draft is in force")
	}
	v, err := o.publish(one, library.Publication{By: "乙"})
	if err != nil || v.Uploader != "甲" || v.By != "乙" || !v.At.Equal(v.Published) {
		t.Fatalf("%+v, %v", v, err)
	}
	want(t, "in force", []string{docName + " " + one.Sum}, o.inForce())
	if _, err := o.publish(one, library.Publication{}); !errors.Is(err, library.ErrNoDraft) {
		t.Errorf("published twice: %v", err)
	}
	err = o.Update(t.Context(), func(tx *store.Tx) error {
		_, _, err := library.Upload(tx, "b.txt", []byte(version(1)), "甲")
		return err
	})
	if !errors.Is(err, library.ErrSame) {
		t.Errorf("what is in force is a draft: %v", err)
	}
	o.at(2026, 2, 1, 9)
	two := o.mustPublish(version(2), library.Publication{})
	h := o.holding(docName)
	want(t, "states", []library.State{library.StateSuperseded, library.StateCurrent, ""}, o.states(h, one.Sum, two.Sum, "other"))
	var old library.Document
	o.must(func(tx *store.Tx) (err error) { old, err = library.Open(tx, docName, one.Sum); return err })
	if string(old.Original) != version(1) || old.Plan == nil {
		t.Error("the version before is not what it was")
	}
	// Rolling back is a new act.
	o.at(2026, 3, 1, 9)
	var again library.Draft
	o.must(func(tx *store.Tx) (err error) { again, err = library.Again(tx, docName, one.Sum, "丙"); return err })
	if _, err := o.publish(again, library.Publication{By: "丙"}); err != nil {
		t.Fatal(err)
	}
	h = o.holding(docName)
	want(t, "in force", []string{docName + " " + one.Sum}, o.inForce())
	if len(h.Earlier) != 2 || h.Earlier[0].Sum != one.Sum || h.Earlier[1].Sum != two.Sum || h.Current.By != "丙" {
		t.Errorf("%+v", h)
	}
	var acts []string
	o.must(func(tx *store.Tx) error {
		entries, err := library.History(tx, docName)
		acts = nil
		for _, e := range entries {
			acts = append(acts, e.What+" "+e.By)
		}
		if err == nil {
			var report audit.Report
			if report, err = audit.VerifyAll(tx); len(report.Breaks) > 0 {
				t.Errorf("breaks: %v", report.Breaks)
			}
		}
		return err
	})
	want(t, "history", []string{"upload 甲", "publish 乙", "upload 甲", "publish 甲", "again 丙", "publish 丙"}, acts)
}

func TestAVersionComesIntoForceOnItsDay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.mustPublish(version(1), library.Publication{})
	var before map[string]string
	sums := func() (m map[string]string, at time.Time) {
		o.must(func(tx *store.Tx) (err error) {
			if m, err = library.Sums(tx); err == nil {
				at, err = library.Coming(tx)
			}
			return err
		})
		return m, at
	}
	two := o.mustPublish(version(2), library.Publication{From: day(2026, 3, 1)})
	before, at := sums()
	if begin := time.Date(2026, 3, 1, 0, 0, 0, 0, cst); !two.At.Equal(begin) || !at.Equal(begin) {
		t.Errorf("it comes at %v, told is %v", two.At, at)
	}
	want(t, "in force", []string{docName + " " + one.Sum}, o.inForce())
	want(t, "states", []library.State{library.StateCurrent, library.StateScheduled}, o.states(o.holding(docName), one.Sum, two.Sum))
	o.at(2026, 2, 28, 23)
	if m, _ := sums(); !cmp.Equal(m, before) {
		t.Error("it seems to be there before its day")
	}
	o.at(2026, 3, 1, 0)
	if m, at := sums(); cmp.Equal(m, before) || !at.IsZero() {
		t.Errorf("nobody can see that it came; next %v", at)
	}
	want(t, "in force", []string{docName + " " + two.Sum}, o.inForce())
	want(t, "states", []library.State{library.StateSuperseded, library.StateCurrent}, o.states(o.holding(docName), one.Sum, two.Sum))
	// What is published next stands behind both.
	three := o.mustPublish(version(3), library.Publication{From: day(2026, 1, 1)})
	if h := o.holding(docName); len(h.Earlier) != 2 || h.Current.Sum != three.Sum || h.Current.Effective != day(2026, 1, 1) {
		t.Errorf("%+v", h)
	}
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	withdraw := func() error {
		stand := o.stand(docName)
		return o.Update(t.Context(), func(tx *store.Tx) error { return library.Withdraw(tx, docName, stand, "乙") })
	}
	if err := withdraw(); !errors.Is(err, library.ErrNone) {
		t.Errorf("nothing was withdrawn: %v", err)
	}
	first := o.mustPublish(version(1), library.Publication{From: day(2026, 2, 1)})
	if err := withdraw(); err != nil {
		t.Fatal(err)
	}
	o.at(2026, 2, 2, 9)
	if len(o.inForce()) != 0 {
		t.Error("what was withdrawn is in force")
	}
	var d library.Draft
	o.must(func(tx *store.Tx) (err error) { d, err = library.DraftOf(tx, first.Sum); return err })
	if d.By != "甲" || string(d.Original) != version(1) {
		t.Errorf("the draft is %+v", d)
	}
	if _, err := o.publish(d, library.Publication{}); err != nil {
		t.Fatal(err)
	}
	// A second version for a later day takes the place of the first one.
	two := o.mustPublish(version(2), library.Publication{From: day(2026, 3, 1)})
	three := o.mustPublish(version(3), library.Publication{From: day(2026, 4, 1)})
	want(t, "states", []library.State{library.StateCurrent, "", library.StateScheduled}, o.states(o.holding(docName), d.Sum, two.Sum, three.Sum))
	var drafts []library.Draft
	o.must(func(tx *store.Tx) (err error) { drafts, err = library.Drafts(tx); return err })
	if len(drafts) != 1 || drafts[0].Sum != two.Sum {
		t.Errorf("drafts: %+v", drafts)
	}
}

// A plan that is issued anew has another number, and is another document.
func TestADocumentOfAnotherNumberReplaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old := o.mustPublish(version(1), library.Publication{})
	reissued := strings.Replace(version(2), "〔2026〕1号", "〔2026〕9号", 1)
	const newName = "某文发〔2026〕9号"
	if _, err := o.publish(o.upload(reissued, "甲"), library.Publication{Instead: "某文发〔2020〕7号"}); !errors.Is(err, library.ErrNone) {
		t.Errorf("nothing is replaced: %v", err)
	}
	next := o.mustPublish(reissued, library.Publication{Instead: docName, From: day(2026, 3, 1)})
	want(t, "before", []string{docName + " " + old.Sum}, o.inForce())
	o.at(2026, 3, 1, 0)
	want(t, "after", []string{newName + " " + next.Sum}, o.inForce())
	h := o.holding(docName)
	if _, s := h.Version(old.Sum); s != library.StateSuperseded || h.Successor != newName || h.Current != nil {
		t.Errorf("the old one is %s, %+v", s, h)
	}
	// Back to the old one, instead of the new one.
	var again library.Draft
	o.must(func(tx *store.Tx) (err error) { again, err = library.Again(tx, docName, old.Sum, "甲"); return err })
	if _, err := o.publish(again, library.Publication{Instead: newName}); err != nil {
		t.Fatal(err)
	}
	want(t, "rolled back", []string{docName + " " + old.Sum}, o.inForce())
	if h := o.holding(docName); h.Successor != "" {
		t.Errorf("%+v", h)
	}
}

// A replacement that is withdrawn replaces nothing.
func TestAWithdrawnReplacementReplacesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old := o.mustPublish(version(1), library.Publication{})
	o.mustPublish(strings.Replace(version(2), "1号", "9号", 1), library.Publication{Instead: docName, From: day(2026, 3, 1)})
	stand := o.stand("某文发〔2026〕9号")
	o.must(func(tx *store.Tx) error { return library.Withdraw(tx, "某文发〔2026〕9号", stand, "甲") })
	o.at(2026, 4, 1, 0)
	want(t, "in force", []string{docName + " " + old.Sum}, o.inForce())
}

func TestOfTwoClerksOnePublishes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.mustPublish(version(1), library.Publication{})
	a, b := o.upload(version(2), "甲"), o.upload(version(3), "乙")
	looked := o.stand(docName)
	try := func(d library.Draft) error {
		return o.Update(t.Context(), func(tx *store.Tx) error {
			_, err := rules.Publish(tx, library.Publication{Sum: d.Sum, Stand: looked, By: "甲"})
			return err
		})
	}
	if err := try(a); err != nil {
		t.Fatal(err)
	}
	if err := try(b); !errors.Is(err, library.ErrStale) || library.Tell(err) == "" {
		t.Errorf("the second one: %v", err)
	}
	want(t, "in force", []string{docName + " " + a.Sum}, o.inForce())
}

func TestOfManyWhoPublishAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const clerks = 8
	var drafts []library.Draft
	for i := range clerks {
		drafts = append(drafts, o.upload(version(i+1), "甲"))
	}
	looked := o.stand(docName)
	errs := make([]error, clerks)
	var wg sync.WaitGroup
	for i, d := range drafts {
		wg.Go(func() {
			errs[i] = o.Update(t.Context(), func(tx *store.Tx) error {
				_, err := rules.Publish(tx, library.Publication{Sum: d.Sum, Stand: looked, By: "甲"})
				return err
			})
		})
	}
	wg.Wait()
	done := 0
	for i, err := range errs {
		switch {
		case err == nil:
			done++
			want(t, "in force", []string{docName + " " + drafts[i].Sum}, o.inForce())
		case !errors.Is(err, library.ErrStale):
			t.Error(err)
		}
	}
	if done != 1 {
		t.Errorf("%d published", done)
	}
}

func TestASecondPersonPublishes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.upload(version(1), "甲")
	o.upload(version(1), "乙") // does not make it 乙's
	reviewed := library.Rules{Location: cst, Review: true}
	try := func(by string) error {
		stand := o.stand(docName)
		return o.Update(t.Context(), func(tx *store.Tx) error {
			_, err := reviewed.Publish(tx, library.Publication{Sum: d.Sum, Stand: stand, By: by})
			return err
		})
	}
	if err := try("甲"); !errors.Is(err, library.ErrReview) || library.Tell(err) == "" {
		t.Errorf("by who uploaded it: %v", err)
	}
	if err := try("乙"); err != nil {
		t.Error(err)
	}
}

func TestDiscardingKeepsWhatAVersionHas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.mustPublish(version(1), library.Publication{})
	o.mustPublish(version(2), library.Publication{})
	var again library.Draft
	o.must(func(tx *store.Tx) (err error) { again, err = library.Again(tx, docName, one.Sum, "甲"); return err })
	fresh := o.upload(version(3), "甲")
	o.must(func(tx *store.Tx) error {
		return errors.Join(library.Discard(tx, again.Sum, "甲"), library.Discard(tx, fresh.Sum, "甲"))
	})
	o.must(func(tx *store.Tx) error {
		if _, err := library.Open(tx, docName, one.Sum); err != nil {
			t.Errorf("the version is gone: %v", err)
		}
		if _, ok, err := tx.Get("plans.files", fresh.Sum); ok || err != nil {
			t.Errorf("the draft's bytes are there: %v", err)
		}
		if err := library.Discard(tx, fresh.Sum, "甲"); !errors.Is(err, library.ErrNoDraft) {
			t.Errorf("twice: %v", err)
		}
		if _, err := library.Again(tx, docName, "0000", "甲"); !errors.Is(err, library.ErrNone) {
			t.Errorf("a version that never was: %v", err)
		}
		return nil
	})
}

func TestAsOfADate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.mustPublish(version(1), library.Publication{})
	two := o.mustPublish(version(2), library.Publication{From: day(2026, 2, 1)})
	o.at(2026, 3, 1, 9)
	three := o.mustPublish(version(3), library.Publication{From: day(2026, 4, 1)})
	for when, sum := range map[time.Time]string{
		time.Date(2026, 1, 1, 0, 0, 0, 0, cst): "", time.Date(2026, 1, 20, 0, 0, 0, 0, cst): one.Sum,
		time.Date(2026, 2, 1, 0, 0, 0, 0, cst): two.Sum, time.Date(2026, 3, 31, 0, 0, 0, 0, cst): two.Sum, time.Date(2026, 5, 1, 0, 0, 0, 0, cst): three.Sum,
	} {
		o.must(func(tx *store.Tx) error {
			d, err := library.AsOf(tx, docName, when)
			if d.Sum != sum || (sum == "") != errors.Is(err, library.ErrNone) {
				t.Errorf("%v: %s, %v", when, d.Sum, err)
			}
			return nil
		})
	}
}

// What was taken back stays out of force until the day for which it is published.
func TestATakenBackDocumentIsScheduledAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.mustPublish(version(1), library.Publication{})
	stale := o.upload(version(2), "甲")
	o.must(func(tx *store.Tx) error { _, err := library.Remove(tx, docName, "甲"); return err })
	if _, err := o.publish(stale, library.Publication{From: day(2026, 3, 1)}); err != nil {
		t.Fatal(err)
	}
	if got := o.inForce(); len(got) != 0 {
		t.Errorf("in force: %v", got)
	}
	o.at(2026, 3, 1, 0)
	want(t, "in force", []string{docName + " " + stale.Sum}, o.inForce())
	if h := o.holding(docName); len(h.Earlier) != 1 || h.Earlier[0].Sum != one.Sum {
		t.Errorf("%+v", h)
	}
}

// Importing at the machine is uploading and publishing; a version to come still comes.
func TestImportingLeavesWhatIsToCome(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	draft := o.upload(version(1), "甲")
	two := o.mustPublish(version(2), library.Publication{From: day(2026, 3, 1)})
	o.must(func(tx *store.Tx) error {
		_, err := library.Put(tx, "a.txt", []byte(version(1)), "operator")
		return err
	})
	want(t, "imported", []string{docName + " " + draft.Sum}, o.inForce())
	o.must(func(tx *store.Tx) error {
		if _, err := library.DraftOf(tx, draft.Sum); !errors.Is(err, library.ErrNoDraft) {
			t.Errorf("still a draft: %v", err)
		}
		return nil
	})
	o.at(2026, 3, 1, 0)
	want(t, "its day", []string{docName + " " + two.Sum}, o.inForce())
}
