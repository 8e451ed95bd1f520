package activity

import (
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"

	"xietiao/bot/calendar"
)

// Listing is an activity with its numbers.
type Listing struct {
	Activity
	Taken   int // places taken
	Waiting int
}

// Free is how many places are left; -1: no bound.
func (l Listing) Free() int {
	if l.Capacity == 0 {
		return -1
	}
	return max(0, l.Capacity-l.Taken)
}

// Listing returns an activity with its numbers. ErrNotFound.
func (b *Board) Listing(r store.Reader, n Number) (Listing, error) { panic("unfinished") }

// Query picks activities. The zero value is all that are published and not over.
type Query struct {
	Unit   string
	Series bool    // series themselves instead of what comes of them
	States []State // any of them; none: published
	From   calendar.Date
	To     calendar.Date // of Start; zero: no bound
	Limit  int
}

// List returns activities by their start.
func (b *Board) List(r store.Reader, q Query) ([]Listing, error) { panic("unfinished") }

// Mine is one of a volunteer's sign-ups.
type Mine struct {
	Activity Activity
	Signup   Signup
	Position int // on the waiting list
}

// Mine lists a volunteer's sign-ups, those to come first by their start, then what is over, the
// latest first. all: also what was left.
func (b *Board) Mine(r store.Reader, v VolunteerID, all bool) ([]Mine, error) { panic("unfinished") }

// Entry is a line of an activity's list.
type Entry struct {
	Signup    Signup
	Volunteer Volunteer
	In, Out   *Record // what stands
	Service   Service
	Position  int  // on the waiting list
	Reached   bool // we can write to the volunteer; else call
}

// Roll lists who is on an activity's list: those with a place in their order, then walk-ins,
// then those who wait. An organiser may. gone: also who left.
func (b *Board) Roll(r store.Reader, n Number, gone bool, by Actor) ([]Entry, error) {
	panic("unfinished")
}

// Summary is where an activity stands, for its organiser.
type Summary struct {
	Listing
	In, Out   int // checked in, of them checked out
	Absent    int // with a place, and not checked in
	Doubt     int // 待核实
	Pending   int // outsiders to be confirmed
	Disputes  int
	Unreached int // cannot be written to
}

// Summary counts the roll.
func (b *Board) Summary(r store.Reader, n Number) (Summary, error) { panic("unfinished") }

// SignSheet is the printable list for the venue, HoursSheet the hours of a unit's year (of all
// units if it is empty), a row for each volunteer and activity.
func (b *Board) SignSheet(r store.Reader, n Number, by Actor) (sheet.Out, error) { panic("unfinished") }

// HoursSheet is the hours of a year; see SignSheet.
func (b *Board) HoursSheet(r store.Reader, unit string, year int, by Actor) (sheet.Out, error) {
	panic("unfinished")
}

// Match is an activity that fits somebody.
type Match struct {
	Listing
	Reasons []string // for users: 技能：书法；分队：文化馆分队；周六上午有空
	Score   int
}

// Recommend lists what the volunteer can still sign up for, what fits best first.
func (b *Board) Recommend(r store.Reader, v VolunteerID, limit int) ([]Match, error) {
	panic("unfinished")
}

// Demand is an activity that lacks people.
type Demand struct {
	Listing
	Candidates int      // volunteers not on its list who would fit
	Missing    []string // skills that nobody on the list has
}

// Demands lists what is open, still has places or lacks skills, of a unit, of all if it is empty.
func (b *Board) Demands(r store.Reader, unit string) ([]Demand, error) { panic("unfinished") }

// Sheet is a file of activities, a row each.
type Sheet struct {
	File  string
	Rows  []Row
	Notes []org.Problem
}

// Row is one activity as a sheet has it.
type Row struct {
	Sheet, Cell string
	Draft       Draft
	Unclear     []org.Problem // why it cannot be taken
	Notes       []org.Problem // what was assumed
}

// ReadSheet reads activities from a workbook or csv file: 名称 主办单位 地点 开始 结束 名额 ….
func (b *Board) ReadSheet(name string, data []byte, units org.Units, today calendar.Date) (Sheet, []org.Problem, error) {
	panic("unfinished")
}

// Compare tells what Import would do; Import makes the clear rows' activities as drafts. A row
// that was imported before (same title, unit and start) makes nothing.
func (b *Board) Compare(r store.Reader, s Sheet) (Intake, error) { panic("unfinished") }

// Import makes them; see Compare. The office may, and an organiser of all rows' units.
func (b *Board) Import(tx *store.Tx, s Sheet, by Actor) (Intake, error) { panic("unfinished") }

// Intake is what importing does, or has done.
type Intake struct {
	Rows  []Fated
	Notes []org.Problem
}

// Fated is a row with what importing does.
type Fated struct {
	Row
	New      bool     // else it was imported before, or is unclear
	Activity Activity // after Import, or the one it was imported as
}
