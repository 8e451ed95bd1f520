package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/index/sheet"
)

func isActivity(s string) bool { _, ok := activity.ParseNumber(s); return ok }

// localActivities is the board of activities for a command that has the store to itself. Where
// nothing was ever sealed there is no vault, and none is made. The error is for users.
func localActivities(ctx context.Context, cfg config.Config, s *store.Store) (*activity.Board, error) {
	used, err := keyUsed(ctx, s)
	var vault *org.Vault
	if err == nil && used {
		if err = inspectKey(ctx, cfg, s); err == nil {
			vault, err = openVault(cfg, false)
		}
	}
	if err != nil {
		return nil, err
	}
	return newActivities(cfg, outbox.New(outbox.Options{Store: s}), vault)
}

// errNotTaken drops what a closure has written: it was only to see, or not all of it can stay.
var errNotTaken = errors.New("not taken")

// attempt changes the store in a transaction that stays only where apply says so and the
// report has nothing against it.
func (im imports) attempt(ctx context.Context, apply bool, fn func(tx *store.Tx) (importReport, error)) (report importReport, err error) {
	err = im.store.Update(ctx, func(tx *store.Tx) (err error) {
		if report, err = fn(tx); err == nil && (!apply || report.Bad) {
			err = errNotTaken
		}
		return err
	})
	if errors.Is(err, errNotTaken) {
		err = nil
	}
	return report, err
}

// outings imports a table of activities, all rows or none.
func (im imports) outings(ctx context.Context, req importRequest, p *people) (importReport, error) {
	acts, err := im.acts()
	if err != nil {
		return importReport{}, err
	}
	units, err := p.known(ctx)
	if err != nil {
		return importReport{}, err
	}
	return im.attempt(ctx, req.Apply, func(tx *store.Tx) (importReport, error) {
		list, problems, err := acts.ReadSheet(req.File, req.Data, units, calendar.Of(acts.Now(tx)))
		switch {
		case err != nil:
			return importReport{Bad: true, Lines: []string{advice(req.File, err)}}, nil
		case len(problems) > 0:
			return badFile(problems), nil
		}
		in, err := acts.Import(tx, list, activity.Operator)
		if err != nil {
			return importReport{}, err
		}
		made, changed, _, unclear := in.Count()
		report := importReport{Lines: splitLines(in.String()), Changes: made+changed > 0, Bad: unclear > 0, After: in.Next()}
		if report.Bad {
			report.Lines = append(report.Lines, fmt.Sprintf("有 %d 行看不清，整份都没有导入", unclear))
		}
		return report, nil
	})
}

// signed enters a sign-in sheet that was filled in by hand, all lines or none.
func (im imports) signed(ctx context.Context, req importRequest) (importReport, error) {
	acts, err := im.acts()
	if err != nil {
		return importReport{}, err
	}
	n, _ := activity.ParseNumber(req.Activity)
	bad := func(lines ...string) (importReport, error) { return importReport{Bad: true, Lines: lines}, nil }
	return im.attempt(ctx, req.Apply, func(tx *store.Tx) (importReport, error) {
		a, err := acts.Get(tx, n)
		if errors.Is(err, activity.ErrNotFound) {
			return bad(activity.Tell(err))
		}
		if err != nil {
			return importReport{}, err
		}
		ticks, problems, err := acts.ReadPaper(a, req.File, req.Data)
		switch {
		case err != nil:
			return bad(advice(req.File, err))
		case len(problems) > 0:
			return badFile(problems), nil
		case len(ticks) == 0:
			return bad("表里没有填签到时间、签退时间")
		}
		done, err := acts.Ticks(tx, n, ticks, activity.Operator)
		if words := activity.Tell(err); words != "" {
			return bad(words)
		}
		if err != nil {
			return importReport{}, err
		}
		return paperReport(a, ticks, done), nil
	})
}

// paperReport tells what became of the lines of a sheet.
func paperReport(a activity.Activity, ticks []activity.Tick, done []activity.Checked) (report importReport) {
	made, walkIns, refused := 0, 0, 0
	for i, d := range done {
		act := activity.ActIn
		if ticks[i].Out {
			act = activity.ActOut
		}
		line := strings.TrimSpace(string(ticks[i].Volunteer)+" "+chat.Plain(ticks[i].Name)) + " " + act.Word() + " " + ticks[i].At.Format("15:04")
		switch {
		case d.Refused != nil:
			refused++
			report.Lines = append(report.Lines, "？ "+line+"："+d.Refused.Tell())
		case !d.Again:
			made++
			if d.Signup.State == activity.SignWalkIn && !ticks[i].Out {
				walkIns++
				line += "（不在名单上，记作现场加入）"
			}
			report.Lines = append(report.Lines, "＋ "+line)
		}
	}
	head := fmt.Sprintf("%s：记 %d 条，已经有的 %d 条，不能记的 %d 条", a.Heading(), made, len(done)-made-refused, refused)
	report.Lines = append([]string{head}, report.Lines...)
	report.Changes, report.Bad = made > 0, refused > 0
	if walkIns > 0 {
		report.Lines = append(report.Lines, fmt.Sprintf("提醒 有 %d 人不在名单上，会新登记为志愿者；是名单上的人写错了名字的，请改表", walkIns))
	}
	if report.Bad {
		report.Lines = append(report.Lines, fmt.Sprintf("有 %d 条不能记，整份都没有补录", refused))
	}
	return report
}

// outings makes the tables of activities, of one's sign-in sheet and of hours.
func (e exports) outings(r store.Reader, req exportRequest) ([]sheet.Out, error) {
	acts, err := e.acts()
	if err != nil {
		return nil, err
	}
	var t sheet.Out
	from, _ := calendar.ParseDate(req.From) // none: zero
	to, _ := calendar.ParseDate(req.To)
	switch req.Kind {
	case exportSignSheet:
		n, _ := activity.ParseNumber(req.Activity)
		t, err = acts.SignSheet(r, n, activity.Operator)
		if words := activity.Tell(err); words != "" {
			err = errors.New(words)
		}
	case exportOutings:
		t, err = acts.Table(r, activity.Query{Unit: req.Unit, From: from, To: to}, activity.Operator)
		if err == nil && len(t.Rows) == 0 {
			err = errors.New("没有这样的活动")
		}
	case exportHours:
		year := cmp.Or(req.Year, acts.Now(r).Year())
		if from.IsZero() {
			from = calendar.Date{Y: year, M: time.January, D: 1}
			if req.Year == 0 && !to.IsZero() {
				from.Y = to.Y
			}
		}
		if to.IsZero() {
			to = calendar.Date{Y: max(year, from.Y), M: time.December, D: 31}
		}
		l, problems := activity.DefaultLayout, []org.Problem(nil)
		if req.Layout != "" {
			l, problems = activity.ParseLayout(req.Layout)
		}
		if len(problems) > 0 {
			return nil, errors.New(strings.Join(badFile(problems).Lines, "\n"))
		}
		t, err = acts.HoursSheet(r, req.Unit, from, to, l, activity.Operator)
		if err == nil && len(t.Rows) == 0 {
			err = fmt.Errorf("%s 到 %s 没有服务时长：活动结束以后才有", from, to)
		}
	}
	return []sheet.Out{t}, err
}

// layoutOf decodes a layout, and says what is wrong with it. The error is for users.
func layoutOf(name string, data []byte) (string, error) {
	text, err := sheet.Decode(data)
	if err != nil {
		return "", errors.New(advice(name, err))
	}
	if _, problems := activity.ParseLayout(text); len(problems) > 0 {
		return "", fmt.Errorf("对照表 %s：\n%s", name, strings.Join(badFile(problems).Lines, "\n"))
	}
	return text, nil
}

// dueOuting is what people are told of activities at one time, the same words to all of them.
type dueOuting struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	Wait bool      `json:"wait"` // it is written, and waits to go out
	To   []string  `json:"to"`   // who, and the way to them
}

// dueOutings lists what is due of activities by the moment.
func dueOutings(r store.Reader, acts *activity.Board, at time.Time) (list []dueOuting, err error) {
	waiting, err := outbox.New(outbox.Options{}).List(r, outbox.Query{ // only to read
		Kind: activity.Kind, States: []outbox.State{outbox.StateWaiting, outbox.StateHeld}, Limit: lookedAt,
	})
	if err != nil {
		return nil, err
	}
	add := func(at time.Time, text, to string, wait bool) {
		i := slices.IndexFunc(list, func(d dueOuting) bool { return d.At.Equal(at) && d.Text == text && d.Wait == wait })
		if i < 0 {
			i = len(list)
			list = append(list, dueOuting{At: at, Text: text, Wait: wait})
		}
		list[i].To = append(list[i].To, to)
	}
	for _, rec := range slices.Backward(waiting) {
		if !rec.Due.After(at) {
			add(rec.Due, rec.Reply.Text, waysOf(append([]chat.Address{rec.To}, rec.Fallback...)), true)
		}
	}
	due, err := acts.Due(r, at)
	for _, m := range due {
		who, way := m.Name, "没有账号，收不到消息"
		if m.Volunteer == "" {
			who, way = cmp.Or(m.Unit, "协调组办公室")+"的组织者", "没有能找到的人"
		}
		if len(m.To) > 0 {
			way = waysOf(m.To)
		}
		add(m.At, m.Text, who+" ← "+way, false)
	}
	return list, err
}

// in words it by the clocks of a place.
func (d dueOuting) in(loc *time.Location) string {
	head := d.At.In(loc).Format(minuteLayout)
	if d.Wait {
		head += " 等着发"
	}
	return head + " " + strings.ReplaceAll(d.Text, "\n", "\n  ") + "\n  → " + strings.Join(d.To, "\n  → ") + "\n"
}

// outings is how the activities stand.
type outings struct {
	Open       int      `json:"open"`       // that are yet to come or go on, published
	Public     []string `json:"public"`     // of those that are open, which outsiders may join
	Unattended []string `json:"unattended"` // of which nobody can be told what is left to do
}

func outingsOf(r store.Reader, acts *activity.Board) (o outings, err error) {
	open, err := acts.List(r, activity.Query{})
	if err != nil {
		return o, err
	}
	o.Open = len(open)
	for _, l := range open {
		if l.Public {
			o.Public = append(o.Public, l.Number.String())
		}
	}
	alone, err := acts.Unattended(r)
	if err != nil {
		return o, err
	}
	for _, a := range alone {
		o.Unattended = append(o.Unattended, a.Number.String()+"（"+a.Unit+"）")
	}
	return o, nil
}

// describeOutings says how the activities stand, and what does not work for want of pages.
func describeOutings(cfg config.Config, st standing) (string, string) {
	o := st.Outings
	var faults []string
	if len(o.Unattended) > 0 {
		faults = append(faults, someOf(o.Unattended)+" 没有能收到消息的组织者，报名、异议、结束后的核实没有人知道：请在花名册里给主办单位写上联络员或负责人，"+
			"填好账号，再用 import -as roster 导入；或者让办公室的人绑定账号")
	}
	if cfg.PublicURL == "" && len(o.Public) > 0 {
		faults = append(faults, someOf(o.Public)+" 对公众开放，但没有配 public_url，公众没有网页可以报名：请配上 public_url，或者由组织者在现场“替签”登记")
	}
	state := fmt.Sprintf("开放着的 %d 个", o.Open)
	if len(faults) > 0 {
		return "", strings.Join(faults, "；\n  ")
	}
	if cfg.PublicURL == "" {
		return unseen + state + "。没有配 public_url，所以没有网页：现场大屏的二维码、公众报名、断网时的名单、证明的网上核对用不了；" +
			"签到用聊天里的六位数字、发位置、组织者“替签”和纸，见 docs/operations.md", ""
	}
	return state, ""
}

// someOf lists what there may be many of.
func someOf(list []string) string {
	const shown = 5
	if len(list) > shown {
		return strings.Join(list[:shown], "、") + fmt.Sprintf(" 等 %d 个", len(list))
	}
	return strings.Join(list, "、")
}
