package index

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xietiao/index/zh"
)

// Facts of a document.
const (
	FactTitle       = "title"
	FactDocNo       = "doc_no"
	FactIssuer      = "issuer"
	FactDate        = "date"
	FactOffice      = "office"
	FactMembers     = "members"
	FactMemberCount = "member_count"
)

// says tells whether the question has one of the words.
func (r *request) says(words ...string) bool { return holdsAny(r.clean, words...) }

// asksCount: how many, in any wording.
func (r *request) asksCount() bool {
	return r.says("多少", "几个", "几家", "几多", "共有", "总共", "一共", "总数", "数量", "数目")
}

// fact answers questions about the document itself.
func (r *request) fact() (Answer, bool) {
	name := r.factAsked()
	if name == "" || r.says("那一章", "那章", "章节", "那部分", "那一部分") {
		return Answer{}, false
	}
	value, ok := r.v.factValue(name)
	if !ok {
		return r.refuse(HintAttribute), true
	}
	return Answer{Status: Answered, Intent: IntentFact, Results: []Row{r.factRow(name, value)}}, true
}

func (r *request) factRow(name, value string) Row {
	return Row{Kind: KindFact, Plan: r.v.name, Fact: name, Value: value, Cite: r.v.name}
}

// factAsked names the fact that the question wants, "" where it wants none.
func (r *request) factAsked() string {
	switch {
	case r.numberAsked():
		return FactDocNo
	case r.officeAsked():
		return FactOffice
	case r.about() && !r.aboutMembers():
		return ""
	case r.dateAsked():
		return FactDate
	case r.issuerAsked():
		return FactIssuer
	case len(r.units) > 0:
		return ""
	case r.titleAsked():
		return FactTitle
	}
	return r.membersAsked()
}

func (r *request) numberAsked() bool {
	if r.number() || r.says("文号", "几号文", "发文字号", "文件号", "文件编号", "什么字号") {
		return true
	}
	if r.about() && !r.says("编号") {
		return false
	}
	return r.has(tagDocWord) && r.says("编号", "什么号", "多少号", "几号的", "字号") || arabicNumber(r.clean, "号文")
}

// arabicNumber tells whether digits stand right before the word.
func arabicNumber(s, word string) bool {
	i := strings.Index(s, word)
	return i > 0 && s[i-1] >= '0' && s[i-1] <= '9'
}

func (r *request) officeAsked() bool {
	return r.says("办公室", "协调办") && !r.says("主任", "电话", "日常工作由", "承担") &&
		r.says("设在", "挂在", "放在", "落在", "在哪", "是哪", "挂靠", "设哪", "挂哪", "放哪", "所在", "设到", "在什么单位")
}

// issuing are the ways to say that a document came out.
var issuing = []string{"印发", "发布", "下发", "发文", "发的", "成文", "出台", "公布", "颁布", "出来", "下来", "签发", "印的", "生效", "制发", "落款", "发出", "出的"}

func (r *request) dateAsked() bool {
	if r.clean == "日期呢" || r.clean == "那日期呢" || r.clean == "时间呢" || r.clean == "日期" {
		return true
	}
	when := r.own&tagWhen != 0 || r.says("日期", "时间", "哪天", "哪年", "几年", "几月", "几号", "啥时", "月份")
	return r.says(issuing...) && when && !r.says("谁")
}

func (r *request) issuerAsked() bool {
	if r.says("红头") && r.has(tagWho) {
		return true
	}
	return r.says(issuing...) && (r.has(tagWho|tagYesNo) || r.says("谁", "哪", "机关", "单位", "部门", "还是")) && !r.has(tagWhen)
}

func (r *request) titleAsked() bool {
	if r.says("全名", "全称", "标题", "题目", "名称", "文件名", "完整名字", "全部名字") {
		return true
	}
	named := r.says("叫什么", "叫啥", "名字") && (r.has(tagDocWord) || r.says("它"))
	return named || r.says("哪个方案", "哪个文件", "什么文件", "什么方案", "哪份文件", "哪份方案", "啥文件", "啥方案")
}

// counts matches a number of units that is put to the test: 是30家, 是不是三十家.
var counts = regexp.MustCompile(`是(不是)?[0-9一二三四五六七八九十百]+[家个]`)

// numbered matches a number of departments: 29个部门, 三十家成员单位.
var numbered = regexp.MustCompile(`([0-9]+|[一二三四五六七八九十百]+)[个家](?:成员)?(?:单位|部门)`)

// aboutMembers tells whether a number of departments is all that the question is about.
func (r *request) aboutMembers() bool {
	return !slices.ContainsFunc(r.content, func(t token) bool { return !strings.ContainsAny(t.text, "个家") || t.kind != tokRaw })
}

// saysCount tells whether the question says how many departments there are, and
// whether it is right.
func (r *request) saysCount() (said, right bool) {
	m := numbered.FindStringSubmatch(r.clean)
	if m == nil {
		return false, false
	}
	n, ok := zh.Number(m[1])
	return true, ok && n == len(r.v.plan.Members)
}

// membersAsked tells the list of members from its length.
func (r *request) membersAsked() string {
	group := r.says("协调组", "领导小组", "联席会议", "协调机制", "专班", "工作组")
	members := r.says("成员", "组成", "名单")
	counted := r.asksCount() || counts.MatchString(r.clean)
	said, right := r.saysCount()
	switch {
	case said && (right || group || members) && r.has(tagYesNo):
		return FactMemberCount
	case right && r.says("哪", "谁", "名单", "列") && !r.has(tagResp|tagDuties) && r.aboutMembers():
		return FactMembers
	case counted && (members || r.says("单位", "部门") || group && r.says("家", "个")):
		if r.says("开一次", "开会", "次会", "几次") {
			return ""
		}
		return FactMemberCount
	case members && !r.has(tagYesNo):
		return FactMembers
	case group && r.says("哪些单位", "哪些部门", "有谁", "哪些家", "哪几家", "都有哪"):
		return FactMembers
	}
	return ""
}

// number tells whether the question names the document by the head of its
// number and asks for the rest: 乐公共协几号.
func (r *request) number() bool {
	before, after, ok := strings.Cut(r.clean, r.v.number.head)
	return ok && r.v.number.head != "" && r.says("号") && !r.v.read(r.t, before+after).about()
}

// otherDocument refuses what is asked of a document with another number.
func (r *request) otherDocument() (Answer, bool) {
	if r.document == documentOther && !r.numberAsked() {
		return r.refuseFor(ReasonDocument), true
	}
	return Answer{}, false
}

// itself answers a question that says a document's number and no more.
func (r *request) itself() (Answer, bool) {
	if r.document != documentThis || r.about() || len(r.units)+len(r.missing) > 0 || r.has(tagWho|tagMulti) {
		return Answer{}, false
	}
	value, ok := r.v.factValue(FactTitle)
	return Answer{Status: Answered, Intent: IntentFact, Results: []Row{r.factRow(FactTitle, value)}}, ok
}

// factValue quotes a fact as the source writes it.
func (v *view) factValue(name string) (string, bool) {
	p := v.plan
	value := ""
	switch name {
	case FactTitle:
		value = p.Title
	case FactDocNo:
		value = p.DocNo
	case FactIssuer:
		value = p.Issuer
	case FactDate:
		if value = p.DateText; value == "" {
			value = p.Date
		}
	case FactOffice:
		value = p.Office
	case FactMembers:
		value = strings.Join(p.Members, "、")
	case FactMemberCount:
		if len(p.Members) > 0 {
			value = strconv.Itoa(len(p.Members))
		}
	}
	return value, value != ""
}

// member answers whether a department belongs to the group, from the list.
func (r *request) member() (Answer, bool) {
	if len(r.v.plan.Members) == 0 || !r.memberAsked() {
		return Answer{}, false
	}
	missing := r.missing
	if len(r.units) == 0 && len(missing) == 0 {
		name := r.beforeMember()
		if name == "" {
			return Answer{}, false
		}
		missing = []string{name}
	}
	yes := len(missing) == 0
	for _, u := range r.units {
		yes = yes && r.v.isMember(u)
	}
	value, _ := r.v.factValue(FactMembers)
	return Answer{Status: Answered, Intent: IntentMember, Member: &yes, Missing: missing, Units: r.unitNames(),
		Results: []Row{r.factRow(FactMembers, value)}}, true
}

func (r *request) memberAsked() bool {
	if r.asMember {
		return true
	}
	if r.says("成员", "名单", "组成部门", "组成单位") {
		return r.has(tagYesNo) || r.says("是不", "不是", "算", "属于", "有没有", "里有", "在里", "单位不", "也是", "进没进", "进没")
	}
	group := r.says("协调组", "领导小组", "联席会议", "协调机制", "这个组", "组里")
	return group && !r.about() && r.says("有没有", "在不在", "是不是", "进没进", "在里面", "参加", "加入", "进了", "里有") && !r.has(tagDuties&^tagYesNo)
}

// beforeMember is the name that a question for membership begins with: 市图书馆
// in 市图书馆是成员单位不.
func (r *request) beforeMember() string {
	i := strings.Index(r.clean, "是")
	if i <= 0 {
		return ""
	}
	name := r.clean[:i]
	if n := utf8.RuneCountInString(name); n < 2 || n > 12 || strings.ContainsAny(name, ",?。") {
		return ""
	}
	for _, t := range r.content {
		if strings.Contains(name, t.text) {
			return name
		}
	}
	return ""
}

func (r *request) unitNames() []string {
	var out []string
	for _, u := range r.units {
		out = append(out, r.v.dir.units[u].name)
	}
	return out
}

func (v *view) isMember(u int) bool {
	for _, m := range v.plan.Members {
		if v.dir.units[u].has(zh.Fold(m)) {
			return true
		}
	}
	return false
}
