package org

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/index/sheet"
	"xietiao/index/zh"
)

// Sizes of what a roster says.
const (
	maxName    = 30 // characters of a person's name
	maxUnit    = 60 // characters of a unit's name
	maxAccount = 64 // bytes of an account on either platform (docs 90195)
	minPhone   = 5  // digits
	maxPhone   = 12
)

// The columns of a roster and of a list of group robots.
const (
	colName     Column = "姓名"
	colLiaison  Column = "联络员" // a column of names whose people are liaisons
	colUnit     Column = "单位"
	colDept     Column = "部门"
	colRole     Column = "角色"
	colWeCom    Column = "企业微信账号"
	colDingTalk Column = "钉钉账号"
	colPhone    Column = "手机"
)

// rosterTitles are the titles of columns as people write them.
var rosterTitles = TitleMap(map[Column]string{
	colName:     "姓名 名字 人员姓名 成员姓名 name",
	colLiaison:  "联络员 联络员姓名 联系人 联系人姓名 联络人",
	colUnit:     "单位 单位名称 所属单位 所在单位 工作单位 成员单位 unit",
	colDept:     "部门 所属部门 所在部门 部门名称 department",
	colRole:     "角色 身份 职务类别 人员角色 人员类别 role",
	colWeCom:    "企业微信账号 企业微信帐号 企微账号 企微帐号 企业微信userid 企微userid 企业微信 账号 帐号 账号企业微信 帐号企业微信 userid wecom",
	colDingTalk: "钉钉账号 钉钉帐号 钉钉userid 钉钉id 钉钉 员工userid 员工id 账号钉钉 帐号钉钉 userid钉钉 staffid dingtalk",
	colPhone:    "手机 手机号 手机号码 联系电话 电话 联系方式 电话号码 phone mobile",
})

// roleWords are what a roster calls the roles. Only whole words count: 办公室 is
// the office, the 办公室主任 of a unit is not.
var roleWords = TitleMap(map[Role]string{
	RoleOffice:    "办公室 协调组办公室 协调办 办公室人员 办公室成员 办公室工作人员 督办 督办员 管理员 office admin",
	RoleLiaison:   "联络员 联络人 联系人 liaison",
	RoleHead:      "负责人 单位负责人 主要负责人 分管负责人 分管领导 head",
	RoleStaff:     "工作人员 成员 单位成员 一般人员 普通成员 干部 职工 staff",
	RoleOrganiser: "活动组织者 活动组织人 组织者 活动负责人 活动管理员 organiser organizer",
	RoleReader:    "只读 只读人员 查看 reader readonly",
	RoleVolunteer: "志愿者 文化志愿者 志愿者队长 volunteer",
})

// Roster is a list of people, checked in itself: no account stands twice, and
// no name twice in a unit unless accounts tell the people apart.
type Roster struct {
	Entries []RosterEntry
	// Notes tell what was left out, and what was decided where the file left a
	// choice. They stop nothing.
	Notes []Problem
}

// RosterEntry is one row. Empty fields are not stated and leave what is known.
type RosterEntry struct {
	Sheet string // where the name stands
	Cell  string
	Name  string
	Unit  string // as Units spells it; the office's may be any, volunteers may have none
	Role  Role   // empty: the table has no roles, a new person is staff
	Phone Phone
	IDs   map[chat.Platform]chat.UserID
}

// bad makes a problem of the entry's row.
func (e RosterEntry) bad(text string) Problem {
	return Problem{Sheet: e.Sheet, Cell: e.Cell, Text: text}
}

// ReadRoster reads a roster from a workbook or csv file: a header near the top
// with 姓名 and 单位 under any usual title, accounts, roles and telephone numbers
// if there are columns for them, any others unread. A file with a problem gives
// no entries at all, and every problem. Rows that are notes, and rows of units
// without a name, are passed over.
//
// A table with departments and accounts but without roles is an export of a
// platform's address book: there people of other departments are passed over
// with a note, and of several units the first counts.
//
// The error says that the file cannot be read; it is a *sheet.Error.
func ReadRoster(name string, data []byte, units Units) (Roster, []Problem, error) {
	tables, problems, err := ReadTables(name, data, rosterTitles, colName, colUnit)
	if err != nil {
		return Roster{}, nil, fmt.Errorf("roster: %w", err)
	}
	if len(units.Names()) == 0 {
		return Roster{}, []Problem{{Text: textNoUnits}}, nil
	}
	rr := rosterReader{units: newUnitFinder(units), problems: problems, accounts: map[string]string{}, names: map[string]*RosterEntry{}}
	for _, t := range tables {
		rr.table(t)
	}
	if len(rr.problems) == 0 && len(rr.roster.Entries) == 0 {
		rr.problems = []Problem{{Text: textNobody}}
	}
	if len(rr.problems) > 0 {
		return Roster{}, rr.problems, nil
	}
	return rr.roster, nil, nil
}

type rosterReader struct {
	units    *unitFinder
	roster   Roster
	problems []Problem
	accounts map[string]string       // account → place of its entry
	names    map[string]*RosterEntry // name and unit → the first entry
}

func (rr *rosterReader) table(t *Table) {
	for _, l := range t.Rows {
		if len(rr.problems) >= maxProblems {
			rr.problems = append(rr.problems, Problem{Sheet: t.name, Text: textTooMany})
			return
		}
		if !l.Remark(t.lead(), rosterTitles) {
			rr.line(l)
		}
	}
}

// lead is the column of names.
func (t *Table) lead() Column { return t.or(colName) }

// export reports whether a platform wrote the table from its address book.
func (t *Table) export() bool {
	return t.has(colName) && !t.has(colUnit) && !t.has(colRole) && (t.has(colWeCom) || t.has(colDingTalk))
}

func (rr *rosterReader) line(l Line) {
	before := len(rr.problems)
	lead := l.table.lead()
	at := l.Bad(lead, "")
	e := RosterEntry{Sheet: at.Sheet, Cell: at.Cell, Name: squeeze(l.Text(lead)), IDs: map[chat.Platform]chat.UserID{}}
	if e.Name == "" && l.vacant() {
		rr.note(l.Bad(lead, textVacant))
		return
	}
	if !goodName(e.Name) {
		rr.bad(l.Bad(lead, textBadName(e.Name)))
	}
	e.Role = rr.role(l)
	e.Phone = rr.phone(l)
	rr.account(l, &e, chat.WeCom, colWeCom)
	rr.account(l, &e, chat.DingTalk, colDingTalk)
	if !rr.unit(l, &e) || len(rr.problems) > before {
		return
	}
	rr.add(l, e)
}

// vacant reports whether nothing is said of a person.
func (l Line) vacant() bool {
	return l.Text(colWeCom) == "" && l.Text(colDingTalk) == "" && l.Text(colPhone) == ""
}

func (rr *rosterReader) bad(p Problem)  { rr.problems = append(rr.problems, p) }
func (rr *rosterReader) note(p Problem) { rr.roster.Notes = append(rr.roster.Notes, p) }

func (rr *rosterReader) role(l Line) Role {
	if !l.table.has(colRole) {
		if l.table.lead() == colLiaison {
			return RoleLiaison
		}
		return ""
	}
	text := l.Text(colRole)
	if text == "" {
		return RoleStaff
	}
	role, ok := roleWords[title(text)]
	if !ok {
		rr.bad(l.Bad(colRole, textBadRole(text)))
	}
	return role
}

// phone reads a number.
func (rr *rosterReader) phone(l Line) Phone {
	phone, err := ParsePhone(l.Text(colPhone))
	if err != nil {
		rr.bad(l.Bad(colPhone, textBadPhone))
	}
	return phone
}

// ParsePhone reads a telephone number as people write it: spaces, hyphens and +86 are
// left out; none is none. ErrInvalid: it is no number.
func ParsePhone(text string) (Phone, error) {
	text = zh.Fold(squeeze(text))
	digits := strings.ReplaceAll(strings.TrimPrefix(text, "+86"), "-", "")
	if text == "" {
		return "", nil
	}
	if !goodPhone(digits) {
		return "", fmt.Errorf("telephone number: %w", ErrInvalid)
	}
	return Phone(digits), nil
}

func goodPhone(digits string) bool {
	return len(digits) >= minPhone && len(digits) <= maxPhone && strings.Trim(digits, "0123456789") == ""
}

func (rr *rosterReader) account(l Line, e *RosterEntry, platform chat.Platform, col Column) {
	text := l.Text(col)
	if text == "" {
		return
	}
	if !goodAccount(text) {
		rr.bad(l.Bad(col, textBadAccount(text)))
		return
	}
	key := accountKey(platform, chat.UserID(text))
	if first, twice := rr.accounts[key]; twice {
		rr.bad(l.Bad(col, textAccountTwice(text, first)))
		return
	}
	rr.accounts[key] = l.at(col)
	e.IDs[platform] = chat.UserID(text)
}

// unit fills in the unit. False: the row is passed over or is a problem.
func (rr *rosterReader) unit(l Line, e *RosterEntry) bool {
	col := l.table.or(colUnit)
	text := l.Text(col)
	found := rr.units.find(text)
	export := l.table.export()
	switch {
	case len(found) == 1 || len(found) > 1 && export:
		e.Unit = found[0]
		if len(found) > 1 {
			rr.note(l.Bad(col, textFirstOf(found)))
		}
		return true
	case len(found) > 1:
		rr.bad(l.Bad(col, textSeveral(found)))
	case e.Role == RoleOffice && utf8.RuneCountInString(text) <= maxUnit && quotable(text):
		e.Unit = squeeze(text) // 协调组办公室 is no member
		return true
	case text == "" && (e.Role == RoleVolunteer || e.Role == RoleReader):
		return true
	case export:
		rr.note(l.Bad(col, textOtherUnit(text)))
	case text == "":
		rr.bad(l.Bad(col, textNoUnit))
	default:
		p := l.Bad(col, textUnknownUnit(text))
		p.Near = rr.units.near(text)
		rr.bad(p)
	}
	return false
}

// add keeps the entry unless it cannot be told from another.
func (rr *rosterReader) add(l Line, e RosterEntry) {
	key := nameKey(e.Name, e.Unit)
	if first := rr.names[key]; first != nil && !distinct(*first, e) {
		rr.bad(l.Bad(l.table.lead(), textNameTwice(e.Name, first.bad("").Place())))
		return
	}
	rr.names[key] = &e
	rr.roster.Entries = append(rr.roster.Entries, e)
}

// distinct reports whether both have an account on one platform: then they are
// two people, as accounts differ throughout a roster.
func distinct(a, b RosterEntry) bool {
	for platform := range a.IDs {
		if b.IDs[platform] != "" {
			return true
		}
	}
	return false
}

// nameKey is what people without a known account are told apart by.
func nameKey(name, unit string) string { return title(name) + sep + unit }

func goodName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= maxName && quotable(name) && strings.ContainsFunc(name, unicode.IsLetter) &&
		!strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune("<>@/\\;；,，\ufffd", r) })
}

// goodAccount accepts what WeCom allows (docs 90195), and DingTalk's ids of
// members fit; its ids of people outside the organisation do not.
func goodAccount(s string) bool {
	return len(s) > 0 && len(s) <= maxAccount && strings.Trim(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@.") == ""
}

// RosterTable is the roster as it is, to be changed and read again. Telephone numbers are
// in the open.
func RosterTable(r store.Reader) (sheet.Out, error) {
	out := sheet.Out{Name: textRoster}
	for _, c := range []Column{colName, colUnit, colRole, colPhone, colWeCom, colDingTalk} {
		out.Head = append(out.Head, string(c))
	}
	people, err := People(r)
	for _, p := range people {
		out.Rows = append(out.Rows, []string{p.Name, p.Unit, p.Role.Word(), p.Phone.Reveal(), string(p.IDs[chat.WeCom]), string(p.IDs[chat.DingTalk])})
	}
	return out, err
}

// isOfficeName reports whether a department is some unit's own office.
func isOfficeName(name string) bool { return name == "办公室" || name == "综合办公室" }
