package wecom

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// authBase is where a client is sent to say who uses it. A private deployment
// does this at its own address.
const authBase = "https://open.weixin.qq.com"

// The calls behind pages.
const (
	callIdentify    = "auth/getuserinfo"
	callCorpTicket  = "get_jsapi_ticket"
	callAgentTicket = "ticket/get"
)

var _ chat.Web = (*API)(nil)

// Platform implements chat.Web.
func (*API) Platform() chat.Platform { return chat.WeCom }

// Inside implements chat.Web. WeChat too sends its users to AuthURL: those who are
// no members come back as outsiders (docs 91023).
func (*API) Inside(userAgent string) bool {
	ua := strings.ToLower(userAgent)
	return strings.Contains(ua, "wxwork") || strings.Contains(ua, "micromessenger")
}

// AuthURL implements chat.Web (docs 91022). It asks for no consent: snsapi_base
// tells who it is and nothing else.
func (a *API) AuthURL(back, state string) string {
	base := a.base
	if base == apiBase {
		base = authBase
	}
	return base + "/connect/oauth2/authorize?" + url.Values{
		"appid": {a.corpID}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"snsapi_base"},
		"state": {state}, "agentid": {strconv.Itoa(a.agentID)},
	}.Encode() + "#wechat_redirect"
}

// Corp implements chat.Web.
func (a *API) Corp() string { return a.corpID }

// Script implements chat.Web (docs 98560).
func (a *API) Script() string {
	return "https://wwcdn.weixin.qq.com/node/open/js/wecom-jssdk-2.3.4.js"
}

// badCode is the errcode of a code that is used or old (docs 91023).
const badCode = "40029"

// Identify implements chat.Web (docs 91023).
func (a *API) Identify(ctx context.Context, code string) (chat.Visitor, error) {
	var got struct {
		User string `json:"userid"`
		Open string `json:"openid"`
	}
	err := a.call(ctx, callIdentify, url.Values{"code": {code}}, nil, &got)
	switch {
	case Code(err) == badCode:
		return chat.Visitor{}, errors.Join(chat.ErrCode, err)
	case err != nil:
		return chat.Visitor{}, err
	case got.User == "" && got.Open == "" || max(len(got.User), len(got.Open)) > maxID:
		return chat.Visitor{}, unlent(callIdentify, CodeAnswer, nil)
	case got.User != "":
		return chat.Visitor{Platform: chat.WeCom, User: chat.UserID(got.User)}, nil
	}
	return chat.Visitor{Platform: chat.WeCom, User: chat.UserID(got.Open), Outside: true}, nil
}

// JSConfig implements chat.Web: Signature is for config, Agent for agentConfig
// (docs 90506).
func (a *API) JSConfig(ctx context.Context, address string) (chat.JSConfig, error) {
	corp, err := borrow(ctx, callCorpTicket, a.corpTicket)
	if err != nil {
		return chat.JSConfig{}, err
	}
	agent, err := borrow(ctx, callAgentTicket, a.agentTicket)
	if err != nil {
		return chat.JSConfig{}, err
	}
	c := chat.JSConfig{CorpID: a.corpID, AgentID: strconv.Itoa(a.agentID), Time: a.now().Unix(), Nonce: rand.Text()}
	address, _, _ = strings.Cut(address, "#")
	c.Signature, c.Agent = chat.SignPage(sha1.New(), corp, address, c), chat.SignPage(sha1.New(), agent, address, c)
	return c, nil
}

// fetchTicket gets a ticket; there are few calls of it: 400 an hour for a corp,
// 100 for an app (docs 90506).
func (a *API) fetchTicket(call string, query url.Values) func(context.Context) (string, time.Duration, error) {
	return func(ctx context.Context) (string, time.Duration, error) {
		var got struct {
			Ticket string `json:"ticket"`
			Life   int    `json:"expires_in"` // seconds
		}
		err := a.call(ctx, call, query, nil, &got)
		if err == nil && (got.Ticket == "" || got.Life <= 0) {
			err = unlent(call, CodeAnswer, nil)
		}
		return got.Ticket, time.Duration(got.Life) * time.Second, err
	}
}
