package dingtalk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

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

// Timing of tokens, by the wall clock.
const (
	tokenMargin = 5 * time.Minute        // a token is not used in its last minutes
	tokenLease  = 10 * time.Second       // longer than one call may take
	tokenWait   = 30 * time.Second       // for a token, our own or another instance's
	tokenPoll   = 200 * time.Millisecond // how often to look whether another instance has got one
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
	state    chat.State
	flights  singleflight.Group
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
	return &API{
		clientID: opt.ClientID, secret: opt.Secret, base: base, oldBase: oldBase, client: opt.Client, state: opt.State,
	}, nil
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
	_, err := a.fetch(ctx)
	return err
}

func (a *API) tokenKey() string { return "dingtalk.token/" + a.clientID }
func (a *API) leaseKey() string { return "dingtalk.token-lease/" + a.clientID }

// token returns the app's token. However many ask, in whatever instances, one
// fetches it.
func (a *API) token(ctx context.Context) ([]byte, error) {
	if token, ok, err := a.state.Get(ctx, a.tokenKey()); err != nil || ok {
		return token, unavailable(err)
	}
	flight := a.flights.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenWait)
		defer cancel()
		return a.renew(ctx)
	})
	select {
	case r := <-flight:
		token, _ := r.Val.([]byte)
		return token, r.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renew fetches a token under a lease, or waits for the one that another
// instance is fetching.
func (a *API) renew(ctx context.Context) ([]byte, error) {
	owner := []byte(rand.Text())
	for {
		if token, ok, err := a.state.Get(ctx, a.tokenKey()); err != nil || ok {
			return token, unavailable(err)
		}
		_, won, err := chat.Claim(ctx, a.state, a.leaseKey(), owner, tokenLease)
		if err != nil {
			return nil, unavailable(err)
		}
		if won {
			token, err := a.fetch(ctx)
			// A lease that cannot be given back ends by itself.
			_, _ = a.state.Swap(context.WithoutCancel(ctx), a.leaseKey(), owner, nil, 0)
			return token, err
		}
		if err := sleep(ctx, tokenPoll); err != nil {
			return nil, err
		}
	}
}

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("dingtalk token: %w: %w", chat.ErrUnavailable, err)
}

// fetch gets a token from DingTalk and keeps it.
func (a *API) fetch(ctx context.Context) ([]byte, error) {
	answer := a.client.Call(ctx, http.MethodPost, chat.Link(a.base+pathToken), nil, map[string]string{"appKey": a.clientID, "appSecret": a.secret.Reveal()})
	var in struct {
		Token  string `json:"accessToken"`
		Expire int64  `json:"expireIn"` // seconds
	}
	if o := judgeAPI(answer, &in); o.Verdict() != chat.VerdictDone {
		return nil, refusal("token", answer, o)
	}
	if in.Token == "" || strings.ContainsFunc(in.Token, func(r rune) bool { return r <= ' ' || r > '~' }) || in.Expire <= 0 || in.Expire > int64(365*24*time.Hour/time.Second) {
		return nil, &Refusal{Doing: "token", Code: badAnswer}
	}
	life := time.Duration(in.Expire) * time.Second
	if err := a.state.Put(ctx, a.tokenKey(), []byte(in.Token), max(life-tokenMargin, life/2)); err != nil {
		return nil, unavailable(err)
	}
	return []byte(in.Token), nil
}

// call posts body to path with the token and decodes the answer into v.
func (a *API) call(ctx context.Context, path string, body, v any) chat.Outcome {
	return a.withToken(ctx, func(token string) (chat.Answer, chat.Outcome) {
		answer := a.client.Call(ctx, http.MethodPost, chat.Link(a.base+path), http.Header{"X-Acs-Dingtalk-Access-Token": {token}}, body)
		return answer, judgeAPI(answer, v)
	})
}

// upload keeps a picture with DingTalk and returns its id. It shows nothing to
// anybody, so no outcome of it is unknown.
func (a *API) upload(ctx context.Context, png []byte) (id string, o chat.Outcome) {
	var in struct {
		ID string `json:"media_id"`
	}
	o = a.withToken(ctx, func(token string) (chat.Answer, chat.Outcome) {
		q := url.Values{"access_token": {token}, "type": {"image"}}
		answer := a.client.Upload(ctx, chat.Link(a.oldBase+pathUpload+"?"+q.Encode()), png)
		o := judgeHook(answer)
		if o.Verdict() == chat.VerdictDone && (answer.Decode(&in) != nil || in.ID == "") {
			o = chat.Permanent(badAnswer)
		}
		return answer, o
	})
	if o.Verdict() == chat.VerdictUnknown {
		o = chat.RetryAfter(soon).Because(o.Code())
	}
	return in.ID, o
}

// withToken runs do with the token. One that DingTalk does not take any more is
// replaced once.
func (a *API) withToken(ctx context.Context, do func(token string) (chat.Answer, chat.Outcome)) chat.Outcome {
	used := []byte(nil)
	for {
		token, err := a.token(ctx)
		if err != nil {
			return untold(err)
		}
		if bytes.Equal(token, used) { // another instance keeps what we dropped
			return chat.RetryAfter(soon).Because("InvalidAuthentication")
		}
		answer, o := do(string(token))
		stale := answer.Status == http.StatusUnauthorized || remedyOf(o.Code()) == renew
		if !stale {
			return o
		}
		if _, err := a.state.Swap(ctx, a.tokenKey(), token, nil, 0); err != nil {
			return untold(unavailable(err))
		}
		if used != nil {
			return chat.RetryAfter(soon).Because(o.Code())
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
