package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"xietiao/bot/chat"
)

// Codes of outcomes that we decide ourselves, beside WeCom's numbers and those
// of chat.Answer.Fault.
const (
	CodeNoSession = "no-session" // there is no living link to answer by
	CodeNoPerson  = "no-person"  // the address names nobody that an app can write to
	CodeNoRobot   = "no-robot"   // the robot is not known, or its address is not WeCom's
	CodeTooLong   = "too-long"   // nothing of the reply fits into one message
	CodeEmpty     = "empty"      // the reply says nothing
	CodeAnswer    = "answer"     // an answer that is not the JSON expected
	CodeState     = "state"      // our own store could not be reached
	CodeNetwork   = "network"    // nothing came back
	CodeNoLink    = "no-link"    // an AI bot's connection is not there
	CodeNoAck     = "no-ack"     // a frame on it was not acknowledged
	CodeNoChat    = "no-chat"    // the address names no conversation of this bot
	CodeCard      = "card"       // a card whose id or keys cannot be sent
)

// How long to wait after what passes by itself.
const (
	waitBusy       = 5 * time.Second
	waitConcurrent = 10 * time.Second
	waitFrequency  = time.Minute // WeCom lifts the limit with the next minute (docs 90312)
	waitToken      = time.Minute // a fresh token was refused too
	waitState      = 5 * time.Second
)

// meaning is what an errcode asks of us.
type meaning struct {
	retry      time.Duration // 0: no retry helps
	unreached  bool          // the receiver cannot be reached by this app
	tokenEnded bool          // the access token is of no use any more
}

// meanings are the errcodes that ask for more than to give up (docs 90313).
// All others, known or not, are permanent and carry their number; what the
// office must mend has an Advice.
var meanings = map[int]meaning{
	-1:    {retry: waitBusy},
	45009: {retry: waitFrequency},
	45033: {retry: waitConcurrent},
	40014: {retry: waitToken, tokenEnded: true},
	41001: {retry: waitToken, tokenEnded: true},
	42001: {retry: waitToken, tokenEnded: true},
	40003: {unreached: true},
	43004: {unreached: true},
	60111: {unreached: true},
	81013: {unreached: true},
}

// outcome is what an errcode means for a push to who; 0 is Done.
func outcome(code int, who ...string) chat.Outcome {
	name := strconv.Itoa(code)
	switch m := meanings[code]; {
	case code == 0:
		return chat.Done()
	case m.retry > 0:
		return chat.RetryAfter(m.retry).Because(name)
	case m.unreached:
		return chat.Partial(name, who...)
	}
	return chat.Permanent(name)
}

// Error is a call that WeCom refused or did not answer. It holds no credential
// and nothing of what was sent.
type Error struct {
	Call    string       // such as "message/send"
	Outcome chat.Outcome // never done
	Source  string       // our address as WeCom saw it, of most refusals; what 可信IP wants
	cause   error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("wecom %s: %s", e.Call, e.Outcome)
	if e.Source != "" {
		s += " from " + e.Source
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns why there was no answer.
func (e *Error) Unwrap() error { return e.cause }

// Code returns WeCom's number or one of the Code values; "" if err is none of
// an API's errors. Advice says what to do about it.
func Code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Outcome.Code()
	}
	return ""
}

// endOf is the outcome of a push that ended with err.
func endOf(err error) chat.Outcome {
	var e *Error
	switch {
	case err == nil:
		return chat.Done()
	case errors.As(err, &e):
		return e.Outcome
	}
	return chat.Unknown() // cannot happen: all errors of calls are *Error
}

// status is what every answer begins with. An answer without a code says nothing.
type status struct {
	Code    *int   `json:"errcode"`
	Message string `json:"errmsg"`
}

// source finds our address in an errmsg: "…, from ip: 192.0.2.1, more info at …"
// (docs 90313). Nothing else of it is kept: it may repeat what was sent.
var source = regexp.MustCompile(`from ip: ([0-9a-fA-F.:]{3,45}[0-9a-fA-F])`)

// read takes the answer of a call to who into v; nil v: the code is enough.
func read(call string, a chat.Answer, v any, who ...string) error {
	if o, bad := a.Fault(); bad {
		return &Error{Call: call, Outcome: o, cause: a.Err}
	}
	var s status
	err := json.Unmarshal(a.Body, &s)
	if err == nil && s.Code != nil && *s.Code == 0 && v != nil {
		err = json.Unmarshal(a.Body, v)
	}
	switch {
	case err == nil && s.Code != nil && *s.Code != 0:
		return refusal(call, *s.Code, s.Message, who...)
	case a.Status >= http.StatusBadRequest:
		return &Error{Call: call, Outcome: chat.Permanent("http-" + strconv.Itoa(a.Status))}
	case err != nil || s.Code == nil: // it was taken by somebody: nobody knows how it ended
		return &Error{Call: call, Outcome: chat.Unknown().Because(CodeAnswer)}
	}
	return nil
}

// refusal is the error of an errcode.
func refusal(call string, code int, message string, who ...string) *Error {
	e := &Error{Call: call, Outcome: outcome(code, who...)}
	if m := source.FindStringSubmatch(message); m != nil {
		e.Source = m[1]
	}
	return e
}

// tokenEnded reports whether err says that the access token has ended.
func tokenEnded(err error) bool {
	code, _ := strconv.Atoi(Code(err)) // no number: no code that means it
	return meanings[code].tokenEnded
}
