package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/addresslist"
	"github.com/silenceper/wechat/v2/work/config"
	workcontext "github.com/silenceper/wechat/v2/work/context"

	"xietiao/bot/chat"
)

// What silenceper serves here: gettoken (token.go) and the address list. Its
// OAuth and JS tickets are not used: they take no context, keep sending a token
// that has ended, and the OAuth's state is a constant. Nor are its sends:
// work/message has neither markdown nor cards, sends the agent id as text and <
// as \u003c, without a Content-Type; work/robot has no markdown_v2, sends null for
// no mentions, and hides an errcode in a nil error.

// libraryTimeout bounds every call of silenceper's.
const libraryTimeout = 8 * time.Second

// The library keeps its client in a global variable that nothing guards, so it
// is set here, before anything runs: http.DefaultClient, which it would use, has
// no bound and follows redirects with a secret in the address.
func init() { util.DefaultHTTPClient = libraryClient(http.DefaultTransport) }

func libraryClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: libraryTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// UseTransport makes silenceper call through transport (nil:
// http.DefaultTransport) and reach base where it means WeCom's own address ("":
// that one). Whoever reads the address list of a private deployment calls this
// once, before anything else of this package runs. All but Departments and
// Members reach the base of their API anyway.
func UseTransport(transport http.RoundTripper, base string) error {
	base, err := baseOf(base)
	if err != nil {
		return err
	}
	to, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("wecom transport: %w", chat.ErrConfig)
	}
	if transport == nil {
		transport = http.DefaultTransport
	}
	util.DefaultHTTPClient = libraryClient(rebase{transport, to})
	return nil
}

// rebase sends what is meant for WeCom's address to another one.
type rebase struct {
	http.RoundTripper
	to *url.URL
}

// RoundTrip implements http.RoundTripper.
func (t rebase) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme+"://"+r.URL.Host == apiBase {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.Host = t.to.Scheme, t.to.Host, ""
		r.URL.Path = t.to.Path + r.URL.Path
	}
	return t.RoundTripper.RoundTrip(r)
}

// Cache is silenceper's cache over a chat.State. The library cannot be told that
// a state is down, it sees a miss: so access tokens do not go through it.
type Cache struct {
	State  chat.State
	Prefix string // of all keys
}

var _ cache.ContextCache = Cache{}

// GetContext returns the value as a string, as the library asserts, and an
// untyped nil where there is none.
func (c Cache) GetContext(ctx context.Context, key string) any {
	v, ok, err := c.State.Get(ctx, c.Prefix+key)
	if err != nil || !ok {
		return nil
	}
	return string(v)
}

// SetContext keeps a string; with no life left it keeps nothing.
func (c Cache) SetContext(ctx context.Context, key string, val any, life time.Duration) error {
	s, ok := val.(string)
	if !ok {
		return fmt.Errorf("wecom cache: a %T is no string", val)
	}
	if life <= 0 {
		return nil
	}
	return c.State.Put(ctx, c.Prefix+key, []byte(s), life)
}

// IsExistContext reports whether there is a value.
func (c Cache) IsExistContext(ctx context.Context, key string) bool {
	return c.GetContext(ctx, key) != nil
}

// DeleteContext removes the value.
func (c Cache) DeleteContext(ctx context.Context, key string) error {
	v, ok, err := c.State.Get(ctx, c.Prefix+key)
	if err != nil || !ok {
		return err
	}
	_, err = c.State.Swap(ctx, c.Prefix+key, v, nil, 0)
	return err
}

// Get is GetContext without a context, as are those below.
func (c Cache) Get(key string) any { return c.GetContext(context.Background(), key) }

// Set implements cache.Cache.
func (c Cache) Set(key string, val any, life time.Duration) error {
	return c.SetContext(context.Background(), key, val, life)
}

// IsExist implements cache.Cache.
func (c Cache) IsExist(key string) bool { return c.IsExistContext(context.Background(), key) }

// Delete implements cache.Cache.
func (c Cache) Delete(key string) error { return c.DeleteContext(context.Background(), key) }

// handle gives silenceper's clients one token.
type handle func() (string, error)

// GetAccessToken implements credential.AccessTokenHandle.
func (h handle) GetAccessToken() (string, error) { return h() }

// work is what silenceper's clients of this app are built from.
func (a *API) work(h handle) *workcontext.Context {
	return &workcontext.Context{
		Config: &config.Config{
			CorpID: a.corpID, CorpSecret: a.secret, AgentID: strconv.Itoa(a.agentID), // without an id two apps would share a token
			Cache: Cache{State: a.state, Prefix: "wecom.api/cache/"},
		},
		AccessTokenHandle: h,
	}
}

// Department is a department of the address list.
type Department struct {
	ID, Parent int // the root is 1, its parent 0
	Name       string
}

// Departments lists the departments that the app may see (docs 90208). The
// library takes no context: a call that has begun ends by itself, in 8 s.
func (a *API) Departments(ctx context.Context) ([]Department, error) {
	var out []Department
	err := a.addressList(ctx, "department/list", func(c *addresslist.Client) error {
		list, err := c.DepartmentList()
		for _, d := range list {
			out = append(out, Department{ID: d.ID, Parent: d.ParentID, Name: d.Name})
		}
		return err
	})
	return out, err
}

// Member is a member of the address list.
type Member struct {
	ID          chat.UserID
	Name        string
	Departments []int
}

// Members lists the members of one department, without those of the
// departments below it (docs 90200). For the context see Departments.
func (a *API) Members(ctx context.Context, department int) ([]Member, error) {
	var out []Member
	err := a.addressList(ctx, "user/simplelist", func(c *addresslist.Client) error {
		list, err := c.UserSimpleList(department)
		for _, u := range list {
			out = append(out, Member{ID: chat.UserID(u.UserID), Name: u.Name, Departments: u.Department})
		}
		return err
	})
	return out, err
}

func (a *API) addressList(ctx context.Context, call string, do func(*addresslist.Client) error) error {
	return a.withToken(ctx, func(token string) error {
		err := do(addresslist.NewClient(a.work(func() (string, error) { return token, nil })))
		var refused *util.CommonError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &refused):
			return refusal(call, int(refused.ErrCode), refused.ErrMsg)
		}
		return &Error{Call: call, Outcome: chat.RetryAfter(0).Because(CodeNetwork), cause: withoutAddress(err)}
	})
}
