// Package plan knows what a coordination group's document says: its title and
// number, its sections, its member units, the duties it gives them and the
// items that name their own units. Documents in, values out.
//
// It must not know questions, ranking, chat, people, storage or HTTP, and it
// never repairs what the source says: an error of the source is reported as a
// [Warning] and the quoted text stays the source's own.
package plan

// Plan is one issued document (方案). The JSON form is what `parse -json` prints.
type Plan struct {
	Title    string    `json:"title"`
	DocNo    string    `json:"doc_no"`   // 文号, as printed: 乐公共协〔2020〕1号
	Issuer   string    `json:"issuer"`   // 发文机关
	Date     string    `json:"date"`     // 成文日期 as ISO 2020-09-25; "" when unknown
	Office   string    `json:"office"`   // unit that carries the daily work of the office, as the source spells it
	Members  []string  `json:"members"`  // 成员单位 in the order and spelling of the member list
	Sections []Section `json:"sections"` // document order; a parent's text includes its children
	Units    []Unit    `json:"units"`
	Items    []Item    `json:"tasks"`
	Warnings []Warning `json:"warnings"`
	Unread   []string  `json:"unread"` // lines that fit nowhere

	// DateText is the date as the source writes it ("2020年9月25日"), for quoting.
	DateText string `json:"-"`

	unreadAt []Span // where Unread stands, as offsets into doc.Document.Text
	ownedAt  []bool // by such an offset: something the plan says holds it
}

// Section is an addressed part of the body.
type Section struct {
	Path  string `json:"path"` // printed markers without 、 or 。: 四（三）, 四（三）2, 第八条, 附件·二
	Title string `json:"title"`
	Text  string `json:"text"`

	// Own is the part of Text that no child section, duty or item holds: what
	// the section says without giving it to anybody.
	Own string `json:"-"`

	at []Span
}

// Unit is a department that has duties under its own heading.
type Unit struct {
	Name    string   `json:"name"` // the spelling of the heading
	Aliases []string `json:"aliases"`
	Duties  []Duty   `json:"duties"`

	at []Span // the heading
}

// Duty is one item under a unit's heading.
type Duty struct {
	No   int    `json:"no"` // printed number; 0 where the unit has one unnumbered duty
	Text string `json:"text"`
	Role string `json:"-"` // verb run the clause uses, verbatim: 牵头, 统筹指导, 参与 … ; "" when it names none

	at []Span
}

// Item is a sentence, list entry or table row that names its own units.
type Item struct {
	No       int               `json:"no"`
	Title    string            `json:"title"`
	Text     string            `json:"text"`
	Lead     []string          `json:"lead"`
	Support  []string          `json:"support"`
	Deadline string            `json:"deadline"`      // phrases verbatim, joined by ；
	Due      string            `json:"due,omitempty"` // last day as ISO, only where the text or the plan's year fixes it
	Section  string            `json:"section"`
	Extra    map[string]string `json:"extra"`

	at []Span
}

// Warning is an error of the source that was found, with what it probably
// meant. The quoted text is never changed by it.
type Warning struct {
	Kind       string `json:"kind"`  // damaged, name_mismatch, count_mismatch, missing_period, …
	Where      string `json:"where"` // 市发改局·1
	Text       string `json:"text"`
	Suggestion string `json:"suggestion"`
}
