package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/credential"

	"xietiao/bot/chat"
)

const (
	tokenTimeout = 8 * time.Second  // of one gettoken
	tokenRefused = 30 * time.Second // how long wrong credentials are not tried again: gettoken is limited (docs 91039)
)

// lent is a token or a ticket of the app, which call brings. A permanent refusal
// is remembered for a while, for all instances.
func (a *API) lent(call, key string, fetch func(ctx context.Context) (string, time.Duration, error)) *chat.Credential {
	refused := key + "/refused"
	return &chat.Credential{State: a.state, Key: key, Fetch: func(ctx context.Context) (string, time.Duration, error) {
		before, ok, err := a.state.Get(ctx, refused)
		if err != nil {
			return "", 0, unlent(call, CodeState, err)
		}
		if code, bad := strconv.Atoi(string(before)); ok && bad == nil {
			return "", 0, refusal(call, code, "")
		}
		value, life, err := fetch(ctx)
		var e *Error
		if errors.As(err, &e) && e.Outcome.Verdict() == chat.VerdictPermanent {
			if err := a.state.Put(ctx, refused, []byte(e.Outcome.Code()), tokenRefused); err != nil {
				return "", 0, unlent(call, CodeState, err)
			}
		}
		return value, life, err
	}}
}

// unlent is an error before anything was sent.
func unlent(call, code string, cause error) error {
	return &Error{Call: call, Outcome: chat.RetryAfter(waitState).Because(code), cause: cause}
}

// borrow returns what c keeps; its errors are *Error.
func borrow(ctx context.Context, call string, c *chat.Credential) (string, error) {
	value, err := c.Get(ctx)
	return value, lentFault(call, err)
}

func lentFault(call string, err error) error {
	var e *Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case errors.Is(err, chat.ErrUnavailable):
		return unlent(call, CodeState, err)
	}
	return unlent(call, CodeNetwork, err)
}

const callToken = "gettoken"

// fetchToken gets a token from the platform (docs 91039).
//
// Silenceper asks and decodes, through GetTokenFromServerContext, which takes
// any address. Its WorkAccessToken is not used: it hides the errcode in a text,
// keeps sending a token that has ended, takes a cache that is down for an empty
// one, and a life below 1500 s for none. Its error texts hold the address, and
// so the secret: they are dropped.
func (a *API) fetchToken(ctx context.Context) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	query := url.Values{"corpid": {a.corpID}, "corpsecret": {a.secret}}
	got, err := credential.GetTokenFromServerContext(ctx, a.base+"/cgi-bin/gettoken?"+query.Encode())
	switch {
	case got.ErrCode != 0:
		return "", 0, refusal(callToken, int(got.ErrCode), got.ErrMsg)
	case err != nil:
		return "", 0, unlent(callToken, CodeNetwork, withoutAddress(err))
	case got.AccessToken == "" || got.ExpiresIn <= 0:
		return "", 0, unlent(callToken, CodeAnswer, nil)
	}
	return got.AccessToken, time.Duration(got.ExpiresIn) * time.Second, nil
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
