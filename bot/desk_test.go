package bot

import (
	"encoding/json"

	"fmt"
	"maps"

	"os"
	"path/filepath"
	"regexp"
	"slices"

	"strings"
	"sync"
	"testing"

	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// clock is both clocks of a test.
type clock struct {
	mu sync.Mutex // guards t
	t  time.Time
}

// aMonday is when the talks of the tests begin.
func aMonday() *clock {
	return &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// recorder is an outbox that only keeps what is put into it.
type recorder struct{}

const recorded = "test.notices"

func (recorder) Put(tx *store.Tx, n outbox.Notice) (bool, error) {
	if _, ok, err := tx.Get(recorded, n.Key); ok || err != nil {
		return false, err
	}
	value, err := json.Marshal(n)
	if err != nil {
		return false, err
	}
	return true, tx.Put(recorded, n.Key, value)
}

// sampleIndex is over the built-in plan.
var sampleIndex = sync.OnceValue(func() *index.Index {
	ix, err := index.Build([]*plan.Plan{plan.Sample()}, index.Options{})
	if err != nil {
		panic(err)
	}
	return ix
})

func sampleBot() *Bot { return New(sampleIndex(), Options{Plans: []*plan.Plan{plan.Sample()}}) }

// indexUnits are the units that an index knows.
type indexUnits struct{ *index.Index }

func (u indexUnits) Resolve(name string) (string, bool) { return u.Unit(name) }
func (u indexUnits) Names() []string                    { return u.Units() }

// bureau is a desk over a file, with people.
type bureau struct {
	testing.TB
	*clock
	store *store.Store
	desk  *Desk
	count int                 // messages so far
	read  map[string]bool     // notices
	fill  func(string) string // puts what a script cannot know into what is said
	mask  func(string) string // takes it out of what is shown
}

// sampleOrg are the options over the built-in plan's units.
func sampleOrg() OrgOptions {
	return OrgOptions{
		Units:  func() org.Units { return indexUnits{sampleIndex()} },
		Routes: org.Routes{chat.WeCom: {Via: "wecom.aibot"}},
	}
}

func newBureau(t testing.TB, change ...func(*DeskOptions)) *bureau {
	t.Helper()
	c := aMonday()
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "store"), store.Options{Now: c.now, Wall: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return newBureauOver(t, c, s, change...)
}

// newBureauOver takes the store over.
func newBureauOver(t testing.TB, c *clock, s *store.Store, change ...func(*DeskOptions)) *bureau {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	o := &bureau{TB: t, clock: c, store: s, read: map[string]bool{}}
	opt := DeskOptions{
		Store: s, Outbox: recorder{}, Wall: c.now,
		Commands: Commands(sampleOrg(), TaskOptions{}, ActivityOptions{}),
	}
	for _, fn := range change {
		fn(&opt)
	}
	o.desk = NewDesk(opt)
	o.desk.Use(sampleBot())
	o.update(func(tx *store.Tx) error {
		entry := func(name, unit string, role org.Role, user chat.UserID) org.RosterEntry {
			return org.RosterEntry{Name: name, Unit: unit, Role: role, IDs: map[chat.Platform]chat.UserID{chat.WeCom: user}}
		}
		_, err := org.Apply(tx, org.Roster{Entries: []org.RosterEntry{
			entry("主任", "", org.RoleOffice, "zhuren"),
			entry("联络员", "市教育局", org.RoleLiaison, "lianluo"),
			entry("局长", "市教育局", org.RoleHead, "juzhang"),
			entry("职员", "市教育局", org.RoleStaff, "zhiyuan"),
		}}, org.Operator)
		return err
	})
	return o
}

func (o *bureau) update(fn func(tx *store.Tx) error) {
	o.Helper()
	if err := o.store.Update(o.Context(), fn); err != nil {
		o.Fatal(err)
	}
}

// all returns the values of a bucket by their keys.
func (o *bureau) all(bucket string) map[string]string {
	o.Helper()
	var out map[string]string
	err := o.store.View(o.Context(), func(r store.Reader) error {
		out = map[string]string{}
		return r.Scan(bucket, store.Range{}, func(key string, value []byte) error {
			out[key] = string(value)
			return nil
		})
	})
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// notices are what was put into the outbox since they were last read.
func (o *bureau) notices() []outbox.Notice {
	o.Helper()
	var out []outbox.Notice
	all := o.all(recorded)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if o.read[key] {
			continue
		}
		o.read[key] = true
		var n outbox.Notice
		if err := json.Unmarshal([]byte(all[key]), &n); err != nil {
			o.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// direct is a new message of somebody to the bot alone.
func (o *bureau) direct(user chat.UserID, text string) chat.Message {
	o.count++
	return chat.Message{
		Via: "wecom.aibot", Conversation: chat.ConversationID(user), Kind: chat.Direct, Sender: user,
		ID: fmt.Sprint("m", o.count), Type: chat.TypeText, Text: text, Time: o.now(),
		From: chat.Address{Via: "wecom.aibot", Kind: chat.Direct, Conversation: chat.ConversationID(user), User: user},
	}
}

// group is direct in a group where the bot is mentioned.
func (o *bureau) group(id chat.ConversationID, user chat.UserID, text string) chat.Message {
	m := o.direct(user, text)
	m.Kind, m.Conversation, m.AtBot = chat.Group, id, true
	m.From = chat.Address{Via: m.Via, Kind: chat.Group, Conversation: id, User: user}
	return m
}

func (o *bureau) event(user chat.UserID, e chat.Event) chat.Message {
	m := o.direct(user, "")
	m.Type, m.Event = chat.TypeEvent, &e
	return m
}

// roomy is more than any reply of the tests takes.
const roomy = 20480

func (o *bureau) take(m chat.Message) chat.Reply {
	o.Helper()
	t, err := o.desk.Take(o.Context(), m, roomy)
	if err != nil {
		o.Fatal(err)
	}
	return t.Reply
}

// says is a message and its reply.
func (o *bureau) says(user chat.UserID, text string) string {
	o.Helper()
	return o.take(o.direct(user, text)).Text
}

// The talks of testdata/talk are played line by line. A line "谁> 话" is a message
// in private, "谁@群> 话" in a group; "「上一条」" before the words quotes the last
// reply, "「…」" other words; [图片], [位置], [进入], [菜单 k], [按钮 k], [有用], [有误] and
// [收回] are what they say. "外人" is no member. "-- 1h" lets time go by. What
// stands below with two blanks before it is the reply, and with → what goes
// through the outbox to somebody else.
func TestTalks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/talk/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no talks", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o := newBureau(t, func(opt *DeskOptions) { opt.PerMinute = 5 })
			goldenFile(t, file, o.play(string(want), nil))
		})
	}
}

// goldenFile compares what was played with the file, or updates it.
func goldenFile(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-file +got)\n%s", diff)
	}
}

var (
	spoken = regexp.MustCompile(`^([^\s@>]+)(?:@([^>]+))?> (.*)$`)
	quoted = regexp.MustCompile(`^「([^」]*)」(.*)$`)
	acted  = regexp.MustCompile(`^\[(\S+?)(?: (\S*))?\]$`)
)

// accounts are the speakers' ids. 新人 and 路人 are in no roster.
var accounts = map[string]chat.UserID{
	"主任": "zhuren", "联络员": "lianluo", "局长": "juzhang", "职员": "zhiyuan", "新人": "xinren", "路人": "luren", "外人": "wairen",
	"财联": "cailian", "馆长": "guanzhang", "小张": "xiaozhang", "小李": "xiaoli", "小王": "xiaowang",
}

// place is who or which group reads what goes to an address.
func place(a chat.Address) string {
	for name, id := range accounts {
		if a.Conversation == chat.ConversationID(id) {
			return name
		}
	}
	return string(a.Conversation)
}

// play plays a talk. What pass does at a line "== …" may write notices.
func (o *bureau) play(script string, pass func(what string)) string {
	o.Helper()
	var out strings.Builder
	last, answer := "", ""
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		switch m := spoken.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "  "):
		case m != nil:
			fmt.Fprintln(&out, line)
			words, err := unquote(m[3])
			if err != nil {
				o.Fatalf("%s: %v", line, err)
			}
			if o.fill != nil {
				words = o.fill(words)
			}
			who, ok := accounts[m[1]]
			if !ok {
				o.Fatalf("who is %s?", m[1])
			}
			msg := o.direct(who, words)
			if m[2] != "" {
				msg = o.group(chat.ConversationID(m[2]), who, words)
			}
			msg.Outside = m[1] == "外人"
			if q := quoted.FindStringSubmatch(words); q != nil {
				msg.Quoted, msg.Text = strings.ReplaceAll(q[1], "上一条", last), q[2]
			}
			if a := acted.FindStringSubmatch(words); a != nil {
				act(&msg, a[1], a[2], answer)
			}
			r := o.take(msg)
			if last = r.Text; r.Feedback != "" {
				answer = r.Feedback
			}
			o.show(&out, "  ", r.Text)
			o.showNotices(&out)
		case strings.HasPrefix(line, "== "):
			fmt.Fprintln(&out, line)
			pass(line[len("== "):])
			o.showNotices(&out)
		case strings.HasPrefix(line, "-- "):
			d, err := time.ParseDuration(line[len("-- "):])
			if err != nil {
				o.Fatal(err)
			}
			o.advance(d)
			fmt.Fprintln(&out, line)
		default:
			fmt.Fprintln(&out, line)
		}
	}
	return out.String()
}

func (o *bureau) showNotices(out *strings.Builder) {
	o.Helper()
	for _, n := range o.notices() {
		o.show(out, "  → "+place(n.To)+"：", n.Reply.Text)
	}
}

// unquote reads \u202e and the like, as such signs cannot be seen in a file.
func unquote(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var out string
	err := json.Unmarshal([]byte(`"`+s+`"`), &out)
	return out, err
}

func (o *bureau) show(out *strings.Builder, before, text string) {
	if o.mask != nil {
		text = o.mask(text)
	}
	if text == "" {
		text = "（无回复）"
	}
	for line := range strings.Lines(text) {
		fmt.Fprintln(out, before+visible(strings.TrimSuffix(line, "\n")))
	}
}

// visible shows signs that cannot be seen.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// act makes of a message what stands in brackets.
func act(m *chat.Message, what, key, answer string) {
	rating := map[string]chat.Rating{"有用": chat.RatingGood, "有误": chat.RatingBad, "收回": chat.RatingWithdrawn}
	m.Text = ""
	switch what {
	case "图片":
		m.Type = chat.TypeOther
	case "位置":
		m.Type, m.Place = chat.TypePlace, &chat.Place{Latitude: 28.1, Longitude: 120.9, Source: chat.SourceMessage}
		if key != "" {
			if _, err := fmt.Sscanf(key, "%f,%f", &m.Place.Latitude, &m.Place.Longitude); err != nil {
				m.Place = nil
			}
		}
	case "进入":
		m.Type, m.Event = chat.TypeEvent, &chat.Event{Kind: chat.EventEnter}
	case "菜单":
		m.Type, m.Event = chat.TypeEvent, &chat.Event{Kind: chat.EventMenu, Key: key}
	case "按钮":
		m.Type, m.Event = chat.TypeEvent, &chat.Event{Kind: chat.EventCard, Key: key}
	case "离开":
		m.Type, m.Event = chat.TypeEvent, &chat.Event{Kind: chat.EventLeave}
	default:
		if rating[what] == "" {
			m.Text = "[" + what + "]" // a picture of the platform's
			return
		}
		m.Type, m.Event = chat.TypeEvent, &chat.Event{Kind: chat.EventFeedback, Key: answer, Rating: rating[what], Value: key}
	}
}

// Whatever people write, the reply alerts nobody and turns no line around.
func FuzzRepliesAreHarmless(f *testing.F) {
	for _, q := range []string{
		"绑定 <@all>张三 市教遇局", "绑定 \u202e张三 市教育局", "暂停<@all>的推送", "暂停推送到\u0007<@u1>", "解绑 @所有人", "同意 B1", "<@all>管什么", "@everyone公安局是不是成员单位",
		"绑定 市教育局<a href=x>张</a>", "有误 <@all>", "第999999999999999999999项", "暂停推送 九九九天", "恢复推送 \x00place",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		o := newBureau(t)
		for _, m := range []chat.Message{o.direct("xinren", q), o.group("大群", "zhuren", q)} {
			taken, err := o.desk.Take(t.Context(), m, roomy)
			if err != nil {
				t.Fatal(err)
			}
			said := []string{taken.Reply.Text, taken.Reply.Markdown}
			for _, n := range o.notices() {
				said = append(said, n.Reply.Text, n.Reply.Markdown)
			}
			for _, s := range said {
				if chat.Defuse(s) != s {
					t.Errorf("%q alerts people: %q", q, s)
				}
				if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
					t.Errorf("%q is said back: %q", q, s)
				}
			}
		}
	})
}
