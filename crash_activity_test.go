package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// A crowd is rounds of people who sign up and check in, while instances are killed.
const (
	crowdSize   = 48 // of a round
	crowdAtOnce = 12
	crowdPlaces = 12
	crowdFirst  = 8 // come before the others, so that they have places
	crowdLeaves = 4 // of them, when all have come
)

// attendee is one person of a crowd: a member who writes to the WeCom app, or, with a
// browser, somebody on the page, whom the office knows already or nobody yet.
type attendee struct {
	user     string
	browser  activity.Token // of the volunteer
	newcomer bool           // signs up only: nobody has confirmed it

	// What was confirmed to the person, guarded by rig.mu.
	asked, heard  int // when, by the round's count; heard 0: not yet
	waits, left   bool
	checked       bool
	at            string // the time of the check-in, as it was said
	firsts, scans int    // check-ins that were said to be new, and all that were answered in words
}

// crowd is one round.
type crowd struct {
	*rig
	at           []*instance
	board        *activity.Board
	signs, walks activity.Number // with few places, and with a place for everybody
	people       []*attendee
	count        int      // of askings and hearings; guarded by rig.mu
	faults       []string // of the state that holds saw last

	screen sync.Mutex // guards what follows
	digits string
	until  time.Time
}

func TestNothingConfirmedAtActivitiesIsLostByKills(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, redis bool) {
		rng := seed(t)
		r := newRig(t, redis, "http")
		r.env["TRUSTED_PROXIES"] = "127.0.0.1" // everybody on the page has an address
		all := []*instance{r.instance("a")}
		all[0].run()
		all[0].furnish()
		if redis {
			all = append(all, r.instance("b"))
			all[1].run()
		}
		for kills := max(6, number("XIETIAO_KILLS", 0)/4); kills > 0; {
			for _, i := range all {
				i.stop()
			}
			c := r.crowd(all)
			for _, i := range all {
				i.run()
			}
			gone := make(chan struct{})
			go func() { defer close(gone); c.come() }()
			for kills > 0 && r.stepsOr(1+rng.IntN(40), gone) {
				i := all[rng.IntN(len(all))]
				i.killNow(rng)
				kills--
				c.check(i)
				i.run()
			}
			<-gone
			c.checkAll()
		}
	})
}

// stepsOr waits until n more things have gone on; false: it is over before.
func (r *rig) stepsOr(n int, over <-chan struct{}) bool {
	for range n {
		select {
		case <-r.beats:
		case <-over:
			return false
		}
	}
	return true
}

// crowd makes a round's activities and people, in the store of instances that are stopped.
func (r *rig) crowd(at []*instance) *crowd {
	r.t.Helper()
	c := &crowd{rig: r, at: at}
	cfg := at[0].config()
	now := clockOf(cfg)().Truncate(time.Minute)
	c.change(func(ctx context.Context, s *store.Store) error {
		p, err := openPeople(ctx, cfg, s)
		if err != nil {
			return err
		}
		if c.board, err = newActivities(cfg, outbox.New(outbox.Options{}), p.vault); err != nil {
			return err
		}
		return s.Update(ctx, func(tx *store.Tx) error {
			c.people = nil
			open := func(places int) (activity.Number, error) {
				a, _, err := c.board.Create(tx, "", activity.Draft{
					Title: "读书会", Unit: "市教育局", Start: now.Add(20 * time.Minute), End: now.Add(5 * time.Hour), Capacity: places, Public: true,
				}, activity.Operator)
				if err == nil {
					_, err = c.board.Publish(tx, a.Number, activity.Operator)
				}
				return a.Number, err
			}
			var err1, err2 error
			c.signs, err1 = open(crowdPlaces)
			c.walks, err2 = open(0)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			for n := range crowdSize {
				if err := c.person(tx, n); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return c
}

// person adds somebody: half of them write, the others are on the page.
func (c *crowd) person(tx *store.Tx, n int) error {
	p := &attendee{user: c.user("vol")}
	apply := activity.Application{Profile: activity.Profile{Name: "赵志愿", Consent: activity.Consent{Version: activity.ConsentVersion}}, By: activity.Operator}
	if n%2 == 0 {
		apply.Account = activity.Account{Platform: chat.WeCom, User: chat.UserID(p.user)}
	} else {
		p.browser = activity.NewToken()
		apply.Browser = p.browser
	}
	c.people = append(c.people, p)
	if p.newcomer = n%6 == 1; p.newcomer {
		return nil
	}
	v, _, err := c.board.Enrol(tx, apply)
	if err == nil {
		_, err = c.board.Join(tx, c.walks, v.ID, activity.Self(v.ID))
	}
	return err
}

// change does something with the store.
func (c *crowd) change(fn func(ctx context.Context, s *store.Store) error) {
	c.t.Helper()
	cfg := c.at[0].config()
	s, err := openStore(c.ctx, cfg, store.Options{Now: clockOf(cfg)})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := errors.Join(fn(c.ctx, s), s.Close()); err != nil {
		c.t.Fatal(err)
	}
}

// come lets all of them sign up and check in, and some leave then.
func (c *crowd) come() {
	c.each(c.people[:crowdFirst], c.joins)
	c.each(c.people[crowdFirst:], c.joins)
	c.each(c.people[:crowdLeaves], func(p *attendee, n int) {
		c.does(p, n, "leave", "取消报名 "+c.signs.String(), c.signs, func(said string) {
			p.left = true
			if said != "" && !strings.Contains(said, "已取消") {
				c.t.Errorf("%s was told %q", p.user, said)
			}
		})
	})
}

// each lets people do something, a few at a time, until each has heard what came of it.
func (c *crowd) each(people []*attendee, do func(p *attendee, n int)) {
	var all sync.WaitGroup
	next := make(chan *attendee)
	for n := range crowdAtOnce {
		all.Go(func() {
			for p := range next {
				do(p, n)
			}
		})
	}
	for _, p := range people {
		next <- p
	}
	close(next)
	all.Wait()
}

// joins signs a person up, and checks it in.
func (c *crowd) joins(p *attendee, n int) {
	c.mu.Lock()
	c.count++
	p.asked = c.count
	c.mu.Unlock()
	c.does(p, n, "join", "报名 "+c.signs.String(), c.signs, func(said string) {
		if c.count++; p.heard == 0 {
			p.heard = c.count
		}
		p.waits = strings.Contains(said, "候补第")
		if said != "" && !p.waits && !strings.Contains(said, "报名成功") {
			c.t.Errorf("%s was told %q", p.user, said) // as if it had signed up before
		}
	})
	if !p.newcomer {
		var twice sync.WaitGroup
		for i := range 2 { // every scan is sent twice at once
			twice.Go(func() { c.scan(p, n+i) })
		}
		twice.Wait()
		c.scan(p, n) // and again
	}
}

// saidAt is the time that a check-in, or one that stands, is said to have.
var saidAt = regexp.MustCompile(`(?:签到成功，|您已经在 )(\d\d:\d\d)`)

// scan checks a person in.
func (c *crowd) scan(p *attendee, n int) {
	for expired := true; expired && c.ctx.Err() == nil; {
		expired = false
		digits := c.code(n)
		c.does(p, n, "check\x00"+digits, "签到 "+c.walks.String()+" "+digits, c.walks, func(said string) {
			if expired = strings.Contains(said, "过期"); expired {
				return
			}
			p.checked = true
			if said == "" {
				return
			}
			m := saidAt.FindStringSubmatch(said)
			if m == nil || p.at != "" && p.at != m[1] {
				c.t.Errorf("%s was told %q, and %s before", p.user, said, p.at)
				return
			}
			p.at = m[1]
			p.scans++
			if strings.Contains(said, "成功") {
				p.firsts++
			}
		})
	}
}

// does lets a person do something until it is confirmed: by the answer to what it wrote,
// or to the form, which are the same whenever they are sent again.
func (c *crowd) does(p *attendee, n int, form, text string, at activity.Number, heard func(said string)) {
	if p.browser != "" {
		c.submits(p, n, form, at, heard)
		return
	}
	call := c.at[0].caller.Text(p.user, text) // one gives the numbers of all messages
	for try := n; ; try++ {
		i, _ := c.anyUp(c.ctx, c.at, try)
		if i == nil {
			return
		}
		c.step()
		a := i.caller.Post(c.ctx, call)
		c.step()
		switch {
		case a.Err == nil:
			c.mu.Lock()
			heard(a.Text)
			c.mu.Unlock()
			return
		case a.Status != 0 && a.Status != http.StatusOK && a.Status != http.StatusServiceUnavailable:
			c.t.Errorf("%s: %+v", text, a)
			return
		}
	}
}

var formSecret = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)

// submits is does of a form of the page. It says nothing but that it was done.
func (c *crowd) submits(p *attendee, n int, form string, at activity.Number, heard func(said string)) {
	form, digits, _ := strings.Cut(form, "\x00")
	path := "a/" + at.String()
	for try := n; ; try++ {
		i, _ := c.anyUp(c.ctx, c.at, try)
		if i == nil {
			return
		}
		status, page := c.http(p, i, path, nil)
		if status != http.StatusOK { // it was killed
			continue
		}
		secret := formSecret.FindStringSubmatch(page)
		if secret == nil { // an earlier try was done and not answered: nothing is left to be done
			c.mu.Lock()
			heard("")
			c.mu.Unlock()
			return
		}
		c.step()
		status, text := c.http(p, i, path+"/"+form, url.Values{
			"csrf": {secret[1]}, "c": {digits}, "name": {"钱新来"}, "consent": {activity.ConsentVersion},
		})
		c.step()
		switch expired := strings.Contains(text, "过期"); {
		case status == 0, status == http.StatusServiceUnavailable:
			continue
		case status == http.StatusSeeOther, expired:
			c.mu.Lock()
			heard(map[bool]string{true: text}[expired])
			c.mu.Unlock()
		default:
			c.t.Errorf("%s %s: %d %s", form, at, status, text)
		}
		return
	}
}

// http is a request of a person's browser; 0 and nothing: there was no whole answer.
func (c *crowd) http(p *attendee, i *instance, path string, form url.Values) (status int, text string) {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(c.ctx, method, i.base+path, body)
	if err != nil {
		c.t.Error(err)
		return 0, ""
	}
	token := p.browser.Reveal()
	req.AddCookie(&http.Cookie{Name: "xietiao", Value: token})
	req.AddCookie(&http.Cookie{Name: "xietiao-volunteer", Value: token})
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.%d.%d", mrand.N(250), mrand.N(250)))
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(all)
}

var sixDigits = regexp.MustCompile(`签到码：(\d{6})`)

// code is what the screen shows, which the organiser asks for now and then.
func (c *crowd) code(n int) string {
	c.screen.Lock()
	defer c.screen.Unlock()
	for ; time.Now().After(c.until) && c.ctx.Err() == nil; n++ {
		i, _ := c.anyUp(c.ctx, c.at, n)
		if i == nil {
			break
		}
		if m := sixDigits.FindStringSubmatch(i.caller.Post(c.ctx, c.at[0].caller.Text(rigOffice, "签到码 "+c.walks.String())).Text); m != nil {
			c.digits, c.until = m[1], time.Now().Add(20*time.Second)
		}
	}
	return c.digits
}

// check holds the store, of which i is killed, against what was confirmed until now.
func (c *crowd) check(i *instance) {
	c.t.Helper()
	c.command.Lock()
	defer c.command.Unlock()
	if out, err := i.program("verify").CombinedOutput(); err != nil {
		c.t.Errorf("verify: %v %s", err, out)
	}
	c.mu.Lock()
	var was []attendee
	for _, p := range c.people {
		was = append(was, *p)
	}
	c.mu.Unlock()
	c.change(func(ctx context.Context, s *store.Store) error {
		return s.View(ctx, func(r store.Reader) error { c.faults = nil; return c.holds(r, was) })
	})
	for _, f := range c.faults {
		c.t.Error(f)
	}
}

// checkAll is check when everybody has heard everything.
func (c *crowd) checkAll() {
	c.t.Helper()
	c.at[0].kill()
	c.check(c.at[0])
	promoted := map[string]bool{}
	told := map[string]int{}
	c.change(func(ctx context.Context, s *store.Store) error {
		return s.View(ctx, func(r store.Reader) error {
			clear(promoted)
			clear(told)
			for _, n := range []activity.Number{c.signs, c.walks} {
				if err := c.board.Recheck(r, n); err != nil {
					return err
				}
			}
			entries, err := c.board.History(r, c.signs)
			for _, e := range entries {
				if e.What == string(activity.DoPromote) {
					promoted[e.By] = true
				}
			}
			list, err2 := outbox.New(outbox.Options{}).List(r, outbox.Query{Limit: 1 << 30})
			for _, n := range list {
				if rest, ok := strings.CutPrefix(n.Key, "activity/promote/"+c.signs.String()+"/"); ok {
					who, _, _ := strings.Cut(rest, "/")
					told[who]++
				}
			}
			return errors.Join(err, err2)
		})
	})
	if len(promoted) != crowdLeaves {
		c.t.Errorf("%d moved up, %d left", len(promoted), crowdLeaves)
	}
	for who, n := range told {
		if n != 1 || !promoted[who] {
			c.t.Errorf("%s was told %d times of moving up", who, n)
		}
	}
	for n, p := range c.people {
		if p.left != (n < crowdLeaves) || p.heard == 0 || !p.newcomer && !p.checked {
			c.t.Errorf("%s heard %+v", p.user, *p)
		}
		if p.firsts > 1 || p.scans == 3 && p.firsts != 1 {
			c.t.Errorf("%s was checked in for the first time %d times of %d", p.user, p.firsts, p.scans)
		}
	}
	c.at[0].run()
}

// fault is one of a state, which may be thrown away.
func (c *crowd) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// holds holds one state of the store against what was confirmed before it.
func (c *crowd) holds(r store.Reader, was []attendee) error {
	of := map[activity.VolunteerID]*attendee{}
	for n := range was {
		p := &was[n]
		v, known, err := activity.Volunteer{}, false, error(nil)
		if p.browser != "" {
			v, known, err = c.board.ByBrowser(r, p.browser)
		} else {
			v, known, err = c.board.ByAccount(r, activity.Account{Platform: chat.WeCom, User: chat.UserID(p.user)})
		}
		if err != nil {
			return err
		}
		if !known {
			if p.heard > 0 || !p.newcomer {
				c.fault("%s is no volunteer", p.user)
			}
			continue
		}
		if of[v.ID] != nil {
			c.fault("%s is two people", v.ID)
		}
		of[v.ID] = p
		if err := c.holdsOne(r, v.ID, *p); err != nil {
			return err
		}
	}
	roll, err := c.board.Roll(r, c.signs, true, activity.Operator)
	if err != nil {
		return err
	}
	slices.SortFunc(roll, func(a, b activity.Entry) int { return cmp.Compare(a.Signup.Seq, b.Signup.Seq) })
	heard, taken, waiting := 0, 0, 0
	for at, e := range slices.Backward(roll) { // who had heard before another asked is before it
		p := of[e.Volunteer.ID]
		if p == nil {
			c.fault("%s signed up twice, or was never here", e.Volunteer.ID)
			continue
		}
		if p.heard > 0 && heard > 0 && p.asked > heard {
			c.fault("%s is %d, before somebody who had heard when it asked", p.user, at)
		}
		if p.heard > 0 && (heard == 0 || p.heard < heard) {
			heard = p.heard
		}
	}
	for at, e := range roll {
		if e.Signup.Seq != at+1 {
			c.fault("%s is number %d of %d", e.Volunteer.ID, e.Signup.Seq, at+1)
		}
		switch e.Signup.State {
		case activity.SignLeft:
		case activity.SignJoined:
			if taken++; waiting > 0 || taken > crowdPlaces {
				c.fault("%s has place %d of %d, and %d before it wait", e.Volunteer.ID, taken, crowdPlaces, waiting)
			}
		case activity.SignWaiting:
			waiting++
			position, err := c.board.Position(r, e.Signup)
			if err != nil {
				return err
			}
			if position != waiting || taken != crowdPlaces {
				c.fault("%s waits as number %d of %d, %d places are taken", e.Volunteer.ID, position, waiting, taken)
			}
		default:
			c.fault("%s is %s", e.Volunteer.ID, e.Signup.State)
		}
	}
	return nil
}

// holdsOne holds what is stored of a person against what it was told.
func (c *crowd) holdsOne(r store.Reader, v activity.VolunteerID, p attendee) error {
	s, _, err1 := c.board.Signup(r, c.signs, v)
	w, _, err2 := c.board.Signup(r, c.walks, v)
	switch on := s.State == activity.SignJoined; {
	case p.left && s.State != activity.SignLeft,
		p.heard > 0 && !on && s.State != activity.SignWaiting && s.State != activity.SignLeft,
		p.heard > 0 && s.State == activity.SignWaiting && !p.waits && p.browser == "":
		c.fault("%s: %+v was told, and %s is stored", v, p, s.State)
	}
	ins := 0
	for _, rec := range w.Records {
		if rec.Act == activity.ActIn {
			ins++
		}
		if at := rec.At.Format("15:04"); p.at != "" && at != p.at {
			c.fault("%s was told %s, and %s is stored", v, p.at, at)
		}
	}
	if ins > 1 || p.checked && ins == 0 {
		c.fault("%s checked in (%v), and is stored %d times", v, p.checked, ins)
	}
	return errors.Join(err1, err2)
}
