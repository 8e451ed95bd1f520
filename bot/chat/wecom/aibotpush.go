package wecom

import (
	"context"
	"crypto/md5" // the platform asks for it; it protects nothing
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// How long the answers to a callback are taken (docs 101463).
const (
	replyLife = 24 * time.Hour
	eventLife = 4 * time.Second // 5 by the page; one is ours
)

// What a session of the connection begins with: how to answer the callback whose
// req_id follows.
const (
	linkMessage = "msg:"
	linkWelcome = "welcome:"
	linkCard    = "card:"
)

// Codes of the long connection (docs 101463; 846609 as other clients report it).
const (
	codeNoRequest     = 846605 // req_id unknown, expired, or of an earlier connection
	codeNoStream      = 846608 // the stream can no longer be changed
	codeNotSubscribed = 846609 // the platform does not know the connection any more
)

// waitLink is how long to wait for a connection.
const waitLink = 2 * time.Second

// sessionOf is how m can be answered. Feedback cannot (docs 101027).
func sessionOf(m chat.Message, requestID string, now time.Time) chat.Session {
	s := chat.Session{Until: now.Add(eventLife), Once: true}
	switch {
	case requestID == "":
		return chat.Session{}
	case m.Event == nil:
		s = chat.Session{Link: chat.Link(linkMessage + requestID), Until: now.Add(replyLife)}
	case m.Event.Kind == chat.EventEnter:
		s.Link = chat.Link(linkWelcome + requestID)
	case m.Event.Kind == chat.EventCard:
		s.Link = chat.Link(linkCard + requestID)
	default:
		return chat.Session{}
	}
	return s
}

// Rates implements chat.Pusher.
func (c *Conn) Rates(to chat.Address) []chat.Rate {
	return rates(string(ViaAIBot)+"/"+c.bot.id+"/"+string(to.Conversation), c.opt.PerMinute, c.opt.PerHour)
}

// Room implements chat.Pusher.
func (c *Conn) Room(chat.Address) int { return c.bot.limit }

// Push implements chat.Pusher. With a living session it answers the callback:
// in a group the reply then quotes the question. Where the session has ended, or
// WeCom no longer knows it, it sends a message of its own to the conversation,
// which must have talked to the bot before; a card that was to replace another
// is then told in words. Mention is not used: no page says how.
//
// Without a connection, or when the platform has lost it, the outcome is
// RetryAfter; a frame that was written and not acknowledged is Unknown.
func (c *Conn) Push(ctx context.Context, to chat.Address, r chat.Reply) chat.Outcome {
	switch {
	case !c.reaches(to):
		return chat.Permanent(CodeNoChat)
	case r.Empty():
		return chat.Permanent(CodeEmpty)
	}
	l := c.link.Load()
	if l == nil {
		return chat.RetryAfter(waitLink).Because(CodeNoLink)
	}
	cmd, id, body, err := c.answerTo(to, r)
	if err == nil {
		code, err := l.send(ctx, cmd, id, body)
		if !errors.Is(err, errSpoiled) && (err != nil || code != codeNoRequest && code != codeNoStream) {
			return endOfFrame(l, code, err)
		}
	} else if !errors.Is(err, chat.ErrElsewhere) {
		return unsendable(err)
	}
	message, err := c.bot.push(to, r)
	if err != nil {
		return unsendable(err)
	}
	code, err := l.send(ctx, cmdSend, requestID(cmdSend), message)
	return endOfFrame(l, code, err)
}

func (c *Conn) reaches(to chat.Address) bool {
	return to.Via == ViaAIBot && (to.Robot == "" || to.Robot == c.bot.id) && to.Conversation != ""
}

// Sizes of what goes up by the connection in bytes (docs 101463).
const (
	maxBotPicture = 10 << 20
	chunkBytes    = 512 << 10
)

// Illustrate implements chat.Illustrator: the picture goes up in chunks, then the
// message that shows it.
func (c *Conn) Illustrate(ctx context.Context, to chat.Address, png []byte) chat.Outcome {
	l := c.link.Load()
	switch {
	case !c.reaches(to):
		return chat.Permanent(CodeNoChat)
	case len(png) > maxBotPicture:
		return chat.Permanent(CodeTooLong)
	case l == nil:
		return chat.RetryAfter(waitLink).Because(CodeNoLink)
	}
	message := unasked(to)
	message.Type, message.Image = "image", &picture{}
	var o chat.Outcome
	if message.Image.ID, o = upload(ctx, l, png); o.Verdict() != chat.VerdictDone {
		return notYet(o)
	}
	code, err := l.send(ctx, cmdSend, requestID(cmdSend), message)
	return endOfFrame(l, code, err)
}

// upload keeps a picture with the platform for three days and returns its id.
func upload(ctx context.Context, l *link, png []byte) (media string, o chat.Outcome) {
	step := func(cmd string, body map[string]any) (said struct {
		Upload string `json:"upload_id"`
		Media  string `json:"media_id"`
	}, ok bool) {
		a, err := l.exchange(ctx, cmd, requestID(cmd), body)
		if o = endOfFrame(l, a.code, err); o.Verdict() == chat.VerdictDone && len(a.body) > 0 && json.Unmarshal(a.body, &said) != nil {
			o = chat.Permanent(CodeAnswer)
		}
		return said, o.Verdict() == chat.VerdictDone
	}
	sum := md5.Sum(png)
	begun, ok := step(cmdUpload, map[string]any{
		"type": "image", "filename": chat.PictureFile, "total_size": len(png), "total_chunks": (len(png) + chunkBytes - 1) / chunkBytes, "md5": hex.EncodeToString(sum[:]),
	})
	if !ok {
		return "", o
	}
	i := 0
	for chunk := range slices.Chunk(png, chunkBytes) {
		if _, ok := step(cmdChunk, map[string]any{"upload_id": begun.Upload, "chunk_index": i, "base64_data": base64.StdEncoding.EncodeToString(chunk)}); !ok {
			return "", o
		}
		i++
	}
	done, ok := step(cmdUploaded, map[string]any{"upload_id": begun.Upload})
	if ok && done.Media == "" {
		o = chat.Permanent(CodeAnswer)
	}
	return done.Media, o
}

// answerTo makes the frame that answers the callback of a session;
// chat.ErrElsewhere if it is over, or does not take r.
func (c *Conn) answerTo(to chat.Address, r chat.Reply) (cmd, id string, body botBody, err error) {
	if !to.Session.Alive(c.opt.Now()) {
		return "", "", botBody{}, chat.ErrElsewhere
	}
	link := to.Session.Link.Reveal()
	if id, ok := strings.CutPrefix(link, linkMessage); ok {
		body, err = c.bot.respond(streamID(link, r.Text, r.Markdown, r.Feedback), r)
		return cmdRespond, id, body, err
	}
	if id, ok := strings.CutPrefix(link, linkWelcome); ok {
		body, err = c.bot.welcome(r)
		return cmdWelcome, id, body, err
	}
	if id, ok := strings.CutPrefix(link, linkCard); ok {
		body, err = c.bot.update(r)
		return cmdUpdate, id, body, err
	}
	return "", "", botBody{}, chat.ErrElsewhere
}

// unsendable is the outcome of a reply that makes no frame.
func unsendable(err error) chat.Outcome {
	switch {
	case errors.Is(err, chat.ErrTooLong):
		return chat.Permanent(CodeTooLong)
	case errors.Is(err, errBlank):
		return chat.Permanent(CodeEmpty)
	}
	return chat.Permanent(CodeCard)
}

// endOfFrame is the outcome of a frame by its acknowledgement. A platform that
// does not know the connection any more is left, so that it is made anew.
func endOfFrame(l *link, code int, err error) chat.Outcome {
	switch {
	case errors.Is(err, errNoAck):
		return chat.Unknown().Because(CodeNoAck)
	case err != nil:
		return chat.RetryAfter(waitLink).Because(CodeNoLink)
	case code == codeNotSubscribed:
		l.end(errors.New("the platform has lost the connection"))
		return chat.RetryAfter(waitLink).Because(strconv.Itoa(code))
	}
	return outcome(code)
}
