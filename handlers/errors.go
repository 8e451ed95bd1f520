package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/index"
)

var (
	ErrNotFound  = errors.New("no such page")
	errMethod    = errors.New("method not allowed")
	ErrMalformed = errors.New("malformed request")
	errEmpty     = errors.New("empty question")
	errTooLong   = errors.New("question too long")
	errTooLarge  = errors.New("body too large")
	errNotReady  = errors.New("index not ready")
	errBusy      = errors.New("too busy")
	errLogin     = errors.New("sign-in not begun here, too old or used")
	ErrLink      = errors.New("one-time link used, too old or none")
	errIdentify  = errors.New("the platform does not say who it is")
	ErrCSRF      = errors.New("not a form of ours, or too old")
	ErrLimited   = errors.New("too many requests of one address")
)

// Fault is an error with a status and words of its own.
type Fault struct {
	Code int
	Text string
}

func (f Fault) Error() string { return f.Text }

// faults maps what may go wrong to a status and to words for the user. What is
// not in it is our own mistake: 500, with the id of the log line.
var faults = []struct {
	err    error
	status int
	text   string
}{
	{ErrNotFound, http.StatusNotFound, textNotFound},
	{errMethod, http.StatusMethodNotAllowed, textMethod},
	{ErrMalformed, http.StatusBadRequest, textMalformed},
	{errEmpty, http.StatusBadRequest, textEmpty},
	{errTooLong, http.StatusBadRequest, textTooLong},
	{index.ErrNoPlan, http.StatusBadRequest, textNoPlan},
	{errTooLarge, http.StatusRequestEntityTooLarge, textTooLarge},
	{errLogin, http.StatusUnauthorized, textLogin},
	{chat.ErrCode, http.StatusUnauthorized, textLogin},
	{ErrLink, http.StatusGone, textLink},
	{ErrCSRF, http.StatusForbidden, textCSRF},
	{ErrLimited, http.StatusTooManyRequests, textLimited},
	{activity.ErrNotFound, http.StatusNotFound, textNoActivity},
	{activity.ErrVolunteer, http.StatusNotFound, textNoVolunteer},
	{activity.ErrCode, http.StatusNotFound, textNoCertificate},
	{activity.ErrForbidden, http.StatusForbidden, textOrganisers},
	{activity.ErrInvalid, http.StatusBadRequest, textMalformed},
	{errNotReady, http.StatusServiceUnavailable, textNotReady},
	{errBusy, http.StatusServiceUnavailable, textBusy},

	{chat.ErrSignature, http.StatusUnauthorized, textRefused},
	{chat.ErrStale, http.StatusUnauthorized, textRefused},
	{chat.ErrReplayed, http.StatusUnauthorized, textRefused},
	{chat.ErrMalformed, http.StatusBadRequest, textMalformed},
	{chat.ErrReceiver, http.StatusBadRequest, textMalformed},
	{chat.ErrTooLarge, http.StatusRequestEntityTooLarge, textTooLarge},
	{chat.ErrUnavailable, http.StatusServiceUnavailable, textUnavailable},
	{errIdentify, http.StatusBadGateway, textIdentify}, // whatever else is behind it
	{bot.ErrNotReady, http.StatusServiceUnavailable, textNotReady},
	{store.ErrUnavailable, http.StatusServiceUnavailable, textUnavailable},
	{store.ErrBusy, http.StatusServiceUnavailable, textBusy},
	{store.ErrConflict, http.StatusServiceUnavailable, textBusy},
	{store.ErrClosed, http.StatusServiceUnavailable, textUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, textBusy},
	{context.Canceled, http.StatusServiceUnavailable, textBusy},
}

// Status finds the answer to an error.
func Status(err error) (code int, text string) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = errTooLarge
	}
	var own Fault
	if errors.As(err, &own) {
		return own.Code, own.Text
	}
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return f.status, f.text
		}
	}
	return http.StatusInternalServerError, textInternal
}

// wrap turns a handler's error into a log line, a status and a body.
func (s *Server) wrap(h func(*gin.Context) error) gin.HandlerFunc { return s.Wrap(h, s.fail) }

// Wrap is a handler whose errors are logged where that is due, and told by fail.
func (s *Server) Wrap(h func(*gin.Context) error, fail func(c *gin.Context, code int, text string)) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := h(c)
		if err == nil {
			return
		}
		code, text := Status(err)
		switch {
		case code == http.StatusInternalServerError:
			s.opt.Logger.Error("request failed", "id", requestID(c), "err", err)
		case c.GetString(keyHook) != "":
			// The console of a platform says only that the check failed; why is here.
			s.opt.Logger.Warn("callback refused", "id", requestID(c), "path", c.GetString(keyHook), "status", code, "err", err)
		case code == http.StatusBadGateway:
			// Only the office can mend it: an address that is not trusted, a right that is missing.
			s.opt.Logger.Warn("sign-in failed", "id", requestID(c), "err", err)
		}
		if code == http.StatusInternalServerError {
			text = strings.ReplaceAll(text, "%s", requestID(c))
		}
		if code == http.StatusServiceUnavailable {
			c.Header("Retry-After", "3")
		}
		fail(c, code, text)
	}
}

// gate lets a request through to the next handler unless h refuses it.
func (s *Server) gate(h func(*gin.Context) error) gin.HandlerFunc {
	return s.wrap(func(c *gin.Context) error {
		err := h(c)
		if err != nil {
			c.Abort()
		}
		return err
	})
}

// fail writes an error as the caller reads it: a page to a browser's form, JSON
// to everybody else.
func (s *Server) fail(c *gin.Context, code int, text string) {
	switch {
	case c.Request.URL.Path == "/":
		s.pages.write(c, code, view{Fault: text})
		return
	case strings.Contains(c.GetHeader("Accept"), "text/html"):
		s.pages.Render(c, code, "note.html", note{Text: text, Fault: true})
		return
	}
	c.JSON(code, gin.H{"error": text, "request_id": requestID(c)})
}

func checkQuestion(q, prev, plan string) error {
	switch {
	case strings.TrimSpace(q) == "":
		return errEmpty
	case !utf8.ValidString(q + prev + plan):
		return ErrMalformed
	case utf8.RuneCountInString(q) > MaxQuestion, utf8.RuneCountInString(prev) > MaxQuestion, utf8.RuneCountInString(plan) > MaxQuestion:
		return errTooLong
	}
	return nil
}
