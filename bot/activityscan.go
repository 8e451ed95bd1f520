package bot

import (
	"cmp"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/index/zh"
)

// Checking in and out: with a code, or where the phone is.

// arrivalBucket has the check-in of each person in a conversation that lacks its activity,
// or its proof.
const arrivalBucket = "desk.arrivals"

// arrivalFor is how long the rest of it is waited for.
const arrivalFor = 10 * time.Minute

type arrival struct {
	Number activity.Number `json:"number,omitempty"`
	Out    bool            `json:"out,omitempty"`
	Claim  *activity.Claim `json:"claim,omitempty"` // where the phone was
}

func (a activityCommands) arrival(c *Call) (arrival, error) {
	return readJSON[arrival](c.Tx, arrivalBucket, sessionKey(c.Message))
}

func (a activityCommands) await(c *Call, at arrival) error {
	return putUntil(c.Tx, arrivalBucket, sessionKey(c.Message), at, c.Tx.Now().Add(arrivalFor))
}

// open lists the activities at which the person could check in, or out, at the moment.
func (a activityCommands) open(c *Call, v activity.Volunteer, out bool) ([]activity.Mine, error) {
	now := a.Board.Now(c.Tx)
	do := activity.ActIn
	if out {
		do = activity.ActOut
	}
	return a.coming(c, v.ID, func(m activity.Mine) bool {
		_, done := m.Signup.Standing(do)
		return !done && activity.Admit(m.Activity, m.Signup, v.Standing, do, now) == nil
	})
}

// scan checks the person in or out: with a code, or with a position that was sent before.
// Without either it says what to send.
func (a activityCommands) scan(c *Call, e errand) (chat.Reply, error) {
	v, _, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	was, err := a.arrival(c)
	if err != nil {
		return chat.Reply{}, err
	}
	at := arrival{Out: e.do == deedOut, Claim: was.Claim}
	bare := e.do == deedIn && onlyCode.MatchString(zh.Fold(c.Message.Text))
	if bare { // the code that was asked for
		at.Out = was.Out
	}
	if len(e.numbers) == 0 && at.Out == was.Out && was.Number != 0 {
		e.numbers = []activity.Number{was.Number}
	}
	if len(e.numbers) == 0 {
		r, n, err := a.openOne(c, v, at)
		if err != nil || n == 0 {
			return r, err
		}
		e.numbers = []activity.Number{n}
	}
	at.Number = e.numbers[0]
	code, _ := activity.ParseCode(e.words)
	if code == "" && at.Claim == nil {
		return a.howToScan(c, v, at)
	}
	return a.check(c, v, at, code)
}

// openOne is the only activity that the person can check in to at the moment; else 0, and
// what to say.
func (a activityCommands) openOne(c *Call, v activity.Volunteer, at arrival) (chat.Reply, activity.Number, error) {
	some, err := a.open(c, v, at.Out)
	if err != nil || len(some) == 1 {
		n := activity.Number(0)
		if err == nil {
			n = some[0].Activity.Number
		}
		return chat.Reply{}, n, err
	}
	if len(some) == 0 {
		r, err := a.closed(c, v, at.Out)
		return r, 0, err
	}
	if at.Claim != nil {
		if err := a.await(c, at); err != nil {
			return chat.Reply{}, 0, err
		}
	}
	say := "签到 %s"
	if at.Out {
		say = "签退 %s"
	}
	r, err := a.which(c, some, say, "", nil)
	return r, 0, err
}

// closed says why nothing is open: what the person has signed up for next, or has done.
func (a activityCommands) closed(c *Call, v activity.Volunteer, out bool) (chat.Reply, error) {
	now := a.Board.Now(c.Tx)
	some, err := a.coming(c, v.ID, func(m activity.Mine) bool { return m.Activity.StateAt(now) == activity.StatePublished })
	if err != nil || len(some) == 0 {
		return chat.Reply{Text: textNothingOpen}, err
	}
	next := some[0]
	do := activity.ActIn
	if out {
		do = activity.ActOut
	}
	if r, done := next.Signup.Standing(do); done {
		return text(textCheckedAlready(next.Activity, r))
	}
	refusal := activity.Admit(next.Activity, next.Signup, v.Standing, do, now)
	if refusal == nil {
		return text(textNothingOpen)
	}
	return text(next.Activity.Heading() + colon + activity.Tell(refusal))
}

// howToScan says what to send, and waits for it.
func (a activityCommands) howToScan(c *Call, v activity.Volunteer, at arrival) (chat.Reply, error) {
	l, err := a.Board.Get(c.Tx, at.Number)
	if err != nil {
		return a.refused(at.Number, err)
	}
	s, _, err := a.Board.Signup(c.Tx, at.Number, v.ID)
	if err != nil {
		return chat.Reply{}, err
	}
	do := activity.ActIn
	if at.Out {
		do = activity.ActOut
	}
	if r, done := s.Standing(do); done {
		return text(textCheckedAlready(l, r))
	}
	if refused := activity.Admit(l, s, v.Standing, do, a.Board.Now(c.Tx)); refused != nil {
		return text(activity.Tell(refused))
	}
	return chat.Reply{Text: a.textHowToScan(c, l, at.Out)}, a.await(c, at)
}

// check records it.
func (a activityCommands) check(c *Call, v activity.Volunteer, at arrival, code string) (chat.Reply, error) {
	scan := activity.Scan{Volunteer: v.ID, Out: at.Out, Way: activity.WayCode, Code: code, Nonce: "chat/" + digest(c.Message.Key())}
	if code == "" {
		scan.Way, scan.Claim = activity.WayPlace, at.Claim
	}
	done, err := a.Board.Check(c.Tx, at.Number, scan)
	if err != nil {
		return a.refused(at.Number, err)
	}
	if done.Refused != nil {
		return text(activity.Tell(done.Refused))
	}
	l, err := a.Board.Get(c.Tx, at.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	return chat.Reply{Text: textChecked(l, done)}, c.Tx.Delete(arrivalBucket, sessionKey(c.Message))
}

// place takes a position: of the activity that waits to be confirmed, or where the person
// checks in.
func (a activityCommands) place(c *Call) (chat.Reply, error) {
	at := c.Message.Place
	if at == nil || c.Message.Outside {
		return chat.Reply{}, nil
	}
	point := activity.Point{Latitude: at.Latitude, Longitude: at.Longitude, System: activity.System(strings.ToLower(at.System))}
	q, err := a.asked(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if q.Outing != nil {
		p := *q.Outing
		p.Draft.Place.Point = point
		p.Draft.Place.Name = cmp.Or(p.Draft.Place.Name, clip(strings.TrimSpace(at.Label), placeRunes))
		return a.askOuting(c, p)
	}
	v, _, known, err := a.me(c)
	if err != nil || !known {
		return chat.Reply{}, err
	}
	arrived, err := a.arrival(c)
	if err != nil {
		return chat.Reply{}, err
	}
	arrived.Claim = &activity.Claim{Point: point, Accuracy: at.Accuracy, Source: at.Source}
	if arrived.Number == 0 {
		r, n, err := a.openOne(c, v, arrived)
		if err != nil || n == 0 {
			return r, err
		}
		arrived.Number = n
	}
	return a.check(c, v, arrived, "")
}

// placeRunes is how much of a position's label names a place.
const placeRunes = 60
