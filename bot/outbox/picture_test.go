package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// gallery is a desk whose persons see pictures, and groups do not.
func gallery(t *testing.T, draw func(name, mark string) ([]byte, error)) *desk {
	d := newDesk(t, fileBackend(t))
	return d.with(func(o *Options) {
		o.Pushers = map[chat.Via]chat.Pusher{robot: d.f, person: painter{d.f}, ding: painter{d.f}}
		if draw != nil {
			o.Draw = func(_ context.Context, name, mark string) ([]byte, error) { return draw(name, mark) }
		}
	})
}

func painted(name, mark string) ([]byte, error) { return []byte(mark + "\n" + "图" + name), nil }

func TestAPictureFollowsTheWords(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		to, fallback chat.Address
		draw         func(name, mark string) ([]byte, error)
		want         string
	}{
		"where it is shown":                    {user("a"), group("b"), painted, "a:k a:图p"},
		"not where it is not":                  {group("b"), user("a"), painted, "b:k"},
		"not without anybody to draw":          {user("a"), group("b"), nil, "a:k"},
		"nor by a channel that is not there":   {chat.Address{Via: "telegraph", User: "x"}, group("b"), painted, "b:k"},
		"but by the one that takes its place":  {chat.Address{Via: "telegraph", User: "x"}, user("a"), painted, "a:k a:图p"},
		"behind all parts of the words":        {user("a"), group("b"), painted, "a:一 a:二 a:图p"},
		"of nothing that cannot be drawn":      {user("a"), group("b"), func(string, string) ([]byte, error) { return nil, errors.New("no font") }, "a:k"},
		"and not once the store is away: wait": {user("a"), group("b"), func(string, string) ([]byte, error) { return nil, store.ErrUnavailable }, "a:k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := gallery(t, tc.draw)
			n := Notice{Key: "k", To: tc.to, Fallback: []chat.Address{tc.fallback}, Reply: chat.Reply{Text: "k", Picture: "p"}}
			if strings.Contains(name, "parts") {
				d.f.room = 100 + len(markRepeat)
				n.Reply.Text = "一" + strings.Repeat(" ", 90) + "\n\n二" + strings.Repeat(" ", 90) + "."
			}
			d.put(n)
			d.drain()
			var got []string
			for _, p := range d.f.seen() {
				got = append(got, fmt.Sprintf("%s%s:%s", p.to.Conversation, p.to.User, strings.Trim(p.name(), " .\n")))
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("%q, not %q", s, tc.want)
			}
			d.wantState("k", StateSent, "")
			switch {
			case strings.Contains(name, "nothing"):
				d.wantState("k#2", StateFailed, CodePicture)
			case strings.Contains(name, "wait"):
				d.wantState("k#2", StateWaiting, "")
			}
		})
	}
}

// A picture that may have arrived says so on itself, and goes once more at most.
func TestAPictureOfUnknownFate(t *testing.T) {
	t.Parallel()
	d := gallery(t, painted)
	d.f.answer = func(_ context.Context, p push) (chat.Outcome, bool) {
		if strings.Contains(p.reply.Text, "图") {
			return chat.Unknown(), true
		}
		return chat.Done(), true
	}
	d.put(Notice{Key: "k", To: user("a"), Reply: chat.Reply{Text: "k", Picture: "p"}})
	for range 3 {
		d.drain()
		d.c.advance(backoffCap)
	}
	d.wantState("k#2", StateFailed, CodeUnknown)
	if got := d.f.names(); got != "k \n图p !图p" {
		t.Errorf("%q", got)
	}
	// After other settings nobody shows it any more.
	d.put(Notice{Key: "l", To: user("a"), Reply: chat.Reply{Text: "l", Picture: "p"}})
	d.with(func(o *Options) { o.Pushers = map[chat.Via]chat.Pusher{person: d.f} })
	d.drain()
	d.wantState("l", StateSent, "")
	d.wantState("l#2", StateFailed, CodePicture)
}
