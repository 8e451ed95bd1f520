package dingtalk

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"xietiao/bot/chat"
)

// Bounds of what is made from a reply.
const (
	maxTitle   = 60 // bytes of a title, which only lists and alerts show
	maxFacts   = 6
	maxMention = 20
)

// post is a reply in DingTalk's terms. Of a text only text is set; a markdown
// has a title besides, a card (actionCard) also a link.
type post struct {
	title, text, link string
	markdown          bool
}

// posts returns the ways to say r, the best first; the last is plain text. With
// mentions there is no card: only texts and markdown can alert (page
// custom-robot), and the text itself must hold the @.
func posts(r chat.Reply, mention []string) []post {
	var ways []post
	title := titleOf(r)
	switch {
	case r.Card != nil:
		text, link := cardText(*r.Card), cardLink(*r.Card)
		if link != "" && len(mention) == 0 {
			ways = append(ways, post{title: title, text: text, link: link, markdown: true})
		} else {
			if link != "" {
				text += "\n\n[" + textOpenLink + "](" + link + ")"
			}
			ways = append(ways, post{title: title, text: text, markdown: true})
		}
	case r.Markdown != "":
		ways = append(ways, post{title: title, text: r.Markdown, markdown: true})
	}
	if r.Text != "" {
		ways = append(ways, post{text: r.Text})
	}
	for i, p := range ways {
		p.text = strings.ToValidUTF8(chat.Defuse(p.text), "\uFFFD")
		if p.markdown {
			p.text = breakLines(p.text)
		}
		if len(mention) > 0 {
			at, gap := "@"+strings.Join(mention, " @"), " "
			if p.markdown {
				gap = "\n\n"
			}
			p.text = at + gap + p.text
		}
		ways[i] = p
	}
	return ways
}

// mentions returns the people of r that can be alerted: members of the
// organisation, by ids that alert nobody else.
func mentions(r chat.Reply, kind chat.Kind) []string {
	var ids []string
	seen := map[chat.UserID]bool{}
	for _, u := range r.Mention {
		id := string(u)
		whole := id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == '@' || r > '~' })
		if kind != chat.Group || !whole || outside(u) || seen[u] || chat.Defuse("@"+id) != "@"+id || len(ids) == maxMention {
			continue
		}
		seen[u] = true
		ids = append(ids, id)
	}
	return ids
}

// outside reports whether u is the id of somebody outside the organisation, who
// has no staff id (page receive-message).
func outside(u chat.UserID) bool { return strings.HasPrefix(string(u), "$:") }

func titleOf(r chat.Reply) string {
	title := ""
	if r.Card != nil {
		title = r.Card.Title
	}
	for line := range strings.Lines(r.Text + "\n" + r.Markdown) {
		if title != "" {
			break
		}
		title = strings.Trim(line, " \t\r\n#>*-")
	}
	if title = chat.Cut(chat.Defuse(title), maxTitle); title == "" {
		return textTitle
	}
	return title
}

// cardText is a card as markdown; its own words are no markup. Buttons are left
// out: those of DingTalk open pages, they answer nothing.
func cardText(c chat.Card) string {
	parts := []string{"### " + chat.Markdown(c.Title)}
	if c.Text != "" {
		parts = append(parts, chat.Markdown(c.Text))
	}
	for i, f := range c.Facts {
		if i == maxFacts {
			break
		}
		parts = append(parts, "**"+chat.Markdown(f.Name)+"**："+chat.Markdown(f.Value))
	}
	return strings.Join(parts, "\n\n")
}

func cardLink(c chat.Card) string {
	if !strings.HasPrefix(c.Link, "https://") && !strings.HasPrefix(c.Link, "http://") || strings.ContainsAny(c.Link, " \r\n\t()") {
		return ""
	}
	return c.Link
}

var lineEnd = regexp.MustCompile(`\r*\n`)

// breakLines makes every line end of markdown one that DingTalk shows: a single
// one is taken for a blank unless two blanks stand before it (page
// custom-robot). Blocks of code are left as they are. Twice is the same as once.
func breakLines(s string) string {
	lines := strings.Split(lineEnd.ReplaceAllString(s, "\n"), "\n")
	code := false
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
			continue
		}
		last := i == len(lines)-1
		if !code && !last && strings.TrimSpace(line) != "" && strings.TrimSpace(lines[i+1]) != "" {
			lines[i] = strings.TrimRight(line, " \t") + "  "
		}
	}
	return strings.Join(lines, "\n")
}

// hookBody is p as a message to a session or a webhook (page custom-robot).
func (p post) hookBody(mention []string) map[string]any {
	body := map[string]any{}
	switch {
	case p.link != "":
		body["msgtype"] = "actionCard"
		body["actionCard"] = map[string]string{"title": p.title, "text": p.text, "singleTitle": textOpenLink, "singleURL": p.link}
	case p.markdown:
		body["msgtype"] = "markdown"
		body["markdown"] = map[string]string{"title": p.title, "text": p.text}
	default:
		body["msgtype"] = "text"
		body["text"] = map[string]string{"content": p.text}
	}
	if len(mention) > 0 {
		body["at"] = map[string]any{"atUserIds": mention, "isAtAll": false}
	}
	return body
}

// param is p as msgKey and msgParam of the API (page robot message types).
func (p post) param() (key, param string) {
	switch {
	case p.link != "":
		return "sampleActionCard", encode(map[string]string{"title": p.title, "text": p.text, "singleTitle": textOpenLink, "singleURL": p.link})
	case p.markdown:
		return "sampleMarkdown", encode(map[string]string{"title": p.title, "text": p.text})
	}
	return "sampleText", encode(map[string]string{"content": p.text})
}

// encode is v as JSON without the escaping for HTML, as chat.Client sends it.
func encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil { // maps of strings always encode
		return ""
	}
	return strings.TrimRight(b.String(), "\n")
}
