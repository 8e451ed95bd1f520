package wecom

import (
	"context"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// App is the callback of a self-built app (自建应用): persons write to it alone;
// it never sees a group (docs 90238, 90239).
type App struct {
	callback
	agentID string
	limit   int
}

var _ chat.Channel = (*App)(nil)

// cardLife is how long the code of a pressed card is good for at least: copies
// of the page say 24 h or 72 h (docs 94888).
const cardLife = 24 * time.Hour

// NewApp returns the callback of an app. The error is chat.ErrConfig and names
// no credential.
func NewApp(opt Options) (*App, error) {
	if opt.CorpID == "" {
		return nil, fmt.Errorf("%s: no corp id: %w", ViaApp, chat.ErrConfig)
	}
	c, err := newCallback(ViaApp, opt, opt.CorpID)
	if err != nil {
		return nil, err
	}
	if opt.ReplyLimit <= 0 {
		opt.ReplyLimit = MaxAppText
	}
	return &App{callback: c, agentID: opt.AgentID, limit: opt.ReplyLimit}, nil
}

// Via implements chat.Channel.
func (a *App) Via() chat.Via { return ViaApp }

// Limits implements chat.Channel.
func (a *App) Limits() chat.Limits { return chat.Limits{Body: MaxBody, Reply: a.limit} }

// Receive implements chat.Channel: the check of the address (docs 90930) and
// messages and events (docs 90239, 90240). Events that nobody waits for give no
// Message. An empty response means that the message was taken; WeCom asks again
// three times if there is none within 5 s (docs 90238).
func (a *App) Receive(ctx context.Context, r chat.Request) (chat.Delivery, error) {
	return a.receive(ctx, r, sealedInXML, func(_ context.Context, _ proof, _ time.Time, plain []byte) (chat.Delivery, error) {
		m, err := a.decode(plain)
		if err != nil || m == nil {
			return chat.Delivery{}, err
		}
		d := chat.Delivery{Message: m}
		if takesReply(*m) {
			d.Answer = func(_ context.Context, r chat.Reply) (chat.Response, error) { return a.answer(*m, r) }
		}
		return d, nil
	})
}

// decode reads the inner XML; nil for events of no interest.
func (a *App) decode(plain []byte) (*chat.Message, error) {
	root, err := parse(plain)
	if err != nil {
		return nil, err
	}
	r := &reader{e: root}
	agent := r.text("AgentID")
	if a.agentID != "" && agent != "" && agent != a.agentID {
		return nil, fmt.Errorf("agent: %w", chat.ErrReceiver)
	}
	at, err := strconv.ParseInt(r.need("CreateTime"), 10, 64)
	if r.err == nil && (err != nil || at < 0 || at > maxSeconds) {
		return nil, fmt.Errorf("CreateTime: %w", chat.ErrMalformed)
	}
	m := &chat.Message{
		Via: ViaApp, Kind: chat.Direct, Sender: chat.UserID(r.need("FromUserName")), Time: time.Unix(at, 0),
		From: chat.Address{Via: ViaApp, Kind: chat.Direct, Robot: agent},
	}
	m.Conversation, m.From.Conversation, m.From.User = chat.ConversationID(m.Sender), chat.ConversationID(m.Sender), m.Sender
	known := true
	switch r.need("MsgType") {
	case "event":
		known = a.event(r, m)
	case "text":
		m.Type, m.Text, m.ID = chat.TypeText, strings.TrimSpace(r.text("Content")), r.need("MsgId")
	case "location":
		m.Type, m.ID = chat.TypePlace, r.need("MsgId")
		m.Place = place(r, "Location_X", "Location_Y", "")
		m.Place.Label, m.Place.Source = r.text("Label"), chat.SourceMessage
	default:
		m.Type, m.ID = chat.TypeOther, r.need("MsgId")
	}
	if r.err == nil {
		r.err = bounded(m)
	}
	if r.err != nil || !known {
		return nil, r.err
	}
	return m, nil
}

// place reads a position. The pages do not state the coordinate system; by
// custom it is GCJ-02 (docs 90239).
func place(r *reader, latitude, longitude, accuracy string) *chat.Place {
	number := func(name string, bound float64) float64 {
		v, err := strconv.ParseFloat(r.need(name), 64)
		if r.err == nil && (err != nil || !(math.Abs(v) <= bound)) { // not a number is refused here
			r.err = fmt.Errorf("%s: %w", name, chat.ErrMalformed)
		}
		return v
	}
	p := &chat.Place{Latitude: number(latitude, 90), Longitude: number(longitude, 180)}
	if accuracy != "" && r.text(accuracy) != "" {
		p.Accuracy = math.Abs(number(accuracy, math.MaxFloat64))
	}
	return p
}

// event reads an event into m and reports whether the bot waits for it (docs
// 90240; template cards also 90376).
func (a *App) event(r *reader, m *chat.Message) bool {
	e := &chat.Event{Name: r.need("Event"), Key: r.text("EventKey")}
	m.Type, m.Event = chat.TypeEvent, e
	switch e.Name {
	case "subscribe":
		e.Kind = chat.EventJoin
	case "unsubscribe":
		e.Kind = chat.EventLeave
	case "enter_agent":
		e.Kind = chat.EventEnter
	case "click", "view":
		e.Kind = chat.EventMenu
	case "scancode_push", "scancode_waitmsg":
		e.Kind, e.Value = chat.EventScan, r.text("ScanCodeInfo", "ScanResult")
	case "LOCATION":
		e.Kind = chat.EventPlace
		m.Place = place(r, "Latitude", "Longitude", "Precision")
		m.Place.Source = chat.SourceReport
	case "template_card_event", "template_card_menu_event":
		e.Kind, e.Task, e.Card = chat.EventCard, r.text("TaskId"), chat.Link(r.text("ResponseCode"))
		e.Choices = choices(r)
		m.From.Session = chat.Session{Link: e.Card, Until: m.Time.Add(cardLife), Once: true}
	default:
		return false
	}
	return true
}

// choices reads SelectedItems/SelectedItem{QuestionKey, OptionIds/OptionId}.
func choices(r *reader) map[string][]string {
	items, err := r.e.child("SelectedItems")
	if err != nil {
		r.err = err
	}
	if err != nil || items == nil {
		return nil
	}
	out := map[string][]string{}
	for _, item := range items.children {
		if item.name != "SelectedItem" {
			continue
		}
		in := reader{e: item}
		key := in.need("QuestionKey")
		options, err := item.child("OptionIds")
		if r.err == nil && (in.err != nil || err != nil) {
			r.err = fmt.Errorf("SelectedItem: %w", chat.ErrMalformed)
		}
		if options == nil {
			continue
		}
		for _, o := range options.children {
			if o.name == "OptionId" {
				out[key] = append(out[key], string(o.text))
			}
		}
	}
	return out
}

// takesReply reports whether the response to m may hold a text (docs 90241).
// Where it may not, the reply is sent as a message of its own.
func takesReply(m chat.Message) bool {
	if m.Event == nil {
		return true
	}
	switch m.Event.Name {
	case "subscribe", "enter_agent", "LOCATION", "click", "scancode_waitmsg", "template_card_event":
		return true
	}
	return false
}

type cdata struct {
	Text string `xml:",cdata"`
}

// appReply is the inner XML of a passive reply (docs 90241).
type appReply struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   cdata
	FromUserName cdata
	CreateTime   int64
	MsgType      cdata
	Content      cdata
}

// sealedReply is the outer XML of a passive reply (docs 90968).
type sealedReply struct {
	XMLName      xml.Name `xml:"xml"`
	Encrypt      cdata
	MsgSignature cdata
	TimeStamp    int64
	Nonce        cdata
}

// answer builds the passive reply: text only, as there is no markdown in it
// (docs 90241), to the one person who wrote, so nobody is mentioned.
func (a *App) answer(m chat.Message, r chat.Reply) (chat.Response, error) {
	text := cleanXML(chat.Defuse(r.Text))
	switch {
	case text == "":
		return chat.Response{}, nil
	case len(text) > a.limit:
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaApp, chat.ErrTooLong)
	}
	now := a.now().Unix()
	inner, err := xml.Marshal(appReply{
		ToUserName: cdata{string(m.Sender)}, FromUserName: cdata{a.receiver}, CreateTime: now,
		MsgType: cdata{"text"}, Content: cdata{text},
	})
	if err != nil {
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaApp, err)
	}
	sealed, nonce := a.envelope.Seal(inner, a.receiver), newNonce()
	outer, err := xml.Marshal(sealedReply{
		Encrypt: cdata{sealed}, TimeStamp: now, Nonce: cdata{nonce},
		MsgSignature: cdata{Signature(a.token, strconv.FormatInt(now, 10), nonce, sealed)},
	})
	if err != nil {
		return chat.Response{}, fmt.Errorf("%s answer: %w", ViaApp, err)
	}
	return chat.Response{ContentType: "application/xml; charset=utf-8", Body: outer}, nil
}

// cleanXML removes the characters that no XML may hold, not even in CDATA.
func cleanXML(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
