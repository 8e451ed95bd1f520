package wecom

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// Sizes of a card. Lengths in characters are what the pages advise; longer ones
// are not shown in full (template card page, types of the official Node client).
const (
	maxCardTitle  = 26
	maxCardText   = 112
	maxFactName   = 5
	maxFactValue  = 26
	maxButtonText = 10
	maxFacts      = 6
	maxButtons    = 6
	maxButtonKey  = 1024 // bytes
)

// cardID is what a task_id may be.
var cardID = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`)

// templateCard is a card as WeCom has it: text_notice without buttons,
// button_interaction with.
type templateCard struct {
	Type     string       `json:"card_type"`
	Title    cardTitle    `json:"main_title"`
	Text     string       `json:"sub_title_text,omitempty"`
	Facts    []cardFact   `json:"horizontal_content_list,omitempty"`
	Action   *cardAction  `json:"card_action,omitempty"`
	Buttons  []cardButton `json:"button_list,omitempty"`
	TaskID   string       `json:"task_id,omitempty"`
	Feedback *feedback    `json:"feedback,omitempty"`
}

type cardTitle struct {
	Title string `json:"title"`
}

type cardFact struct {
	Name  string `json:"keyname"`
	Value string `json:"value"`
}

// cardAction is what a press on the card itself does: 0 nothing, 1 opens URL.
type cardAction struct {
	Type int    `json:"type"`
	URL  string `json:"url,omitempty"`
}

type cardButton struct {
	Text string `json:"text"`
	Key  string `json:"key"`
}

// newCard makes the card of a reply, nil if it has none with a title, or means
// it for a card that cannot be changed any more, as a card's id is used once.
// whole reports whether it shows all that the card says. chat.ErrMalformed: its
// id or a button cannot be sent.
func newCard(r chat.Reply) (card *templateCard, whole bool, err error) {
	if r.Card == nil || r.Update || strings.TrimSpace(r.Card.Title) == "" {
		return nil, false, nil
	}
	whole = true
	fit := func(s string, limit int) string {
		s = strings.ToValidUTF8(chat.Defuse(s), "\uFFFD")
		if utf8.RuneCountInString(s) <= limit {
			return s
		}
		whole = false
		return string([]rune(s)[:limit-1]) + textCut
	}
	c := *r.Card
	if c.ID != "" && !cardID.MatchString(c.ID) || c.ID == "" && len(c.Buttons) > 0 {
		return nil, false, fmt.Errorf("card id: %w", chat.ErrMalformed)
	}
	if len(c.Facts) > maxFacts || len(c.Buttons) > maxButtons {
		whole = false
	}
	card = &templateCard{Type: "text_notice", TaskID: c.ID, Title: cardTitle{Title: fit(c.Title, maxCardTitle)}, Text: fit(c.Text, maxCardText)}
	for _, f := range c.Facts[:min(len(c.Facts), maxFacts)] {
		if f.Name == "" { // it must have one
			whole = false
			continue
		}
		card.Facts = append(card.Facts, cardFact{Name: fit(f.Name, maxFactName), Value: fit(f.Value, maxFactValue)})
	}
	seen := map[string]bool{}
	for _, b := range c.Buttons[:min(len(c.Buttons), maxButtons)] {
		if b.Key == "" || len(b.Key) > maxButtonKey || !utf8.ValidString(b.Key) || seen[b.Key] || b.Text == "" {
			return nil, false, fmt.Errorf("button: %w", chat.ErrMalformed)
		}
		seen[b.Key] = true
		card.Type, card.Buttons = "button_interaction", append(card.Buttons, cardButton{Text: fit(b.Text, maxButtonText), Key: b.Key})
	}
	switch {
	case isPage(c.Link):
		card.Action = &cardAction{Type: 1, URL: c.Link}
	case card.Buttons == nil:
		card.Action = &cardAction{} // a text_notice must have one
	}
	return card, whole, nil
}

// cardWords says in words what a card says, but for its buttons.
func cardWords(c chat.Card) string {
	lines := []string{c.Title}
	if c.Text != "" {
		lines = append(lines, c.Text)
	}
	for _, f := range c.Facts {
		lines = append(lines, f.Name+textColon+f.Value)
	}
	if c.Link != "" {
		lines = append(lines, c.Link)
	}
	return strings.Join(lines, "\n")
}
