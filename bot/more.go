package bot

import (
	"slices"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// restBucket has what of a long list each person has not been shown in a conversation.
const restBucket = "desk.rest"

const (
	restFor   = 30 * time.Minute
	keptLines = 100 // of a list can be asked for; beyond it nobody reads on
)

// remainder is the part of a list that was not shown.
type remainder struct {
	Lines  []string `json:"lines"`
	Most   int      `json:"most"`   // lines of one reply
	Answer string   `json:"answer"` // the conversation's last answer then: what follows one is about that
}

// paged is a reply of the head and the first lines, at most so many. The rest is shown
// on 更多, until a question is answered in the conversation.
func paged(c *Call, head string, lines []string, most int) (chat.Reply, error) {
	if n := len(lines) - most - keptLines; n > 0 {
		lines = append(lines[:most+keptLines:most+keptLines], textNotListed(n))
	}
	s, err := readJSON[session](c.Tx, sessionBucket, sessionKey(c.Message))
	if err != nil {
		return chat.Reply{}, err
	}
	return remainder{lines, most, s.Answer}.next(c, head)
}

// next shows the next lines below the head, and keeps the others.
func (r remainder) next(c *Call, head string) (chat.Reply, error) {
	n := min(len(r.Lines), r.Most)
	said := slices.Clone(r.Lines[:n])
	if head != "" {
		said = append([]string{head}, said...)
	}
	if r.Lines = r.Lines[n:]; len(r.Lines) == 0 {
		return chat.Reply{Text: strings.Join(said, "\n")}, c.Tx.Delete(restBucket, sessionKey(c.Message))
	}
	said = append(said, textMore(len(r.Lines)))
	return chat.Reply{Text: strings.Join(said, "\n")}, putUntil(c.Tx, restBucket, sessionKey(c.Message), r, c.Tx.Now().Add(restFor))
}

// moreCommand goes on with the last list. Where there is none the word is for whoever
// answers questions.
var moreCommand = Command{
	Name: "more", Match: func(text string) ([]string, bool) { return nil, isMore(text) }, Sure: never,
	Run: func(c *Call) (chat.Reply, error) {
		r, err := readJSON[remainder](c.Tx, restBucket, sessionKey(c.Message))
		if err != nil || len(r.Lines) == 0 {
			return chat.Reply{}, err
		}
		s, err := readJSON[session](c.Tx, sessionBucket, sessionKey(c.Message))
		if err != nil || s.Answer != r.Answer {
			return chat.Reply{}, err
		}
		return r.next(c, "")
	},
}

// never is Sure of a command whose words may be a question as well.
func never([]string) bool { return false }
