package dingtalk

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// Paths behind pages; the first is the old API's.
const (
	pathIdentify = "/topapi/v2/user/getuserinfo"
	pathTicket   = "/v1.0/oauth2/jsapiTickets"
)

// WebOptions are what pages inside DingTalk's client need besides the API. CorpID
// is required.
type WebOptions struct {
	CorpID  string
	AgentID string // of the app; without it JSConfig is not taken by the client
	SHA1    bool   // sign with SHA-1, as older clients want it, not with SHA-256
}

// Web is DingTalk's client as a place where pages are opened. Its login page is
// not used: inside the client a script gets a code without asking anybody.
type Web struct {
	api    *API
	opt    WebOptions
	ticket *chat.Credential
}

var _ chat.Web = (*Web)(nil)

// NewWeb returns the client of an app's organisation. The error is chat.ErrConfig.
func NewWeb(api *API, opt WebOptions) (*Web, error) {
	if api == nil || opt.CorpID == "" {
		return nil, fmt.Errorf("dingtalk web: no api or corp id: %w", chat.ErrConfig)
	}
	w := &Web{api: api, opt: opt}
	w.ticket = &chat.Credential{State: api.token.State, Key: "dingtalk.ticket/" + api.clientID, Fetch: w.fetchTicket}
	return w, nil
}

// Platform implements chat.Web.
func (*Web) Platform() chat.Platform { return chat.DingTalk }

// Inside implements chat.Web.
func (*Web) Inside(userAgent string) bool {
	return strings.Contains(strings.ToLower(userAgent), "dingtalk")
}

// AuthURL implements chat.Web: there is none.
func (*Web) AuthURL(string, string) string { return "" }

// Corp implements chat.Web.
func (w *Web) Corp() string { return w.opt.CorpID }

// Script implements chat.Web (page jsapi-overview).
func (w *Web) Script() string {
	return "https://g.alicdn.com/dingding/dingtalk-jsapi/3.0.25/dingtalk.open.js"
}

// Identify implements chat.Web. Only members get a code.
func (w *Web) Identify(ctx context.Context, code string) (chat.Visitor, error) {
	var got struct {
		Result struct {
			User string `json:"userid"`
		} `json:"result"`
	}
	o := w.api.withToken(ctx, func(token string) chat.Outcome {
		link := chat.Link(w.api.oldBase + pathIdentify + "?" + url.Values{"access_token": {token}}.Encode())
		return judgeTop(w.api.client.Call(ctx, http.MethodPost, link, nil, map[string]string{"code": code}), &got)
	})
	switch {
	case o.Verdict() == chat.VerdictDone && got.Result.User == "":
		return chat.Visitor{}, &Refusal{Doing: "identify", Code: badAnswer}
	case o.Verdict() == chat.VerdictDone:
		return chat.Visitor{Platform: chat.DingTalk, User: chat.UserID(got.Result.User)}, nil
	case o.Code() == badCode:
		return chat.Visitor{}, chat.ErrCode
	}
	return chat.Visitor{}, &Refusal{Doing: "identify", Code: o.Code()}
}

// JSConfig implements chat.Web.
func (w *Web) JSConfig(ctx context.Context, address string) (chat.JSConfig, error) {
	ticket, err := w.ticket.Get(ctx)
	if err != nil {
		return chat.JSConfig{}, err
	}
	c := chat.JSConfig{CorpID: w.opt.CorpID, AgentID: w.opt.AgentID, Time: time.Now().Unix(), Nonce: rand.Text()}
	address, _, _ = strings.Cut(address, "#")
	c.Signature = chat.SignPage(w.hash(), ticket, address, c)
	return c, nil
}

func (w *Web) hash() hash.Hash {
	if w.opt.SHA1 {
		return sha1.New()
	}
	return sha256.New()
}

func (w *Web) fetchTicket(ctx context.Context) (string, time.Duration, error) {
	var in struct {
		Ticket string `json:"jsapiTicket"`
		Expire int64  `json:"expireIn"` // seconds
	}
	if o := w.api.call(ctx, pathTicket, struct{}{}, &in); o.Verdict() != chat.VerdictDone {
		return "", 0, &Refusal{Doing: "ticket", Code: o.Code()}
	}
	return lent("ticket", in.Ticket, in.Expire)
}
