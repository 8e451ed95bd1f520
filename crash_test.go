package main

import (
	"encoding/json"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// The promises of docs/operations.md about crashes, held by the built binary
// against both platforms: kill -9 at random points under load, Redis going away,
// SIGTERM, and a backup put back. XIETIAO_KILLS and XIETIAO_SEED change how often
// and where the kills are; make soak is the long run.

// seed makes the kills of a run, so that they can be had again as far as the
// machine allows.
func seed(t *testing.T) *mrand.Rand {
	n := number("XIETIAO_SEED", mrand.IntN(1<<30))
	t.Logf("XIETIAO_SEED=%d", n)
	return mrand.New(mrand.NewPCG(uint64(n), 0))
}

func TestNothingAcceptedIsLostByKills(t *testing.T) {
	t.Parallel()
	worlds := []struct {
		name  string
		redis bool
		mode  string
	}{
		{"file, DingTalk by stream", false, "stream"},
		{"redis, DingTalk by callback", true, "http"},
		{"file, DingTalk by callback", false, "http"},
		{"redis, DingTalk by stream", true, "stream"},
	}
	if !soak() {
		worlds = worlds[:2]
	}
	share := number("XIETIAO_KILLS", 50) / len(worlds)
	for _, tc := range worlds {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rng := seed(t)
			r := newRig(t, tc.redis, tc.mode)
			i := r.instance("a")
			i.run()
			i.furnish()
			rest := r.load(1+share/20, i)
			for range share {
				i.killAt(rng)
				i.run()
			}
			r.steps(50)
			rest()
			r.verify(i)
		})
	}
}

// killAt kills the service at a random point of the load, and now and then once
// more while it starts.
func (i *instance) killAt(rng *mrand.Rand) {
	i.steps(1 + rng.IntN(40))
	i.killNow(rng)
}

func (i *instance) killNow(rng *mrand.Rand) {
	<-time.After(time.Duration(rng.IntN(3000)) * time.Microsecond)
	i.kill()
	for rng.IntN(4) == 0 {
		i.command.Lock()
		i.start()
		<-time.After(time.Duration(rng.IntN(80)) * time.Millisecond)
		i.kill()
		i.command.Unlock()
	}
}

func TestOneInstanceIsKilledWhileTheOtherGoesOn(t *testing.T) {
	t.Parallel()
	rng := seed(t)
	r := newRig(t, true, "stream")
	a, b := r.instance("a"), r.instance("b")
	a.run()
	a.furnish()
	b.run()
	rest := r.load(1, a, b)
	for range max(6, number("XIETIAO_KILLS", 0)/10) {
		a.killAt(rng)
		r.steps(20) // b alone
		a.run()
	}
	r.steps(50)
	rest()
	if soak() { // b alone ends what a had begun, when a's claims and leases are over
		a.kill()
		r.verify(b)
		return
	}
	r.verify(a, b)
}

// outage is for how long Redis is away in the long run.
const outage = 30 * time.Second

func TestRedisGoesAwayUnderLoad(t *testing.T) {
	t.Parallel()
	r := newRig(t, true, "http")
	i := r.instance("a")
	i.run()
	i.furnish()
	rest := r.load(1, i)
	for range 2 {
		r.steps(40)
		r.redis.Kill()
		fault := ""
		if err := each(r.ctx, func() bool {
			var status int
			status, fault = i.probe()
			return status == http.StatusServiceUnavailable
		}); err != nil || !strings.Contains(fault, `"store"`) {
			t.Fatalf("readyz: %v %s", err, fault)
		}
		a := i.caller.Post(r.ctx, i.caller.Text(r.user("away"), questions[0]))
		if a.Status != http.StatusServiceUnavailable {
			t.Errorf("wecom while redis is away: %+v", a)
		}
		statuses, err := r.ding.Post(r.ctx, i.base+"dingtalk/callback", chattest.DingTalkMessage{User: r.user("away"), Text: questions[0]}, chattest.DingTalkPost{})
		if err != nil || statuses[0] != http.StatusServiceUnavailable {
			t.Errorf("dingtalk while redis is away: %v %v", statuses, err)
		}
		if soak() {
			<-time.After(outage)
		}
		r.redis.Start(t)
		if err := each(r.ctx, func() bool { status, _ := i.probe(); return status == http.StatusOK }); err != nil {
			t.Fatal("not ready when redis is back")
		}
	}
	r.steps(50)
	rest()
	r.verify(i)
}

func TestStoppingUnderLoadFinishesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	r := newRig(t, false, "stream")
	i := r.instance("a")
	i.run()
	i.furnish()
	rest := r.load(1, i)
	for range 3 {
		r.steps(40)
		r.bot.Hold(true) // a push is on its way when it is told to stop
		if err := each(r.ctx, func() bool { return r.bot.Held() > 0 }); err != nil {
			t.Fatal(err)
		}
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_ = each(r.ctx, func() bool { status, _ := i.probe(); return status == 0 })
			r.bot.Hold(false)
		}()
		i.stop()
		<-gone
		for _, rec := range i.records() {
			if rec.State == outbox.StateSending || rec.Unknowns > 0 || rec.Repeat {
				t.Errorf("left behind by a graceful stop: %s is %s, %+v", rec.Key, rec.State, rec.Attempts)
			}
		}
		i.run()
	}
	rest()
	r.verify(i)
}

func TestABackupUnderLoadIsWholeAndHoldsWhatWasOpen(t *testing.T) {
	t.Parallel()
	r := newRig(t, false, "http")
	r.bot.Refuse(true) // whose lease would outlive the instance
	a := r.instance("a")
	a.run()
	a.furnish()
	a.office("暂停推送")
	r.ding.Fail(chattest.DingTalkSendBySession, chattest.DingTalkErrcode(-1), chattest.DingTalkErrcode(-1)) // these answers wait for a retry
	rest := r.load(1, a)
	var file string
	var before []utterance // accepted before the last copy was begun
	for n := range 3 {
		r.steps(30)
		r.mu.Lock()
		before = before[:0]
		for _, s := range r.said {
			if s.accepted && s.via == "wecom" {
				before = append(before, *s)
			}
		}
		r.mu.Unlock()
		file = filepath.Join(r.dir, fmt.Sprintf("backup-%d", n))
		if out, err := a.program("backup", file).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	rest()
	a.stop()

	b := r.instance("b")
	if out, err := b.program("restore", file).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	open, seen := map[string]outbox.Record{}, map[string]int{}
	for _, rec := range b.records() {
		if rec.State == outbox.StateWaiting || rec.State == outbox.StateHeld {
			open[rec.Key], seen[rec.Key] = rec, len(r.seen(rec))
		}
	}
	if len(open) == 0 {
		t.Fatal("nothing was open in the backup")
	}
	b.run()
	for _, s := range before {
		if again := b.caller.Post(r.ctx, s.call); again.Err != nil || again.Text != s.text {
			t.Errorf("%s: answered %q, after the restore %q, %v", s.q, s.text, again.Text, again.Err)
		}
	}
	b.settle() // nothing waits: all of it is held
	for key, rec := range open {
		if n := len(r.seen(rec)); n != seen[key] {
			t.Errorf("%s went out of the restored store: seen %d times, now %d", key, seen[key], n)
		}
	}
	b.office("恢复推送")
	for key, rec := range open {
		if each(r.ctx, func() bool { return len(r.seen(rec)) == seen[key]+1 }) != nil {
			t.Errorf("%s after 恢复推送: seen %d times", key, len(r.seen(rec)))
		}
	}
	b.stop()
	for _, rec := range b.records() {
		if _, was := open[rec.Key]; was && rec.State != outbox.StateSent {
			t.Errorf("%s after 恢复推送: %s", rec.Key, rec.State)
		}
	}
}

// office is something that the office says.
func (i *instance) office(text string) {
	i.t.Helper()
	if a := i.caller.Post(i.ctx, i.caller.Text(rigOffice, text)); a.Err != nil || !strings.Contains(a.Text, text[:len("暂停")]) {
		i.t.Fatalf("%s: %+v", text, a)
	}
}

// records are the notices of the store, which no file service may have open.
func (i *instance) records() (list []outbox.Record) {
	i.t.Helper()
	i.view(func(r store.Reader) (err error) {
		list, err = outbox.New(outbox.Options{}).List(r, outbox.Query{Limit: 1 << 30})
		return err
	})
	return list
}

// view reads the store.
func (i *instance) view(fn func(r store.Reader) error) {
	i.t.Helper()
	s, err := openStore(i.ctx, i.config(), store.Options{Now: time.Now})
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.View(i.ctx, fn); err != nil {
		i.t.Fatal(err)
	}
}

var waitingGauge = regexp.MustCompile(`(?m)^xietiao_outbox_waiting (\S+)$`)

// settle waits until nothing waits to be sent.
func (i *instance) settle() {
	i.t.Helper()
	if err := each(i.ctx, func() bool { return i.gauge(waitingGauge) == "0" }); err != nil {
		i.t.Errorf("not settled: %v: %s", err, i.gauge(waitingGauge))
	}
}

// gauge is a figure of the running service, "" if there is none.
func (i *instance) gauge(name *regexp.Regexp) string {
	res, err := http.Get(i.base + "metrics")
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	if m := name.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// verify lets everything come to its end, stops the instances, and holds what
// the store and the people have against what was said.
func (r *rig) verify(all ...*instance) {
	r.t.Helper()
	i := all[0]
	r.comeBack(all)
	var list []outbox.Record
	for {
		i.settle()
		for _, other := range all {
			other.stop()
		}
		list = i.records()
		open := slices.ContainsFunc(list, func(rec outbox.Record) bool { return !rec.State.Ended() })
		if !open || r.t.Failed() {
			break
		}
		for _, other := range all { // one ended with a retry while it was stopped
			other.run()
		}
	}
	r.checkNotices(list)
	r.checkSaid(i, list)
	for _, v := range slices.Concat(r.wecom.Violations(), r.bot.Violations(), r.ding.Complaints()) {
		r.t.Errorf("a platform minds: %s", v)
	}
	for _, other := range all {
		if log := other.log.String(); strings.Contains(log, "panic") {
			r.t.Error("a panic in the log")
		}
	}
}

// comeBack lets the platforms bring messages once more: those that nobody took,
// and many of those that were.
func (r *rig) comeBack(to []*instance) {
	r.t.Helper()
	again := 0
	for n, s := range r.said {
		at := to[n%len(to)]
		switch {
		case s.via == "wecom" && s.call.Body != nil && s.recent() && again < 300:
			again++
			r.answered(s, at.caller.Post(r.ctx, s.call))
			if !s.accepted {
				r.t.Errorf("%s is not taken when all is well", s.user)
			}
		case s.via == "dingtalk" && !s.accepted && !s.at.IsZero():
			statuses, err := r.ding.Post(r.ctx, at.base+"dingtalk/callback", s.ding(), chattest.DingTalkPost{At: s.at})
			if s.accepted = statuses[0] == http.StatusOK; !s.accepted {
				r.t.Errorf("%s is not taken when all is well: %v %v", s.user, statuses, err)
			}
		}
	}
}

const markOfRepeat = "可能重复"

// checkNotices holds every notice against what was seen of it.
func (r *rig) checkNotices(list []outbox.Record) {
	r.t.Helper()
	count := map[outbox.State]int{}
	repeats := 0
	for _, rec := range list {
		count[rec.State]++
		seen := r.seen(rec)
		marked := 0
		for _, text := range seen {
			if strings.Contains(text, markOfRepeat) {
				marked++
			}
		}
		if rec.Repeat {
			repeats++
		}
		fault := ""
		switch {
		case !rec.State.Ended():
			fault = "has not ended"
		case rec.State != outbox.StateSent && rec.Code != outbox.CodeUnknown:
			fault = "was not sent"
		case rec.State == outbox.StateSent && len(seen) == 0:
			fault = "was sent, but not seen"
		case marked > 1 || len(seen)-marked > 1:
			fault = "was seen too often"
		case marked > 0 && !rec.Repeat:
			fault = "is marked for no reason"
		case rec.Total > 1 && len(seen) > 1 && rec.Unknowns == 0:
			fault = "was sent again though its outcome was known"
		}
		if fault != "" {
			r.t.Errorf("%s %s: %s, seen %q, attempts %+v", rec.Key, fault, rec.State, seen, rec.Attempts)
		}
	}
	r.t.Logf("%d things said, %d notices %v, %d perhaps sent twice", len(r.said), len(list), count, repeats)
}

// seen is what people saw of a notice.
func (r *rig) seen(rec outbox.Record) (texts []string) {
	app := func(by, to string) {
		for _, d := range r.wecom.Delivered() {
			if d.By == by && d.To == to && strings.Contains(d.Text, rec.Reply.Text) {
				texts = append(texts, d.Text)
			}
		}
	}
	conversation := func(name string) {
		for _, d := range r.ding.Delivered(name) {
			texts = append(texts, d.Text)
		}
	}
	_, rest, _ := strings.Cut(rec.Key, "/")
	robot, _, _ := strings.Cut(rest, "/")
	switch user := string(rec.To.User); rec.To.Via {
	case wecom.ViaApp:
		app(chattest.WeComByApp, user)
	case wecom.ViaWebhook:
		app(chattest.WeComByRobot, r.robots[robot])
	case wecom.ViaAIBot:
		for _, s := range r.bot.In(user) {
			texts = append(texts, s.Text)
		}
	case dingtalk.ViaWebhook:
		conversation(r.robots[robot])
	case dingtalk.ViaRobot:
		conversation(user)
	default:
		r.t.Errorf("%s goes by %s", rec.Key, rec.To.Via)
	}
	return texts
}

// checkSaid holds everything that was said against what is kept.
func (r *rig) checkSaid(i *instance, list []outbox.Record) {
	r.t.Helper()
	replies, tests := map[string]int{}, map[string]int{}
	for _, rec := range list {
		switch rec.Kind {
		case outbox.KindReply:
			replies[string(rec.To.User)]++
		case bot.KindTest:
			_, rest, _ := strings.Cut(rec.Key, "/")
			robot, _, _ := strings.Cut(rest, "/")
			tests[robot]++
		}
	}
	answered := i.answersKept()
	accepted := 0
	for _, s := range r.said {
		n := replies[s.user]
		if s.accepted {
			accepted++
		}
		switch {
		case n > 1:
			r.t.Errorf("%s has %d replies", s.user, n)
		case answered[s.user] > 1 || s.accepted && !s.bind && answered[s.user] == 0:
			r.t.Errorf("%s asked once and was answered %d times", s.user, answered[s.user])
		case s.via == "wecom" && s.accepted && (n == 1) != (s.text == ""):
			r.t.Errorf("%s was answered %q, and by %d notices", s.user, s.text, n)
		case s.via == "dingtalk" && s.accepted && n == 0:
			r.t.Errorf("%s was accepted and has no reply", s.user)
		case s.via == "aibot" && n == 0 && len(r.bot.In(s.user)) > 0:
			r.t.Errorf("%s has a reply that is not kept", s.user)
		}
	}
	if accepted == 0 {
		r.t.Error("nothing was accepted")
	}
	for robot := range r.robots {
		if tests[robot] != 1 {
			r.t.Errorf("robot %s has %d tests", robot, tests[robot])
		}
	}
	r.checkBindings(i, list)
}

// answersKept counts the answers that are kept, by who asked.
func (i *instance) answersKept() map[string]int {
	i.t.Helper()
	count := map[string]int{}
	i.view(func(r store.Reader) error {
		clear(count)
		return r.Scan("desk.answers", store.Range{}, func(_ string, value []byte) error {
			var a struct {
				To chat.Address `json:"to"`
			}
			err := json.Unmarshal(value, &a)
			count[string(a.To.User)]++
			return err
		})
	})
	return count
}

// checkBindings: each who asked to be bound has one request, and the office
// heard of it in one notice.
func (r *rig) checkBindings(i *instance, list []outbox.Record) {
	r.t.Helper()
	asked, told := map[chat.UserID]int{}, map[string]int{}
	i.view(func(v store.Reader) error {
		all, err := org.Pending(v)
		clear(asked)
		for _, q := range all {
			asked[q.User]++
			for _, rec := range list {
				if strings.HasPrefix(rec.Key, "org/request/"+string(q.ID)+"/") {
					told[string(q.User)]++
				}
			}
		}
		return err
	})
	for _, s := range r.said {
		if s.bind && s.accepted && (asked[chat.UserID(s.user)] != 1 || told[s.user] != 1) {
			r.t.Errorf("%s asked to be bound once: %d requests, %d notices", s.user, asked[chat.UserID(s.user)], told[s.user])
		}
	}
}
