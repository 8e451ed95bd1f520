package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Twenty messages of a person are answered within a minute, then one word, then
// nothing until the minute is over.
func TestWhoAsksTooFastIsToldOnce(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		var all []shown
		for range 25 {
			all = append(all, l.send(said{user: "wang", text: "农家书屋归谁管"})...)
		}
		if !l.able().answers {
			o.flow("wang", 21)
			o.settled()
		}
		all = append(all, l.pushed("wang")...)
		answers, words := 0, 0
		for _, m := range all {
			switch {
			case m.text == libraryReply:
				answers++
			case strings.Contains(m.text, "请一分钟后再问"):
				words++
			}
		}
		if answers != 20 || words != 1 || len(all) != 21 {
			t.Errorf("%d answers and %d words among %d messages", answers, words, len(all))
		}
		holds(t, "somebody else", o.ask("li", "", "农家书屋归谁管"), libraryReply)
		c.advance(2 * time.Minute)
		holds(t, "after a while", o.ask("wang", "", "农家书屋归谁管"), libraryReply)
	})
}

// Fifty people ask in one group at once. All are answered, and the platform,
// which counts, has nothing to complain of.
func TestFiftyAtOnceAreAllAnswered(t *testing.T) {
	t.Parallel()
	const people, group = 50, "chat-big"
	everyLine(t, func(a able) bool { return a.groups }, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		var asking sync.WaitGroup
		responses := make([][]shown, people)
		for i := range people {
			asking.Go(func() {
				responses[i] = l.send(said{user: fmt.Sprintf("user%02d", i), group: group, text: "农家书屋归谁管"})
			})
		}
		asking.Wait()
		var all []shown
		for _, r := range responses {
			all = append(all, r...)
		}
		if !l.able().answers {
			o.flow(group, people)
			o.settled()
		}
		all = append(all, l.pushed(group)...)
		if len(all) != people {
			t.Errorf("%d answers for %d people", len(all), people)
		}
		for _, m := range all {
			if m.text != libraryReply {
				t.Errorf("somebody reads %q", m.text)
			}
		}
		pushes := len(l.pushed(group))
		tries := func() int { return o.counted(`xietiao_sends_total\{[^}]*\}`) }
		until(t, "all tries are counted", func() bool { return tries() >= pushes })
		if sent := o.counted(`xietiao_sends_total\{outcome="sent",[^}]*\}`); sent != pushes || tries() != pushes {
			t.Errorf("%d pushes, %d sent, %d tries", pushes, sent, tries())
		}
	})
}

// How long the oldest notice waits is told by the clock that notices follow.
func TestTheOldestNoticeIsAsOldAsTheClockSays(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.advance(time.Hour)
	l := newDingLine(t, c, "http")
	o := open(t, l, c)
	for i := range l.able().perMinute + 1 {
		l.send(said{user: fmt.Sprintf("user%02d", i), group: "chat-big", text: "农家书屋归谁管"})
	}
	until(t, "one waits for the limit", func() bool { return len(l.pushed("chat-big")) == l.able().perMinute })
	c.advance(20 * time.Second)
	_, page := o.get("metrics")
	m := regexp.MustCompile(`(?m)^xietiao_outbox_oldest_seconds (\S+)$`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no figure")
	}
	if age, err := strconv.ParseFloat(m[1], 64); err != nil || age < 20 {
		t.Errorf("%s seconds old: %v", m[1], err)
	}
}
