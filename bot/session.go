package bot

import (
	"strings"
	"time"
	"unicode"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// quoteBucket finds an answer by the beginning of the reply, in its conversation.
const quoteBucket = "desk.quotes"

const (
	quoteRunesKept = 60 // of a reply are enough to know it by when somebody quotes it
	quoteRunesLow  = 6  // fewer could be anything
)

// session is what a person talks about in a conversation.
type session struct {
	Thread   string `json:"thread,omitempty"`   // what a follow-up leans on; see Bot.Thread
	Answer   string `json:"answer,omitempty"`   // key of the last answer
	Welcomed bool   `json:"welcomed,omitempty"` // the welcome was shown
}

// pace is how fast a person writes.
type pace struct {
	Times []int64 `json:"times,omitempty"` // messages of the last minute, Unix milliseconds
	Told  int64   `json:"told,omitempty"`  // when it was last said that it is too fast
}

type paceVerdict int

const (
	inPace paceVerdict = iota
	justTooMany
	tooMany // and told so within the minute
)

// count adds a message at now and says whether the person keeps to most a
// minute. What is beyond is not counted, so waiting a minute always helps.
func (p *pace) count(now time.Time, most int) paceVerdict {
	from := now.Add(-time.Minute).UnixMilli()
	for len(p.Times) > 0 && p.Times[0] <= from {
		p.Times = p.Times[1:]
	}
	if len(p.Times) < most {
		p.Times = append(p.Times, now.UnixMilli())
		return inPace
	}
	if p.Told > from {
		return tooMany
	}
	p.Told = now.UnixMilli()
	return justTooMany
}

// sessionKey is one person in one conversation.
func sessionKey(m chat.Message) string {
	return digest(string(m.Via) + "\x00" + string(m.Conversation) + "\x00" + string(m.Sender))
}

// keepAnswer keeps an answer and what it is known by when it is quoted.
func keepAnswer(tx *store.Tx, m chat.Message, id string, a answered, reply chat.Reply) error {
	if err := logAnswer(tx, id, a); err != nil {
		return err
	}
	print := squeeze(reply.Text)
	if len([]rune(print)) < quoteRunesLow {
		return nil
	}
	return tx.PutUntil(quoteBucket, quoteKey(m, print), []byte(id), a.Until)
}

// quoteMatches bounds the answers that are looked at when a quotation is short.
const quoteMatches = 100

// quotedAnswer finds the answer that m quotes, whoever had asked for it, or nil.
// A platform may quote only the beginning; of several answers that begin alike
// the latest is meant.
func quotedAnswer(r store.Reader, m chat.Message) (*answered, error) {
	print := squeeze(m.Quoted)
	if len([]rune(print)) < quoteRunesLow {
		return nil, nil
	}
	id := ""
	err := r.Scan(quoteBucket, store.Range{Prefix: quoteKey(m, print), Limit: quoteMatches}, func(_ string, value []byte) error {
		id = max(id, string(value)) // ids begin with the time
		return nil
	})
	if err != nil || id == "" {
		return nil, err
	}
	return answerAt(r, id)
}

// quoteKey is the beginning of a reply in its conversation.
func quoteKey(m chat.Message, print string) string {
	return digest(string(m.Via) + "\x00" + string(m.Conversation))[:16] + "/" + print
}

// squeeze keeps the letters and digits a reply begins with: its markup and its
// layout differ between what was sent and what is quoted.
func squeeze(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		b.WriteRune(r)
		if n++; n == quoteRunesKept {
			break
		}
	}
	return b.String()
}
