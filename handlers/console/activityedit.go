package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index/zh"
)

// activityEditRoutes are the form of an activity, new or not.
func (c *Console) activityEditRoutes() []route {
	fresh, edit := c.shows("activityedit.html", c.newActivity), c.shows("activityedit.html", c.editActivity)
	return []route{
		get("/activities/new", organisers, fresh),
		post("/activities/new", organisers, c.does(c.makeActivity, c.toActivity, fresh)),
		get("/activities/:n/edit", organisers, edit),
		post("/activities/:n/edit", organisers, c.does(c.changeActivity, here(1), edit)),
	}
}

// activityFields are an activity as its form has it, by the names of the fields. What is
// ticked is "1".
type activityFields map[string]string

// fieldNames are the fields of the form, in its order.
var fieldNames = []string{
	"title", "unit", "start", "end", "place", "point", "radius", "text", "capacity", "nowait", "signfrom", "signto",
	"early", "checkout", "brigade", "skills", "public", "round", "least", "slack", "count", "every", "until",
}

// fieldForm is how a field has a moment.
const fieldForm = "2006-01-02T15:04"

// activityFieldsOf shows a draft in the form.
func activityFieldsOf(d activity.Draft) activityFields {
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(fieldForm)
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	tick := func(is bool) string {
		if is {
			return "1"
		}
		return ""
	}
	until := ""
	if !d.Series.Until.IsZero() {
		until = d.Series.Until.String()
	}
	return activityFields{
		"title": d.Title, "unit": d.Unit, "start": moment(d.Start), "end": moment(d.End), "place": d.Place.Name,
		"point": d.Place.Point.String(), "radius": number(d.Place.Radius), "text": d.Text, "capacity": number(d.Capacity),
		"nowait": tick(d.NoWait), "signfrom": moment(d.SignFrom), "signto": moment(d.SignTo), "early": number(d.Early),
		"checkout": tick(d.CheckOut), "brigade": d.Brigade, "skills": strings.Join(d.Skills, "、"), "public": tick(d.Public),
		"round": number(d.Rule.Round), "least": number(d.Rule.Least), "slack": number(d.Rule.Slack), "count": string(d.Rule.Count),
		"every": string(d.Series.Every), "until": until,
	}
}

// typedActivity is what was typed. The unit is the office's to choose; another's form has
// the one it is for.
func typedActivity(q *request, unit string) activityFields {
	f := activityFields{}
	for _, name := range fieldNames {
		f[name] = strings.TrimSpace(strings.ReplaceAll(q.PostForm(name), "\r\n", "\n"))
	}
	if !office.lets(q.person) {
		f["unit"] = unit
	}
	return f
}

// fieldReader reads fields into a draft, and gathers what is wrong with them.
type fieldReader struct {
	typed, was activityFields
	today      calendar.Date
	loc        *time.Location
	faults     []string
}

// changed is what was typed into a field; false: what it says stays.
func (f *fieldReader) changed(name string) (string, bool) {
	return f.typed[name], f.typed[name] != f.was[name]
}

func (f *fieldReader) bad(name, why string) { f.faults = append(f.faults, fieldWords[name]+"："+why) }

func (f *fieldReader) text(name string, to *string) {
	if text, ok := f.changed(name); ok {
		*to = text
	}
}

func (f *fieldReader) tick(name string, to *bool) {
	if text, ok := f.changed(name); ok {
		*to = text != ""
	}
}

func (f *fieldReader) number(name string, to *int) {
	text, ok := f.changed(name)
	if !ok {
		return
	}
	if *to = 0; text == "" {
		return
	}
	n, err := strconv.Atoi(zh.Fold(text))
	if err != nil || n < 0 {
		f.bad(name, textWholeNumber)
	}
	*to = n
}

// moment reads what a browser's field of a date and a time gives, or what people write.
func (f *fieldReader) moment(name string, to *time.Time) {
	text, ok := f.changed(name)
	if !ok {
		return
	}
	if *to = (time.Time{}); text == "" {
		return
	}
	t, err := time.ParseInLocation(fieldForm, text, f.loc)
	if err != nil {
		w, ok := activity.ParseWhen(f.today, f.loc, text)
		if !ok || !w.End.IsZero() || w.Every != "" {
			f.bad(name, textBadMoment)
		}
		t = w.Start
	}
	*to = t
}

// readActivity is what the fields say. What they say as before's do stays as it is there.
func (c *Console) readActivity(r store.Reader, typed activityFields, before activity.Draft) (d activity.Draft, faults []string, err error) {
	d = before
	f := fieldReader{typed: typed, was: activityFieldsOf(before), today: calendar.Of(c.acts().Now(r)), loc: c.acts().Now(r).Location()}
	for name, to := range map[string]*string{"title": &d.Title, "unit": &d.Unit, "place": &d.Place.Name, "text": &d.Text, "brigade": &d.Brigade} {
		f.text(name, to)
	}
	for _, m := range []struct {
		name string
		to   *time.Time
	}{{"start", &d.Start}, {"end", &d.End}, {"signfrom", &d.SignFrom}, {"signto", &d.SignTo}} {
		f.moment(m.name, m.to)
	}
	for _, n := range []struct {
		name string
		to   *int
	}{{"capacity", &d.Capacity}, {"radius", &d.Place.Radius}, {"early", &d.Early}, {"round", &d.Rule.Round}, {"least", &d.Rule.Least}, {"slack", &d.Rule.Slack}} {
		f.number(n.name, n.to)
	}
	f.tick("nowait", &d.NoWait)
	f.tick("checkout", &d.CheckOut)
	f.tick("public", &d.Public)
	f.text("count", (*string)(&d.Rule.Count))
	f.text("every", (*string)(&d.Series.Every))
	if text, ok := f.changed("skills"); ok {
		d.Skills = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、,，;； \n", r) })
	}
	if text, ok := f.changed("point"); ok {
		point, _, _, found := activity.FindPoint(zh.Fold(text))
		if !found && text != "" {
			f.bad("point", textBadPoint)
		}
		d.Place.Point = point
	}
	if text, ok := f.changed("until"); ok {
		if d.Series.Until, err = calendar.ParseDate(text); err != nil && text != "" {
			f.bad("until", textBadMoment)
		}
	}
	if d.Series.Every == "" {
		d.Series.Until = calendar.Date{}
	}
	f.check(d)
	known, err := org.Known(r, c.opt.Units())
	if err == nil && d.Unit != before.Unit && d.Unit != org.OfficeUnit && !slices.Contains(known.All(), d.Unit) {
		f.bad("unit", textStrangeUnit)
	}
	return d, f.faults, err
}

// check says what the package would refuse without saying which field it is.
func (f *fieldReader) check(d activity.Draft) {
	if d.Title == "" {
		f.bad("title", textNeeded)
	}
	if d.Start.IsZero() {
		f.bad("start", textNeeded)
	}
	switch {
	case d.End.IsZero():
		f.bad("end", textNeeded)
	case !d.End.After(d.Start):
		f.bad("end", textEndFirst)
	}
	if !d.SignTo.IsZero() && (d.SignTo.After(d.End) || !d.SignTo.After(d.SignFrom)) {
		f.bad("signto", textBadWindow)
	}
	if d.Place.Radius != 0 && (d.Place.Radius < 200 || d.Place.Radius > 20_000) {
		f.bad("radius", textBadRadius)
	}
}

// activityFormView is the form of an activity.
type activityFormView struct {
	Number  activity.Number // 0: a new one
	State   string
	Version int
	Fields  activityFields
	Now     map[string]string // what fields are by now that both have changed
	Stale   []historyRow      // what others have done meanwhile
	Units   []choice          // none: it is the person's own
	Unit    string
	Counts  []choice
	Every   []choice
	Kind    bool // whether it comes again can still be said
	Done    bool // people have signed up: they are told of another time or place
}

func (c *Console) activityFormView(q *request, r store.Reader, f activityFields) (v activityFormView, err error) {
	v.Fields, v.Unit = f, f["unit"]
	v.Counts = choices(f["count"], []choice{{"", textCountDefault, false}, {string(activity.CountPlanned), textCountPlanned, false}, {string(activity.CountFromIn), textCountFromIn, false}})
	v.Every = choices(f["every"], []choice{{"", textOnce, false}, {string(activity.EveryWeek), textWeekly, false}, {string(activity.EveryMonth), textMonthly, false}})
	if office.lets(q.person) {
		known, err := org.Known(r, c.opt.Units())
		if err != nil {
			return v, err
		}
		v.Units = unitChoices(known.All(), f["unit"])
		v.Units[0].Word = textPickUnit
	}
	return v, nil
}

func (c *Console) newActivity(q *request, r store.Reader) (page, error) {
	f := activityFields{"unit": q.person.Unit}
	if q.Request.Method == http.MethodPost {
		f = typedActivity(q, q.person.Unit)
	} else if n, ok := activity.ParseNumber(q.Query("like")); ok { // another of the same kind, at another time
		a, err := c.activitySeen(q, r, n)
		if err != nil {
			return page{}, err
		}
		f = activityFieldsOf(a.Edit())
		for _, name := range []string{"start", "end", "signfrom", "signto", "every", "until"} {
			f[name] = ""
		}
	}
	v, err := c.activityFormView(q, r, f)
	v.Kind = true
	return page{Title: textNewActivity, Data: v}, err
}

// makeActivity makes a draft; publishing is another step, behind reading it.
func (c *Console) makeActivity(q *request, tx *store.Tx) (string, error) {
	f := typedActivity(q, q.person.Unit)
	d, faults, err := c.readActivity(tx, f, activity.Draft{})
	if err != nil {
		return "", err
	}
	if d.Unit == "" {
		faults = append(faults, fieldWords["unit"]+"："+textNeeded)
	}
	if len(faults) > 0 {
		return "", words(strings.Join(faults, "\n"))
	}
	key := ""
	if once := q.PostForm("once"); once != "" {
		key = "console/" + once
	}
	a, _, err := c.acts().Create(tx, key, d, q.helper())
	q.Set(keyMade, a.Number.String())
	return textDrafted(a), err
}

func (c *Console) toActivity(q *request) string { return Path + "/activities/" + q.GetString(keyMade) }

func (c *Console) editActivity(q *request, r store.Reader) (page, error) {
	a, err := c.activityAt(q, r)
	if err != nil {
		return page{}, err
	}
	now := activityFieldsOf(a.Edit())
	f, fresh := now, map[string]string{}
	var stale []historyRow
	if q.Request.Method == http.MethodPost {
		f = typedActivity(q, a.Unit)
		base, events, err := c.activitySince(q, r, a)
		if err != nil {
			return page{}, err
		}
		stale = events
		if len(events) > 0 {
			fresh = mergeFields(f, activityFieldsOf(base), now)
		}
	}
	v, err := c.activityFormView(q, r, f)
	v.Number, v.State, v.Version, v.Now, v.Stale = a.Number, a.StateAt(c.acts().Now(r)).Word(), a.Version, fresh, stale
	v.Kind, v.Done = a.State == activity.StateDraft, a.State == activity.StatePublished
	return page{Title: textEditActivity(a), Data: v}, err
}

// mergeFields lets fields that the person left as they were follow what others have made of
// them, and returns what those are by now that both have changed.
func mergeFields(mine, base, now activityFields) map[string]string {
	both := map[string]string{}
	for _, name := range fieldNames {
		switch {
		case mine[name] == base[name]:
			mine[name] = now[name]
		case now[name] != base[name] && now[name] != mine[name]:
			both[name] = strings.ReplaceAll(now[name], "T", " ")
			if both[name] == "" {
				both[name] = textNothing
			}
		}
	}
	return both
}

// versionTyped is the version that a form was made from; 0: it says none.
func versionTyped(q *request) int {
	n, _ := strconv.Atoi(q.PostForm("version"))
	return n
}

// activitySince is the activity as the form was made from it, and what was done with it
// behind that.
func (c *Console) activitySince(q *request, r store.Reader, a activity.Activity) (base activity.Draft, rows []historyRow, err error) {
	version := versionTyped(q)
	if version < 1 || version > a.Version {
		return base, nil, handlers.ErrMalformed
	}
	if version == a.Version {
		return a.Edit(), nil, nil
	}
	entries, err := c.acts().History(r, a.Number)
	if err != nil {
		return base, nil, err
	}
	names := namer{r: r, known: map[org.PersonID]string{}}
	at := 0
	for _, e := range entries {
		event, counts, err := versionEvent(e)
		if err != nil {
			return base, nil, err
		}
		if !counts {
			continue
		}
		if at++; at <= version && event.Draft != nil {
			base = *event.Draft
		}
		if at > version {
			row, err := c.eventRow(e, &names)
			if err != nil {
				return base, nil, err
			}
			rows = append(rows, row)
		}
	}
	for _, t := range []*time.Time{&base.Start, &base.End, &base.SignFrom, &base.SignTo} {
		if !t.IsZero() {
			*t = t.In(a.Start.Location())
		}
	}
	return base, rows, names.err
}

// versionEvent is the event of an entry, and whether it made another version.
func versionEvent(e audit.Entry) (event activity.Event, counts bool, err error) {
	switch activity.Do(e.What) {
	case activity.DoCreate, activity.DoPublish, activity.DoAmend, activity.DoCancel, activity.DoArchive:
		return event, true, json.Unmarshal(e.Data, &event)
	}
	return event, false, nil
}

// changeActivity changes an activity by the form.
func (c *Console) changeActivity(q *request, tx *store.Tx) (string, error) {
	a, err := c.activityAt(q, tx)
	if err != nil {
		return "", err
	}
	if versionTyped(q) != a.Version {
		return "", words(textActivityStale)
	}
	f := typedActivity(q, a.Unit)
	if a.State != activity.StateDraft { // whether it comes again is said before it is published
		f["every"] = string(a.Series.Every)
	}
	d, faults, err := c.readActivity(tx, f, a.Edit())
	if err != nil {
		return "", err
	}
	if len(faults) > 0 {
		return "", words(strings.Join(faults, "\n"))
	}
	changes := changedFields(activityFieldsOf(a.Edit()), activityFieldsOf(d))
	if len(changes) == 0 {
		return textSame, nil
	}
	_, err = c.acts().Amend(tx, a.Number, a.Version, d, q.helper())
	return textActivityChanged(a, changes), err
}

// changedFields names the fields that differ.
func changedFields(before, after activityFields) (names []string) {
	for _, name := range fieldNames {
		if before[name] != after[name] {
			names = append(names, fieldWords[name])
		}
	}
	return names
}
