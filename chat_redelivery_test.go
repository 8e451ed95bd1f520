package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// oneEffect checks that a message which was delivered many times was answered
// once: the same in every response, or by one push, with one answer kept.
func (o *office) oneEffect(s said, responses []shown, deliveries int) {
	o.t.Helper()
	o.settled()
	pushed := o.line.pushed(s.where())
	if o.line.able().answers {
		if len(responses) != deliveries || len(pushed) > 0 {
			o.t.Errorf("%d deliveries: %d responses, %d pushes", deliveries, len(responses), len(pushed))
		}
	} else if len(pushed) != 1 {
		o.t.Errorf("%d deliveries: %d pushes: %q", deliveries, len(pushed), pushed)
	}
	for _, m := range append(responses, pushed...) {
		if m.text != libraryReply || len(responses) > 0 && m != responses[0] {
			o.t.Errorf("one reads %q", m)
		}
	}
	kept := slices.DeleteFunc(o.kept("desk.answers"), func(a string) bool { return !strings.Contains(a, s.text) })
	if len(kept) != 1 {
		o.t.Errorf("%d answers are kept: %q", len(kept), kept)
	}
}

// A message that is delivered again and again, at once, later, and after a
// restart, is one message.
func TestAMessageDeliveredAgainIsOneMessage(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		s := said{user: "wang", text: "农家书屋归谁管", id: "message-one", copies: 3}
		all, deliveries := l.send(s), 3
		if l.able().repeats {
			for range 3 {
				all = append(all, l.send(said{user: s.user, text: s.text, id: s.id})...)
			}
			o.restart()
			all = append(all, l.send(s)...)
			deliveries += 3 + 3
		} else {
			o.restart()
		}
		o.oneEffect(s, all, deliveries)
	})
}

// Two instances on one Redis get the same message, each three times at once.
func TestAMessageToTwoInstancesIsOneMessage(t *testing.T) {
	t.Parallel()
	everyLine(t, func(a able) bool { return a.repeats }, func(t *testing.T, l line, c *clock) {
		server := newChatRedis(t)
		second := open(t, l, c, server.on)
		o := open(t, l, c, server.on)
		s := said{user: "wang", text: "农家书屋归谁管", id: "message-one", copies: 3}
		there := s
		there.base = second.base
		var wait sync.WaitGroup
		var here, other []shown
		wait.Go(func() { here = l.send(s) })
		wait.Go(func() { other = l.send(there) })
		wait.Wait()
		o.oneEffect(s, append(here, other...), 6)
	})
}

// While the store is away nothing is taken, and all that was taken is there
// when it comes back. What was not taken is delivered again: by the platform,
// which gets a 503 or no acknowledgement, or by the connection's own side.
func TestNothingTakenIsLostWhenTheStoreGoesAway(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		server := newChatRedis(t)
		o := open(t, l, c, server.on)
		first := said{user: "wang", text: "农家书屋归谁管", id: "message-one"}
		all, deliveries := l.send(first), 1
		o.settled()

		server.stop()
		if code, body := o.get("readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, `"store":"unavailable"`) {
			t.Errorf("%d %s", code, body)
		}
		second := said{user: "li", text: "市残联有哪些职责", id: "message-two"}
		answer := make(chan []shown, 1)
		if l.able().persists {
			go func() { answer <- l.send(second) }()
		} else {
			answer <- l.send(second)
		}
		if got := l.pushed("li"); len(got) > 0 {
			t.Errorf("answered without a store: %q", got)
		}

		server.start()
		until(t, "ready again", func() bool { code, _ := o.get("readyz"); return code == http.StatusOK })
		got := <-answer
		if !l.able().persists {
			if len(got) > 0 {
				t.Errorf("answered without a store: %q", got)
			}
			got = l.send(second)
		}
		until(t, "the second message is answered", func() bool { return len(got)+len(l.pushed("li")) > 0 })
		o.settled()
		if got = append(got, l.pushed("li")...); len(got) != 1 {
			t.Errorf("%d answers: %q", len(got), got)
		}
		holds(t, second.text, got[0].text, "市残联的职责")
		if l.able().repeats {
			all, deliveries = append(all, l.send(first)...), 2
		}
		o.oneEffect(first, all, deliveries)
		holds(t, "the thread", o.ask("wang", "", "那妇联呢"), "市妇联的职责")
	})
}
