package bot

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/index/zh"
)

// decider is a kind of thing that waits for somebody's 同意 or 不同意 under numbers
// with a letter of their own, as B3 and T12.
type decider interface {
	// waiting lists what waits for the person who speaks.
	waiting(c *Call) ([]matter, error)
	// decide says what became of it; why are the person's words.
	decide(c *Call, number string, yes bool, why string) (string, error)
}

// matter is one thing that waits, and a line about it that says how to decide it. One
// without an id takes more than a yes or a no.
type matter struct{ id, line string }

// How people say yes and no: the verb, the ids, and words behind them.
var (
	agreePatterns  = append(verdictPatterns(`同意|批准|通过`, `[,.。:;!]\s*`), objectionPatterns(`同意|批准|通过|支持|成立`)...)
	rejectPatterns = append(verdictPatterns(`拒绝|不同意|不批准|不通过|驳回`, `[\s,.。:;!]+`), objectionPatterns(`拒绝|不同意|不批准|不通过|驳回|不支持|不成立`)...)
	decisionID     = regexp.MustCompile(`(` + letterObjection + `|[btv])?\s*(?:(20\d\d)\s*[-年]\s*(?:第|申诉)?\s*)?(\d+)`)
)

// verdictPatterns are of a verb before the ids and of one behind; words are parted
// from them by the mark.
func verdictPatterns(verbs, mark string) []*regexp.Regexp {
	verb, tail := `(?:`+verbs+`)(?:延期)?[了吧]?`, `(?:`+thanks+`|`+mark+`(.+)$)`
	return []*regexp.Regexp{
		regexp.MustCompile(`^(?:我)?` + verb + `[:,]?((?:[\s、,和及]*[btv]?\d{1,9}号?)*)(?:的?延期)?` + tail),
		regexp.MustCompile(`^([btv]\d{1,9})[\s,]*` + verb + tail),
	}
}

// decisions are the commands that say yes and no to all that waits.
type decisions struct {
	orgCommands
	deciders map[string]decider // by the letter of their ids
}

func (d decisions) commands() []Command {
	return []Command{
		{Name: "approve", Match: d.match(agreePatterns), Run: d.run(true)},
		{Name: "reject", Match: d.match(rejectPatterns), Run: d.run(false)},
		{Name: "pending", Help: textHelpPending, Roles: judges, Match: whole(pendingPattern), Run: d.pending},
	}
}

// match makes Match of patterns: the ids as they are said, and the words behind.
func (d decisions) match(patterns []*regexp.Regexp) func(string) ([]string, bool) {
	return func(text string) ([]string, bool) {
		folded := zh.Fold(text)
		for _, p := range patterns {
			m := p.FindStringSubmatchIndex(folded)
			if m == nil {
				continue
			}
			args := []string{folded[m[2]:m[3]]}
			if why := strings.TrimSpace(original(text, folded, m[4], m[5])); why != "" {
				args = append(args, why)
			}
			if d.known(args[0], len(args) > 1) {
				return args, true
			}
		}
		return nil, false
	}
}

// known reports whether there is a decider for each of the ids; with words behind
// them none may be a request.
func (d decisions) known(ids string, words bool) bool {
	all := idsIn(ids)
	for _, id := range all {
		if d.deciders[id.letter] == nil || words && id.letter == letterRequest {
			return false
		}
	}
	return len(all) > 0 || !words
}

// The letters of what has numbers.
const (
	letterRequest   = "b"
	letterTask      = "t"
	letterVolunteer = "v"
)

type decidable struct{ letter, number string }

// idsIn reads ids as they are said; one without a letter has that of the one before.
func idsIn(s string) (ids []decidable) {
	letter := letterRequest
	for _, m := range decisionID.FindAllStringSubmatch(s, -1) {
		if m[1] != "" {
			letter = m[1]
		}
		number := m[3]
		if m[2] != "" {
			number = m[2] + "-" + number
		}
		ids = append(ids, decidable{letter, number})
	}
	return ids
}

// run says yes or no to each id. Without one it is the only matter there is for the
// person to decide.
func (d decisions) run(yes bool) func(*Call) (chat.Reply, error) {
	return func(c *Call) (chat.Reply, error) {
		if !c.Known {
			return text(textUnknownPerson(d.example()))
		}
		ids := idsIn(c.Args[0])
		if len(ids) == 0 {
			matters, err := d.waiting(c)
			if err != nil || len(matters) != 1 || matters[0].id == "" {
				return listMatters(c, matters, err)
			}
			ids = idsIn(strings.ToLower(matters[0].id))
		}
		var lines []string
		for _, id := range ids {
			line, err := d.deciders[id.letter].decide(c, id.number, yes, strings.Join(c.Args[1:], ""))
			if err != nil {
				return chat.Reply{}, err
			}
			lines = append(lines, line)
		}
		return text(strings.Join(lines, "\n"))
	}
}

// waiting lists what waits for the person, requests first.
func (d decisions) waiting(c *Call) (all []matter, err error) {
	for _, letter := range slices.Sorted(maps.Keys(d.deciders)) {
		some, err := d.deciders[letter].waiting(c)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// pending shows what the person may decide, and to the office what waits for others.
func (d decisions) pending(c *Call) (chat.Reply, error) {
	matters, err := d.waiting(c)
	if err == nil && c.Person.Role == org.RoleOffice {
		_, others, listErr := pendingFor(c)
		for _, q := range others {
			matters = append(matters, matter{line: q.Receipt()})
		}
		err = listErr
	}
	return listMatters(c, matters, err)
}

func listMatters(c *Call, all []matter, err error) (chat.Reply, error) {
	if err != nil {
		return chat.Reply{}, err
	}
	if len(all) == 0 {
		return text(textNothingPending)
	}
	var lines []string
	for _, m := range all {
		lines = append(lines, strings.TrimSpace(m.id+" "+m.line))
	}
	return paged(c, "", lines, shownMatters)
}

// shownMatters is how many lines of them one reply has.
const shownMatters = 10

// original is the part of text that stands from one byte to another of its folded
// form, which has a character for each of the text's; empty for no part.
func original(text, folded string, from, to int) string {
	if from < 0 {
		return ""
	}
	r := []rune(text)
	return string(r[runeLen(folded[:from]):runeLen(folded[:to])])
}
