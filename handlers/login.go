package handlers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"xietiao/bot/chat"
)

// Where visitors become known.
const (
	pathLogin = "/login/"      // and the platform
	pathLink  = "/login/link/" // and the secret of a one-time link
)

// loginView is the page whose script asks the client who uses it.
type loginView struct {
	Corp, State, Next string
	Script            string
}

// SignIn sends a browser that is a platform's client to say who uses it, and back
// to the page that it asks for now; false: it is no client's.
func (s *Server) SignIn(c *gin.Context, v Visit) (bool, error) {
	w := s.web(func(w chat.Web) bool { return w.Inside(c.Request.UserAgent()) })
	switch {
	case w == nil:
		return false, nil
	case !s.limit.Allow(c.ClientIP()):
		return false, ErrLimited
	}
	state, err := s.opt.Sessions.Begin(c.Request.Context(), v.browser, c.Request.URL.RequestURI())
	if err != nil {
		return false, err
	}
	next := s.opt.PublicURL + pathLogin + string(w.Platform())
	if to := w.AuthURL(next, state); to != "" {
		c.Redirect(http.StatusFound, to)
		return true, nil
	}
	s.pages.Render(c, http.StatusOK, "login.html", loginView{
		Corp: w.Corp(), State: state, Next: pathLogin + string(w.Platform()), Script: lets(c, w.Script()),
	})
	return true, nil
}

// web is the client that fits; nil: none, or they do not know the way back.
func (s *Server) web(fits func(chat.Web) bool) chat.Web {
	if s.opt.PublicURL == "" {
		return nil
	}
	for _, w := range s.opt.Webs {
		if fits(w) {
			return w
		}
	}
	return nil
}

// signedIn takes a browser that comes back with a code. Clients load this address
// again when somebody goes back to it: then there is nothing left to do.
func (s *Server) signedIn(c *gin.Context) error {
	w := s.web(func(w chat.Web) bool { return string(w.Platform()) == c.Param("platform") })
	if w == nil {
		return ErrNotFound
	}
	v, err := s.Visit(c)
	if err != nil {
		return err
	}
	back, again, err := s.opt.Sessions.Finish(c.Request.Context(), v.browser, c.Query("state"))
	if err != nil {
		return err
	}
	if !again {
		who, err := w.Identify(c.Request.Context(), c.Query("code"))
		if err != nil {
			if !errors.Is(err, chat.ErrCode) {
				err = fmt.Errorf("%w: %w", errIdentify, err)
			}
			return err
		}
		fresh, err := s.opt.Sessions.SignIn(c.Request.Context(), v.browser, who)
		if err != nil {
			return err
		}
		s.SetBrowser(c, fresh)
	} else if v.Who == nil {
		return errLogin
	}
	c.Redirect(http.StatusFound, back)
	return nil
}

// linkView is the page of a one-time link.
type linkView struct {
	Link
	CSRF string
}

// showLink says where a one-time link leads, and waits for a person to go there.
func (s *Server) showLink(c *gin.Context) error {
	v, err := s.Visit(c)
	if err != nil {
		return err
	}
	l, err := s.opt.Sessions.Invited(c.Request.Context(), c.Param("key"))
	if err != nil {
		return err
	}
	s.pages.Render(c, http.StatusOK, "link.html", linkView{l, v.CSRF()})
	return nil
}

// acceptLink uses a one-time link up.
func (s *Server) acceptLink(c *gin.Context) error {
	v, err := s.Posted(c)
	if err != nil {
		return err
	}
	fresh, l, err := s.opt.Sessions.Accept(c.Request.Context(), v.browser, c.Param("key"))
	if err != nil {
		return err
	}
	s.SetBrowser(c, fresh)
	c.Redirect(http.StatusSeeOther, l.Path)
	return nil
}

// signOut forgets whose the browser is.
func (s *Server) signOut(c *gin.Context) error {
	v, err := s.Posted(c)
	if err != nil {
		return err
	}
	if err := s.opt.Sessions.SignOut(c.Request.Context(), v); err != nil {
		return err
	}
	s.SetBrowser(c, rand.Text())
	c.Header("Clear-Site-Data", `"cache", "storage"`) // lists that were kept for when there is no network
	s.pages.Render(c, http.StatusOK, "note.html", note{Text: textSignedOut})
	return nil
}
