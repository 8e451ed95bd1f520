package chattest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Paths that the fake of DingTalk serves, for Fail and Calls. Those of sessions,
// webhooks and topapi stand at oapi.dingtalk.com, the others at api.dingtalk.com; here
// all have one base.
const (
	DingTalkToken         = "/v1.0/oauth2/accessToken"
	DingTalkOpen          = "/v1.0/gateway/connections/open"
	DingTalkConnect       = "/connect"
	DingTalkSendDirect    = "/v1.0/robot/oToMessages/batchSend"
	DingTalkSendGroup     = "/v1.0/robot/groupMessages/send"
	DingTalkRecallDirect  = "/v1.0/robot/otoMessages/batchRecall"
	DingTalkRecallGroup   = "/v1.0/robot/groupMessages/recall"
	DingTalkTicket        = "/v1.0/oauth2/jsapiTickets"
	DingTalkIdentify      = "/topapi/v2/user/getuserinfo"
	DingTalkSendBySession = "/robot/sendBySession"
	DingTalkSendByWebhook = "/robot/send"
	DingTalkUpload        = "/media/upload" // at oapi.dingtalk.com too
)

// Limits of DingTalk.
const (
	dingHookBytes   = 20000
	dingParamBytes  = 15000
	dingPerMinute   = 20
	dingMute        = 10 * time.Minute
	dingTokenLife   = 2 * time.Hour
	dingTicketLife  = 90 * time.Second
	dingSessionLife = 90 * time.Minute
	dingSignLife    = time.Hour
	dingMaxUsers    = 20
)

// DingTalkOptions set up a fake. The zero value is usable.
type DingTalkOptions struct {
	ClientID   string           // empty: "dingclient"
	Secret     string           // empty: "dingsecret"
	RobotCode  string           // empty: ClientID
	CorpID     string           // empty: "dingcorp"
	Now        func() time.Time // of all that expires, and of rates where a request has no X-Xietiao-Clock; nil: time.Now
	PerMinute  int              // messages of a robot to a conversation before it is muted; 0: 20
	TicketMark string           // is part of every ticket, to see that it is escaped
	Listener   net.Listener     // nil: one on loopback
}

// DingTalk is a fake of DingTalk for one app robot and any number of custom
// group robots. All methods are safe for concurrent use.
type DingTalk struct {
	opt  DingTalkOptions
	srv  *httptest.Server
	done chan struct{} // closed by Close
	work sync.WaitGroup

	mu         sync.Mutex // guards the fields below
	changed    chan struct{}
	token      string
	tokenUntil time.Time
	tickets    map[string]dingTicket
	conns      []*dingConn
	next       int
	stream     DingTalkStream
	groups     map[string][]string
	users      map[string]string // staff id → "", "invalid" or "throttled"
	hooks      map[string]DingTalkWebhook
	sessions   map[string]dingSession
	logins     map[string]dingLogin // codes of visitors, not used yet
	ticket     string               // of pages
	bodies     map[string][]byte
	sends      map[string][]time.Time
	muted      map[string]time.Time
	shown      []DingTalkShown
	media      media
	faults     map[string][]DingTalkFault
	calls      map[string]int
	complaints []string
}

// DingTalkWebhook is a custom group robot.
type DingTalkWebhook struct {
	Token        string
	Secret       string   // 加签; empty: not asked for
	Keywords     []string // one must be in every message; none: not asked for
	Conversation string   // the group it shows its messages in
}

type dingSession struct {
	conversation, user string
	until              time.Time
}

// DingTalkShown is one message as a conversation shows it.
type DingTalkShown struct {
	Conversation string // of a group; of a direct talk the staff id
	By           string // session, group, direct or webhook
	Robot        string // its code or token
	Type         string // text, markdown, actionCard or image
	Title        string
	Text         string   // as it was sent; see Lines
	Link         string   // of an actionCard
	Picture      []byte   // of an image
	At           []string // people alerted
	AtAll        bool
	ID           string // processQueryKey, if it went by the API
	Recalled     bool
	Time         time.Time
}

// Lines returns the lines that a client shows: markdown breaks a line only at an
// empty one or after two blanks.
func (s DingTalkShown) Lines() []string {
	if s.Type == "text" {
		return strings.Split(s.Text, "\n")
	}
	var lines []string
	joined := false
	for line := range strings.SplitSeq(s.Text, "\n") {
		if trimmed := strings.TrimSpace(line); joined && trimmed != "" {
			lines[len(lines)-1] += " " + trimmed
		} else if trimmed != "" {
			lines = append(lines, trimmed)
		}
		joined = strings.TrimSpace(line) != "" && !strings.HasSuffix(line, "  ")
	}
	return lines
}

// DingTalkFault is one way to misbehave.
type DingTalkFault struct {
	Times  int    // how often; 0: once
	Late   bool   // the request has its effect first
	Hang   bool   // no answer until the caller gives up
	Cut    bool   // the connection is cut
	Status int    // of the answer; 0: 200
	Body   string // of the answer
}

// DingTalkErrcode is a fault that answers with an errcode, by HTTP 200.
func DingTalkErrcode(code int) DingTalkFault {
	return DingTalkFault{Body: fmt.Sprintf(`{"errcode":%d,"errmsg":"on demand"}`, code)}
}

// DingTalkCode is a fault of the API with a code.
func DingTalkCode(status int, code string) DingTalkFault {
	return DingTalkFault{Status: status, Body: fmt.Sprintf(`{"code":%q,"message":"on demand","requestid":"R"}`, code)}
}

// NewDingTalk starts a fake. Close ends it.
func NewDingTalk(opt DingTalkOptions) *DingTalk {
	set := func(s *string, or string) {
		if *s == "" {
			*s = or
		}
	}
	set(&opt.ClientID, "dingclient")
	set(&opt.Secret, "dingsecret")
	set(&opt.RobotCode, opt.ClientID)
	set(&opt.CorpID, "dingcorp")
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.PerMinute <= 0 {
		opt.PerMinute = dingPerMinute
	}
	d := &DingTalk{
		opt: opt, done: make(chan struct{}), changed: make(chan struct{}),
		tickets: map[string]dingTicket{}, groups: map[string][]string{}, users: map[string]string{}, hooks: map[string]DingTalkWebhook{},
		sessions: map[string]dingSession{}, logins: map[string]dingLogin{}, bodies: map[string][]byte{}, sends: map[string][]time.Time{}, muted: map[string]time.Time{},
		faults: map[string][]DingTalkFault{}, calls: map[string]int{}, media: media{},
	}
	d.srv = httptest.NewUnstartedServer(d)
	if opt.Listener != nil {
		_ = d.srv.Listener.Close() // the one it came with
		d.srv.Listener = opt.Listener
	}
	d.srv.Start()
	return d
}

// Close cuts all connections and stops the fake.
func (d *DingTalk) Close() {
	close(d.done)
	d.Cut()
	d.srv.CloseClientConnections()
	d.srv.Close()
	d.work.Wait()
}

// URL is the base of everything: api_base and oapi_base.
func (d *DingTalk) URL() string { return d.srv.URL }

// AddGroup makes a group with the robot in it. Only members can be alerted.
func (d *DingTalk) AddGroup(conversation string, members ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups[conversation] = members
}

// AddUsers adds members of the organisation.
func (d *DingTalk) AddUsers(ids ...string) { d.setUsers("", ids) }

// Invalidate makes the API list users as invalid.
func (d *DingTalk) Invalidate(ids ...string) { d.setUsers("invalid", ids) }

// Throttle makes the API list users as flow-controlled.
func (d *DingTalk) Throttle(ids ...string) { d.setUsers("throttled", ids) }

func (d *DingTalk) setUsers(state string, ids []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		d.users[id] = state
	}
}

// AddWebhook adds a custom robot and returns its address.
func (d *DingTalk) AddWebhook(w DingTalkWebhook) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hooks[w.Token] = w
	return d.URL() + DingTalkSendByWebhook + "?access_token=" + url.QueryEscape(w.Token)
}

// ExpireToken makes the present token invalid.
func (d *DingTalk) ExpireToken() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.token = ""
}

// ExpireSessions makes all sessions handed out so far invalid.
func (d *DingTalk) ExpireSessions() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.sessions)
}

// Fail makes the next requests of a path misbehave, after those told before.
func (d *DingTalk) Fail(path string, faults ...DingTalkFault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range faults {
		for range max(1, f.Times) {
			d.faults[path] = append(d.faults[path], f)
		}
	}
}

// Calls returns how often a path was asked, failures included.
func (d *DingTalk) Calls(path string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[path]
}

// Delivered returns what was shown, in order, in all conversations or in those
// named.
func (d *DingTalk) Delivered(conversations ...string) []DingTalkShown {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.delivered(conversations)
}

func (d *DingTalk) delivered(conversations []string) []DingTalkShown {
	var list []DingTalkShown
	for _, s := range d.shown {
		if len(conversations) == 0 || slices.Contains(conversations, s.Conversation) {
			list = append(list, s)
		}
	}
	return list
}

// AwaitDelivered waits until at least n messages were shown.
func (d *DingTalk) AwaitDelivered(ctx context.Context, n int, conversations ...string) ([]DingTalkShown, error) {
	var list []DingTalkShown
	err := d.await(ctx, func() bool {
		list = d.delivered(conversations)
		return len(list) >= n
	})
	return list, err
}

// Complaints lists what broke the protocol without being answered as an error.
func (d *DingTalk) Complaints() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.complaints)
}

func (d *DingTalk) complain(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.complaints = append(d.complaints, fmt.Sprintf(format, args...))
}

// await waits until ok holds; it is asked with mu held.
func (d *DingTalk) await(ctx context.Context, ok func() bool) error {
	for {
		d.mu.Lock()
		good, changed := ok(), d.changed
		d.mu.Unlock()
		if good {
			return nil
		}
		select {
		case <-changed:
		case <-d.done:
			return errors.New("dingtalk fake: closed")
		case <-ctx.Done():
			return fmt.Errorf("dingtalk fake: await: %w", ctx.Err())
		}
	}
}

// change wakes await; mu is held.
func (d *DingTalk) change() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// dingSign is the sign of callbacks and webhooks.
func dingSign(secret, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, timestamp+"\n"+secret) // a hash takes everything
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// ServeHTTP is DingTalk's side of every request.
func (d *DingTalk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	d.mu.Lock()
	d.calls[path]++
	var fault *DingTalkFault
	if list := d.faults[path]; len(list) > 0 {
		fault, d.faults[path] = &list[0], list[1:]
	}
	d.mu.Unlock()
	if fault == nil {
		d.serve(w, r)
		return
	}
	if fault.Late {
		d.serve(httptest.NewRecorder(), r)
	}
	switch {
	case fault.Hang:
		_, _ = io.Copy(io.Discard, r.Body) // only then the end of the caller is seen
		select {
		case <-r.Context().Done():
		case <-d.done:
		}
		panic(http.ErrAbortHandler)
	case fault.Cut:
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	if fault.Status != 0 {
		w.WriteHeader(fault.Status)
	}
	_, _ = io.WriteString(w, fault.Body) // the caller may be gone
}

func (d *DingTalk) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == DingTalkConnect {
		d.connect(w, r)
		return
	}
	hook := r.URL.Path == DingTalkSendBySession || r.URL.Path == DingTalkSendByWebhook
	body, err := io.ReadAll(io.LimitReader(r.Body, 2*mostPicture))
	switch {
	case err != nil:
		return
	case r.URL.Path == DingTalkUpload:
		d.keep(w, r, body)
	case hook && r.Method != http.MethodPost:
		dingErrcode(w, 43002, "need POST")
	case hook && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		dingErrcode(w, 43004, "invalid Content-Type")
	case r.Method != http.MethodPost:
		dingError(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		dingError(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType")
	default:
		d.answer(w, r, body)
	}
}

func (d *DingTalk) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	switch r.URL.Path {
	case DingTalkToken:
		d.giveToken(w, body)
	case DingTalkOpen:
		d.open(w, r, body)
	case DingTalkSendDirect, DingTalkSendGroup, DingTalkRecallDirect, DingTalkRecallGroup:
		if !d.authorized(r) {
			dingError(w, http.StatusBadRequest, "InvalidAuthentication")
			return
		}
		if strings.Contains(strings.ToLower(r.URL.Path), "recall") {
			d.recall(w, r, body)
		} else {
			d.send(w, r, body)
		}
	case DingTalkTicket:
		d.giveTicket(w, r, body)
	case DingTalkIdentify:
		d.identify(w, r, body)
	case DingTalkSendBySession:
		d.sendBySession(w, r, body)
	case DingTalkSendByWebhook:
		d.sendByWebhook(w, r, body)
	default:
		dingError(w, http.StatusNotFound, "InvalidAction.NotFound")
	}
}

func dingJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}

func dingErrcode(w http.ResponseWriter, code int, message string) {
	dingJSON(w, map[string]any{"errcode": code, "errmsg": message})
}

func dingError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": "the fake says so", "requestid": "R"}) // the caller may be gone
}

// dingStrict decodes exactly one JSON value without unknown fields.
func dingStrict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

func (d *DingTalk) giveToken(w http.ResponseWriter, body []byte) {
	var in struct{ AppKey, AppSecret string }
	if err := dingStrict(body, &in); err != nil {
		dingError(w, http.StatusBadRequest, "invalidParameter.body")
		return
	}
	if in.AppKey != d.opt.ClientID || in.AppSecret != d.opt.Secret {
		dingError(w, http.StatusBadRequest, "invalidClientIdOrSecret")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.opt.Now()
	if d.token == "" || !now.Before(d.tokenUntil) {
		d.token, d.tokenUntil = "TOKEN"+rand.Text(), now.Add(dingTokenLife)
	}
	dingJSON(w, map[string]any{"accessToken": d.token, "expireIn": int(d.tokenUntil.Sub(now).Seconds())})
}

func (d *DingTalk) authorized(r *http.Request) bool {
	return d.takes(r.Header.Get("X-Acs-Dingtalk-Access-Token"))
}

func (d *DingTalk) takes(token string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return token != "" && token == d.token && d.opt.Now().Before(d.tokenUntil)
}

// keep takes a picture in, by the old API: it wants the token in its address.
func (d *DingTalk) keep(w http.ResponseWriter, r *http.Request, body []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := r.URL.Query()
	png, err := uploaded(r, body)
	switch token := q.Get("access_token"); {
	case r.Method != http.MethodPost:
		dingErrcode(w, 43002, "need POST")
	case token == "" || token != d.token:
		dingErrcode(w, 40014, "invalid access_token")
	case !d.opt.Now().Before(d.tokenUntil):
		dingErrcode(w, 42001, "access_token expired")
	case err != nil || q.Get("type") != "image":
		d.complaints = append(d.complaints, fmt.Sprintf("upload of type %q: %v", q.Get("type"), err))
		dingErrcode(w, 43008, "multipart needed")
	default:
		now := d.opt.Now()
		dingJSON(w, map[string]any{"errcode": 0, "errmsg": "ok", "type": "image", "media_id": d.media.keep(png, now), "created_at": now.UnixMilli()})
	}
}

// clock is the time that rates follow.
func (d *DingTalk) clock(r *http.Request) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, r.Header.Get("X-Xietiao-Clock")); err == nil {
		return at
	}
	return d.opt.Now()
}

// pass counts a message of a robot, and reports whether it is let through; mu
// is held. Who sends too fast is muted.
func (d *DingTalk) pass(key string, at time.Time) bool {
	if at.Before(d.muted[key]) {
		return false
	}
	recent := slices.DeleteFunc(d.sends[key], func(t time.Time) bool { return !t.After(at.Add(-time.Minute)) })
	if len(recent) >= d.opt.PerMinute {
		d.sends[key], d.muted[key] = nil, at.Add(dingMute)
		return false
	}
	d.sends[key] = append(recent, at)
	return true
}

// dingParams are the fields of msgParam by msgKey, all required.
var dingParams = map[string][]string{
	"sampleImageMsg":   {"photoURL"},
	"sampleText":       {"content"},
	"sampleMarkdown":   {"title", "text"},
	"sampleActionCard": {"title", "text", "singleTitle", "singleURL"},
}

func (d *DingTalk) send(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		RobotCode    string   `json:"robotCode"`
		Users        []string `json:"userIds"`
		Conversation string   `json:"openConversationId"`
		MsgKey       string   `json:"msgKey"`
		MsgParam     string   `json:"msgParam"`
	}
	bad := func(field string) { dingError(w, http.StatusBadRequest, "invalidParameter."+field) }
	var param map[string]string
	group := r.URL.Path == DingTalkSendGroup
	d.mu.Lock()
	defer d.mu.Unlock()
	switch err := dingStrict(body, &in); {
	case err != nil:
		bad("body")
		return
	case in.RobotCode != d.opt.RobotCode:
		bad("robotCode.invalid")
		return
	case group == (in.Conversation == "") || group != (len(in.Users) == 0) || len(in.Users) > dingMaxUsers:
		bad("receiver")
		return
	case len(in.MsgParam) > dingParamBytes:
		bad("msgParam.tooLong")
		return
	case dingStrict([]byte(in.MsgParam), &param) != nil || !dingComplete(param, dingParams[in.MsgKey]):
		bad("msgParam")
		return
	}
	picture, kept := d.media.get(param["photoURL"], d.opt.Now())
	if in.MsgKey == "sampleImageMsg" && !kept {
		d.complaints = append(d.complaints, "a picture that was not uploaded, or long ago")
		bad("photoURL")
		return
	}
	if _, known := d.groups[in.Conversation]; group && !known {
		bad("openConversationId.notExist")
		return
	}
	out := map[string]any{"processQueryKey": "PQK" + rand.Text()}
	shown := DingTalkShown{
		By: "group", Robot: in.RobotCode, Type: "markdown", Title: param["title"], Text: param["text"], Link: param["singleURL"],
		ID: out["processQueryKey"].(string), Time: d.clock(r),
	}
	switch in.MsgKey {
	case "sampleText":
		shown.Type, shown.Text = "text", param["content"]
	case "sampleImageMsg":
		shown.Type, shown.Picture = "image", picture
	case "sampleActionCard":
		shown.Type = "actionCard"
	}
	targets := []string{in.Conversation}
	if !group {
		shown.By, targets = "direct", nil
		invalid, slow := []string{}, []string{}
		for _, u := range in.Users {
			switch state, known := d.users[u]; {
			case !known || state == "invalid":
				invalid = append(invalid, u)
			case state == "throttled":
				slow = append(slow, u)
			default:
				targets = append(targets, u)
			}
		}
		out["invalidStaffIdList"], out["flowControlledStaffIdList"] = invalid, slow
	}
	for _, target := range targets {
		if !d.pass(in.RobotCode+"/"+target, shown.Time) {
			dingError(w, http.StatusForbidden, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
			return
		}
		shown.Conversation = target
		d.shown = append(d.shown, shown)
	}
	d.change()
	dingJSON(w, out)
}

// dingComplete reports whether param has exactly the fields, none empty.
func dingComplete(param map[string]string, fields []string) bool {
	for _, f := range fields {
		if param[f] == "" {
			return false
		}
	}
	return len(fields) > 0 && len(param) == len(fields)
}

func (d *DingTalk) recall(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		RobotCode    string   `json:"robotCode"`
		Conversation string   `json:"openConversationId"`
		Keys         []string `json:"processQueryKeys"`
	}
	group := r.URL.Path == DingTalkRecallGroup
	if err := dingStrict(body, &in); err != nil || in.RobotCode != d.opt.RobotCode || len(in.Keys) == 0 || group == (in.Conversation == "") {
		dingError(w, http.StatusBadRequest, "invalidParameter.body")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	done, failed := []string{}, map[string]string{}
	for _, key := range in.Keys {
		failed[key] = "notExist"
		for i := range d.shown {
			if s := &d.shown[i]; s.ID == key && (s.By == "group") == group && (!group || s.Conversation == in.Conversation) {
				s.Recalled = true
				done = append(done, key)
				delete(failed, key)
			}
		}
	}
	d.change()
	dingJSON(w, map[string]any{"successResult": done, "failedResult": failed})
}

// dingHook is a message to a session or a custom robot.
type dingHook struct {
	MsgType string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Markdown *struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"markdown"`
	ActionCard *struct {
		Title          string `json:"title"`
		Text           string `json:"text"`
		SingleTitle    string `json:"singleTitle"`
		SingleURL      string `json:"singleURL"`
		BtnOrientation string `json:"btnOrientation"`
		Btns           []struct {
			Title     string `json:"title"`
			ActionURL string `json:"actionURL"`
		} `json:"btns"`
	} `json:"actionCard"`
	At struct {
		Mobiles []string `json:"atMobiles"`
		Users   []string `json:"atUserIds"`
		All     bool     `json:"isAtAll"`
	} `json:"at"`
}

// read reads a message; code is 0 if it can be shown.
func (h *dingHook) read(body []byte) (s DingTalkShown, code int) {
	if len(body) > dingHookBytes {
		return s, 460101
	}
	if dingStrict(body, h) != nil {
		return s, 40035
	}
	parts := 0
	for _, set := range []bool{h.Text != nil, h.Markdown != nil, h.ActionCard != nil} {
		if set {
			parts++
		}
	}
	s.Type = h.MsgType
	switch {
	case parts != 1:
		return s, 40035
	case h.MsgType == "text" && h.Text != nil:
		s.Text = h.Text.Content
	case h.MsgType == "markdown" && h.Markdown != nil:
		s.Title, s.Text = h.Markdown.Title, h.Markdown.Text
	case h.MsgType == "actionCard" && h.ActionCard != nil:
		s.Title, s.Text, s.Link = h.ActionCard.Title, h.ActionCard.Text, h.ActionCard.SingleURL
		if (h.ActionCard.SingleTitle == "" || s.Link == "") == (len(h.ActionCard.Btns) == 0) {
			return s, 40035
		}
	default:
		return s, 400105
	}
	if s.Text == "" || h.MsgType != "text" && s.Title == "" {
		return s, 40035
	}
	return s, 0
}

// alerted are the people that h alerts: text and markdown only, and only those
// the text itself names; mu is held.
func (d *DingTalk) alerted(h dingHook, s DingTalkShown) []string {
	var at []string
	for _, id := range h.At.Users {
		if h.MsgType != "actionCard" && strings.Contains(s.Text, "@"+id) && slices.Contains(d.groups[s.Conversation], id) {
			at = append(at, id)
		}
	}
	return at
}

func (d *DingTalk) sendBySession(w http.ResponseWriter, r *http.Request, body []byte) {
	var h dingHook
	s, code := h.read(body)
	d.mu.Lock()
	defer d.mu.Unlock()
	session, ok := d.sessions[r.URL.Query().Get("session")]
	switch {
	case !ok || !d.opt.Now().Before(session.until):
		dingErrcode(w, 300001, "session is not exist or expired")
		return
	case code != 0:
		dingErrcode(w, code, "the message is wrong")
		return
	}
	s.Conversation = session.conversation
	if s.Conversation == "" {
		s.Conversation = session.user
	}
	s.By, s.Robot, s.At, s.AtAll = "session", d.opt.RobotCode, nil, h.At.All
	d.show(w, r, h, s, s.Robot+"/"+s.Conversation)
}

func (d *DingTalk) sendByWebhook(w http.ResponseWriter, r *http.Request, body []byte) {
	var h dingHook
	s, code := h.read(body)
	d.mu.Lock()
	defer d.mu.Unlock()
	q := r.URL.Query()
	hook, ok := d.hooks[q.Get("access_token")]
	switch {
	case q.Get("access_token") == "":
		dingErrcode(w, 400101, "access_token is missing")
	case !ok:
		dingErrcode(w, 300005, "token is not exist")
	case code != 0:
		dingErrcode(w, code, "the message is wrong")
	case hook.Secret != "" && !d.signed(q, hook.Secret):
		dingErrcode(w, 310000, "sign not match")
	case len(hook.Keywords) > 0 && !slices.ContainsFunc(hook.Keywords, func(k string) bool { return strings.Contains(s.Title+s.Text, k) }):
		dingErrcode(w, 310000, "keywords not in content")
	default:
		s.Conversation, s.By, s.Robot, s.AtAll = hook.Conversation, "webhook", hook.Token, h.At.All
		d.show(w, r, h, s, "webhook/"+hook.Token)
	}
}

func (d *DingTalk) signed(q url.Values, secret string) bool {
	ms, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	return err == nil && d.opt.Now().Sub(time.UnixMilli(ms)).Abs() <= dingSignLife && q.Get("sign") == dingSign(secret, q.Get("timestamp"))
}

// show counts and shows a message; mu is held.
func (d *DingTalk) show(w http.ResponseWriter, r *http.Request, h dingHook, s DingTalkShown, key string) {
	s.Time = d.clock(r)
	if !d.pass(key, s.Time) {
		dingErrcode(w, 130101, "send too fast, exceed 20 times per minute")
		return
	}
	s.At = d.alerted(h, s)
	d.shown = append(d.shown, s)
	d.change()
	dingErrcode(w, 0, "ok")
}
