package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// Command is something people may say that is no question. Packages with jobs of
// their own add theirs through DeskOptions.
type Command struct {
	Name  string     // for logs
	Help  string     // a line for the help text; empty: not listed
	Roles []org.Role // who may; nobody named: everybody
	Match func(text string) (args []string, ok bool)
	// Run does it within the transaction of the message; it may run twice. The
	// reply's words that came from people must have gone through chat.Plain.
	Run func(c *Call) (chat.Reply, error)
}

// Call is one use of a command.
type Call struct {
	Tx      *store.Tx
	Message chat.Message
	Args    []string
	Person  org.Person // zero if nobody is known by the sender's id
	Known   bool
	Outbox  Sender
}

// placeWord is what a position that somebody sends is looked up by.
const placeWord = "\x00place"

// command finds the command that text is.
func (d *Desk) command(text string) (*Command, []string) {
	text = strings.TrimSpace(text)
	for i := range d.opt.Commands {
		if args, ok := d.opt.Commands[i].Match(text); ok {
			return &d.opt.Commands[i], args
		}
	}
	return nil, nil
}

// run runs a command if the person may use it.
func (d *Desk) run(tx *store.Tx, m chat.Message, c *Command, args []string) (chat.Reply, error) {
	call := &Call{Tx: tx, Message: m, Args: args, Outbox: d.opt.Outbox}
	var err error
	if !m.Outside {
		call.Person, call.Known, err = org.ByUser(tx, m.Platform(), m.Sender)
	}
	if err != nil {
		return chat.Reply{}, err
	}
	if len(c.Roles) > 0 && !slices.Contains(c.Roles, call.Person.Role) {
		return chat.Reply{Text: textNotAllowed(c.Roles)}, nil
	}
	return c.Run(call)
}

// rated matches 有误 and 有用 with a remark behind them.
var rated = regexp.MustCompile(`^(有误|答错了|答得不对|不对|错了|没用|有用|答得对|有帮助|很有用)(?:$|[\s，,。．.：:！!～~]+(.*)$)`)

// ratingOf reads a rating said in words.
func ratingOf(text string) (rating, remark string, ok bool) {
	m := rated.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", "", false
	}
	rating = string(chat.RatingBad)
	if slices.Contains([]string{"有用", "答得对", "有帮助", "很有用"}, m[1]) {
		rating = string(chat.RatingGood)
	}
	return rating, strings.TrimSpace(m[2]), true
}

// feedbackBucket lists what people found wrong, by time, for the office.
const feedbackBucket = "desk.feedback"

// rateCommand keeps what somebody thinks of an answer: key, rating, remark.
var rateCommand = Command{Name: "rate", Run: func(c *Call) (chat.Reply, error) {
	key, rating, remark := c.Args[0], chat.Rating(c.Args[1]), c.Args[2]
	silent := c.Message.Type == chat.TypeEvent
	say := func(text string) (chat.Reply, error) {
		if silent {
			return chat.Reply{}, nil // the platform has shown its own thanks
		}
		return chat.Reply{Text: text}, nil
	}
	var a *answered
	if key != "" {
		var err error
		if a, err = answerAt(c.Tx, key); err != nil {
			return chat.Reply{}, err
		}
	}
	if a == nil {
		return say(textNothingToRate)
	}
	by := digest(string(c.Message.Platform()) + "\x00" + string(c.Message.Sender))
	a.Rating = slices.DeleteFunc(a.Rating, func(e ratingEntry) bool { return e.By == by })
	if rating != chat.RatingWithdrawn {
		a.Rating = append(a.Rating, ratingEntry{By: by, Rating: rating, Remark: clip(remark, maxQuestion), At: c.Tx.Now()})
	}
	if err := keepRating(c.Tx, key, *a, by, rating); err != nil {
		return chat.Reply{}, err
	}
	if rating == chat.RatingBad {
		return say(textRatedBad)
	}
	return say(textRatedGood)
}}

// keepRating writes the answer with its ratings, for as long as it would have
// been kept, and puts it on the office's list or takes it off.
func keepRating(tx *store.Tx, key string, a answered, by string, rating chat.Rating) error {
	value, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	until := tx.Now().AddDate(1, 0, 0) // what somebody complained of is kept until the office has seen it
	if err := tx.PutUntil(answerBucket, key, value, until); err != nil {
		return err
	}
	item := key + "/" + by
	if rating == chat.RatingBad {
		return tx.PutUntil(feedbackBucket, item, []byte(key), until)
	}
	return tx.Delete(feedbackBucket, item)
}

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
