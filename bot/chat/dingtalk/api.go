package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// Where the API is, but for fakes and private deployments: the new one, and the old
// one for what it alone can do.
const (
	apiBase  = "https://api.dingtalk.com"
	oapiBase = "https://oapi.dingtalk.com"
)

// Paths of the API (page robot-1-0 and oauth2-1-0, as in its official client).
const (
	pathToken         = "/v1.0/oauth2/accessToken"
	pathSendDirect    = "/v1.0/robot/oToMessages/batchSend"
	pathSendGroup     = "/v1.0/robot/groupMessages/send"
	pathWithdraw      = "/v1.0/robot/otoMessages/batchRecall" // oto, not oTo
	pathWithdrawGroup = "/v1.0/robot/groupMessages/recall"
	pathUpload        = "/media/upload" // of the old API (page upload-media-files)
)

// APIOptions are what the API of an app needs. ClientID, Secret and State are
// required.
type APIOptions struct {
	ClientID string    // AppKey
	Secret   chat.Link // AppSecret
	Base     string    // empty: DingTalk's own
	OldBase  string    // of the old API, where pictures go; empty: DingTalk's own
	Client   *chat.Client
	State    chat.State // keeps the token, for all instances
}

// API is the API of one app with its access token. The token lives in State, so
// that all instances use one; it is fetched by one of them at a time. It is safe
// for concurrent use.
type API struct {
	clientID string
	secret   chat.Link
	base     string
	oldBase  string
	client   *chat.Client
	token    *chat.Credential
}

// NewAPI returns the API of an app. The error is chat.ErrConfig and names no
// credential.
func NewAPI(opt APIOptions) (*API, error) {
	fail := func(why string) (*API, error) {
		return nil, fmt.Errorf("dingtalk api: %s: %w", why, chat.ErrConfig)
	}
	base, ok1 := baseOf(opt.Base, apiBase)
	oldBase, ok2 := baseOf(opt.OldBase, oapiBase)
	switch {
	case opt.ClientID == "" || opt.Secret == "":
		return fail("no client id or secret")
	case opt.State == nil:
		return fail("no state")
	case !ok1 || !ok2:
		return fail("the base is no address")
	}
	if opt.Client == nil {
		opt.Client = chat.NewClient(nil)
	}
	a := &API{clientID: opt.ClientID, secret: opt.Secret, base: base, oldBase: oldBase, client: opt.Client}
	a.token = &chat.Credential{State: opt.State, Key: "dingtalk.token/" + a.clientID, Fetch: a.fetchToken}
	return a, nil
}

// baseOf returns the base of an API without a slash at its end.
func baseOf(base, standard string) (string, bool) {
	if base == "" {
		return standard, true
	}
	_, ok := origins([]string{base})
	return strings.TrimRight(base, "/"), ok
}

// Format prints a's name: its fields are credentials.
func (a *API) Format(f fmt.State, _ rune) { io.WriteString(f, "dingtalk api of "+a.clientID) }

// Refusal is an error of DingTalk's, with its code. It holds no secret. Advice
// tells what fixes it.
type Refusal struct {
	Doing string // what was being done
	Code  string
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("dingtalk %s: refused: %s", r.Doing, r.Code) }

// refusal is the error of a call that brought nothing: a Refusal, unless a
// failing line or server explains it.
func refusal(doing string, a chat.Answer, o chat.Outcome) error {
	switch {
	case a.Err != nil:
		return fmt.Errorf("dingtalk %s: %w", doing, a.Err)
	case a.Status == http.StatusTooManyRequests || a.Status >= 500:
		return fmt.Errorf("dingtalk %s: status %d", doing, a.Status)
	}
	return &Refusal{Doing: doing, Code: o.Code()}
}

// Check asks DingTalk for a token, whether there is one or not, and so tells
// whether the app's credentials are right. The error is a Refusal where
// DingTalk gave a code.
func (a *API) Check(ctx context.Context) error {
	_, _, err := a.fetchToken(ctx)
	return err
}

// fetchToken gets a token from DingTalk.
func (a *API) fetchToken(ctx context.Context) (string, time.Duration, error) {
	answer := a.client.Call(ctx, http.MethodPost, chat.Link(a.base+pathToken), nil, map[string]string{"appKey": a.clientID, "appSecret": a.secret.Reveal()})
	var in struct {
		Token  string `json:"accessToken"`
		Expire int64  `json:"expireIn"` // seconds
	}
	if o := judgeAPI(answer, &in); o.Verdict() != chat.VerdictDone {
		return "", 0, refusal("token", answer, o)
	}
	return lent("token", in.Token, in.Expire)
}

// lent checks a token or ticket and its life in seconds.
func lent(doing, value string, seconds int64) (string, time.Duration, error) {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) || seconds <= 0 || seconds > int64(365*24*time.Hour/time.Second) {
		return "", 0, &Refusal{Doing: doing, Code: badAnswer}
	}
	return value, time.Duration(seconds) * time.Second, nil
}

// call posts body to path with the token and decodes the answer into v.
func (a *API) call(ctx context.Context, path string, body, v any) chat.Outcome {
	return a.withToken(ctx, func(token string) chat.Outcome {
		answer := a.client.Call(ctx, http.MethodPost, chat.Link(a.base+path), http.Header{"X-Acs-Dingtalk-Access-Token": {token}}, body)
		if o := judgeAPI(answer, v); answer.Status != http.StatusUnauthorized {
			return o
		}
		return outcome(badToken)
	})
}

// upload keeps a picture with DingTalk and returns its id. It shows nothing to
// anybody, so no outcome of it is unknown.
func (a *API) upload(ctx context.Context, png []byte) (id string, o chat.Outcome) {
	var in struct {
		ID string `json:"media_id"`
	}
	o = a.withToken(ctx, func(token string) chat.Outcome {
		q := url.Values{"access_token": {token}, "type": {"image"}}
		o := judgeTop(a.client.Upload(ctx, chat.Link(a.oldBase+pathUpload+"?"+q.Encode()), png), &in)
		if o.Verdict() == chat.VerdictDone && in.ID == "" {
			return chat.Permanent(badAnswer)
		}
		return o
	})
	if o.Verdict() == chat.VerdictUnknown {
		o = chat.RetryAfter(soon).Because(o.Code())
	}
	return in.ID, o
}

// withToken runs do with the token. One that DingTalk does not take any more is
// replaced once.
func (a *API) withToken(ctx context.Context, do func(token string) chat.Outcome) chat.Outcome {
	used := ""
	for {
		token, err := a.token.Get(ctx)
		if err != nil {
			return untold(err)
		}
		if token == used { // another instance keeps what we dropped
			return outcome(badToken)
		}
		o := do(token)
		if remedyOf(o.Code()) != renew {
			return o
		}
		if err := a.token.Forget(ctx, token); err != nil {
			return untold(err)
		}
		if used != "" {
			return o
		}
		used = token
	}
}

// untold is the outcome of a push that was not sent for want of a token.
func untold(err error) chat.Outcome {
	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		if o := outcome(refused.Code); o.Verdict() == chat.VerdictRetry {
			return o
		}
		return chat.RetryAfter(untilSet).Because(refused.Code)
	case errors.Is(err, chat.ErrUnavailable):
		return chat.RetryAfter(soon).Because(noState)
	}
	return chat.RetryAfter(soon).Because("network")
}

// sleep waits for d, or for the end of ctx, which is then the error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
