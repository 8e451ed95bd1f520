package dingtalk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// maxID bounds the ids of a message in bytes; real ones have some dozen.
const maxID = 512

// sessionPath is where replies to one message go.
const sessionPath = "/robot/sendBySession"

// robotMessage is a robot's callback (page receive-message). The sender's
// nickname and admin flag are left out: the first is the sender's own choice,
// the second no role of ours.
type robotMessage struct {
	MsgType          string          `json:"msgtype"`
	MsgID            string          `json:"msgId"`
	CreateAt         int64           `json:"createAt"`
	ConversationType string          `json:"conversationType"`
	ConversationID   string          `json:"conversationId"`
	SenderStaffID    string          `json:"senderStaffId"`
	SenderID         string          `json:"senderId"`
	ChatbotCorpID    string          `json:"chatbotCorpId"`
	RobotCode        string          `json:"robotCode"`
	IsInAtList       bool            `json:"isInAtList"`
	SessionWebhook   string          `json:"sessionWebhook"`
	SessionUntil     int64           `json:"sessionWebhookExpiredTime"`
	Text             *text           `json:"text"`
	Content          json.RawMessage `json:"content"` // its shape depends on the type
	OldQuote         struct {        // how older clients quote
		Text text `json:"text"`
	} `json:"quoteMessage"`
}

type text struct {
	Content    string   `json:"content"`
	IsReply    bool     `json:"isReplyMsg"`
	RepliedMsg *replied `json:"repliedMsg"`
}

// replied is a quoted message. No page states its shape: what cannot be read
// leaves the quotation empty, and so does an answer of the robot's own that
// DingTalk quotes by its id alone.
type replied struct {
	MsgType string          `json:"msgType"`
	Content json.RawMessage `json:"content"`
}

type content struct {
	RichText []struct {
		Text    string `json:"text"`
		Type    string `json:"type"`
		Content string `json:"content"` // instead of text, in a quotation
		MsgType string `json:"msgType"` // instead of type
	} `json:"richText"`
	Recognition string `json:"recognition"` // what was said, of an audio
	Text        string `json:"text"`        // of a quoted text
}

// decoder reads messages, by whichever mode they came.
type decoder struct {
	robotCode, corpID string // refuse what is for others; empty: take all
	bases             []string
	now               func() time.Time
}

// decode reads a message. at stands for its time where it states none.
func (d decoder) decode(body []byte, at time.Time) (*chat.Message, error) {
	field := func(name string, why error) (*chat.Message, error) {
		return nil, fmt.Errorf("json field %s: %w", name, why)
	}
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("json: %w", chat.ErrMalformed)
	}
	var in robotMessage
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("json: %w", chat.ErrMalformed)
	}
	switch {
	case d.robotCode != "" && in.RobotCode != "" && in.RobotCode != d.robotCode:
		return field("robotCode", chat.ErrReceiver)
	case len(in.RobotCode) > maxID:
		return field("robotCode", chat.ErrMalformed)
	case d.corpID != "" && in.ChatbotCorpID != "" && in.ChatbotCorpID != d.corpID:
		return field("chatbotCorpId", chat.ErrReceiver)
	case in.MsgID == "" || len(in.MsgID) > maxID:
		return field("msgId", chat.ErrMalformed)
	case in.ConversationID == "" || len(in.ConversationID) > maxID:
		return field("conversationId", chat.ErrMalformed)
	case in.SenderStaffID == "" && in.SenderID == "" || len(in.SenderStaffID)+len(in.SenderID) > maxID:
		return field("senderStaffId", chat.ErrMalformed)
	case in.CreateAt < 0 || in.CreateAt > maxMillis:
		return field("createAt", chat.ErrMalformed)
	case in.MsgType == "":
		return field("msgtype", chat.ErrMalformed)
	}
	m := &chat.Message{
		Via: ViaRobot, ID: in.MsgID, Conversation: chat.ConversationID(in.ConversationID),
		Sender: chat.UserID(in.SenderStaffID), Time: at,
	}
	if in.CreateAt > 0 {
		m.Time = time.UnixMilli(in.CreateAt)
	}
	if in.SenderStaffID == "" {
		m.Sender, m.Outside = chat.UserID(in.SenderID), true
	}
	switch in.ConversationType {
	case "1":
		m.Kind = chat.Direct
	case "2":
		m.Kind, m.AtBot = chat.Group, in.IsInAtList
	default:
		return field("conversationType", chat.ErrMalformed)
	}
	m.Type, m.Text, m.Quoted = in.words()
	session, err := d.session(in.SessionWebhook, in.SessionUntil)
	if err != nil {
		return nil, err
	}
	m.From = chat.Address{
		Via: ViaRobot, Kind: m.Kind, Conversation: m.Conversation, User: m.Sender,
		Robot: in.RobotCode, Session: session,
	}
	return m, nil
}

// words returns what was written or said. The mention of the bot is already
// taken out by DingTalk and leaves a blank.
func (in robotMessage) words() (t chat.Type, words, quoted string) {
	switch {
	case in.MsgType == "text" && in.Text != nil:
		quoted = strings.TrimSpace(in.OldQuote.Text.Content)
		if in.Text.RepliedMsg != nil {
			quoted = in.Text.RepliedMsg.words()
		}
		return chat.TypeText, strings.TrimSpace(in.Text.Content), quoted
	case in.MsgType == "richText", in.MsgType == "audio":
		var c content
		if json.Unmarshal(in.Content, &c) == nil && c.words() != "" {
			return chat.TypeText, c.words(), ""
		}
	}
	return chat.TypeOther, "", ""
}

func (c content) words() string {
	var b strings.Builder
	for _, part := range c.RichText {
		if kind := part.Type + part.MsgType; kind == "" || kind == "text" {
			b.WriteString(part.Text + part.Content)
		}
	}
	return strings.TrimSpace(b.String() + c.Recognition + c.Text)
}

func (q replied) words() string {
	var c content
	if json.Unmarshal(q.Content, &c) == nil {
		return c.words()
	}
	var s string
	if json.Unmarshal(q.Content, &s) != nil {
		return ""
	}
	if json.Unmarshal([]byte(s), &c) == nil {
		return c.words()
	}
	return strings.TrimSpace(s)
}

// session checks the link a reply would go to (page receive-message): in HTTP
// mode it comes from a body that nobody signed. There is none if it has expired.
func (d decoder) session(link string, until int64) (chat.Session, error) {
	if link == "" || until <= 0 || until > maxMillis || !d.now().Before(time.UnixMilli(until)) {
		return chat.Session{}, nil
	}
	if !leadsTo(chat.Link(link), sessionPath, d.bases) {
		return chat.Session{}, fmt.Errorf("field sessionWebhook leads elsewhere: %w", chat.ErrMalformed)
	}
	return chat.Session{Link: chat.Link(link), Until: time.UnixMilli(until)}, nil
}
