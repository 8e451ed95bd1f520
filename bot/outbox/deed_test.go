package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// What people do with a notice is kept with who and why, and verifies; what could not
// be done is not.
func TestWhatPeopleDoWithNoticesIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	d.f.answer = always(chat.Permanent("93000"), false)
	d.put(Notice{Key: "lost", To: group("g")})
	d.drain()
	later := d.c.now().Add(time.Hour)
	d.put(Notice{Key: "waits", To: group("g"), After: later})
	try := func(want error, fn func(tx *store.Tx) error) {
		t.Helper()
		if err := d.s.Update(context.Background(), fn); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%v, want %v", err, want)
		}
	}
	resend := func(key string) func(tx *store.Tx) error {
		return func(tx *store.Tx) error { return d.box.Resend(tx, key, later, "P1", "群换了机器人") }
	}
	stop := func(key string, certain bool) func(tx *store.Tx) error {
		return func(tx *store.Tx) error {
			got, err := d.box.Stop(tx, key, "P2", "写错了")
			if err == nil && got != certain {
				return fmt.Errorf("certain: %v", got)
			}
			return err
		}
	}
	try(nil, resend("lost"))
	try(ErrNotFailed, resend("lost"))
	try(ErrNotFound, resend("none"))
	try(nil, stop("waits", true))
	try(ErrEnded, stop("waits", false))
	try(ErrNotFound, stop("none", false))
	try(nil, stop("lost", true))
	d.wantState("lost", StateCancelled, "")
	var got []string
	d.view(func(r store.Reader) error {
		got = nil
		for _, key := range []string{"lost", "waits", "none"} {
			list, err := Deeds(r, key)
			if err != nil {
				return err
			}
			for _, e := range list {
				var deed Deed
				if err := json.Unmarshal(e.Data, &deed); err != nil {
					return err
				}
				got = append(got, strings.Join([]string{key, e.By, e.What, deed.Why}, " "))
			}
		}
		return audit.Verify(r, deedChain("lost"))
	})
	if want := "lost P1 resend 群换了机器人, lost P2 stop 写错了, waits P2 stop 写错了"; strings.Join(got, ", ") != want {
		t.Errorf("%q", got)
	}
	for _, err := range []error{ErrNotFailed, ErrNotFound, ErrEnded} {
		if Tell(fmt.Errorf("x: %w", err)) == "" {
			t.Errorf("%v has no words", err)
		}
	}
	if Tell(ErrRunning) != "" {
		t.Error("an error of the program's own has words for users")
	}
}

// Something rare is looked for in parts, none of which is passed over, and none of which
// costs more than it may.
func TestLookingForSomethingRare(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fileBackend(t))
	for i := range 40 {
		n := Notice{Key: fmt.Sprint("k", 10+i), To: group("g"), Kind: KindReply}
		if i%10 == 3 {
			n.Kind, n.Unit = "remind", `"甲"<局>`
		}
		d.put(n)
		d.c.advance(time.Second)
	}
	look := func(q Query, most int) (keys string, parts int) {
		for {
			parts++
			var p Page
			d.view(func(r store.Reader) (err error) { p, err = d.box.Look(r, q, most); return err })
			for _, rec := range p.Records {
				keys += rec.Key + " "
			}
			if q.Before = p.Next; p.Next == "" || parts > 100 {
				return strings.TrimSpace(keys), parts
			}
		}
	}
	for _, tc := range []struct {
		q     Query
		most  int
		want  string
		parts int
	}{
		{Query{Kind: "remind"}, 7, "k43 k33 k23 k13", 6},
		{Query{Kind: "remind"}, 0, "k43 k33 k23 k13", 1},
		{Query{Not: KindReply, Limit: 3}, 0, "k43 k33 k23 k13", 2},
		{Query{Unit: `"甲"<局>`, Limit: 1}, 15, "k43 k33 k23 k13", 5},
		{Query{Unit: "乙"}, 40, "", 1},
		{Query{States: []State{StateSent}}, 5, "", 1},
	} {
		if got, parts := look(tc.q, tc.most); got != tc.want || parts != tc.parts {
			t.Errorf("%+v, %d: %s in %d parts", tc.q, tc.most, got, parts)
		}
	}
	if got, parts := look(Query{Limit: 9}, 0); strings.Count(got, "k") != 40 || parts != 5 {
		t.Errorf("all: %s in %d parts", got, parts)
	}
}
