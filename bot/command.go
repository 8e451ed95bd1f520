package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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
	// Long says that Match is asked before anything else, and given what was sent as
	// it is, also where it is too long for a question: a text that is pasted.
	Long bool
	// Sure says that what matched cannot be a question; nil: nothing that matches
	// can. Where it is not sure, a clause that answers the text and says one of
	// Words wins, and so does the refusal for whoever may not use the command.
	Sure  func(args []string) bool
	Words []string
	// Run does it within the transaction of the message; it may run twice. The
	// reply's words that came from people must have gone through chat.Plain. An empty
	// reply passes the text on to the next command that it may be, and in the end, where
	// it was not sure, to be answered as a question.
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
	Bot     *Bot                              // over the documents in force
	Link    func(plan, address string) string // of a clause's page; empty where nobody could open it
}

// placeWord is what a position that somebody sends is looked up by.
const placeWord = "\x00place"

// use is a command that a text is, perhaps.
type use struct {
	command *Command
	args    []string
}

// sure reports whether it can be no question.
func (u use) sure() bool { return u.command.Sure == nil || u.command.Sure(u.args) }

// uses lists the commands that text may be, the first first.
func (d *Desk) uses(text string) (list []use) {
	text = strings.TrimSpace(text)
	for i := range d.opt.Commands {
		if args, ok := d.opt.Commands[i].Match(text); ok {
			list = append(list, use{&d.opt.Commands[i], args})
		}
	}
	return list
}

// maxPasted is the longest text, in characters, that is taken for a pasted one.
const maxPasted = 5000

// pasted lists the commands that take the text as it was sent.
func (d *Desk) pasted(text string) (list []use) {
	for i, c := range d.opt.Commands {
		if !c.Long || utf8.RuneCountInString(text) > maxPasted {
			continue
		}
		if args, ok := c.Match(text); ok {
			list = append(list, use{&d.opt.Commands[i], args})
		}
	}
	return list
}

// run runs the draft's commands, the first that has something to say and that the person
// may use; done is false where the draft's own reply is to be said instead.
func (d *Desk) run(tx *store.Tx, m chat.Message, dr draft) (reply chat.Reply, done bool, err error) {
	call := Call{Tx: tx, Message: m, Outbox: d.opt.Outbox, Bot: d.bot.Load(), Link: d.link}
	if !m.Outside {
		if call.Person, call.Known, err = org.ByUser(tx, m.Platform(), m.Sender); err != nil {
			return chat.Reply{}, false, err
		}
	}
	for _, u := range dr.uses {
		if c := u.command; len(c.Roles) > 0 && !slices.Contains(c.Roles, call.Person.Role) {
			return chat.Reply{Text: textNotAllowed(c.Roles)}, dr.reply.Empty(), nil
		}
		call := call
		call.Args = u.args
		if reply, err = u.command.Run(&call); err != nil || !reply.Empty() {
			return reply, true, err
		}
	}
	return chat.Reply{}, dr.reply.Empty(), nil
}

// helpName names the command that lists the others.
const helpName = "help"

var helpPattern = regexp.MustCompile(`^/?(?:命令|帮助|指令|菜单|help|功能|功能列表|使用说明|使用帮助|怎么用|怎么使用|如何使用|你?能做什么|你?会做?什么|你能干什么|有什么功能|有哪些功能)[？?。.!！]?$`)

// helpCommand lists what the person may say.
func helpCommand(all []Command) Command {
	return Command{Name: helpName, Match: folded(helpPattern), Run: func(c *Call) (chat.Reply, error) {
		lines := []string{textChat(hintHelp), textCommands}
		for _, cmd := range all {
			if cmd.Help != "" && (len(cmd.Roles) == 0 || slices.Contains(cmd.Roles, c.Person.Role)) {
				lines = append(lines, "· "+cmd.Help)
			}
		}
		if len(lines) == 2 { // there are none
			lines = lines[:1]
		}
		return text(strings.Join(append(lines, textFeedbackHelp), "\n"))
	}}
}

// rated matches what people say of an answer, good and bad, with a remark behind it.
var rated = regexp.MustCompile(`^(?:我(?:觉得|认为)?)?(?:(?:你|您)?(?:这个|这条|上面的?|刚才的?)?(?:回答|答案|答复)?的?)` +
	`(?:(有误|有错|有错误|不对|不准|不准确|错误|错了|答错了|答得不对|说错了|答非所问|没用|不满意|不太满意)|(有用|正确|答得对|说得对|有帮助|很有用|很有帮助|满意|很满意))` +
	`[了啊呀吧哦嘛]?(?:[\s，,。．.：:；;！!～~]+(.*))?$`)

// ratingOf reads a rating said in words.
func ratingOf(text string) (rating, remark string, ok bool) {
	m := rated.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	rating = string(chat.RatingBad)
	if m[2] != "" {
		rating = string(chat.RatingGood)
	}
	return rating, strings.TrimSpace(m[3]), true
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
	if err := keepRating(c, key, *a, by, rating); err != nil {
		return chat.Reply{}, err
	}
	if rating == chat.RatingBad {
		return say(textRatedBad)
	}
	return say(textRatedGood)
}}

// keepRating writes the answer with its ratings, for as long as it is kept anyway, and
// puts it on the office's list or takes it off.
func keepRating(c *Call, key string, a answered, by string, rating chat.Rating) error {
	if err := putUntil(c.Tx, answerBucket, key, a, a.Until); err != nil {
		return err
	}
	item := key + "/" + by
	if rating != chat.RatingBad {
		return c.Tx.Delete(feedbackBucket, item)
	}
	to := c.Message.From
	to.Session = chat.Session{}
	return putUntil(c.Tx, feedbackBucket, item, complaint{Answer: key, To: to}, a.Until)
}

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
