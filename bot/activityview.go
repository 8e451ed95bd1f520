package bot

import (
	"fmt"
	"slices"
	"strings"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
)

// shownActivities is how many activities of a list one reply shows.
const shownActivities = 10

// list shows what people can sign up for, or will be able to.
func (a activityCommands) list(c *Call, _ errand) (chat.Reply, error) {
	all, err := a.Board.List(c.Tx, activity.Query{})
	if err != nil {
		return chat.Reply{}, err
	}
	all = slices.DeleteFunc(all, func(l activity.Listing) bool { return c.Message.Outside && !l.Public })
	if len(all) == 0 {
		return text(textNoActivities)
	}
	var lines []string
	for _, l := range all {
		lines = append(lines, a.line(c, l))
	}
	return paged(c, textActivities(len(all)), lines, shownActivities)
}

// view shows an activity, to its organisers with its numbers.
func (a activityCommands) view(c *Call, e errand) (chat.Reply, error) {
	return a.each(a.one)(c, e)
}

func (a activityCommands) one(c *Call, n activity.Number) (string, error) {
	l, err := a.Board.Listing(c.Tx, n)
	if err != nil {
		return "", err
	}
	v, by, known, err := a.me(c)
	if err != nil {
		return "", err
	}
	if !maySee(c, l.Activity, by) {
		return "", activity.ErrNotFound
	}
	lines := a.details(c, l)
	some, err := a.occurrences(c, n)
	if err != nil {
		return "", err
	}
	lines = append(lines, some...)
	if known && c.Message.Kind == chat.Direct {
		s, ok, err := a.Board.Signup(c.Tx, n, v.ID)
		if err != nil {
			return "", err
		}
		if ok {
			at, err := a.Board.Position(c.Tx, s)
			if err != nil {
				return "", err
			}
			lines = append(lines, a.textMine(activity.Mine{Activity: l.Activity, Signup: s, Position: at}))
		}
	}
	if by.Runs(l.Unit) && l.State != activity.StateDraft && l.Series.IsZero() {
		sum, err := a.Board.Summary(c.Tx, n)
		if err != nil {
			return "", err
		}
		lines = append(lines, textSummary(sum))
	}
	can, err := a.sayable(c, l, v, by)
	if err != nil {
		return "", err
	}
	if can != "" {
		lines = append(lines, can)
	}
	if link := a.page(ActivityPath(n)); link != "" && l.State != activity.StateDraft {
		lines = append(lines, textActivityLink+link)
	}
	return strings.Join(lines, "\n"), nil
}

// maySee reports whether the sender may see an activity: drafts are their organisers', and
// to people from outside only what is for the public is shown.
func maySee(c *Call, l activity.Activity, by activity.Actor) bool {
	if l.State == activity.StateDraft {
		return by.Runs(l.Unit)
	}
	return l.Public || !c.Message.Outside
}

// occurrences lists what comes of a series.
func (a activityCommands) occurrences(c *Call, n activity.Number) (lines []string, err error) {
	made, err := a.Board.Occurrences(c.Tx, n)
	now := a.Board.Now(c.Tx)
	for _, o := range made {
		if o.StateAt(now) != activity.StatePublished || len(lines) == shownActivities {
			continue
		}
		l, err := a.Board.Listing(c.Tx, o.Number)
		if err != nil {
			return nil, err
		}
		lines = append(lines, a.line(c, l))
	}
	return lines, err
}

// askBack answers what was not understood.
func (a activityCommands) askBack(c *Call, e errand) (chat.Reply, error) {
	return a.each(func(c *Call, n activity.Number) (string, error) {
		l, err := a.Board.Listing(c.Tx, n)
		if err != nil {
			return "", err
		}
		v, by, _, err := a.me(c)
		if err != nil {
			return "", err
		}
		if !maySee(c, l.Activity, by) {
			return "", activity.ErrNotFound
		}
		can, err := a.sayable(c, l, v, by)
		return textUnclearActivity(n) + can, err
	})(c, errand{numbers: e.numbers[:1]})
}

// sayable tells what the person can say of an activity now.
func (a activityCommands) sayable(c *Call, l activity.Listing, v activity.Volunteer, by activity.Actor) (string, error) {
	now := a.Board.Now(c.Tx)
	s, _, err := a.Board.Signup(c.Tx, l.Number, v.ID)
	if err != nil {
		return "", err
	}
	state := l.StateAt(now)
	from, to := l.SignWindow()
	checkFrom, _ := l.CheckWindow()
	_, in := s.Standing(activity.ActIn)
	_, out := s.Standing(activity.ActOut)
	waits, runs := s.State == activity.SignWaiting, by.Runs(l.Unit)
	running := state == activity.StatePublished && l.Series.IsZero()
	var can []string
	for _, w := range []struct {
		say string
		now bool
	}{
		{"报名 %s", running && !s.Listed() && !waits && !now.Before(from) && now.Before(to)},
		{"取消报名 %s", running && (s.Listed() || waits) && !in && now.Before(l.Start)},
		{"签到 %s", running && s.Listed() && !in && !now.Before(checkFrom)},
		{"签退 %s", running && l.CheckOut && in && !out},
		{"时长有误 %s 说明", state == activity.StateOver && s.Listed()},
		{"发布 %s", runs && state == activity.StateDraft},
		{"修改 %s 名额 50", runs && (state == activity.StateDraft || state == activity.StatePublished)},
		{"名单 %s", runs && state != activity.StateDraft && l.Series.IsZero()},
		{"签到码 %s", runs && running},
		{"取消活动 %s 原因", runs && (state == activity.StateDraft || state == activity.StatePublished && (now.Before(l.Start) || !l.Series.IsZero()))},
		{"待核实 %s", runs && state == activity.StateOver},
		{"归档 %s", runs && (state == activity.StateOver || state == activity.StateCancelled)},
	} {
		if w.now {
			can = append(can, quoteOpen+fmt.Sprintf(w.say, l.Number)+quoteClose)
		}
	}
	if len(can) == 0 {
		return "", nil
	}
	return textCanSay + strings.Join(can, "") + "。", nil
}
