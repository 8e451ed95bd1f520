package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/org"
	"xietiao/bot/store/storetest"
	"xietiao/config"
)

// The credentials of a rig.
const (
	rigCorp   = "wwrig0123456789"
	rigAgent  = 1000002
	rigSecret = "rig-secret-0123456789"
	rigToken  = "rigtoken"
	rigKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	rigBot    = "aibrig"
	rigDing   = "dingrig"
	rigOffice = "zhangsan"
)

// rigTime is the longest that one test with a rig may take; it is a bound, not
// an expectation.
func rigTime() time.Duration {
	if soak() {
		return time.Hour
	}
	return 5 * time.Minute
}

// number reads a whole number from the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// soak reports whether this is the long run of make soak.
func soak() bool { return os.Getenv("XIETIAO_KILLS") != "" }

// rig is the world around the built binary: both platforms, a store that
// outlives it, people who talk to it, and all that they were told.
type rig struct {
	t     *testing.T
	ctx   context.Context // ends with the test, at the latest after rigTime
	dir   string          // short: a socket's path has little room
	env   map[string]string
	redis *storetest.Redis // nil: each instance has its file store
	wecom *chattest.WeCom
	bot   *chattest.AIBot
	ding  *chattest.DingTalk
	beats chan struct{} // a token for each step of the load, as far as there is room

	command sync.Mutex   // held while a command runs beside, or instead of, an instance
	last    atomic.Int64 // of the users: everybody says one thing only
	stamps  atomic.Int64 // of DingTalk's posts: their signatures are made of the time alone

	mu      sync.Mutex // guards what follows
	said    []*utterance
	robots  map[string]string // robot's id → where its group is seen
	answers map[string]string // question → the reply it must have
}

// utterance is one thing that one person said.
type utterance struct {
	user, q  string
	via      string // wecom, dingtalk, aibot
	call     chattest.WeComCall
	text     string    // what WeCom was answered
	at       time.Time // of DingTalk's signature
	bind     bool
	accepted bool // by 200 or an acknowledgement
}

// ding is the message as DingTalk brings it, always the same.
func (s *utterance) ding() chattest.DingTalkMessage {
	return chattest.DingTalkMessage{ID: "m" + s.user, User: s.user, Text: s.q}
}

// each asks again and again until the fact holds.
func each(ctx context.Context, fact func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !fact() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// robotsMost is how many group robots a rig's WeCom knows.
const robotsMost = 60

// newRig starts the platforms, and Redis if that is the store. mode is DingTalk's.
func newRig(t *testing.T, redis bool, mode string) *rig {
	t.Helper()
	dir, err := os.MkdirTemp("", "rig")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), rigTime())
	r := &rig{
		t: t, ctx: ctx, dir: dir, beats: make(chan struct{}, 1024), robots: map[string]string{}, answers: map[string]string{},
		bot: chattest.NewAIBot(chattest.AIBotOptions{ID: rigBot, Secret: rigSecret, Name: "协调助手"}),
	}
	opt := chattest.WeComOptions{CorpID: rigCorp, Secret: rigSecret, AgentID: rigAgent}
	for i := range robotsMost {
		opt.Robots = append(opt.Robots, fmt.Sprintf("robot-%d", i))
	}
	r.wecom = chattest.NewWeCom(opt)
	r.ding = chattest.NewDingTalk(chattest.DingTalkOptions{ClientID: rigDing, Secret: rigSecret})
	r.ding.SetStream(chattest.DingTalkStream{Redeliver: 1 << 30})
	ws, stopBot := r.bot.Start()
	r.stamps.Store(time.Now().Add(-30 * time.Minute).UnixMilli())
	t.Cleanup(func() {
		cancel()
		stopBot()
		r.ding.Close()
		r.wecom.Close()
		_ = os.RemoveAll(dir)
	})
	r.env = map[string]string{
		"SECRET_KEY": "a key of sixteen bytes or more", "WECOM_CORP_ID": rigCorp, "WECOM_AGENT_ID": strconv.Itoa(rigAgent), "WECOM_SECRET": rigSecret,
		"WECOM_TOKEN": rigToken, "WECOM_AES_KEY": rigKey, "WECOM_API_BASE": r.wecom.URL(), "WECOM_WS_BASE": ws,
		"WECOM_AIBOT_ID": rigBot, "WECOM_AIBOT_SECRET": rigSecret, "WECOM_AIBOT_NAME": "协调助手",
		"DINGTALK_CLIENT_ID": rigDing, "DINGTALK_CLIENT_SECRET": rigSecret, "DINGTALK_ROBOT_CODE": rigDing, "DINGTALK_MODE": mode,
		"DINGTALK_API_BASE": r.ding.URL(), "DINGTALK_OAPI_BASE": r.ding.URL(),
	}
	if redis {
		r.redis = storetest.NewRedis(t, storetest.Durable...)
		r.env["REDIS"] = r.redis.URL()
	}
	return r
}

// instance is one service of the built binary, over all its lives.
type instance struct {
	*rig
	data, base string
	env        map[string]string
	args       []string // of serve
	log        *lockedBuffer
	caller     *chattest.WeComCaller
	cmd        *exec.Cmd
	exited     chan error

	mu   sync.Mutex      // guards what follows
	up   chan struct{}   // closed while it is ready
	life context.Context // ends when it is killed or told to stop
	end  func()
}

// instance makes one that has not been started.
func (r *rig) instance(name string) *instance {
	i := &instance{rig: r, data: filepath.Join(r.dir, name), env: map[string]string{}, up: make(chan struct{}), log: &lockedBuffer{}}
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(r.t))
	i.base = "http://" + listen + "/"
	for k, v := range r.env {
		i.env[k] = v
	}
	i.env["LISTEN"], i.env["DATA"] = listen, i.data
	i.caller = &chattest.WeComCaller{URL: i.base + "wecom/callback", Token: rigToken, AESKey: rigKey, CorpID: rigCorp, AgentID: rigAgent}
	r.t.Cleanup(func() {
		if i.cmd != nil && i.cmd.ProcessState == nil {
			i.kill()
		}
		if r.t.Failed() {
			lines := slices.DeleteFunc(strings.Split(i.log.String(), "\n"), func(l string) bool { return strings.Contains(l, "msg=request") })
			r.t.Logf("the end of %s's log:\n%s", name, strings.Join(lines[max(0, len(lines)-60):], "\n"))
		}
	})
	return i
}

// config is what the instance makes of its environment.
func (i *instance) config() config.Config {
	i.t.Helper()
	cfg, err := config.Load(config.Source{
		Env: func(name string) (string, bool) {
			v, ok := i.env[strings.TrimPrefix(name, config.EnvPrefix)]
			return v, ok
		},
		Read: func(string) ([]byte, error) { return nil, os.ErrNotExist },
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return cfg
}

// program is a run of the binary with the instance's settings.
func (i *instance) program(args ...string) *exec.Cmd {
	i.t.Helper()
	path, err := binary()
	if err != nil {
		i.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = i.dir
	for k, v := range i.env {
		cmd.Env = append(cmd.Env, config.EnvPrefix+k+"="+v)
	}
	return cmd
}

// start starts the service; ready waits until it takes messages.
func (i *instance) start() {
	i.t.Helper()
	i.cmd = i.program(append([]string{"serve"}, i.args...)...)
	i.cmd.Stderr = i.log
	if err := i.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	cmd, exited := i.cmd, make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	i.exited = exited
	i.mu.Lock()
	defer i.mu.Unlock()
	i.life, i.end = context.WithCancel(i.ctx)
}

func (i *instance) ready() {
	i.t.Helper()
	err := each(i.ctx, func() bool {
		select {
		case err := <-i.exited:
			i.t.Fatalf("serve ended: %v", err)
		default:
		}
		status, _ := i.probe()
		return status == http.StatusOK
	})
	if err != nil {
		i.t.Fatalf("not ready: %v", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	close(i.up)
}

// run is start and ready, while no command is at work.
func (i *instance) run() {
	i.t.Helper()
	i.command.Lock()
	defer i.command.Unlock()
	i.start()
	i.ready()
}

// probe asks whether it is ready.
func (i *instance) probe() (status int, body string) {
	res, err := http.Get(i.base + "readyz")
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text)
}

// down says that it takes no more messages.
func (i *instance) down() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.end()
	select {
	case <-i.up:
		i.up = make(chan struct{})
	default: // it never was up
	}
}

// kill is kill -9.
func (i *instance) kill() {
	i.down()
	_ = i.cmd.Process.Kill()
	<-i.exited
}

// stop is SIGTERM; it must end well.
func (i *instance) stop() {
	i.t.Helper()
	i.down()
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		i.t.Fatal(err)
	}
	select {
	case err := <-i.exited:
		if err != nil {
			i.t.Fatalf("stopping: %v", err)
		}
	case <-i.ctx.Done():
		i.t.Fatal("it does not stop")
	}
}

// await waits until it is ready and returns its life, nil once ctx has ended.
func (i *instance) await(ctx context.Context) context.Context {
	i.mu.Lock()
	up := i.up
	i.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.life
}

// anyUp waits for one of the instances, in the order that n says, and returns it
// with its life; nil once ctx has ended.
func (r *rig) anyUp(ctx context.Context, to []*instance, n int) (up *instance, life context.Context) {
	_ = each(ctx, func() bool {
		for k := range to {
			i := to[(n+k)%len(to)]
			i.mu.Lock()
			select {
			case <-i.up:
				up, life = i, i.life
			default:
			}
			i.mu.Unlock()
			if up != nil {
				return true
			}
		}
		return false
	})
	return up, life
}

// step tells that something went on.
func (r *rig) step() {
	select {
	case r.beats <- struct{}{}:
	default:
	}
}

// steps waits until n more things have gone on.
func (r *rig) steps(n int) {
	r.t.Helper()
	for len(r.beats) > 0 {
		<-r.beats
	}
	for range n {
		select {
		case <-r.beats:
		case <-r.ctx.Done():
			r.t.Fatal("nothing goes on any more")
		}
	}
}

// questions have short answers in the sample.
var questions = []string{"村里的图书角归谁管", "妇联有哪些职责", "青少年宫免费开放谁负责", "文号是多少", "残联有哪些职责"}

// furnish makes the office known and learns what the answers are.
func (i *instance) furnish() {
	i.t.Helper()
	i.imported("roster", "姓名,单位,角色,企业微信账号\n张三,协调组办公室,办公室,"+rigOffice+"\n")
	for _, q := range questions {
		a := i.caller.Post(i.ctx, i.caller.Text(i.user("first"), q))
		if a.Err != nil || a.Text == "" {
			i.t.Fatalf("%s: %+v", q, a)
		}
		i.answers[q] = a.Text
	}
}

// imported imports a table by the command, as often as it needs.
func (i *instance) imported(kind, table string) {
	i.t.Helper()
	file := filepath.Join(i.dir, kind+"-"+rand.Text()+".csv")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		i.t.Error(err)
		return
	}
	var out []byte
	for i.await(i.ctx) != nil && i.ctx.Err() == nil {
		i.command.Lock()
		var err error
		out, err = i.program("import", "-as", kind, "-yes", file).CombinedOutput()
		i.command.Unlock()
		if err == nil {
			return
		}
	}
	i.t.Errorf("%s: never imported: %s", kind, out)
}

// robot imports one more group robot of each platform.
func (i *instance) robot(n int) {
	i.t.Helper()
	key, token := fmt.Sprintf("robot-%d", n), fmt.Sprintf("token-%d", n)
	w := i.wecom.Webhook(key)
	d := i.ding.AddWebhook(chattest.DingTalkWebhook{Token: token, Secret: "SEC0123456789abcdef", Conversation: token})
	i.imported("groups", "单位,机器人地址,加签\n市教育局,"+w+",\n市科协,"+d+",SEC0123456789abcdef\n")
	i.rig.mu.Lock()
	defer i.rig.mu.Unlock()
	i.robots[org.GroupEntry{Platform: chat.WeCom, Webhook: chat.Link(w)}.ID()] = key
	i.robots[org.GroupEntry{Platform: chat.DingTalk, Webhook: chat.Link(d)}.ID()] = token
}

// user is somebody who has said nothing yet.
func (r *rig) user(kind string) string { return fmt.Sprintf("%s-%d", kind, r.last.Add(1)) }

// person is a name that nobody else has.
func (r *rig) person() string {
	var name strings.Builder
	for _, d := range strconv.FormatInt(r.last.Add(1), 10) {
		name.WriteRune([]rune("零一二三四五六七八九")[d-'0'])
	}
	return "赵" + name.String()
}

// says keeps what somebody is about to say.
func (r *rig) says(via, q string) *utterance {
	s := &utterance{via: via, q: q, user: r.user(via)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, s)
	return s
}

func (r *rig) accept(s *utterance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.accepted = true
}

// load lets people talk to the instances, and the operator import robots, until
// the returned function is called; that waits until all of them are done. rare
// is in how many lives of the first instance a robot is imported and somebody
// asks to be bound: there are limits of the platforms on what follows from that.
func (r *rig) load(rare int, to ...*instance) (rest func()) {
	ctx, cancel := context.WithCancel(r.ctx)
	var people sync.WaitGroup
	talk := func(n int, say func(ctx context.Context, n int)) {
		people.Go(func() {
			for ; ctx.Err() == nil; n++ {
				say(ctx, n)
			}
		})
	}
	for w := range 3 {
		talk(w, func(ctx context.Context, n int) { r.sayWeCom(ctx, r.says("wecom", questions[n%len(questions)]), to, n) })
	}
	for w := range 2 {
		if r.env["DINGTALK_MODE"] == "http" {
			talk(w, func(ctx context.Context, n int) {
				r.postDingTalk(ctx, r.says("dingtalk", questions[n%len(questions)]), to, n)
			})
		} else {
			talk(w, func(ctx context.Context, n int) { r.streamDingTalk(ctx, questions[n%len(questions)], to, n) })
		}
	}
	talk(0, func(ctx context.Context, n int) { r.sayBot(ctx, questions[n%len(questions)], to, n) })
	talk(0, func(ctx context.Context, n int) {
		life := to[0].await(ctx)
		if life == nil {
			return
		}
		if n%rare == 0 && n/rare < robotsMost {
			to[0].robot(n / rare)
			s := r.says("wecom", "绑定 "+r.person()+" 市教育局")
			s.bind = true
			r.sayWeCom(ctx, s, to, 0)
		}
		select { // again in the next life
		case <-life.Done():
		case <-ctx.Done():
		}
	})
	return func() {
		cancel()
		people.Wait()
	}
}

// deliveries is how often a platform brings a callback, over restarts.
const deliveries = 3

// sayWeCom delivers a message to the app. Where there are two instances it is
// delivered to both at once, as a retry may overtake the first try.
func (r *rig) sayWeCom(ctx context.Context, s *utterance, to []*instance, n int) {
	var call chattest.WeComCall
	for try := range deliveries {
		at, _ := r.anyUp(ctx, to, n+try)
		if at == nil {
			return
		}
		if try == 0 {
			call = at.caller.Text(s.user, s.q)
			r.mu.Lock()
			s.call = call
			r.mu.Unlock()
		}
		r.step()
		answers := make([]chattest.WeComAnswer, len(to))
		var posts sync.WaitGroup
		for i, at := range to {
			posts.Go(func() { answers[i] = at.caller.Post(r.ctx, call) })
		}
		posts.Wait()
		for _, a := range answers {
			r.answered(s, a)
		}
		r.step()
		if s.accepted {
			break
		}
	}
	if mrand.N(4) == 0 {
		r.askAgain(to[n%len(to)])
	}
}

// answered takes an answer of WeCom's callback.
func (r *rig) answered(s *utterance, a chattest.WeComAnswer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case a.Err != nil:
		if a.Status == http.StatusOK || a.Status != 0 && a.Status != http.StatusServiceUnavailable {
			r.t.Errorf("%s: %v (status %d)", s.q, a.Err, a.Status)
		}
		return
	case !s.accepted:
		s.accepted, s.text = true, a.Text
	case s.text != a.Text && s.text != "" && a.Text != "":
		r.t.Errorf("%s: the same message was answered %q, then %q", s.q, s.text, a.Text)
	}
	if want := r.answers[s.q]; a.Text != "" && want != "" && a.Text != want {
		r.t.Errorf("%s: %q, want %q", s.q, a.Text, want)
	}
}

// askAgain delivers an accepted message once more, signed as it was, perhaps
// from an earlier life.
func (r *rig) askAgain(at *instance) {
	r.mu.Lock()
	var s *utterance
	if len(r.said) > 0 {
		s = r.said[mrand.N(len(r.said))]
	}
	if s == nil || s.via != "wecom" || !s.accepted || !s.recent() {
		r.mu.Unlock()
		return
	}
	call := s.call
	r.mu.Unlock()
	r.answered(s, at.caller.Post(r.ctx, call))
}

// recent reports whether WeCom's signature is still fresh.
func (s *utterance) recent() bool {
	at, _ := strconv.ParseInt(s.call.Query.Get("timestamp"), 10, 64)
	return time.Since(time.Unix(at, 0)) < 5*time.Minute
}

// postDingTalk posts a message to the robot and waits for the reply, as long as
// the instance lives.
func (r *rig) postDingTalk(ctx context.Context, s *utterance, to []*instance, n int) {
	s.at = time.UnixMilli(r.stamps.Add(1))
	for try := range deliveries {
		i, life := r.anyUp(ctx, to, n+try)
		if i == nil {
			return
		}
		r.step()
		statuses, _ := r.ding.Post(r.ctx, i.base+"dingtalk/callback", s.ding(), chattest.DingTalkPost{Tries: 3, At: s.at})
		r.step()
		switch statuses[0] {
		case http.StatusOK:
			r.accept(s)
			r.shown(ctx, life, s.user)
			return
		case 0, http.StatusServiceUnavailable:
		default:
			r.t.Errorf("dingtalk: status %d", statuses[0])
		}
	}
}

// shown waits for the reply to a user of DingTalk; it may come after the next
// start.
func (r *rig) shown(ctx, life context.Context, user string) {
	both, cancel := context.WithCancel(life)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	_, _ = r.ding.AwaitDelivered(both, 1, user)
}

// streamDingTalk sends a message through the stream until it is acknowledged.
func (r *rig) streamDingTalk(ctx context.Context, q string, to []*instance, n int) {
	up, life := r.anyUp(ctx, to, n)
	if up == nil || each(life, func() bool { return r.ding.Connections() > 0 || ctx.Err() != nil }) != nil || ctx.Err() != nil {
		return
	}
	s := r.says("dingtalk", q)
	r.step()
	codes, _, err := r.ding.Say(s.ding()).Wait(r.ctx)
	r.step()
	if err == nil && len(codes) > 0 && codes[len(codes)-1] == http.StatusOK {
		r.accept(s)
		r.shown(ctx, life, s.user)
	}
}

// sayBot says something to the AI bot. WeCom brings it once only: it is accepted
// when the bot has kept it.
func (r *rig) sayBot(ctx context.Context, q string, to []*instance, n int) {
	up, life := r.anyUp(ctx, to, n)
	if up == nil || each(life, func() bool { return r.bot.Connected() || ctx.Err() != nil }) != nil || ctx.Err() != nil {
		return
	}
	s := r.says("aibot", q)
	if _, err := r.bot.Say(s.user, "", q); err != nil {
		return
	}
	r.step()
	if len(to) == 1 { // of two nobody knows which has the connection
		_ = each(life, func() bool { return len(r.bot.In(s.user)) > 0 || ctx.Err() != nil }) // it may come after the next start, or never
		r.step()
	}
}
