package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
)

// entranceRoutes let people in and out.
func (c *Console) entranceRoutes() []route {
	return []route{
		get("/login", anyone, c.showLogin),
		post("/login", anyone, c.login),
		post("/logout", everybody, c.logout),
		get("/setup/:key", anyone, c.showSetup),
		post("/setup/:key", anyone, c.setup),
		get("/password", everybody, c.showPassword),
		post("/password", everybody, c.changePassword),
	}
}

// SetupPath is the page of a one-time link with that key, which sets a password.
func SetupPath(key string) string { return Path + "/setup/" + key }

// loginPath is the page to sign in on, and back to another of the console.
func loginPath(back string) string {
	if back == Path || !strings.HasPrefix(back, Path+"/") {
		return Path + "/login"
	}
	return Path + "/login?to=" + url.QueryEscape(back)
}

// backFrom is where somebody who has signed in goes: to a page of the console only.
func backFrom(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, Path+"/") || strings.ContainsAny(to, "\\\r\n\t") || strings.Contains(u.Path, "..") {
		return Path
	}
	return to
}

// loginView is the page to sign in on.
type loginView struct {
	To    string
	First bool // nobody of the office has a login yet
}

func (c *Console) showLogin(q *request) error {
	to := q.Query("to")
	if q.Request.Method == http.MethodPost {
		to = q.PostForm("to")
	}
	if enters(q.person) {
		q.Redirect(http.StatusSeeOther, backFrom(to))
		return nil
	}
	return c.shows("login.html", func(_ *request, r store.Reader) (page, error) {
		some, err := org.HasOfficeLogin(r, "")
		return page{Title: "登录", Data: loginView{backFrom(to), !some}}, err
	})(q)
}

// login lets somebody in who knows the password.
func (c *Console) login(q *request) error {
	if !c.tries.Allow(q.ClientIP()) {
		return handlers.ErrLimited
	}
	name, password := q.PostForm("login"), q.PostForm("password")
	var known org.Login
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		known, _, err = org.FindLogin(r, name)
		return err
	})
	if err != nil {
		return err
	}
	var fits bool
	if !known.Locked(c.opt.Wall()) { // no work for who only tries
		if err := c.hashing(q, func() { fits = c.opt.Hashes.Fits(known.Hash, password) }); err != nil {
			return err
		}
	}
	fresh := handlers.Secret()
	var refused error
	err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
		now, _, err := org.FindLogin(tx, name)
		if err != nil {
			return err
		}
		ok := fits && string(now.Hash) == string(known.Hash) // it may have been changed meanwhile
		if refused, err = org.Entered(tx, name, ok, c.opt.Wall()); err != nil || refused != nil {
			return err
		}
		return c.opt.Sessions.SignInTx(tx, q.visit, fresh, visitor(now.Name))
	})
	if err != nil {
		return err
	}
	if refused != nil {
		c.opt.Logger.Warn("login refused", "component", "console", "from", q.ClientIP(), "locked", errors.Is(refused, org.ErrLocked))
		q.fault = tell(refused)
		return c.showLogin(q)
	}
	c.opt.Server.SetBrowser(q.Context, fresh)
	q.Redirect(http.StatusSeeOther, backFrom(q.PostForm("to")))
	return nil
}

func visitor(login string) chat.Visitor {
	return chat.Visitor{Platform: org.Console, User: chat.UserID(login)}
}

// hashing runs fn, which hashes a password, when few others do.
func (c *Console) hashing(q *request, fn func()) error {
	select {
	case c.slow <- struct{}{}:
		defer func() { <-c.slow }()
		fn()
		return nil
	case <-q.ctx().Done():
		return q.ctx().Err()
	}
}

// logout forgets whose the browser is.
func (c *Console) logout(q *request) error {
	if err := c.opt.Sessions.SignOut(q.ctx(), q.visit); err != nil {
		return err
	}
	c.opt.Server.SetBrowser(q.Context, handlers.Secret())
	q.Header("Clear-Site-Data", `"cache", "storage"`)
	c.say(q, textLoggedOut)
	q.Redirect(http.StatusSeeOther, Path+"/login")
	return nil
}

// setupView is the page of a one-time link: somebody chooses a password, and the first
// one of the office a name too.
type setupView struct {
	First bool
	Login string
	Name  string
}

// invited is what the one-time link of the request is for.
func (c *Console) invited(q *request) (handlers.Link, error) {
	if !c.tries.Allow(q.ClientIP()) {
		return handlers.Link{}, handlers.ErrLimited
	}
	l, err := c.opt.Sessions.Invited(q.ctx(), q.Param("key"))
	if err == nil && (l.Visitor.Platform != org.Console || !strings.HasPrefix(l.Path, Path)) {
		err = handlers.ErrLink // it is one of a chat
	}
	if errors.Is(err, handlers.ErrLink) {
		err = errSetup
	}
	return l, err
}

func (c *Console) showSetup(q *request) error {
	l, err := c.invited(q)
	if err != nil {
		return err
	}
	return c.setupPage(l)(q)
}

func (c *Console) setupPage(l handlers.Link) action {
	return c.shows("setup.html", func(_ *request, r store.Reader) (page, error) {
		login := string(l.Visitor.User)
		p, _, err := org.ByUser(r, org.Console, l.Visitor.User)
		return page{Title: "设置密码", Data: setupView{First: login == "", Login: login, Name: p.Name}}, err
	})
}

// setup uses a one-time link: the first of the office gets a login, others a password.
// Other browsers that had the login have it no more.
func (c *Console) setup(q *request) error {
	l, err := c.invited(q)
	if err != nil {
		return err
	}
	login := string(l.Visitor.User)
	if login == "" {
		if login, err = org.LoginName(q.PostForm("login")); err != nil {
			return c.answer(q, "", err, nil, c.setupPage(l))
		}
	}
	hash, err := c.chosen(q, login)
	if err != nil {
		return c.answer(q, "", err, nil, c.setupPage(l))
	}
	fresh := handlers.Secret()
	err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		l, err := c.opt.Sessions.Use(tx, q.Param("key"))
		if err != nil {
			return err
		}
		by := org.Operator
		if l.Visitor.User == "" {
			p, err := firstOffice(tx, q.PostForm("name"))
			if err != nil {
				return err
			}
			if _, err := org.GiveLogin(tx, login, p.ID, org.Operator); err != nil {
				return err
			}
		} else if p, ok, err := org.ByUser(tx, org.Console, l.Visitor.User); err != nil {
			return err
		} else if ok {
			by = p.ID
		}
		if err := org.SetPassword(tx, login, hash, by); err != nil {
			return err
		}
		if err := c.opt.Sessions.EndAll(tx, login); err != nil {
			return err
		}
		return c.opt.Sessions.SignInTx(tx, q.visit, fresh, visitor(login))
	})
	switch {
	case errors.Is(err, handlers.ErrLink):
		return errSetup
	case err != nil:
		return c.answer(q, "", err, nil, c.setupPage(l))
	}
	c.opt.Server.SetBrowser(q.Context, fresh)
	return c.answer(q, textWelcome, nil, at(""), nil)
}

// firstOffice is the person of the office who has that name, or a new one.
func firstOffice(tx *store.Tx, name string) (org.Person, error) {
	people, err := org.Offices(tx)
	if err != nil {
		return org.Person{}, err
	}
	for _, p := range people {
		if p.Name == strings.TrimSpace(name) {
			return p, nil
		}
	}
	return org.Register(tx, org.Person{Name: strings.TrimSpace(name), Role: org.RoleOffice}, org.Operator)
}

// chosen hashes the password that a form's two fields agree on.
func (c *Console) chosen(q *request, login string) (hash []byte, err error) {
	password := q.PostForm("password")
	if password != q.PostForm("again") {
		return nil, words(textTwoPasswords)
	}
	if fault := c.hashing(q, func() { hash, err = c.opt.Hashes.Of(login, password) }); fault != nil {
		return nil, fault
	}
	return hash, err
}

func (c *Console) showPassword(q *request) error {
	return c.shows("password.html", func(q *request, r store.Reader) (page, error) {
		l, _, err := org.LoginOf(r, q.person.ID)
		return page{Title: "改密码", Data: l}, err
	})(q)
}

// changePassword gives somebody who knows the old password another one; other
// browsers must sign in again.
func (c *Console) changePassword(q *request) error {
	if !c.tries.Allow(q.ClientIP()) {
		return handlers.ErrLimited
	}
	var l org.Login
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		l, _, err = org.LoginOf(r, q.person.ID)
		return err
	})
	if err != nil {
		return err
	}
	var fits bool
	if err := c.hashing(q, func() { fits = c.opt.Hashes.Fits(l.Hash, q.PostForm("old")) }); err != nil {
		return err
	}
	if !fits {
		return c.answer(q, "", words(textOldPassword), nil, c.showPassword)
	}
	hash, err := c.chosen(q, l.Name)
	if err != nil {
		return c.answer(q, "", err, nil, c.showPassword)
	}
	fresh := handlers.Secret()
	err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		if err := org.SetPassword(tx, l.Name, hash, q.by()); err != nil {
			return err
		}
		if err := c.opt.Sessions.EndAll(tx, l.Name); err != nil {
			return err
		}
		return c.opt.Sessions.SignInTx(tx, q.visit, fresh, visitor(l.Name))
	})
	if err != nil {
		return err
	}
	c.opt.Server.SetBrowser(q.Context, fresh)
	return c.answer(q, textPasswordChanged, nil, at(""), nil)
}
