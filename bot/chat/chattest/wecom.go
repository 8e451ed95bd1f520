package chattest

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// How a WeCom message came to people.
const (
	WeComByApp      = "app"      // message/send, to a person
	WeComByRobot    = "robot"    // webhook/send, to a group
	WeComByResponse = "response" // aibot/response, to a conversation
	WeComByUpdate   = "update"   // message/update_template_card
)

// WeComOptions say what a WeCom knows. What is empty is refused, but for
// Members: without them every id that has the shape of one is a member.
type WeComOptions struct {
	CorpID, Secret string
	AgentID        int
	Members        []string // ids, as they are written
	Robots         []string // keys of group robots
	Domain         string   // 可信域名 of pages, with its port; "": any
	Departments    []WeComDepartment
	Now            func() time.Time // nil: time.Now; limits follow the header X-Xietiao-Clock where there is one
	Listener       net.Listener     // nil: one on loopback
}

// WeComDepartment is a department and those directly in it.
type WeComDepartment struct {
	ID, Parent int
	Name       string
	Users      map[string]string // id → name
}

// WeComDelivery is what somebody would have seen.
type WeComDelivery struct {
	By       string   // WeComByApp and so on
	To       string   // user, key of the robot, or conversation
	Type     string   // msgtype
	Text     string   // what is read; of a card its lines
	Mentions []string // who is alerted; @all is everybody
	Card     *WeComCard
	Picture  []byte // of an image
	ID       string // msgid, of an app's message
	Feedback string
	At       time.Time
}

// WeComCard is a template card; of the kinds there are, text_notice and
// button_interaction are known here.
type WeComCard struct {
	Type  string `json:"card_type"`
	Title struct {
		Title string `json:"title"`
		Desc  string `json:"desc"`
	} `json:"main_title"`
	Text  string `json:"sub_title_text"`
	Facts []struct {
		Name  string `json:"keyname"`
		Value string `json:"value"`
	} `json:"horizontal_content_list"`
	Action *struct {
		Type int    `json:"type"`
		URL  string `json:"url"`
	} `json:"card_action"`
	TaskID  string `json:"task_id"`
	Buttons []struct {
		Text string `json:"text"`
		Key  string `json:"key"`
	} `json:"button_list"`
}

// String is what is read on the card, line by line.
func (c *WeComCard) String() string {
	lines := []string{c.Title.Title, c.Title.Desc, c.Text}
	for _, f := range c.Facts {
		lines = append(lines, f.Name+": "+f.Value)
	}
	for _, b := range c.Buttons {
		lines = append(lines, "["+b.Text+"]")
	}
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

// WeComFault is one way to misbehave. One field is set.
type WeComFault struct {
	Code   int  // answer with this errcode; nothing happens
	Status int  // answer with this HTTP status; nothing happens
	Hang   bool // answer nothing until the caller gives up; nothing happens
	Drop   bool // end the connection; nothing happens
	Cut    bool // do it, then end the connection without an answer
	Stall  bool // do it, then answer nothing until the caller gives up
}

// WeCom is a fake of https://qyapi.weixin.qq.com: gettoken, media/upload, message/send,
// message/recall, message/update_template_card, webhook/send, aibot/response,
// agent/get, department/list, user/simplelist, and what pages need (wecomweb.go),
// by the pages of 2025. What the pages forbid and a real WeCom would not say is a
// violation. It is safe for concurrent use.
type WeCom struct {
	opt  WeComOptions
	srv  *httptest.Server
	ends chan struct{} // closed by Close, for those that hang
	end  sync.Once
	hung chan string

	mu         sync.Mutex // guards the fields below
	tokens     map[string]time.Time
	counts     map[string]int
	faults     map[string][]WeComFault
	always     map[string]WeComFault
	seen       []WeComDelivery
	violations []string
	sent       map[string][]time.Time // by limit, when something counted
	codes      map[string]string      // of pressed cards, not used yet → user
	links      map[string]wecomLink   // response codes, not used yet
	logins     map[string]wecomLogin  // OAuth codes, not used yet
	tickets    map[string]wecomTicket // of pages: by call
	tasks      map[string]bool        // ids of cards
	media      media
	at         time.Time // of the request at work, for what is limited
	last       int
}

type wecomLink struct {
	conversation string
	until        time.Time
}

// Errcodes that the fake answers with (docs 90313). No page says what a code
// that was used before gives: 40058, a wrong parameter, stands for it.
const (
	wecomBadSecret  = 40001
	wecomBadCorp    = 40013
	wecomBadToken   = 40014
	wecomNoToken    = 41001
	wecomOldToken   = 42001
	wecomBadLogin   = 40029
	wecomBadChars   = 40033
	wecomBadMedia   = 40007
	wecomBadField   = 40035
	wecomBadAgent   = 40056
	wecomBadValue   = 40058
	wecomEmpty      = 44004
	wecomTooLong    = 45002
	wecomTooOften   = 45009
	wecomNobody     = 81013
	wecomNoReceiver = 82001
	wecomBadRobot   = 93000
	wecomNotYours   = 301002
)

// Limits (docs 90236, 99110, 101138).
const (
	wecomText         = 2048
	wecomMarkdown     = 4096
	wecomStream       = 20480
	wecomLife         = 7200 * time.Second
	wecomLinkLife     = time.Hour
	wecomRecall       = 24 * time.Hour
	wecomMemberMinute = 30
	wecomMemberHour   = 1000
	wecomRobotMinute  = 20
)

// NewWeCom starts a WeCom on loopback; end it with Close.
func NewWeCom(opt WeComOptions) *WeCom {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	w := &WeCom{
		opt: opt, ends: make(chan struct{}), hung: make(chan string, 100), tokens: map[string]time.Time{}, counts: map[string]int{},
		faults: map[string][]WeComFault{}, always: map[string]WeComFault{}, sent: map[string][]time.Time{},
		codes: map[string]string{}, links: map[string]wecomLink{}, logins: map[string]wecomLogin{}, tickets: map[string]wecomTicket{}, tasks: map[string]bool{}, media: media{},
	}
	mux := http.NewServeMux()
	w.handle(mux, "gettoken", "GET", false, w.gettoken)
	w.handle(mux, "agent/get", "GET", true, w.agent)
	w.handle(mux, "department/list", "GET", true, w.departments)
	w.handle(mux, "user/simplelist", "GET", true, w.users)
	w.handle(mux, "auth/getuserinfo", "GET", true, w.login)
	w.handle(mux, "get_jsapi_ticket", "GET", true, w.corpTicket)
	w.handle(mux, "ticket/get", "GET", true, w.agentTicket)
	mux.HandleFunc("GET "+wecomAuthorize, w.authorize)
	w.handle(mux, wecomUpload, "POST", true, w.keep)
	w.handle(mux, "message/send", "POST", true, w.send)
	w.handle(mux, "message/recall", "POST", true, w.recall)
	w.handle(mux, "message/update_template_card", "POST", true, w.update)
	w.handle(mux, "webhook/send", "POST", false, w.robot)
	w.handle(mux, "aibot/response", "POST", false, w.respond)
	mux.HandleFunc("HEAD /{$}", func(http.ResponseWriter, *http.Request) {}) // who only wants to know the time
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.violate("no such path: %s", r.URL.Path)
		http.NotFound(rw, r)
	})
	w.srv = httptest.NewUnstartedServer(mux)
	if opt.Listener != nil {
		_ = w.srv.Listener.Close() // the one it came with
		w.srv.Listener = opt.Listener
	}
	w.srv.Start()
	return w
}

// Hung gives the path of every call that has begun to hang, the oldest first;
// of those that nobody takes at most a hundred wait.
func (w *WeCom) Hung() <-chan string { return w.hung }

// Close ends the server and everything that hangs. It may be called again.
func (w *WeCom) Close() {
	w.end.Do(func() { close(w.ends) })
	w.srv.Close()
}

// URL is what api_base must be.
func (w *WeCom) URL() string { return w.srv.URL }

// Webhook is the address of a group robot.
func (w *WeCom) Webhook(key string) string {
	return w.srv.URL + "/cgi-bin/webhook/send?key=" + url.QueryEscape(key)
}

// ResponseURL makes a response_url of a conversation: good once, for an hour.
func (w *WeCom) ResponseURL(conversation string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	code := rand.Text()
	w.links[code] = wecomLink{conversation, w.opt.Now().Add(wecomLinkLife)}
	return w.srv.URL + "/cgi-bin/aibot/response?response_code=" + code
}

// CardCode makes the response code that comes when user presses a button of a
// card: good once.
func (w *WeCom) CardCode(user string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	code := rand.Text()
	w.codes[code] = user
	return code
}

// ExpireTokens ends all tokens: they give 42001 from now on.
func (w *WeCom) ExpireTokens() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.tokens {
		w.tokens[t] = time.Time{}
	}
}

// Fail makes the next calls of a path ("message/send"; "*" for every path that
// has no fault of its own) go wrong: times of them, all if negative, none any
// more if 0.
func (w *WeCom) Fail(path string, f WeComFault, times int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.always, path)
	delete(w.faults, path)
	if times < 0 {
		w.always[path] = f
	}
	for range max(times, 0) {
		w.faults[path] = append(w.faults[path], f)
	}
}

// Calls is how often a path was called, whatever came of it.
func (w *WeCom) Calls(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[path]
}

// Delivered is what people would see now, in the order it was sent; what was
// recalled is not there.
func (w *WeCom) Delivered() []WeComDelivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// Violations are the rules that were broken, whether or not WeCom would say so.
func (w *WeCom) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.violations)
}

// violate notes a broken rule; mu is held.
func (w *WeCom) violate(format string, args ...any) {
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// refuse notes a broken rule and answers with a code; mu is held.
func (w *WeCom) refuse(code int, format string, args ...any) any {
	w.violate(format, args...)
	return wecomFailed(code)
}

// answer is what every answer begins with.
type wecomStatus struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

func wecomFailed(code int) wecomStatus {
	return wecomStatus{code, "refused, hint: [1795392004533], from ip: 192.0.2.7, more info at https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(code)}
}

var wecomOK = wecomStatus{0, "ok"}

// handle serves a path: faults first, then method, content type and token. do
// runs with mu held.
func (w *WeCom) handle(mux *http.ServeMux, path, method string, token bool, do func(q url.Values, body []byte) any) {
	mux.HandleFunc("/cgi-bin/"+path, func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.mu.Lock()
		w.counts[path]++
		fault := w.fault(path)
		w.mu.Unlock()
		switch {
		case fault.Hang:
			w.hang(path, r)
		case fault.Drop:
			panic(http.ErrAbortHandler)
		case fault.Status != 0:
			rw.WriteHeader(fault.Status)
			return
		case fault.Code != 0:
			wecomReply(rw, wecomFailed(fault.Code))
			return
		}
		w.mu.Lock()
		out := w.checked(r, path, method, token, body, do)
		w.mu.Unlock()
		switch {
		case fault.Cut:
			panic(http.ErrAbortHandler)
		case fault.Stall:
			w.hang(path, r)
		}
		wecomReply(rw, out)
	})
}

// hang answers nothing until the caller gives up.
func (w *WeCom) hang(path string, r *http.Request) {
	select {
	case w.hung <- path:
	default:
	}
	select {
	case <-r.Context().Done():
	case <-w.ends:
	}
	panic(http.ErrAbortHandler)
}

func wecomReply(rw http.ResponseWriter, out any) {
	rw.Header().Set("Content-Type", "application/json; charset=UTF-8")
	json.NewEncoder(rw).Encode(out) // a caller that has gone cannot be told
}

// fault takes the next fault of a path; mu is held.
func (w *WeCom) fault(path string) WeComFault {
	for _, p := range []string{path, "*"} {
		if list := w.faults[p]; len(list) > 0 {
			w.faults[p] = list[1:]
			return list[0]
		}
		if f, ok := w.always[p]; ok {
			return f
		}
	}
	return WeComFault{}
}

// escaped are the marks that a WeCom is said to mind (docs 90313, 40033).
var wecomEscaped = regexp.MustCompile(`\\u00(3c|3C|3e|3E|26)`)

func (w *WeCom) checked(r *http.Request, path, method string, token bool, body []byte, do func(url.Values, []byte) any) any {
	w.at = w.opt.Now()
	if h := r.Header.Get("X-Xietiao-Clock"); h != "" {
		at, err := time.Parse(time.RFC3339, h)
		if err != nil {
			return w.refuse(wecomBadField, "%s: clock %q", path, h)
		}
		w.at = at
	}
	if r.Method != method {
		return w.refuse(43001, "%s by %s", path, r.Method)
	}
	if method == "POST" {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case path == wecomUpload:
			png, err := uploaded(r, body)
			if err != nil {
				return w.refuse(wecomBadField, "%s: %v", path, err)
			}
			body = png
		case err != nil || kind != "application/json":
			return w.refuse(wecomBadField, "%s: Content-Type %q", path, r.Header.Get("Content-Type"))
		case !utf8.Valid(body):
			return w.refuse(wecomBadChars, "%s: no UTF-8", path)
		case wecomEscaped.Match(body):
			return w.refuse(wecomBadChars, "%s: escaped for HTML", path)
		}
	}
	if token {
		switch until, ok := w.tokens[r.URL.Query().Get("access_token")]; {
		case !r.URL.Query().Has("access_token"):
			return wecomFailed(wecomNoToken)
		case !ok:
			return wecomFailed(wecomBadToken)
		case !w.opt.Now().Before(until):
			return wecomFailed(wecomOldToken)
		}
	}
	return do(r.URL.Query(), body)
}

// strict reads one object with no fields but those of v; mu is held.
func (w *WeCom) strict(path string, body []byte, v any) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil && dec.More() {
		err = errors.New("something follows")
	}
	var field *json.UnmarshalTypeError
	switch {
	case errors.As(err, &field) && field.Field == "agentid":
		return w.refuse(wecomBadAgent, "%s: agentid is a %s", path, field.Value), false
	case err != nil:
		return w.refuse(wecomBadField, "%s: %v", path, err), false
	}
	return nil, true
}

// gettoken gives the same token while it lives (docs 91039).
func (w *WeCom) gettoken(q url.Values, _ []byte) any {
	switch {
	case q.Get("corpid") != w.opt.CorpID:
		return wecomFailed(wecomBadCorp)
	case w.opt.Secret == "" || q.Get("corpsecret") != w.opt.Secret:
		return wecomFailed(wecomBadSecret)
	}
	type token struct {
		wecomStatus
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	now := w.opt.Now()
	for t, until := range w.tokens {
		if now.Before(until) {
			return token{wecomOK, t, int(until.Sub(now) / time.Second)}
		}
	}
	t := rand.Text() + rand.Text()
	w.tokens[t] = now.Add(wecomLife)
	return token{wecomOK, t, int(wecomLife / time.Second)}
}

func (w *WeCom) agent(q url.Values, _ []byte) any {
	if q.Get("agentid") != strconv.Itoa(w.opt.AgentID) {
		return wecomFailed(wecomNotYours)
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "agentid": w.opt.AgentID, "name": "协调助手", "close": 0}
}

func (w *WeCom) departments(url.Values, []byte) any {
	list := []map[string]any{}
	for i, d := range w.opt.Departments {
		list = append(list, map[string]any{"id": d.ID, "name": d.Name, "parentid": d.Parent, "order": len(w.opt.Departments) - i})
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "department": list}
}

func (w *WeCom) users(q url.Values, _ []byte) any {
	for _, d := range w.opt.Departments {
		if strconv.Itoa(d.ID) != q.Get("department_id") {
			continue
		}
		list := []map[string]any{}
		for _, id := range slices.Sorted(maps.Keys(d.Users)) {
			list = append(list, map[string]any{"userid": id, "name": d.Users[id], "department": []int{d.ID}})
		}
		return map[string]any{"errcode": 0, "errmsg": "ok", "userlist": list}
	}
	return wecomFailed(60003)
}

const wecomUpload = "media/upload"

// keep is media/upload (docs 90253).
func (w *WeCom) keep(q url.Values, png []byte) any {
	if q.Get("type") != "image" {
		return w.refuse(wecomBadField, "%s: type %q", wecomUpload, q.Get("type"))
	}
	return map[string]any{"errcode": 0, "errmsg": "", "type": "image", "media_id": w.media.keep(png, w.opt.Now()), "created_at": strconv.FormatInt(w.opt.Now().Unix(), 10)}
}

// wecomImage is a picture: an app's was uploaded, a robot's comes along.
type wecomImage struct {
	ID   string `json:"media_id"`
	Data string `json:"base64"`
	Sum  string `json:"md5"`
}

// picture checks a picture and returns its bytes; a non-nil answer refuses it. mu is held.
func (w *WeCom) picture(path string, img *wecomImage) ([]byte, any) {
	if path == "message/send" {
		if img.Data+img.Sum != "" {
			return nil, w.refuse(wecomBadField, "%s: an image with other fields", path)
		}
		png, ok := w.media.get(img.ID, w.opt.Now())
		if !ok {
			return nil, w.refuse(wecomBadMedia, "%s: media_id", path)
		}
		return png, nil
	}
	png, err := base64.StdEncoding.DecodeString(img.Data)
	sum := md5.Sum(png)
	switch {
	case err != nil || img.ID != "":
		return nil, w.refuse(wecomBadField, "%s: an image that is no base64, or with a media_id", path)
	case img.Sum != hex.EncodeToString(sum[:]):
		return nil, w.refuse(wecomBadValue, "%s: md5", path)
	}
	if err := pictureFault(png, robotPicture); err != nil {
		return nil, w.refuse(93018, "%s: %v", path, err)
	}
	return png, nil
}

// wording is text, markdown or markdown_v2.
type wecomWording struct {
	Content  string   `json:"content"`
	Mention  []string `json:"mentioned_list"`
	Feedback *struct {
		ID string `json:"id"`
	} `json:"feedback"`
}

// spoken is what a message may say. A message has the one field that its type
// names.
type wecomSpoken struct {
	Type     string        `json:"msgtype"`
	Text     *wecomWording `json:"text"`
	Markdown *wecomWording `json:"markdown"`
	V2       *wecomWording `json:"markdown_v2"`
	Card     *WeComCard    `json:"template_card"`
	Image    *wecomImage   `json:"image"`
}

// mention is how a person is alerted inside a text (docs 99110).
var wecomMention = regexp.MustCompile(`<@([^<>\s]*)>`)

// render checks what is said against the limits of where it goes, in bytes by
// type, and turns it into what is seen; a non-nil answer refuses it. mu is held.
func (w *WeCom) render(path string, s wecomSpoken, limits map[string]int) (WeComDelivery, any) {
	d := WeComDelivery{Type: s.Type, At: w.at}
	bodies := map[string]*wecomWording{"text": s.Text, "markdown": s.Markdown, "markdown_v2": s.V2}
	for typ, b := range bodies {
		if b != nil && typ != s.Type {
			return d, w.refuse(wecomBadField, "%s: a body of %s in a message of type %q", path, typ, s.Type)
		}
	}
	limit, ok := limits[s.Type]
	switch {
	case !ok:
		return d, w.refuse(40008, "%s: type %q", path, s.Type)
	case s.Card != nil && s.Type != "template_card", (s.Image != nil) != (s.Type == "image"):
		return d, w.refuse(wecomBadField, "%s: a card or an image in a message of type %q, or none", path, s.Type)
	case s.Type == "image":
		png, refused := w.picture(path, s.Image)
		d.Picture = png
		return d, refused
	case s.Type == "template_card":
		if fault := s.Card.fault(path == "webhook/send"); fault != "" {
			return d, w.refuse(wecomBadValue, "%s: card: %s", path, fault)
		}
		d.Card, d.Text = s.Card, s.Card.String()
		return d, nil
	}
	b := bodies[s.Type]
	switch {
	case b == nil || strings.TrimSpace(b.Content) == "":
		return d, w.refuse(wecomEmpty, "%s: empty", path)
	case len(b.Content) > limit && path == "message/send" && s.Type == "text":
		w.violate("%s: %d bytes are cut to %d", path, len(b.Content), limit) // without a word (docs 90236)
		b.Content = strings.ToValidUTF8(b.Content[:limit], "")
	case len(b.Content) > limit && s.Type == "text":
		return d, w.refuse(wecomTooLong, "%s: text of %d bytes", path, len(b.Content))
	case len(b.Content) > limit:
		return d, w.refuse(wecomBadValue, "%s: %s of %d bytes", path, s.Type, len(b.Content))
	case len(b.Mention) > 0 && (path != "webhook/send" || s.Type != "text"):
		return d, w.refuse(wecomBadField, "%s: mentioned_list in %s", path, s.Type)
	case b.Feedback != nil && (path != "aibot/response" || b.Feedback.ID == "" || len(b.Feedback.ID) > 256):
		return d, w.refuse(wecomBadField, "%s: feedback", path)
	}
	d.Text, d.Mentions = b.Content, b.Mention
	if b.Feedback != nil {
		d.Feedback = b.Feedback.ID
	}
	if path == "webhook/send" && s.Type != "markdown_v2" {
		for _, m := range wecomMention.FindAllStringSubmatch(b.Content, -1) {
			d.Mentions = append(d.Mentions, m[1])
		}
	}
	for _, m := range d.Mentions {
		if strings.HasPrefix(m, "@") || m == "all" {
			w.violate("%s: everybody is alerted", path)
		}
	}
	return d, nil
}

var wecomCardID = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`)

// fault is what is wrong with a card (docs 90236, 99110).
func (c *WeComCard) fault(robot bool) string {
	switch {
	case c == nil:
		return "none"
	case c.Type != "text_notice" && (robot || c.Type != "button_interaction"):
		return "type " + c.Type
	case c.Type == "text_notice" && c.Title.Title == "" && c.Text == "":
		return "no title"
	case c.Type == "text_notice" && (c.Action == nil || c.Action.Type != 1):
		return "no page"
	case c.Action != nil && (c.Action.Type != 1 || !strings.HasPrefix(c.Action.URL, "http")):
		return "no address of a page"
	case c.TaskID != "" && !wecomCardID.MatchString(c.TaskID), c.Type == "button_interaction" && c.TaskID == "":
		return "task_id"
	case c.Type == "button_interaction" && c.Title.Title == "":
		return "no title"
	case c.Type == "button_interaction" && (len(c.Buttons) == 0 || len(c.Buttons) > 6), c.Type == "text_notice" && len(c.Buttons) > 0:
		return "buttons"
	case len(c.Facts) > 6:
		return "more than six facts"
	}
	for _, b := range c.Buttons {
		if b.Text == "" || b.Key == "" || len(b.Key) > 1024 {
			return "a button"
		}
	}
	for _, f := range c.Facts {
		if f.Name == "" {
			return "a fact without name"
		}
	}
	return ""
}

// within counts one more of key and reports whether there are then at most max
// of the last time per. What is over does not count. mu is held.
func (w *WeCom) within(key string, max int, per time.Duration) bool {
	now := w.at
	recent := slices.DeleteFunc(w.sent[key], func(t time.Time) bool { return now.Sub(t) >= per })
	if len(recent) >= max {
		w.sent[key] = recent
		return false
	}
	w.sent[key] = append(recent, now)
	return true
}

var wecomUserID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}$`)

// member returns a member's id as it is written.
func (w *WeCom) member(id string) (string, bool) {
	if len(w.opt.Members) == 0 {
		return id, wecomUserID.MatchString(id)
	}
	i := slices.IndexFunc(w.opt.Members, func(m string) bool { return strings.EqualFold(m, id) })
	if i < 0 {
		return "", false
	}
	return w.opt.Members[i], true
}

// split parts ids into members and others, the latter in lower case.
func (w *WeCom) split(ids []string) (known, invalid []string) {
	for _, id := range ids {
		if m, ok := w.member(id); ok {
			known = append(known, m)
		} else {
			invalid = append(invalid, strings.ToLower(id))
		}
	}
	return known, invalid
}

// sendAnswer is the answer to what goes to persons.
type wecomSent struct {
	wecomStatus
	Invalid string `json:"invaliduser,omitempty"`
	ID      string `json:"msgid,omitempty"`
	Code    string `json:"response_code,omitempty"`
}

// send is message/send (docs 90236).
func (w *WeCom) send(_ url.Values, body []byte) any {
	const path = "message/send"
	var in struct {
		To    string `json:"touser"`
		Agent int    `json:"agentid"`
		Safe  int    `json:"safe"`
		wecomSpoken
	}
	if out, ok := w.strict(path, body, &in); !ok {
		return out
	}
	d, refused := w.render(path, in.wecomSpoken, map[string]int{"text": wecomText, "markdown": wecomText, "template_card": 0, "image": 0})
	ids := strings.Split(in.To, "|")
	switch {
	case refused != nil:
		return refused
	case in.Agent != w.opt.AgentID:
		return wecomFailed(wecomNotYours)
	case in.To == "":
		return wecomFailed(wecomNoReceiver)
	case slices.Contains(ids, "@all"):
		w.violate("%s: to everybody", path)
	case len(ids) > 1000:
		return w.refuse(wecomBadValue, "%s: %d receivers", path, len(ids))
	case d.Card != nil && d.Card.TaskID != "" && w.tasks[d.Card.TaskID]:
		return wecomFailed(wecomBadField)
	}
	known, invalid := w.split(ids)
	if len(known) == 0 {
		return wecomSent{wecomStatus: wecomFailed(wecomNobody), Invalid: strings.Join(invalid, "|")}
	}
	w.last++
	out := wecomSent{wecomStatus: wecomOK, Invalid: strings.Join(invalid, "|"), ID: "msg-" + strconv.Itoa(w.last)}
	d.By, d.ID = WeComByApp, out.ID
	if d.Card != nil && d.Card.TaskID != "" {
		w.tasks[d.Card.TaskID] = true
	}
	for _, user := range known {
		if !w.within("minute "+user, wecomMemberMinute, time.Minute) || !w.within("hour "+user, wecomMemberHour, time.Hour) {
			w.violate("%s: too often to %s, dropped without a word", path, user)
			continue
		}
		d.To = user
		w.seen = append(w.seen, d)
		if d.Card != nil && d.Card.Type == "button_interaction" && out.Code == "" {
			out.Code = rand.Text()
			w.codes[out.Code] = user
		}
	}
	return out
}

// recall is message/recall (docs 94867).
func (w *WeCom) recall(_ url.Values, body []byte) any {
	var in struct {
		ID string `json:"msgid"`
	}
	if out, ok := w.strict("message/recall", body, &in); !ok {
		return out
	}
	before, now := len(w.seen), w.at
	w.seen = slices.DeleteFunc(w.seen, func(d WeComDelivery) bool {
		return in.ID != "" && d.ID == in.ID && now.Sub(d.At) <= wecomRecall
	})
	if len(w.seen) == before {
		return wecomFailed(wecomBadValue)
	}
	return wecomOK
}

// update is message/update_template_card (docs 94888).
func (w *WeCom) update(_ url.Values, body []byte) any {
	const path = "message/update_template_card"
	var in struct {
		Users  []string   `json:"userids"`
		Agent  int        `json:"agentid"`
		Code   string     `json:"response_code"`
		Card   *WeComCard `json:"template_card"`
		Button *struct {
			Name string `json:"replace_name"`
		} `json:"button"`
	}
	if out, ok := w.strict(path, body, &in); !ok {
		return out
	}
	_, fresh := w.codes[in.Code]
	known, invalid := w.split(in.Users)
	switch {
	case in.Agent != w.opt.AgentID:
		return wecomFailed(wecomNotYours)
	case (in.Card == nil) == (in.Button == nil):
		return w.refuse(wecomBadField, "%s: a card or a button", path)
	case in.Card != nil && in.Card.fault(false) != "":
		return w.refuse(wecomBadValue, "%s: card: %s", path, in.Card.fault(false))
	case in.Button != nil && in.Button.Name == "":
		return w.refuse(wecomBadValue, "%s: no name", path)
	case !fresh:
		return wecomFailed(wecomBadValue)
	case len(known) == 0:
		return wecomSent{wecomStatus: wecomFailed(wecomNobody), Invalid: strings.Join(invalid, "|")}
	}
	delete(w.codes, in.Code)
	for _, user := range known {
		d := WeComDelivery{By: WeComByUpdate, To: user, Type: "template_card", Card: in.Card, At: w.at}
		if in.Card != nil {
			d.Text = in.Card.String()
		} else {
			d.Text = "[" + in.Button.Name + "]"
		}
		w.seen = append(w.seen, d)
	}
	return wecomSent{wecomStatus: wecomOK, Invalid: strings.Join(invalid, "|")}
}

// robot is webhook/send (docs 99110).
func (w *WeCom) robot(q url.Values, body []byte) any {
	const path = "webhook/send"
	var in wecomSpoken
	if out, ok := w.strict(path, body, &in); !ok {
		return out
	}
	d, refused := w.render(path, in, map[string]int{"text": wecomText, "markdown": wecomMarkdown, "markdown_v2": wecomMarkdown, "template_card": 0, "image": 0})
	key := q.Get("key")
	switch {
	case key == "" || !slices.Contains(w.opt.Robots, key):
		return wecomFailed(wecomBadRobot)
	case refused != nil:
		return refused
	case !w.within("robot "+key, wecomRobotMinute, time.Minute):
		return w.refuse(wecomTooOften, "%s: too often", path)
	}
	d.By, d.To = WeComByRobot, key
	w.seen = append(w.seen, d)
	return wecomOK
}

// respond is aibot/response (docs 101138).
func (w *WeCom) respond(q url.Values, body []byte) any {
	const path = "aibot/response"
	var in wecomSpoken
	if out, ok := w.strict(path, body, &in); !ok {
		return out
	}
	d, refused := w.render(path, in, map[string]int{"markdown": wecomStream, "template_card": 0})
	code := q.Get("response_code")
	l, ok := w.links[code]
	switch {
	case !ok || !w.opt.Now().Before(l.until):
		return wecomFailed(wecomBadValue)
	case refused != nil:
		return refused
	}
	delete(w.links, code)
	d.By, d.To = WeComByResponse, l.conversation
	w.seen = append(w.seen, d)
	return wecomOK
}
