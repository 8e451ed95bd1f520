package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// APIOptions are what an API needs. CorpID, Secret, AgentID and State are
// required.
type APIOptions struct {
	CorpID  string // 企业ID
	Secret  string // of the app
	AgentID int    // of the app
	Base    string // "": https://qyapi.weixin.qq.com
	State   chat.State
	Client  *chat.Client     // nil: one over http.DefaultTransport
	Now     func() time.Time // nil: time.Now
}

// Format prints o without its secret.
func (o APIOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "wecom api of %s, agent %d", o.CorpID, o.AgentID)
}

// API calls the server API of one app of one corp (docs 90664). Instances that
// share a State share one access token. It is safe for concurrent use; every
// error of its methods is an *Error.
type API struct {
	corpID, secret string
	agentID        int
	base           string
	state          chat.State
	client         *chat.Client
	now            func() time.Time

	access                  *chat.Credential
	corpTicket, agentTicket *chat.Credential // of pages
}

// NewAPI returns an API; it calls nothing yet. The error is chat.ErrConfig and
// names no credential.
func NewAPI(opt APIOptions) (*API, error) {
	base, err := baseOf(opt.Base)
	switch {
	case err != nil:
		return nil, err
	case opt.CorpID == "" || opt.Secret == "" || opt.AgentID <= 0:
		return nil, fmt.Errorf("wecom api: corp id, secret and agent id are all needed: %w", chat.ErrConfig)
	case opt.State == nil:
		return nil, fmt.Errorf("wecom api: no state: %w", chat.ErrConfig)
	}
	// A changed secret must not meet the old one's token.
	id := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", opt.CorpID, opt.Secret, opt.AgentID))
	a := &API{
		corpID: opt.CorpID, secret: opt.Secret, agentID: opt.AgentID, base: base,
		state: opt.State, client: clientOf(opt.Client), now: nowOf(opt.Now),
	}
	of := "/" + hex.EncodeToString(id[:12])
	a.access = a.lent(callToken, "wecom.api/token"+of, a.fetchToken)
	a.corpTicket = a.lent(callCorpTicket, "wecom.api/corpticket"+of, a.fetchTicket(callCorpTicket, nil))
	a.agentTicket = a.lent(callAgentTicket, "wecom.api/agentticket"+of, a.fetchTicket(callAgentTicket, url.Values{"type": {"agent_config"}}))
	return a, nil
}

// Format hides the fields, which are credentials, from every verb.
func (a *API) Format(f fmt.State, _ rune) {
	io.WriteString(f, "wecom api of agent "+strconv.Itoa(a.agentID))
}

// baseOf returns the origin to call: WeCom's, unless another is configured.
func baseOf(configured string) (string, error) {
	if configured == "" {
		return apiBase, nil
	}
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("wecom api: the base is no address: %w", chat.ErrConfig)
	}
	return strings.TrimRight(configured, "/"), nil
}

func clientOf(c *chat.Client) *chat.Client {
	if c == nil {
		return chat.NewClient(nil)
	}
	return c
}

func nowOf(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// call sends body, or nothing if it is nil, to a path below /cgi-bin/ and reads
// the answer into v. A token that has ended is replaced, once.
func (a *API) call(ctx context.Context, path string, query url.Values, body, v any, who ...string) error {
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	return a.withToken(ctx, func(token string) error {
		q := url.Values{"access_token": {token}}
		for name, values := range query {
			q[name] = values
		}
		link := chat.Link(a.base + "/cgi-bin/" + path + "?" + q.Encode())
		return read(path, a.client.Call(ctx, method, link, nil, body), v, who...)
	})
}

// upload keeps a picture with WeCom for three days, for messages of the app (docs
// 90253), and returns its id.
func (a *API) upload(ctx context.Context, png []byte) (id string, err error) {
	const path = "media/upload"
	var in struct {
		ID string `json:"media_id"`
	}
	err = a.withToken(ctx, func(token string) error {
		q := url.Values{"access_token": {token}, "type": {"image"}}
		return read(path, a.client.Upload(ctx, chat.Link(a.base+"/cgi-bin/"+path+"?"+q.Encode()), png), &in)
	})
	if err == nil && in.ID == "" {
		err = &Error{Call: path, Outcome: chat.Permanent(CodeAnswer)}
	}
	return in.ID, err
}

// withToken runs do with the access token, and once more with a fresh one if
// the platform says that it has ended. Such an answer comes before any effect.
func (a *API) withToken(ctx context.Context, do func(token string) error) error {
	for again := false; ; again = true {
		token, err := borrow(ctx, callToken, a.access)
		if err != nil {
			return err
		}
		err = do(token)
		if again || !tokenEnded(err) {
			return err
		}
		if err := a.access.Forget(ctx, token); err != nil {
			return lentFault(callToken, err)
		}
	}
}

// Agent is the app as the platform knows it.
type Agent struct {
	Name   string
	Closed bool // 停用
}

// Check asks for a token and for the app itself, and so finds out whether the
// credentials are right, the agent id is theirs, and this address is trusted
// (docs 90227). Code and Advice tell of the error what is to be mended.
func (a *API) Check(ctx context.Context) (Agent, error) {
	var got struct {
		Name  string `json:"name"`
		Close int    `json:"close"`
	}
	err := a.call(ctx, "agent/get", url.Values{"agentid": {strconv.Itoa(a.agentID)}}, nil, &got)
	return Agent{Name: got.Name, Closed: got.Close != 0}, err
}
