package wecom

import (
	"net/url"
	"slices"
	"strings"

	"xietiao/bot/chat"
)

// maxCardLink is the longest address of a page in bytes (docs 90236).
const maxCardLink = 2048

// cardOf makes the card that c stands for, for senders that have no words beside
// it: one with buttons if they can be answered, else a notice, which must open a
// page (docs 90236, 99110). What of it cannot be sent is left out; nil: then
// nothing is left that can be shown, and its words are to be sent instead.
func cardOf(c *chat.Card, answers bool) *templateCard {
	if c == nil || strings.TrimSpace(c.Title) == "" {
		return nil
	}
	can := *c
	if !isPage(can.Link) {
		can.Link = ""
	}
	if !answers {
		can.Buttons = nil
	}
	can.Facts = slices.DeleteFunc(slices.Clone(can.Facts), func(f chat.Fact) bool { return f.Name == "" })
	if len(can.Buttons) == 0 {
		can.ID = "" // nothing comes back that would need it
	}
	bare := slices.ContainsFunc(can.Buttons, func(b chat.Button) bool { return strings.TrimSpace(b.Text) == "" })
	card, _, err := newCard(chat.Reply{Card: &can})
	if err != nil || bare || len(can.Buttons) == 0 && can.Link == "" {
		return nil
	}
	return card
}

func isPage(link string) bool {
	u, err := url.Parse(link)
	return err == nil && len(link) <= maxCardLink && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}
