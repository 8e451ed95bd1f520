package wecom

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// botMessage is what a callback says, decrypted, or the body of a frame of the
// long connection (docs 100719, 101027, 101463).
type botMessage struct {
	MsgID       string `json:"msgid"`
	AIBotID     string `json:"aibotid"`
	ChatID      string `json:"chatid"`
	ChatType    string `json:"chattype"`
	CreateTime  int64  `json:"create_time"`
	From        from   `json:"from"`
	ResponseURL string `json:"response_url"`
	part
	Quote  *part     `json:"quote"`
	Stream *stream   `json:"stream"`
	Event  *botEvent `json:"event"`
}

type from struct {
	UserID string `json:"userid"`
}

// part is what a message, a quotation or an item of a mixed message holds.
type part struct {
	MsgType string   `json:"msgtype"`
	Text    *content `json:"text"`
	Voice   *content `json:"voice"` // its transcript
	Mixed   *struct {
		Items []part `json:"msg_item"`
	} `json:"mixed"`
}

type content struct {
	Content string `json:"content"`
}

type botEvent struct {
	Type string `json:"eventtype"`
	Card *struct {
		Type     string `json:"card_type"`
		Key      string `json:"event_key"`
		TaskID   string `json:"task_id"`
		Selected struct {
			Items []struct {
				Question string `json:"question_key"`
				Options  struct {
					IDs []string `json:"option_id"`
				} `json:"option_ids"`
			} `json:"selected_item"`
		} `json:"selected_items"`
	} `json:"template_card_event"`
	Feedback *struct {
		ID      string `json:"id"`
		Type    int    `json:"type"`
		Content string `json:"content"`
	} `json:"feedback_event"`
}

// plainText returns the words of a part; pictures between them are left out.
func (p part) plainText() string {
	switch {
	case p.MsgType == "text" && p.Text != nil:
		return p.Text.Content
	case p.MsgType == "voice" && p.Voice != nil:
		return p.Voice.Content
	case p.MsgType == "mixed" && p.Mixed != nil:
		var texts []string
		for _, item := range p.Mixed.Items {
			if item.MsgType == "text" && item.Text != nil {
				texts = append(texts, strings.TrimSpace(item.Text.Content))
			}
		}
		return strings.Join(texts, "\n")
	}
	return ""
}

// decodeBot reads the body of a callback. What it says is not checked yet.
func decodeBot(plain []byte) (botMessage, error) {
	var in botMessage
	if !utf8.Valid(plain) || json.Unmarshal(plain, &in) != nil {
		return botMessage{}, fmt.Errorf("json: %w", chat.ErrMalformed)
	}
	return in, nil
}

// robot is what both ways to an AI bot, callback and long connection, know of
// it: their bodies are the same (docs 101463).
type robot struct {
	id, name string
	limit    int // bytes of one reply
}

func newRobot(id, name string, limit int) robot {
	if limit <= 0 {
		limit = MaxAIBotStream
	}
	return robot{id: id, name: name, limit: limit}
}

// message turns a callback into a message that has no session yet; nil for
// events of no interest. at is when it came: messages carry no time of their
// own. Events may lack the type of the conversation, chatid then tells it.
func (b robot) message(in botMessage, at time.Time) (*chat.Message, error) {
	missing := func(name string) (*chat.Message, error) {
		return nil, fmt.Errorf("json field %s: %w", name, chat.ErrMalformed)
	}
	m := &chat.Message{Via: ViaAIBot, ID: in.MsgID, Sender: chat.UserID(in.From.UserID), Time: at}
	if in.ChatType == "" && in.MsgType == "event" {
		in.ChatType = "single"
		if in.ChatID != "" {
			in.ChatType = "group"
		}
	}
	switch {
	case in.MsgID == "":
		return missing("msgid")
	case in.From.UserID == "":
		return missing("from")
	case in.ChatType == "group" && in.ChatID == "":
		return missing("chatid")
	case in.ChatType == "group":
		m.Kind, m.Conversation, m.AtBot = chat.Group, chat.ConversationID(in.ChatID), true
	case in.ChatType == "single":
		m.Kind, m.Conversation = chat.Direct, chat.ConversationID(in.From.UserID)
	default:
		return missing("chattype")
	}
	m.From = chat.Address{Via: ViaAIBot, Kind: m.Kind, Conversation: m.Conversation, User: m.Sender, Robot: in.AIBotID}
	if err := bounded(m); err != nil {
		return nil, err
	}
	switch in.MsgType {
	case "":
		return missing("msgtype")
	case "event":
		return b.event(in, m)
	case "text", "mixed", "voice":
		m.Type, m.Text = chat.TypeText, strings.TrimSpace(in.plainText())
		if m.Kind == chat.Group {
			m.Text = withoutMention(m.Text, b.name)
		}
		if m.Text == "" && in.MsgType != "text" {
			m.Type = chat.TypeOther
		}
	default:
		m.Type = chat.TypeOther
	}
	if in.Quote != nil {
		m.Quoted = strings.TrimSpace(in.Quote.plainText())
	}
	return m, nil
}

func (b robot) event(in botMessage, m *chat.Message) (*chat.Message, error) {
	if in.Event == nil || in.Event.Type == "" {
		return nil, fmt.Errorf("json field event: %w", chat.ErrMalformed)
	}
	if in.CreateTime < 0 || in.CreateTime > maxSeconds {
		return nil, fmt.Errorf("json field create_time: %w", chat.ErrMalformed)
	}
	if in.CreateTime > 0 {
		m.Time = time.Unix(in.CreateTime, 0)
	}
	e := &chat.Event{Name: in.Event.Type}
	m.Type, m.Event = chat.TypeEvent, e
	switch card, back := in.Event.Card, in.Event.Feedback; {
	case e.Name == "enter_chat":
		e.Kind = chat.EventEnter
	case e.Name == "template_card_event" && card != nil:
		e.Kind, e.Key, e.Task = chat.EventCard, card.Key, card.TaskID
		for _, item := range card.Selected.Items {
			if e.Choices == nil {
				e.Choices = map[string][]string{}
			}
			e.Choices[item.Question] = append(e.Choices[item.Question], item.Options.IDs...)
		}
	case e.Name == "feedback_event" && back != nil:
		e.Kind, e.Key, e.Value = chat.EventFeedback, back.ID, back.Content
		e.Rating = map[int]chat.Rating{1: chat.RatingGood, 2: chat.RatingBad, 3: chat.RatingWithdrawn}[back.Type]
		if e.Rating == "" || len(e.Key) > maxFeedback {
			return nil, fmt.Errorf("json field feedback_event: %w", chat.ErrMalformed)
		}
	case e.Name == "template_card_event", e.Name == "feedback_event":
		return nil, fmt.Errorf("json field %s: %w", e.Name, chat.ErrMalformed)
	default:
		return nil, nil
	}
	return m, nil
}

// withoutMention removes the mention of the bot from a message of a group. With
// a name, every "@name" that ends there goes, or one at the beginning that runs
// into the text; without one, the first word if it begins with @.
func withoutMention(text, name string) string {
	if name == "" {
		if _, size := atSign(text); size > 0 {
			if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
				return strings.TrimSpace(text[i:])
			}
			return ""
		}
		return text
	}
	var b strings.Builder
	found := false
	for rest := text; rest != ""; {
		if _, size := atSign(rest); size > 0 && strings.HasPrefix(rest[size:], name) {
			after := rest[size+len(name):]
			if r, _ := utf8.DecodeRuneInString(after); after == "" || unicode.IsSpace(r) || unicode.IsPunct(r) {
				rest, found = strings.TrimLeftFunc(after, unicode.IsSpace), true
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(rest)
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	if _, size := atSign(text); !found && size > 0 {
		if after, ok := strings.CutPrefix(text[size:], name); ok {
			return strings.TrimSpace(after)
		}
	}
	return strings.TrimSpace(b.String())
}

// atSign returns the @ that s begins with, and its size.
func atSign(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == '@' || r == '＠' {
		return r, n
	}
	return 0, 0
}
