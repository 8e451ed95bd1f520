package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// How long secrets of browsers are good, by the wall clock.
const (
	sessionLife = 7 * 24 * time.Hour // of somebody who has signed in by a client
	consoleLife = 12 * time.Hour     // of somebody who has signed in by a password: a working day
	loginLife   = 10 * time.Minute   // of a sign-in that has begun: a code is good for five
	linkLife    = 10 * time.Minute   // of a one-time link in a chat
)

// Buckets of sessions. A key is the SHA-256 of a secret: who reads the store, or a
// backup, can sign in as nobody.
const (
	bucketSession = "web.session" // a browser's secret → chat.Visitor
	bucketOf      = "web.of"      // a login, a browser's secret → nothing
	bucketLogin   = "web.login"   // a state → login
	bucketLink    = "web.link"    // a one-time link → Link
)

// Sessions knows which browser is whose: its secret, in a cookie, leads to a
// Visitor. All instances of a store share them.
type Sessions struct {
	store *store.Store
	now   func() time.Time // the wall clock
}

// NewSessions returns the sessions of a store. Like tokens they follow the wall
// clock, also in a rehearsal: now, or time.Now if it is nil.
func NewSessions(s *store.Store, now func() time.Time) *Sessions {
	if now == nil {
		now = time.Now
	}
	return &Sessions{s, now}
}

// login is a sign-in that has begun.
type login struct {
	Browser string `json:"browser"` // SHA-256 of the secret of the browser that began it
	Back    string `json:"back"`    // the page that it was on
	Used    bool   `json:"used,omitempty"`
}

// Link is what a one-time link leads to.
type Link struct {
	Visitor chat.Visitor `json:"visitor"`
	Path    string       `json:"path"` // of our own, "/a/A7/screen"
	Title   string       `json:"title"`
}

// Who returns whose a browser is; false: nobody has signed in with it.
func (s *Sessions) Who(ctx context.Context, browser string) (who chat.Visitor, ok bool, err error) {
	err = s.store.View(ctx, func(r store.Reader) (err error) {
		who, ok, err = load[chat.Visitor](r, bucketSession, browser)
		return err
	})
	return who, ok, err
}

// SignIn makes a browser the visitor's, under a new secret, which it returns: one
// that somebody else may have given it is good for nothing from now on.
func (s *Sessions) SignIn(ctx context.Context, browser string, who chat.Visitor) (string, error) {
	fresh := rand.Text()
	return fresh, s.store.Update(ctx, func(tx *store.Tx) error { return s.signIn(tx, browser, fresh, who) })
}

func (s *Sessions) signIn(tx *store.Tx, browser, fresh string, who chat.Visitor) error {
	if err := tx.Delete(bucketSession, digest(browser)); err != nil {
		return err
	}
	if who.Platform != org.Console {
		return s.save(tx, bucketSession, fresh, who, sessionLife)
	}
	if err := tx.PutUntilWall(bucketOf, loginKey(who.User)+digest(fresh), nil, s.now().Add(consoleLife)); err != nil {
		return err
	}
	return s.save(tx, bucketSession, fresh, who, consoleLife)
}

// loginKey begins the keys of a login's browsers.
func loginKey(login chat.UserID) string { return string(login) + "\x00" }

// SignInTx is SignIn in the caller's transaction, under a secret that the caller has
// from [Secret].
func (s *Sessions) SignInTx(tx *store.Tx, v Visit, fresh string, who chat.Visitor) error {
	return s.signIn(tx, v.browser, fresh, who)
}

// Secret makes the secret of a browser.
func Secret() string { return rand.Text() }

// EndAll ends every session of a login of the console, where its password or its
// name is another now.
func (s *Sessions) EndAll(tx *store.Tx, login string) error {
	var keys []string
	prefix := loginKey(chat.UserID(login))
	err := tx.Scan(bucketOf, store.Range{Prefix: prefix}, func(key string, _ []byte) error {
		keys = append(keys, key)
		return nil
	})
	for _, key := range keys {
		err = errors.Join(err, tx.Delete(bucketSession, key[len(prefix):]), tx.Delete(bucketOf, key))
	}
	return err
}

// SignOut ends a browser's session. Twice is once.
func (s *Sessions) SignOut(ctx context.Context, v Visit) error {
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.Delete(bucketSession, digest(v.browser)) })
}

// Begin begins a sign-in of a browser that is on the page back. What it returns,
// letters and digits, finishes it.
func (s *Sessions) Begin(ctx context.Context, browser, back string) (state string, err error) {
	if !ownPath(back) {
		return "", fmt.Errorf("sign in: not a page of ours: %w", ErrMalformed)
	}
	state = rand.Text()
	return state, s.store.Update(ctx, func(tx *store.Tx) error {
		return s.save(tx, bucketLogin, state, login{Browser: digest(browser), Back: back}, loginLife)
	})
}

// Finish ends the sign-in that a browser has begun and says which page it was on,
// also where it did so before: then again is true and nothing must follow but a
// look at that page. errLogin: it was begun elsewhere, too long ago, or never.
func (s *Sessions) Finish(ctx context.Context, browser, state string) (back string, again bool, err error) {
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		l, ok, err := load[login](tx, bucketLogin, state)
		switch {
		case err != nil:
			return err
		case !ok || !l.Used && !same(l.Browser, digest(browser)):
			return errLogin
		}
		back, again = l.Back, l.Used
		l.Used = true
		return s.save(tx, bucketLogin, state, l, loginLife)
	})
	return back, again, err
}

// Invite makes a link that is good once, for ten minutes, and leads the browser it
// is opened in to a page as a visitor; it returns the link's path. Whoever has the
// link is the visitor: it belongs into a message to that person alone.
func (s *Sessions) Invite(tx *store.Tx, l Link) (path string, err error) {
	key, err := s.Offer(tx, l, linkLife)
	return pathLink + key, err
}

// Offer makes the key of a one-time link that is good for that long.
func (s *Sessions) Offer(tx *store.Tx, l Link, life time.Duration) (key string, err error) {
	if !ownPath(l.Path) {
		return "", fmt.Errorf("invite: not a page of ours: %w", ErrMalformed)
	}
	key = rand.Text()
	return key, s.save(tx, bucketLink, key, l, life)
}

// Use uses the key of a one-time link up. ErrLink: see Invited.
func (s *Sessions) Use(tx *store.Tx, key string) (Link, error) {
	l, ok, err := load[Link](tx, bucketLink, key)
	if err == nil && !ok {
		err = ErrLink
	}
	if err != nil {
		return Link{}, err
	}
	return l, tx.Delete(bucketLink, digest(key))
}

// Invited says where a link leads, without using it: clients look at what links
// lead to before anybody opens them. ErrLink: it was used, is too old or none.
func (s *Sessions) Invited(ctx context.Context, key string) (l Link, err error) {
	err = s.store.View(ctx, func(r store.Reader) error {
		var ok bool
		if l, ok, err = load[Link](r, bucketLink, key); err == nil && !ok {
			err = ErrLink
		}
		return err
	})
	return l, err
}

// Accept uses a link up: the browser is the visitor's from now on, under the secret
// that it returns. ErrLink: see Invited.
func (s *Sessions) Accept(ctx context.Context, browser, key string) (fresh string, l Link, err error) {
	fresh = rand.Text()
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		if l, err = s.Use(tx, key); err != nil {
			return err
		}
		return s.signIn(tx, browser, fresh, l.Visitor)
	})
	return fresh, l, err
}

func load[T any](r store.Reader, bucket, secret string) (v T, ok bool, err error) {
	raw, ok, err := r.Get(bucket, digest(secret))
	if err != nil || !ok {
		return v, false, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, false, fmt.Errorf("%w: %s: %w", store.ErrDamaged, bucket, err)
	}
	return v, true, nil
}

func (s *Sessions) save(tx *store.Tx, bucket, secret string, v any, life time.Duration) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", bucket, err)
	}
	return tx.PutUntilWall(bucket, digest(secret), raw, s.now().Add(life))
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// ownPath reports whether a browser that is sent to path stays with us.
func ownPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f })
}

// Visit is a request of one browser.
type Visit struct {
	Who     *chat.Visitor // nil: nobody has signed in
	browser string        // its secret; it has one before anybody signs in
}

// CSRF is what shows that a form, or a script, is of a page that this browser got
// from us.
func (v Visit) CSRF() string { return digest("csrf " + v.browser) }

// Visit finds out whose a browser is, and gives it a secret if it has none.
func (s *Server) Visit(c *gin.Context) (Visit, error) {
	var v Visit
	if cookie, err := c.Request.Cookie(s.cookieName()); err == nil && secretShaped(cookie.Value) {
		v.browser = cookie.Value
		who, ok, err := s.opt.Sessions.Who(c.Request.Context(), v.browser)
		if err != nil {
			return Visit{}, err
		}
		if ok {
			v.Who = &who
		}
		return v, nil
	}
	v.browser = rand.Text()
	s.SetBrowser(c, v.browser)
	return v, nil
}

// Posted is Visit for a form that changes something: it must be of a page of ours.
// Forms say so in the field csrf, scripts in the header X-CSRF-Token.
func (s *Server) Posted(c *gin.Context) (Visit, error) {
	v, err := s.Visit(c)
	if err == nil {
		err = s.Form(c, v)
	}
	if err != nil {
		return Visit{}, err
	}
	return v, nil
}

// Form reads the body of a visit's request, which must be a form of a page that this
// browser got from us.
func (s *Server) Form(c *gin.Context, v Visit) error {
	if err := c.Request.ParseMultipartForm(formMemory); err != nil && !errors.Is(err, http.ErrNotMultipart) { // of JSON it reads nothing
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !same(cmp.Or(c.GetHeader("X-CSRF-Token"), c.Request.PostForm.Get("csrf")), v.CSRF()) {
		return ErrCSRF
	}
	return nil
}

// formMemory is how much of uploaded files is kept in memory while a form is read; the
// rest waits on the disk.
const formMemory = 1 << 20

// secretLength is that of rand.Text.
const secretLength = 26

// secretShaped reports whether a cookie may be one of ours. What is not in the store
// is nobody's, so that nothing is won by making one up.
func secretShaped(s string) bool {
	return len(s) == secretLength && !strings.ContainsFunc(s, func(r rune) bool { return !(r >= 'A' && r <= 'Z' || r >= '2' && r <= '7') })
}

// Secured reports whether browsers reach us by https alone.
func (s *Server) Secured() bool { return strings.HasPrefix(s.opt.PublicURL, "https://") }

// cookieName is that of the browser's secret. The prefix keeps other hosts of the
// domain from setting it.
func (s *Server) cookieName() string {
	if s.Secured() {
		return "__Host-xietiao"
	}
	return "xietiao"
}

// SetBrowser gives the browser a secret that it is known by from now on.
func (s *Server) SetBrowser(c *gin.Context, secret string) {
	s.setCookie(c, s.cookieName(), secret, sessionLife)
}

func (s *Server) setCookie(c *gin.Context, name, value string, life time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: s.Secured(), SameSite: http.SameSiteLaxMode,
	})
}
