package wecom

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/credential"

	"xietiao/bot/chat"
)

// Times of fetching a token.
const (
	tokenTimeout = 8 * time.Second              // of one gettoken
	tokenLease   = tokenTimeout + 2*time.Second // longer than one gettoken may take
	tokenWait    = tokenLease + tokenTimeout    // for another instance that died at it, then our own try
	tokenPoll    = 50 * time.Millisecond        // how often to look whether another instance has it
	tokenMargin  = 5 * time.Minute              // a token is not used in its last minutes, or last tenth
	tokenRefused = 30 * time.Second             // how long wrong credentials are not tried again: gettoken is limited (docs 91039)
)

// Beside the token's key in the state.
const (
	leaseSuffix   = "/lease"
	refusedSuffix = "/refused"
)

// token returns the access token: from the state, or fetched by one call for
// all goroutines of all instances.
func (a *API) token(ctx context.Context) (string, error) {
	if token, err := a.stored(ctx); token != "" || err != nil {
		return token, err
	}
	flight := a.flight.DoChan("", func() (any, error) {
		// Others wait for it too: it must not end with the first of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenWait)
		defer cancel()
		return a.renew(ctx)
	})
	select {
	case r := <-flight:
		token, _ := r.Val.(string)
		return token, r.Err
	case <-ctx.Done():
		return "", noToken(CodeNetwork, ctx.Err())
	}
}

// noToken is an error before anything was sent.
func noToken(code string, cause error) error {
	return &Error{Call: "gettoken", Outcome: chat.RetryAfter(waitState).Because(code), cause: cause}
}

// stored returns the token in the state, "" if there is none, and the refusal
// of these credentials while it is remembered. A state that is down is an error
// and no reason to ask the platform: every push would.
func (a *API) stored(ctx context.Context) (string, error) {
	token, ok, err := a.state.Get(ctx, a.tokenKey)
	if err != nil || ok {
		return string(token), stateFault(err)
	}
	refused, ok, err := a.state.Get(ctx, a.tokenKey+refusedSuffix)
	if code, bad := strconv.Atoi(string(refused)); ok && bad == nil {
		return "", refusal("gettoken", code, "")
	}
	return "", stateFault(err)
}

func stateFault(err error) error {
	if err == nil {
		return nil
	}
	return noToken(CodeState, err)
}

// renew fetches a token unless another instance does; then it waits for that
// one's.
func (a *API) renew(ctx context.Context) (string, error) {
	owner := []byte(rand.Text())
	for {
		_, won, err := chat.Claim(ctx, a.state, a.tokenKey+leaseSuffix, owner, tokenLease)
		if err != nil {
			return "", stateFault(err)
		}
		token, err := a.stored(ctx) // perhaps since we looked last
		if token == "" && err == nil && won {
			token, err = a.fetch(ctx)
		}
		if won {
			if _, failed := a.state.Swap(ctx, a.tokenKey+leaseSuffix, owner, nil, 0); failed != nil && err == nil {
				err = stateFault(failed)
			}
		}
		if token != "" || err != nil {
			return token, err
		}
		select {
		case <-time.After(tokenPoll):
		case <-ctx.Done():
			return "", noToken(CodeNetwork, ctx.Err())
		}
	}
}

// fetch gets a token from the platform into the state (docs 91039).
//
// Silenceper asks and decodes, through GetTokenFromServerContext, which takes
// any address. Its WorkAccessToken is not used: it hides the errcode in a text,
// keeps sending a token that has ended, takes a cache that is down for an empty
// one, and a life below 1500 s for none. Its error texts hold the address, and
// so the secret: they are dropped.
func (a *API) fetch(ctx context.Context) (string, error) {
	asking, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	query := url.Values{"corpid": {a.corpID}, "corpsecret": {a.secret}}
	got, err := credential.GetTokenFromServerContext(asking, a.base+"/cgi-bin/gettoken?"+query.Encode())
	switch {
	case got.ErrCode != 0:
		refused := refusal("gettoken", int(got.ErrCode), got.ErrMsg)
		if refused.Outcome.Verdict() == chat.VerdictPermanent {
			err := a.state.Put(ctx, a.tokenKey+refusedSuffix, []byte(refused.Outcome.Code()), tokenRefused)
			if err != nil {
				return "", stateFault(err)
			}
		}
		return "", refused
	case err != nil:
		return "", noToken(CodeNetwork, withoutAddress(err))
	case got.AccessToken == "" || got.ExpiresIn <= 0:
		return "", noToken(CodeAnswer, nil)
	}
	life := time.Duration(got.ExpiresIn) * time.Second
	life -= min(tokenMargin, life/10)
	return got.AccessToken, stateFault(a.state.Put(ctx, a.tokenKey, []byte(got.AccessToken), life))
}

// forget removes a token that has ended, unless another instance has put a
// fresh one there.
func (a *API) forget(ctx context.Context, token string) error {
	_, err := a.state.Swap(ctx, a.tokenKey, []byte(token), nil, 0)
	return stateFault(err)
}

// withoutAddress keeps of an error of silenceper's what holds no address.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return s
	}
	return nil
}
