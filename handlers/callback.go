package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
	"xietiao/bot/chat"
)

// Taker takes the messages of channels; see bot.Desk.
type Taker interface {
	Take(ctx context.Context, m chat.Message, room int) (bot.Taken, error)
	Defer(ctx context.Context, m chat.Message) (bot.Taken, error)
	Push(ctx context.Context, m chat.Message, r chat.Reply) error
	Chats(text string) bool
}

var _ Taker = (*bot.Desk)(nil)

// Hook is an address that a platform calls.
type Hook struct {
	Path    string
	Channel chat.Channel
}

const (
	// patience is how long a platform's request waits for its reply; WeCom drops
	// it after 5 s and asks again (docs 90238).
	patience = 3 * time.Second
	// workTime bounds the work on one message, also when nobody waits any more.
	workTime = 30 * time.Second
)

// callback serves one hook: limits, then what the channel verifies, then the
// bot. The platform is answered 200 only when the message is kept.
func (s *Server) callback(h Hook) func(*gin.Context) error {
	return func(c *gin.Context) error {
		c.Set(keyHook, h.Path)
		arrived := time.Now()
		body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, h.Channel.Limits().Body))
		if err != nil {
			return s.refused(h, readFault(err))
		}
		d, err := h.Channel.Receive(c.Request.Context(), chat.Request{
			Method: c.Request.Method, Query: c.Request.URL.Query(), Header: c.Request.Header, Body: body,
		})
		if err != nil {
			return s.refused(h, err)
		}
		response, err := s.answer(c.Request.Context(), h.Channel, d, arrived)
		if err != nil {
			return s.refused(h, err)
		}
		if len(response.Body) == 0 {
			c.Status(http.StatusOK)
			return nil
		}
		c.Data(http.StatusOK, response.ContentType, response.Body)
		return nil
	}
}

// readFault tells a body that is too large from one that did not arrive.
func readFault(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// refused counts a request that was not taken.
func (s *Server) refused(h Hook, err error) error {
	code, _ := Status(err)
	s.opt.Refused(h.Path, code)
	return fmt.Errorf("callback: %w", err)
}

// answer gives a delivery to the bot and makes the response.
func (s *Server) answer(ctx context.Context, ch chat.Channel, d chat.Delivery, arrived time.Time) (chat.Response, error) {
	if d.Message == nil {
		return d.Response, nil
	}
	room := 0
	if d.Answer != nil {
		room = ch.Limits().Reply
	}
	taken, ok, err := s.inTime(ctx, *d.Message, room, arrived)
	if err != nil || !ok || taken.Reply.Empty() || d.Answer == nil {
		return d.Response, err
	}
	response, err := d.Answer(ctx, taken.Reply)
	if errors.Is(err, chat.ErrElsewhere) || errors.Is(err, chat.ErrTooLong) { // escaping may have made it longer
		return d.Response, s.opt.Desk.Push(ctx, *d.Message, taken.Reply)
	}
	return response, err
}

// inTime takes a message and waits for its reply as long as the platform would,
// but works on when the platform has gone: it will ask again, and finds the work
// done. If it takes longer the message is deferred: ok is false, and the reply
// will be pushed.
func (s *Server) inTime(ctx context.Context, m chat.Message, room int, arrived time.Time) (bot.Taken, bool, error) {
	type result struct {
		taken bot.Taken
		err   error
	}
	done := make(chan result, 1)
	s.working.Add(1)
	go func() {
		defer s.working.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTime)
		defer cancel()
		taken, err := s.opt.Desk.Take(ctx, m, room)
		done <- result{taken, err}
	}()
	timer := time.NewTimer(time.Until(arrived.Add(patience)))
	defer timer.Stop()
	select {
	case r := <-done:
		return r.taken, true, r.err
	case <-timer.C:
	}
	taken, err := s.opt.Desk.Defer(ctx, m)
	return taken, err == nil && !taken.Reply.Empty(), err
}

// Wait returns when the messages at work are done; call it after the listener
// has closed.
func (s *Server) Wait() { s.working.Wait() }
