package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// shownComplaints is how many of the office's list one message shows.
const shownComplaints = 10

// complaint is an answer that somebody found wrong, until the office has looked.
type complaint struct {
	Answer string       `json:"answer"` // key of the answer
	To     chat.Address `json:"to"`     // who said so, to be told what came of it

	item string
}

// code is how a complaint is named in chat: the end of its answer's key.
func (c complaint) code() string {
	return strings.ToUpper(c.Answer[max(0, len(c.Answer)-codeLen):])
}

// codeLen is how much of a key tells answers apart in a list of some dozens.
const codeLen = 6

var (
	complaintsPattern = regexp.MustCompile(`^(?:有误|错误|纠错|反馈)(?:列表|清单|记录)[？?。]?$|^有哪些(?:有误|反馈)[？?。]?$`)
	settlePattern     = regexp.MustCompile(`^(?:处理|答复)(?:有误|反馈)\s*([0-9A-Fa-f]{6})[\s，,。：:]*(.*)$`)
)

// reviewCommands let the office see what people found wrong, and answer them.
func reviewCommands() []Command {
	return []Command{
		{Name: "complaints", Help: "有误列表：看大家说“有误”的回答；处理有误 编号 说明：告诉提出的人", Roles: office, Match: folded(complaintsPattern), Run: listComplaints},
		{Name: "settle", Roles: office, Match: whole(settlePattern), Run: settleComplaint},
	}
}

// complaints lists what the office has not looked at, the newest first.
func complaints(r store.Reader) ([]complaint, error) {
	var list []complaint
	err := r.Scan(feedbackBucket, store.Range{Reverse: true}, func(item string, value []byte) error {
		c, err := decodeComplaint(item, value)
		list = append(list, c)
		return err
	})
	return list, err
}

func decodeComplaint(item string, value []byte) (complaint, error) {
	c := complaint{item: item}
	if err := json.Unmarshal(value, &c); err != nil {
		return c, fmt.Errorf("%w: complaint: %w", store.ErrDamaged, err)
	}
	return c, nil
}

func listComplaints(c *Call) (chat.Reply, error) {
	list, err := complaints(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNoComplaints)
	}
	lines := []string{textComplaints(len(list))}
	for _, one := range list[:min(len(list), shownComplaints)] {
		a, err := answerAt(c.Tx, one.Answer)
		if err != nil {
			return chat.Reply{}, err
		}
		if a != nil {
			lines = append(lines, one.code()+" "+textComplaint(chat.Plain(a.Q), a.Cites, chat.Plain(a.remarks())))
		}
	}
	return text(strings.Join(append(lines, textHowToSettle), "\n"))
}

// remarks are what people wrote behind 有误.
func (a answered) remarks() string {
	var out []string
	for _, e := range a.Rating {
		if e.Rating == chat.RatingBad && e.Remark != "" {
			out = append(out, e.Remark)
		}
	}
	return strings.Join(out, "；")
}

// settleComplaint takes the complaints of one answer off the list and tells who
// made them what the office says.
func settleComplaint(c *Call) (chat.Reply, error) {
	list, err := complaints(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	code, words := strings.ToUpper(c.Args[0]), strings.TrimSpace(c.Args[1])
	told := 0
	for _, one := range list {
		if one.code() != code {
			continue
		}
		if words == "" {
			return text(textSayWhat)
		}
		if err := one.settle(c.Tx, c.Outbox, words); err != nil {
			return chat.Reply{}, err
		}
		told++
	}
	if told == 0 {
		return text(textNoSuchComplaint)
	}
	return text(textToldPeople(told))
}

// settle tells who complained what the office says, and takes the complaint off the list.
func (c complaint) settle(tx *store.Tx, out Sender, words string) error {
	a, err := answerAt(tx, c.Answer)
	if err != nil {
		return err
	}
	if a != nil {
		_, err = out.Put(tx, outbox.Notice{
			Key: "review/" + c.item, Kind: kindNotice, To: c.To,
			Reply: chat.Reply{Text: textSettled(chat.Plain(a.Q), chat.Plain(words))},
		})
	}
	return errors.Join(err, tx.Delete(feedbackBucket, c.item))
}

// AnswerComplaints takes the complaints about the answer of a record off the office's
// list, and tells each who made one what the office says: words, which may be empty,
// and then nobody is told. It says how many there were.
func AnswerComplaints(tx *store.Tx, out Sender, by, key, words string) (n int, err error) {
	var list []complaint
	err = tx.Scan(feedbackBucket, store.Range{Prefix: key + "/"}, func(item string, value []byte) error {
		c, err := decodeComplaint(item, value)
		list = append(list, c)
		return err
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	for _, c := range list {
		if words = strings.TrimSpace(words); words == "" {
			err = tx.Delete(feedbackBucket, c.item)
		} else {
			err = c.settle(tx, out, words)
		}
		if err != nil {
			return 0, err
		}
	}
	_, err = audit.Append(tx, chainQuestions, by, "answer-complaint", key)
	return len(list), err
}
