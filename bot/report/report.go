// Package report makes the office's papers of what the store knows: each is a value
// that can be shown as a page, printed as a docx and filed as an xlsx, with the same
// figures in all three. Every line names its sources: clauses, tasks, activities.
//
// What is not known is not made up: it is listed, with the unit that the documents
// charge with it. It must not know chats, HTTP, files or the configuration, and it
// changes nothing.
package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index"
	"xietiao/index/doc"
	"xietiao/index/plan"
	"xietiao/index/sheet"
)

// What callers can tell apart, besides the errors of bot/task. Tell words each for users.
var (
	ErrKind      = errors.New("report: no such kind")
	ErrUnit      = errors.New("report: no such unit")
	ErrDocuments = errors.New("report: the documents are not read yet")
)

// Kind is a kind of report.
type Kind string

// The kinds.
const (
	Bulletin   Kind = "bulletin"   // 督办通报, as of now
	Assessment Kind = "assessment" // 考评表 of a year
	Meeting    Kind = "meeting"    // 会议材料: a page for each unit
	Volunteers Kind = "volunteers" // 志愿服务统计 of a year
	Load       Kind = "load"       // 减负统计 of a year
	Annual     Kind = "annual"     // 均等化年度报告资料 of a year
	Unanswered Kind = "unanswered" // 没有答上来的问题, of the last days
)

// Kinds lists all kinds in the order in which people see them.
func Kinds() []Kind {
	return []Kind{Bulletin, Unanswered, Meeting, Assessment, Volunteers, Load, Annual}
}

// Query asks for a report.
type Query struct {
	Kind    Kind
	Year    int           // of those of a year; 0: this one
	Version int           // of an assessment; 0: the last
	Proof   bool          // an assessment comes out of the histories once more before it is shown
	Since   calendar.Date // of a meeting: what was done since then; zero: since the year began. Of Unanswered: asked since then; zero: in the last seven days
	Unit    string        // of a meeting: the page of this unit alone, by any of its names
}

// Report is a paper.
type Report struct {
	Kind    Kind
	Title   string
	Summary string        // its figures in a sentence or two
	Day     calendar.Date // as of which it is
	Parts   []doc.Out     // to show and to print: title, headings, text, tables, signature
}

// Documents say what the plans in force say.
type Documents interface {
	org.Units
	Plans() []*plan.Plan
	Ask(ctx context.Context, q index.Query) (index.Answer, error)
}

// Options make a Press. All are required.
type Options struct {
	Tasks      *task.Board
	Activities func() (*activity.Board, error)
	Documents  func() (Documents, error) // nil: they are not read yet
	Office     string                    // who signs
	Asked      func(r store.Reader, since time.Time) (Asked, error)
}

// Press makes reports. Its methods may be called from many goroutines.
type Press struct {
	Options
	ledger *outbox.Box // only to read
}

// New makes a Press.
func New(o Options) *Press { return &Press{o, outbox.New(outbox.Options{})} }

// Make makes a report of what is in the store. ErrKind, ErrDocuments, ErrUnit; of an
// assessment task.ErrNoVersion, and with a proof task.ErrDiffers or an *audit.Break.
func (p *Press) Make(ctx context.Context, r store.Reader, q Query) (Report, error) {
	make, ok := map[Kind]func(*paper) error{
		Bulletin: (*paper).bulletin, Assessment: (*paper).assessment, Meeting: (*paper).meeting,
		Volunteers: (*paper).volunteers, Load: (*paper).load, Annual: (*paper).annual, Unanswered: (*paper).unanswered,
	}[q.Kind]
	if !ok {
		return Report{}, fmt.Errorf("%w: %q", ErrKind, q.Kind)
	}
	pa := &paper{Press: p, ctx: ctx, r: r, q: q, loc: p.Tasks.Holidays().Location(), now: r.Now()}
	pa.out.Kind, pa.out.Day = q.Kind, calendar.Of(pa.now.In(pa.loc))
	pa.q.Year = cmp.Or(q.Year, pa.out.Day.Y)
	docs, err := p.Documents()
	if pa.docs = docs; err != nil || docs == nil {
		return Report{}, cmp.Or(err, ErrDocuments)
	}
	if err := make(pa); err != nil {
		return Report{}, err
	}
	return pa.out, nil
}

// Write writes the report as a document or as a workbook: ending is .docx or .xlsx.
func (r Report) Write(w io.Writer, ending string) error {
	if ending == ".docx" {
		return doc.WriteDOCX(w, r.Parts)
	}
	return sheet.WriteXLSX(w, r.Tables())
}

// Name is a file's name without its ending.
func (r Report) Name() string { return r.Title + " " + r.Day.String() }

// Tables are the report's named tables, one sheet each, and behind them what its text
// says. Tables of the units' pages are one sheet, with a first column that tells whose a
// row is.
func (r Report) Tables() (out []sheet.Out) {
	notes := sheet.Out{Name: textNotes, Head: textNotesHead}
	at, page, heading := map[string]int{}, "", ""
	for _, p := range r.Parts {
		switch {
		case p.Table != nil && p.Table.Name != "":
			t := *p.Table
			if page != "" {
				t = column(textUnit, page, t)
			}
			if i, ok := at[t.Name]; ok {
				out[i].Rows = append(out[i].Rows, t.Rows...)
				continue
			}
			t.Rows = slices.Clone(t.Rows)
			at[t.Name] = len(out)
			out = append(out, t)
		case p.Table != nil || p.Text == "":
		case p.Style == "heading1":
			page, heading = "", p.Text
			if p.Break {
				page = p.Text
			}
		case p.Style == "heading2":
			heading = cmp.Or(page, p.Text)
		case p.Style == "" || p.Style == "note":
			notes.Rows = append(notes.Rows, []string{cmp.Or(heading, r.Title), p.Text})
		case p.Style == "center":
			notes.Rows = append(notes.Rows, []string{r.Title, p.Text})
		}
	}
	return append(out, notes)
}

// column is the table with a column more in front.
func column(title, value string, t sheet.Out) sheet.Out {
	out := sheet.Out{Name: t.Name, Head: append([]string{title}, t.Head...)}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, append([]string{value}, row...))
	}
	return out
}

// paper is a report in the making.
type paper struct {
	*Press
	ctx  context.Context
	r    store.Reader
	q    Query
	docs Documents
	loc  *time.Location
	now  time.Time
	out  Report
	no   int // headings so far
}

func (p *paper) add(parts ...doc.Out) { p.out.Parts = append(p.out.Parts, parts...) }

// begin writes the title, and what stands below it.
func (p *paper) begin(title, below string) {
	p.out.Title = title
	p.add(doc.Out{Style: "title", Text: strings.Replace(title, textWrap[0], textWrap[1], 1)}, doc.Out{Style: "center", Text: "（" + below + "）"})
}

// heading begins a numbered section.
func (p *paper) heading(text string) {
	p.no++
	p.add(doc.Out{Style: "heading1", Text: numeral(p.no) + "、" + text})
}

func (p *paper) say(text string)  { p.add(doc.Out{Text: text}) }
func (p *paper) note(text string) { p.add(doc.Out{Style: "note", Text: text}) }

// table writes a table, or what is to be said in place of an empty one.
func (p *paper) table(name string, head []string, rows [][]string, none string) {
	if len(rows) == 0 {
		p.say(none)
		return
	}
	p.add(doc.Out{Table: &sheet.Out{Name: name, Head: head, Rows: rows}})
}

// end signs.
func (p *paper) end() {
	p.add(doc.Out{Style: "right", Text: p.Office}, doc.Out{Style: "right", Text: dayWord(p.out.Day)})
}

func (p *paper) day(t time.Time) calendar.Date { return calendar.Of(t.In(p.loc)) }

// bulletin is the week's as it would be now.
func (p *paper) bulletin() error {
	b, err := p.Tasks.Bulletin(p.r)
	p.out.Title, p.out.Summary, p.out.Parts = Bulletin.Word(), b.Totals(), b.Document(p.Office)
	return err
}

// assessment is a version that was kept.
func (p *paper) assessment() error {
	all, err := p.Tasks.Assessments(p.r, p.q.Year)
	if err != nil {
		return err
	}
	version := cmp.Or(p.q.Version, len(all))
	if version < 1 || version > len(all) {
		return fmt.Errorf("%w: %d of %d", task.ErrNoVersion, version, p.q.Year)
	}
	a := all[version-1]
	if p.q.Proof {
		if a, err = p.Tasks.Recompute(p.r, p.q.Year, version); err != nil {
			return err
		}
	}
	objections, err := p.Tasks.Objections(p.r, p.q.Year)
	if err != nil {
		return err
	}
	p.begin(Assessment.Word(), textVersion(a))
	p.out.Summary = textAssessed(a)
	tables := a.Tables(objections)
	for i, t := range tables[:len(tables)-1] {
		p.heading(textAssessment[i][0])
		p.table(t.Name, t.Head, t.Rows, textAssessment[i][1])
	}
	p.heading(textHow)
	for _, row := range tables[len(tables)-1].Rows {
		p.note(row[0] + "：" + row[1] + ending(row[1]))
	}
	p.note(textInputs)
	p.end()
	return nil
}
