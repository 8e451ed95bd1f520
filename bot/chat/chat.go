// Package chat is the contract with chat platforms: what a message is, what a
// reply is, how a channel takes the one and gives the other, and how a push
// ends. With it come the things every platform needs alike: the AES envelope,
// the guard against replays, splitting by bytes, and escaping.
//
// It must not know any platform's fields, addresses or codes, nor HTTP servers,
// stores, documents or people: those are wecom's and dingtalk's, handlers',
// bot/store's, the index's and bot/org's.
package chat

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// Platform says whose user ids a message carries. An id means a person only
// together with its platform.
type Platform string

// The platforms served. 专有钉钉 and 浙政钉 speak another API and would be a third.
const (
	WeCom    Platform = "wecom"
	DingTalk Platform = "dingtalk"
)

// Via names the channel of a platform that a message came by or goes by; one
// platform has several (an app, an AI bot, a group robot). It begins with the
// platform's name.
type Via string

// Platform returns the platform that v belongs to.
func (v Via) Platform() Platform {
	name, _, _ := strings.Cut(string(v), ".")
	return Platform(name)
}

// UserID is a person's id on one platform. It is not a name and not secret.
type UserID string

// ConversationID is a conversation's id on one channel.
type ConversationID string

// Kind tells a group from a talk between one person and the bot.
type Kind string

// The kinds of conversation.
const (
	Direct Kind = "direct"
	Group  Kind = "group"
)

// Type tells what a message holds.
type Type string

// The types of message. Other is what a person sent but the bot cannot read: a
// picture, a file. It has an empty Text.
const (
	TypeText  Type = "text"
	TypePlace Type = "place"
	TypeEvent Type = "event"
	TypeOther Type = "other"
)

// Message is one thing that a person said or did, verified and decoded. All its
// strings are what the person wrote or the platform set: none is trusted text.
type Message struct {
	Via          Via
	Conversation ConversationID
	Kind         Kind
	Sender       UserID
	Outside      bool   // the sender is no member of the organisation; Sender is then no staff id
	ID           string // the platform's; empty for events that have none
	Type         Type
	Text         string // without the mention of the bot, trimmed
	Quoted       string // the text of the message this one answers
	AtBot        bool   // in a group: the bot was mentioned
	Time         time.Time
	Place        *Place // of TypePlace, and of an event that reports a place
	Event        *Event // of TypeEvent
	From         Address
}

// Platform returns whose user ids m carries.
func (m Message) Platform() Platform { return m.Via.Platform() }

// Addressed reports whether m asks for a reply: always in a direct
// conversation, in a group only when the bot is mentioned.
func (m Message) Addressed() bool { return m.Kind == Direct || m.AtBot }

// Key is the same for every delivery of one message, and different for any two
// messages: by id, or for events without one by user, time, event and its key.
func (m Message) Key() string {
	parts := []string{string(m.Via), string(m.Conversation), string(m.Sender)}
	if m.ID != "" {
		return joinKey(append(parts, "m", m.ID)...)
	}
	parts = append(parts, "e", m.Time.UTC().Format(time.RFC3339))
	if e := m.Event; e != nil {
		parts = append(parts, string(e.Kind), e.Name, e.Key, e.Task)
	}
	return joinKey(parts...)
}

// joinKey joins parts so that no two lists give the same key.
func joinKey(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.QueryEscape(p)
	}
	return strings.Join(parts, "/")
}

// Place is a position that somebody claims to be at. A map pin can be moved and
// a phone can be made to lie: it is a claim, never proof.
type Place struct {
	Latitude, Longitude float64 // degrees
	Accuracy            float64 // metres; 0: not stated
	Label               string
	System              string // coordinate system, empty where the platform does not state it
	Source              string // how it came: SourceMessage or SourceReport
}

// Sources of a Place.
const (
	SourceMessage = "message" // the person picked and sent it
	SourceReport  = "report"  // the client reported it by itself
)

// EventKind says what happened, in the same words for all platforms.
type EventKind string

// The kinds of event.
const (
	EventJoin     EventKind = "join"     // the person may use the bot from now on
	EventLeave    EventKind = "leave"    // the person may not any more
	EventEnter    EventKind = "enter"    // the person opened the conversation
	EventMenu     EventKind = "menu"     // a menu entry was chosen; Key is its key or address
	EventScan     EventKind = "scan"     // a code was scanned; Value is what it says
	EventPlace    EventKind = "place"    // the client reported where the person is
	EventCard     EventKind = "card"     // a button of a card was pressed; Key and Task say which
	EventFeedback EventKind = "feedback" // the person rated a reply; Key is the reply's Feedback
)

// Event is what a person did without writing.
type Event struct {
	Kind    EventKind
	Name    string // the platform's own name of it
	Key     string
	Task    string              // of a card: the id it was sent with
	Value   string              // of EventScan: the code; of EventFeedback: the remark
	Choices map[string][]string // of a card: question → options chosen
	Rating  Rating              // of EventFeedback
	Card    Link                // of a card: the code that changes it, usable once
}

// String names the event. fmt would print the fields behind a pointer raw, and
// with them the link.
func (e Event) String() string { return joinKey(string(e.Kind), e.Name, e.Key, e.Task) }

// GoString is String, for the same reason.
func (e Event) GoString() string { return e.String() }

// Rating is what a person thinks of a reply.
type Rating string

// The ratings.
const (
	RatingGood      Rating = "good"
	RatingBad       Rating = "bad"
	RatingWithdrawn Rating = "withdrawn"
)

// Address is where a message can be sent. It can be stored: its JSON holds the
// session's link, which is a credential, so it belongs into no log. Printing an
// Address shows no link.
type Address struct {
	Via          Via            `json:"via"`
	Kind         Kind           `json:"kind,omitempty"`
	Conversation ConversationID `json:"conversation,omitempty"`
	User         UserID         `json:"user,omitempty"`
	Robot        string         `json:"robot,omitempty"` // which robot sends, where there are several
	Session      Session        `json:"session,omitzero"`
}

// Session is a short-lived way to answer one message.
type Session struct {
	Link  Link      `json:"link,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Once  bool      `json:"once,omitempty"` // a second use fails
}

// Alive reports whether the session may be used at now.
func (s Session) Alive(now time.Time) bool { return s.Link != "" && now.Before(s.Until) }

// redacted is how credentials print.
const redacted = "<redacted>"

// Link is an address or code that is itself a credential. It prints as
// <redacted> by every verb of fmt and in logs; only Reveal and JSON give it.
type Link string

// Reveal returns the link itself, to be used and not to be printed.
func (l Link) Reveal() string { return string(l) }

// String hides the link.
func (l Link) String() string {
	if l == "" {
		return ""
	}
	return redacted
}

// Format hides the link from every verb.
func (l Link) Format(f fmt.State, _ rune) { io.WriteString(f, l.String()) }

// Reply is one message to people. Text, Markdown and Card say the same; a
// channel takes the best it can show. Words that came from people must have
// gone through Plain or Markdown; channels break mentions in the whole text once
// more and add those of Mention themselves.
type Reply struct {
	Text     string   `json:"text"`
	Markdown string   `json:"markdown,omitempty"`
	Card     *Card    `json:"card,omitempty"`
	Mention  []UserID `json:"mention,omitempty"`  // people to alert; never everybody
	Feedback string   `json:"feedback,omitempty"` // comes back as Key of EventFeedback where the platform has ratings
	Update   bool     `json:"update,omitempty"`   // Card replaces the one whose button the message was
	// Picture names a picture that follows the words as a message of its own, where
	// there is an Illustrator.
	Picture string `json:"picture,omitempty"`
}

// Empty reports whether r has no words.
func (r Reply) Empty() bool { return r.Text == "" && r.Markdown == "" && r.Card == nil }

// Card is a message with a title, facts and buttons, as far as a platform has
// such; its sizes are the platform's affair and are cut to fit.
type Card struct {
	ID      string   `json:"id"` // comes back as Task of EventCard; [0-9A-Za-z_@-], unique for a bot
	Title   string   `json:"title"`
	Text    string   `json:"text,omitempty"`
	Facts   []Fact   `json:"facts,omitempty"`   // six at most are shown
	Link    string   `json:"link,omitempty"`    // page that opens
	Buttons []Button `json:"buttons,omitempty"` // six at most; left out where none can answer
}

// Fact is a name and its value on a card.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Button is a button of a card. Key comes back as Key of EventCard.
type Button struct {
	Text string `json:"text"`
	Key  string `json:"key"`
}

// Request is one callback as it arrived, before anything of it is believed.
type Request struct {
	Method string
	Query  map[string][]string // decoded once
	Header map[string][]string // canonical names, as net/http has them
	Body   []byte              // read with Limits.Body: one byte more is enough to be refused
}

// Param returns the query parameter that occurs exactly once.
func (r Request) Param(name string) (string, bool) { return only(r.Query[name]) }

// Head returns the header that occurs exactly once; name in canonical form.
func (r Request) Head(name string) (string, bool) { return only(r.Header[name]) }

func only(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}

// Response is the body to answer a request with, by status 200. An empty Body
// says that nothing is to be said.
type Response struct {
	ContentType string
	Body        []byte
}

// Delivery is a request that was accepted.
type Delivery struct {
	// Message is nil where nothing is for the bot: a check of the address, a
	// poll, an event that nobody waits for. Then Response is all.
	Message *Message
	// Response is what to write when nothing is said in the response itself.
	Response Response
	// Again says that this very request came before. Whether its effect
	// happened is known by Message.Key alone.
	Again bool
	// Answer makes the response that carries r, or is nil where the protocol
	// takes no words there and the reply must be pushed to Message.From. It
	// may be called more than once. ErrTooLong: see Limits.Reply. ErrElsewhere:
	// it takes some replies, but this one must be pushed.
	Answer func(ctx context.Context, r Reply) (Response, error)
}

// Limits are a channel's sizes in bytes.
type Limits struct {
	Body  int64 // the largest request body to read
	Reply int   // the longest text of one reply; longer ones go through Split
}

// Channel turns requests of one bot of one platform into messages and replies
// into responses. A handler reads the body within Limits, calls Receive, and
// writes what the Delivery says; an error maps to a status by the Err values of
// this package. All methods are safe for concurrent use.
//
// Receive verifies before it decodes, and remembers nothing of a request that
// it refuses as forged, stale, malformed or too large. The same request again
// is accepted with Again set; a nonce or id seen with other content is refused
// with ErrReplayed.
type Channel interface {
	Via() Via
	Limits() Limits
	Receive(ctx context.Context, r Request) (Delivery, error)
}

// Pusher sends one reply to one address. It does not retry, split or pace: it
// says in its Outcome what the platform said. It is safe for concurrent use.
type Pusher interface {
	Push(ctx context.Context, to Address, r Reply) Outcome
	// Rates lists the limits that one push to the address counts against.
	Rates(to Address) []Rate
	// Room is the longest text in bytes of one push to the address; longer ones
	// go through Split.
	Room(to Address) int
}

// Rate is a limit that a platform sets and we keep ourselves, counted before
// sending: no more than Max within any Per. Key names what is counted (a robot,
// a member, a conversation) and is unique over all platforms and periods.
type Rate struct {
	Key string
	Max int
	Per time.Duration
}

// Gate is the ability of a Pusher that works only while this instance holds a
// connection. What is to be sent waits, here or for another instance, while it
// is not open.
type Gate interface{ Open() bool }

// Illustrator is the ability of a Pusher to send a picture, a PNG, as a message of
// its own. It counts against Rates as any other.
type Illustrator interface {
	Illustrate(ctx context.Context, to Address, png []byte) Outcome
}

// Withdrawer is the ability of a Pusher to take back what it has sent; id is
// the Outcome's. A second time may be refused, and does no harm.
type Withdrawer interface {
	Withdraw(ctx context.Context, to Address, id string) Outcome
}

// Take gets a message that came through a connection of ours. When it returns
// nil the message is kept, so that the platform may be told it was received;
// after an error it must not be told so.
type Take func(ctx context.Context, m Message) error

// Listener is a channel that holds a connection to its platform instead of
// being called by it.
type Listener interface {
	Via() Via
	// Listen connects, hands over messages, and connects again when the
	// connection ends, until ctx does; then it returns nil once the messages at
	// work are handed over. Any other return is a fault that no retry can help,
	// such as wrong credentials. It is called once.
	Listen(ctx context.Context, take Take) error
	// Status tells how the connection is, for probes and the console.
	Status() Status
}

// Status is how a connection is. Its words hold no secret.
type Status struct {
	Connected bool
	Standby   bool      // another instance holds the one connection there may be
	Since     time.Time // of the present state
	Fault     string    // why there is no connection; empty while it has one
}
