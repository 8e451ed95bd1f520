package chattest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"xietiao/bot/chat"
)

// DingTalkMessage is what a person says to the robot. Two with one ID are the
// same message.
type DingTalkMessage struct {
	ID           string // empty: a new one
	Conversation string // of a group; empty: to the robot alone
	User         string // staff id; of people outside any id
	Outside      bool   // no member of the organisation
	Text         string
	Quote        string // the text that is answered
	Unmentioned  bool   // in a group: without @ robot
	At           time.Time
	Fields       map[string]any // set over the others; a nil leaves one out
}

// Callback is m as a callback's body, with a session of its own.
func (d *DingTalk) Callback(m DingTalkMessage) []byte {
	if m.ID == "" {
		m.ID = "msg" + rand.Text() + "="
	}
	if m.At.IsZero() {
		m.At = d.opt.Now()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if body, ok := d.bodies[m.ID]; ok {
		return body
	}
	key := "SESSION" + rand.Text()
	until := d.opt.Now().Add(dingSessionLife)
	d.sessions[key] = dingSession{conversation: m.Conversation, user: m.User, until: until}
	text := map[string]any{"content": m.Text}
	if m.Quote != "" {
		text["isReplyMsg"] = true
		text["repliedMsg"] = map[string]any{"msgType": "text", "msgId": "old", "content": map[string]any{"text": m.Quote}}
	}
	body := map[string]any{
		"msgtype": "text", "text": text, "msgId": m.ID, "createAt": m.At.UnixMilli(),
		"conversationType": "1", "conversationId": "cid-" + m.User, "senderStaffId": m.User, "senderId": "$:LWCP_v1:$" + m.User,
		"senderNick": m.User, "senderCorpId": d.opt.CorpID, "isAdmin": false, "chatbotCorpId": d.opt.CorpID, "chatbotUserId": "$:LWCP_v1:$bot",
		"robotCode": d.opt.RobotCode, "sessionWebhook": d.URL() + DingTalkSendBySession + "?session=" + key, "sessionWebhookExpiredTime": until.UnixMilli(),
	}
	if m.Conversation != "" {
		maps.Copy(body, map[string]any{"conversationType": "2", "conversationId": m.Conversation, "conversationTitle": "群", "isInAtList": !m.Unmentioned})
		if !m.Unmentioned {
			text["content"] = " " + m.Text // what is left of the mention
			body["atUsers"] = []map[string]string{{"dingtalkId": "$:LWCP_v1:$bot"}}
		}
	}
	if m.Outside {
		delete(body, "senderStaffId")
	}
	for k, v := range m.Fields {
		if body[k] = v; v == nil {
			delete(body, k)
		}
	}
	data := dingMarshal(body)
	d.bodies[m.ID] = data
	return data
}

func dingMarshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // a test's mistake
	}
	return data
}

// DingTalkPost is how a message is posted to a callback in HTTP mode.
type DingTalkPost struct {
	Copies int       // how often it is posted at once; 0: once
	Tries  int       // how often each is posted until it is answered by 200; 0: once
	At     time.Time // when it is signed; zero: now
	Secret string    // signs; empty: the app's
	AESKey string    // encrypts the body; empty: it stays plain
	Change func(*http.Request)
	Client *http.Client // nil: one with five seconds' patience
}

// Post posts m to address, as DingTalk does in HTTP mode, and returns the last
// status of every copy, 0 for no answer.
func (d *DingTalk) Post(ctx context.Context, address string, m DingTalkMessage, how DingTalkPost) ([]int, error) {
	body := d.Callback(m)
	if how.AESKey != "" {
		envelope, err := chat.NewEnvelope(how.AESKey)
		if err != nil {
			return nil, fmt.Errorf("dingtalk fake: %w", err)
		}
		body = dingMarshal(map[string]string{"encrypt": envelope.Seal(body, d.opt.RobotCode)})
	}
	if how.At.IsZero() {
		how.At = d.opt.Now()
	}
	if how.Secret == "" {
		how.Secret = d.opt.Secret
	}
	if how.Client == nil {
		how.Client = &http.Client{Timeout: 5 * time.Second}
	}
	statuses, errs := make([]int, max(1, how.Copies)), make([]error, max(1, how.Copies))
	var posts sync.WaitGroup
	for i := range statuses {
		posts.Go(func() { statuses[i], errs[i] = dingPost(ctx, address, body, how) })
	}
	posts.Wait()
	for _, err := range errs {
		if err != nil {
			return statuses, err
		}
	}
	return statuses, nil
}

func dingPost(ctx context.Context, address string, body []byte, how DingTalkPost) (status int, err error) {
	timestamp := strconv.FormatInt(how.At.UnixMilli(), 10)
	for range max(1, how.Tries) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return 0, fmt.Errorf("dingtalk fake: post: %w", err)
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		req.Header.Set("Timestamp", timestamp)
		req.Header.Set("Sign", dingSign(how.Secret, timestamp))
		if how.Change != nil {
			how.Change(req)
		}
		resp, err := how.Client.Do(req)
		if err != nil {
			status = 0
			continue
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // DingTalk does not look at it
		_ = resp.Body.Close()
		if status = resp.StatusCode; status == http.StatusOK {
			break
		}
	}
	return status, ctx.Err()
}
