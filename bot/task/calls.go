package task

import (
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// Call is a unit that must be told by telephone.
type Call struct {
	Unit   string
	People []org.Person // whom to call: its liaisons, then its heads; none: the roster has nobody
	Tell   []string     // what to say, a task each, the most urgent first
}

// CallList is what of Calls has to be said to whom.
func (b *Board) CallList(r store.Reader, day calendar.Date) (list []Call, err error) {
	if b, err = b.on(r); err != nil {
		return nil, err
	}
	messages, err := b.Calls(r, day)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		c := Call{Unit: m.Unit}
		for _, role := range []org.Role{org.RoleLiaison, org.RoleHead} {
			people, err := org.ByUnit(r, m.Unit, role)
			if err != nil {
				return nil, err
			}
			c.People = append(c.People, people...)
		}
		for _, it := range m.Items {
			c.Tell = append(c.Tell, b.words(it, b.Today(r)))
		}
		list = append(list, c)
	}
	return list, nil
}

// CallSheet is the CallList to print, with boxes to tick and numbers in full.
func (b *Board) CallSheet(r store.Reader, day calendar.Date) (sheet.Out, error) {
	list, err := b.CallList(r, day)
	out := sheet.Out{Name: textCallList(day), Head: textCallHead}
	for _, c := range list {
		var names, phones []string
		for _, p := range c.People {
			names, phones = append(names, p.Name+"（"+p.Role.Word()+"）"), append(phones, p.Phone.Reveal())
		}
		out.Rows = append(out.Rows, []string{textTick, c.Unit, strings.Join(names, "\n"), strings.Join(phones, "\n"), strings.Join(c.Tell, "\n\n"), ""})
	}
	return out, err
}
