package wecom

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// Sizes of a template card, in characters where the pages advise, in bytes
// where they limit (docs 99110, 90236, template card page).
const (
	cardTitle      = 26
	cardText       = 112
	cardFactName   = 5
	cardFactValue  = 26
	cardButtonText = 10
	maxCardFacts   = 6
	maxCardButtons = 6
	maxCardID      = 128  // bytes
	maxCardKey     = 1024 // bytes
	maxCardLink    = 2048 // bytes
)

// templateCard is the JSON of a card (docs 90236, 99110, 101031).
type templateCard struct {
	Type    string           `json:"card_type"`
	Title   templateTitle    `json:"main_title"`
	Text    string           `json:"sub_title_text,omitempty"`
	Facts   []templateFact   `json:"horizontal_content_list,omitempty"`
	Action  *templateAction  `json:"card_action,omitempty"`
	TaskID  string           `json:"task_id,omitempty"`
	Buttons []templateButton `json:"button_list,omitempty"`
}

type templateTitle struct {
	Title string `json:"title"`
}

type templateFact struct {
	Name  string `json:"keyname"`
	Value string `json:"value"`
}

type templateAction struct {
	Type int    `json:"type"` // 1: a page
	URL  string `json:"url"`
}

type templateButton struct {
	Text string `json:"text"`
	Key  string `json:"key"`
}

// cardOf makes the card that c stands for, cut to what is shown: one with
// buttons if they can answer, else a notice, which needs a page that opens. ok is
// false where c makes neither; then its words are sent as text.
func cardOf(c *chat.Card, answers bool) (card *templateCard, ok bool) {
	if c == nil || strings.TrimSpace(c.Title) == "" {
		return nil, false
	}
	card = &templateCard{Title: templateTitle{clip(c.Title, cardTitle)}, Text: clip(c.Text, cardText)}
	for _, f := range c.Facts[:min(len(c.Facts), maxCardFacts)] {
		card.Facts = append(card.Facts, templateFact{clip(f.Name, cardFactName), clip(f.Value, cardFactValue)})
	}
	if isPage(c.Link) {
		card.Action = &templateAction{Type: 1, URL: c.Link}
	}
	if answers && len(c.Buttons) > 0 {
		card.Type, card.TaskID = "button_interaction", c.ID
		for _, b := range c.Buttons[:min(len(c.Buttons), maxCardButtons)] {
			if b.Key == "" || len(b.Key) > maxCardKey || strings.TrimSpace(b.Text) == "" {
				return nil, false
			}
			card.Buttons = append(card.Buttons, templateButton{clip(b.Text, cardButtonText), b.Key})
		}
		return card, isCardID(c.ID)
	}
	card.Type = "text_notice"
	return card, card.Action != nil
}

// clip cuts s to n characters, the last one telling of it, and breaks mentions.
func clip(s string, n int) string {
	s = chat.Defuse(strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD"))
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func isPage(link string) bool {
	u, err := url.Parse(link)
	return err == nil && len(link) <= maxCardLink && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func isCardID(id string) bool {
	return id != "" && len(id) <= maxCardID && strings.IndexFunc(id, func(r rune) bool {
		return notAlphanumeric(r) && !strings.ContainsRune("_-@", r)
	}) < 0
}

// inWords says a card in a text, for where it cannot be shown.
func inWords(c *chat.Card) string {
	if c == nil {
		return ""
	}
	lines := []string{c.Title, c.Text}
	for _, f := range c.Facts {
		lines = append(lines, f.Name+textColon+f.Value)
	}
	lines = append(lines, c.Link)
	kept := lines[:0]
	for _, l := range lines {
		if l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}
