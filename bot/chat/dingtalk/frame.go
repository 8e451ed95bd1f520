package dingtalk

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
)

// Types and topics of frames (page stream-mode protocol).
const (
	frameSystem   = "SYSTEM"
	frameCallback = "CALLBACK"

	topicPing       = "ping"
	topicDisconnect = "disconnect"
	topicMessage    = "/v1.0/im/bot/messages/get"
	topicCard       = "/v1.0/card/instances/callback"
)

// Codes of acknowledgements.
const (
	ackDone    = 200
	ackUnknown = 404 // nobody waits for this topic
	ackFailed  = 500
)

// frame is one message of the connection, from DingTalk.
type frame struct {
	Type    string `json:"type"`
	Headers struct {
		Topic string `json:"topic"`
		ID    string `json:"messageId"`
		Time  any    `json:"time"` // milliseconds, mostly as a string
	} `json:"headers"`
	Data string `json:"data"` // JSON
}

// decodeFrame reads a frame that can be acknowledged.
func decodeFrame(data []byte) (frame, error) {
	var f frame
	switch {
	case !utf8.Valid(data) || json.Unmarshal(data, &f) != nil:
		return frame{}, fmt.Errorf("frame: json: %w", chat.ErrMalformed)
	case f.Type == "" || f.Headers.Topic == "":
		return frame{}, fmt.Errorf("frame: no type or topic: %w", chat.ErrMalformed)
	case f.Headers.ID == "" || len(f.Headers.ID) > maxID:
		return frame{}, fmt.Errorf("frame: messageId: %w", chat.ErrMalformed)
	}
	return f, nil
}

// at is when DingTalk made the frame; now where it does not say.
func (f frame) at(now time.Time) time.Time {
	var ms int64
	switch v := f.Headers.Time.(type) {
	case string:
		ms, _ = strconv.ParseInt(v, 10, 64) // 0 if it is none
	case float64:
		if v > 0 && v < maxMillis {
			ms = int64(v)
		}
	}
	if ms <= 0 || ms > maxMillis {
		return now
	}
	return time.UnixMilli(ms)
}

// ack acknowledges f with data, which is JSON.
func (f frame) ack(code int, data string) []byte {
	message := "OK"
	if code != ackDone {
		message = "not taken"
	}
	return []byte(encode(map[string]any{
		"code": code, "message": message, "data": data,
		"headers": map[string]string{"messageId": f.Headers.ID, "contentType": "application/json"},
	}))
}

// message decodes what f brings: a person's message or the press of a button.
func (d decoder) message(f frame) (*chat.Message, error) {
	if f.Headers.Topic == topicCard {
		return d.card(f)
	}
	return d.decode([]byte(f.Data), f.at(d.now()))
}

// cardCallback is what a button of a card says (topic
// /v1.0/card/instances/callback, as in the official clients).
type cardCallback struct {
	Type       string `json:"type"`
	OutTrackID string `json:"outTrackId"`
	CorpID     string `json:"corpId"`
	UserID     string `json:"userId"`
	SpaceType  string `json:"spaceType"`
	SpaceID    string `json:"spaceId"`
	Content    string `json:"content"` // JSON
}

// Spaces of cards: where one hangs, as the prefix of its id or the type of it.
const (
	spaceMark   = "//"
	spaceDirect = "IM_ROBOT"
)

// card decodes the press of a button. Its conversation is the space the card
// hangs in; which kind that is, no page states for "IM", so it counts as a group.
func (d decoder) card(f frame) (*chat.Message, error) {
	field := func(name string, why error) (*chat.Message, error) {
		return nil, fmt.Errorf("card field %s: %w", name, why)
	}
	var in cardCallback
	if json.Unmarshal([]byte(f.Data), &in) != nil {
		return field("data", chat.ErrMalformed)
	}
	var pressed struct {
		Private struct {
			Actions []string       `json:"actionIds"`
			Params  map[string]any `json:"params"`
		} `json:"cardPrivateData"`
	}
	switch {
	case d.corpID != "" && in.CorpID != "" && in.CorpID != d.corpID:
		return field("corpId", chat.ErrReceiver)
	case in.UserID == "" || len(in.UserID) > maxID:
		return field("userId", chat.ErrMalformed)
	case in.OutTrackID == "" || len(in.OutTrackID) > maxID:
		return field("outTrackId", chat.ErrMalformed)
	case len(in.SpaceID) > maxID:
		return field("spaceId", chat.ErrMalformed)
	case in.Content != "" && json.Unmarshal([]byte(in.Content), &pressed) != nil:
		return field("content", chat.ErrMalformed)
	}
	e := &chat.Event{Kind: chat.EventCard, Name: in.Type, Task: in.OutTrackID}
	if actions := pressed.Private.Actions; len(actions) > 0 {
		e.Key = actions[0]
	}
	for name, value := range pressed.Private.Params {
		if s, ok := value.(string); ok {
			if e.Choices == nil {
				e.Choices = map[string][]string{}
			}
			e.Choices[name] = []string{s}
		}
	}
	space, id := in.SpaceType, in.SpaceID
	if i := strings.LastIndex(id, spaceMark); i >= 0 {
		if kind, rest, ok := strings.Cut(id[i+len(spaceMark):], "."); ok {
			space, id = kind, rest
		}
	}
	m := &chat.Message{
		Via: ViaRobot, ID: f.Headers.ID, Type: chat.TypeEvent, Event: e, Time: f.at(d.now()),
		Sender: chat.UserID(in.UserID), Kind: chat.Group, AtBot: true, Conversation: chat.ConversationID(id),
	}
	if space == spaceDirect || id == "" {
		m.Kind, m.AtBot = chat.Direct, false
	}
	if id == "" {
		m.Conversation = chat.ConversationID(in.UserID)
	}
	m.From = chat.Address{Via: ViaRobot, Kind: m.Kind, Conversation: m.Conversation, User: m.Sender, Robot: d.robotCode}
	return m, nil
}
