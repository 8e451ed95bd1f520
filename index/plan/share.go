package plan

import (
	"regexp"
	"strings"
)

// part is how much of a matter a unit takes.
type part int

const (
	partNone    part = iota
	partLead         // 牵头, 主办
	partDuty         // 责任单位, 负责: leads where nobody is named 牵头
	partSupport      // 配合, 参与, 协助
)

// share is what a bracket, a line or a table cell says of who does a matter.
type share struct {
	names []string
	parts []part
	when  string            // the value of 完成时限 and its like
	open  string            // words of time in a list of units: 持续推进
	extra map[string]string // 责任人：… and other labels, by label
}

func (s *share) add(p part, names ...string) {
	for _, n := range names {
		s.names = append(s.names, n)
		s.parts = append(s.parts, p)
	}
}

func (s *share) merge(o share) {
	s.names = append(s.names, o.names...)
	s.parts = append(s.parts, o.parts...)
	if o.when != "" {
		s.when = joinOnce(s.when, o.when)
	}
	if o.open != "" {
		s.open = joinOnce(s.open, o.open)
	}
	for k, v := range o.extra {
		s.put(k, v)
	}
}

func (s *share) put(k, v string) {
	if s.extra == nil {
		s.extra = map[string]string{}
	}
	s.extra[k] = v
}

func joinOnce(a, b string) string {
	if a == "" || strings.Contains(a, b) {
		return a + strings.Repeat(b, b2i(a == ""))
	}
	return a + "；" + b
}

// rule is what a document says once about all its lists of units.
type rule struct {
	first bool   // the first of a list leads
	mark  string // a sign beside the name of the one that leads: ★
	also  string // a body that supports every item from a paragraph on, though only once named
	from  int    // that paragraph
}

var (
	// firstLeads matches 排在首位的为牵头单位, 列第一位的部门为牵头部门, 首位为牵头单位.
	firstLeads = regexp.MustCompile(`(?:首位|第一位|第1位|第一个|排名?第一|列第一|首个|排在?最?前)[^。；]{0,12}(?:为|是|系)[^。；]{0,8}牵头|牵头(?:单位|部门)?(?:为|是)?(?:排|列)?(?:在)?(?:首位|第一位)|第一(?:责任)?(?:单位|部门)为(?:总)?牵头`)
	// alsoAll matches 以下均需试点城市政府落实，不再列出.
	alsoAll = regexp.MustCompile(`(?:以?下|其他|各项)均(?:需|由|须|应由)([\p{Han}（）、]{2,20}?)(?:负责|落实|配合|参与)`)
	// markLeads matches 标★的为牵头单位, 带“*”号为牵头部门.
	markLeads = regexp.MustCompile(`(?:标|带|加|打|有|注)[^。；，]{0,4}([*＊★☆△▲※#◎])[^。；]{0,10}牵头`)
)

// sides decides who leads. Those only called responsible lead where nobody is
// named 牵头, else they support.
func (s share) sides(r rule) (lead, support []string) {
	lead, support = []string{}, []string{}
	names, parts := s.names, append([]part(nil), s.parts...)
	if r.mark != "" {
		names = append([]string(nil), names...)
		for i, n := range names {
			if strings.Contains(n, r.mark) {
				names[i], parts[i] = strings.ReplaceAll(n, r.mark, ""), partLead
			}
		}
	}
	strong := false
	for _, p := range parts {
		strong = strong || p == partLead
	}
	if r.first && !strong && len(parts) > 0 && parts[0] == partDuty {
		parts[0], strong = partLead, true
	}
	if r.also != "" && len(names) > 0 {
		names, parts = append(names[:len(names):len(names)], r.also), append(parts, partSupport)
	}
	seen := map[string]bool{}
	for i, n := range names {
		switch {
		case n == "" || seen[n]:
		case parts[i] == partLead, parts[i] == partDuty && !strong:
			lead = append(lead, n)
		default:
			support = append(support, n)
		}
		seen[n] = true
	}
	return lead, support
}

// label matches the words before a colon that say what part the units after it
// take, or when the matter is due. Groups: units' role, the rest of the label.
var label = regexp.MustCompile(`(?:(总牵头|牵头主办|牵头|主要责任|第一责任|主责|主办|责任|负责|承办|落实|实施|主管|指导|主体责任|推进|任务|共同|组织|责任落实|配合责任|配合|协办|协助|协同|协作|参与|参加|支持|会办|配合实施)(?:负责|实施|落实|责任|推进|建设|配合)?(?:单位|部门|主体|机构|处室|科室|股室|地区|市县)(?:及(?:部门|单位|参与单位|配合单位|负责人|责任人))?(?:[（(][^）)]{0,16}[)）])?|(牵头|主办|协办|配合|参与|责任|承办|负责)|((?:计划|预计|要求)?(?:完成|办结|整改|实施|推进|落实|办理|达标)?(?:时限|时间节点|时间要求|时限要求|时间进度|时间安排|进度安排|进度要求|期限|时间|时间表|节点))|(牵头领导|责任领导|分管领导|市领导|县领导|区领导|责任人|负责人|联系人|联络员|责任股室|包保领导|挂钩领导|督导领导|牵头负责人|联系电话))[：:]`)

// quick words without one of which no text is a share.
var quick = []string{"牵头", "负责", "单位", "部门", "责任", "配合", "参与", "参加", "协助", "协办", "主办", "承办", "协同", "时限", "时间", "期限", "落实", "为主", "会同", "按职责", "分工", "处室", "科室", "指导"}

func hasAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// maxShare bounds the bytes of a text that may be a share.
const maxShare = 3 * 1200

// remark matches a clause that explains a list and names nobody: 列第一位者为牵头单位, 下同, 不再列出.
var remark = regexp.MustCompile(`(?:^|[，,。；;、])(?:[^，,。；;、]*(?:第一位|首位|第一个|排在|排名|列第一|第一单位)[^，,。；;]*牵头[^，,。；;]*|下同|以下同|以下均[^，,。；;]*|下均[^，,。；;]*|不再(?:逐一)?列出|[^，,。；;、]*不分先后)`)

// innerRemark matches such a clause in brackets behind a name: 县住建局（首位为牵头单位）.
var innerRemark = regexp.MustCompile(`[（(][^（）()]*(?:第一位|首位|第一个|排在|排名|列第一|第一单位)[^（）()]*牵头[^（）()]*[）)]`)

// readShare reads a text that says who does something and by when: 牵头单位：A；
// 配合单位：B, or A牵头，B、C按职责分工负责. It is false for any other text.
func readShare(text string) (share, bool) {
	if len(text) > maxShare || !hasAny(text, quick) {
		return share{}, false
	}
	text = strings.TrimLeft(remark.ReplaceAllString(innerRemark.ReplaceAllString(text, ""), ""), "，,。；;、")
	var s share
	at := label.FindAllStringSubmatchIndex(text, -1)
	if len(at) == 0 {
		return readVerbs(text, partNone)
	}
	if at[0][0] > 0 {
		head, ok := readVerbs(text[:at[0][0]], partNone)
		if !ok && strings.Trim(text[:at[0][0]], "，。；、,;.：: ") != "" {
			return share{}, false
		}
		s.merge(head)
	}
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		s.labelled(text, m, strings.Trim(text[m[1]:end], "，。；、,;. （("))
	}
	return s, len(s.names) > 0 || s.when != "" || len(s.extra) > 0
}

// labelled adds one label's value.
func (s *share) labelled(text string, m []int, value string) {
	name := strings.TrimRight(text[m[0]:m[1]], "：:")
	if value == "" || value == "/" || value == "无" || value == "—" {
		return
	}
	switch {
	case m[6] >= 0:
		s.when = joinOnce(s.when, value)
	case m[8] >= 0:
		s.put(name, value)
	default:
		word := name
		if m[2] >= 0 {
			word = text[m[2]:m[3]]
		}
		v, _ := readVerbs(value, partOf(word))
		s.merge(v)
	}
}

func partOf(word string) part {
	switch {
	case hasAny(word, []string{"配合", "协办", "协助", "协同", "协作", "参与", "参加", "支持", "会办"}):
		return partSupport
	case hasAny(word, []string{"牵头", "主办", "主责", "主要责任", "第一责任", "为主"}):
		return partLead
	case word == "":
		return partNone
	}
	return partDuty
}

// verbTail matches the words at the end of a unit's entry that say how it takes
// part: 牵头, 按职责分工负责, 配合. The name stands before it.
var verbTail = regexp.MustCompile(`(?:(?:[，,]?(?:要|应)?(?:按照?|依据?|根据|依照|结合|在)?(?:各自|部门|单位|相关|有关)*(?:工作)?(?:职责|职能|分工|任务|职权|权限)+(?:和)?(?:任务|分工|范围内?)*)|各司其职|各负其责|分别|分头|共同|联合|具体|统一|主要|全程|积极|牵头|负责|配合|参与|参加|协助|协同|协作|协办|主办|承办|落实|组织|实施|推进|推动|指导|支持|抓好|抓|做好|督促|协调|统筹|制定|办理|完成|开展|为主|等)+(?:相关|有关)?(?:工作)?$`)

// verbMid matches a verb followed by its object: 负责学校部分.
var verbMid = regexp.MustCompile(`^(.{2,40}?)((?:共同|分别|具体)?(?:牵头|负责|配合|协助|参与|会同|承担|主办|协办))(.*)$`)

// role words at least one of which a verb tail must hold to count.
var roleWords = []string{"牵头", "负责", "配合", "参与", "参加", "协助", "协同", "协作", "协办", "主办", "承办", "落实", "实施", "推进", "指导", "支持", "为主", "各司其职", "职责", "分工"}

// readVerbs reads entries such as A、B牵头，C配合. Entries without a verb take
// the next one's, or, where a label stood before, the label's part.
func readVerbs(text string, def part) (share, bool) {
	g := group{def: def}
	for _, w := range splitNames(strings.NewReplacer("。", "；", "会同", "、会同").Replace(text)) {
		g.entry(w)
	}
	return g.done()
}

// readSentence reads a sentence that says who does something and nothing else.
// It is strict: every entry is a body with or without a verb, or a time.
func readSentence(text string) (share, bool) {
	if !hasAny(text, []string{"牵头", "负责", "配合", "主办"}) {
		return share{}, false
	}
	g := group{}
	for _, w := range splitNames(strings.ReplaceAll(text, "会同", "、会同")) {
		g.entry(w)
	}
	s, ok := g.done()
	named := false
	for _, n := range s.names {
		if !isBody(n) {
			return share{}, false
		}
		named = named || isNamedOrg(n) && !orgGroup.MatchString(n)
	}
	return s, ok && named && !g.loose && len(g.wait) == 0
}

// group collects entries until a verb tells their part.
type group struct {
	def     part
	out     share
	wait    []string
	joined  int // entries of wait from here on stand after 会同; 0 when none
	hasVerb bool
	sound   bool // at least one entry is surely the name of a body
	last    part
	again   bool // the entry before says a time that comes again
	loose   bool // an entry says more than who and when
}

func (g *group) entry(w string) {
	w = strings.Trim(w, " ：:“”\"'")
	for _, lead := range []string{"并由", "具体由", "其中", "由", "以", "各由"} {
		if strings.HasPrefix(w, lead) && !isOrg(w) {
			w = strings.TrimPrefix(w, lead)
			break
		}
	}
	if rest := strings.TrimPrefix(w, "会同"); rest != w && len(g.wait)+len(g.out.names) > 0 {
		w = rest
		if g.joined == 0 && len(g.wait) > 0 {
			g.joined = len(g.wait)
		}
	}
	if again := g.again && len(limits(w)) > 0; again && !isBody(w) {
		g.out.open += "、" + w // 每年6月底、12月底前
		return
	}
	g.again = false
	if ls := limits(w); len(ls) > 0 && !isBody(w) {
		for _, l := range ls {
			g.out.when = joinOnce(g.out.when, l)
		}
		return
	}
	if isTime(w) {
		g.out.open, g.again = joinOnce(g.out.open, w), recurs.MatchString(w)
		return
	}
	if name, when, ok := cutTime(w); ok {
		g.out.open = joinOnce(g.out.open, when)
		g.wait = append(g.wait, g.names(name)...)
		g.hasVerb = true
		g.flush(partDuty)
		return
	}
	if m := partMark.FindStringSubmatch(w); m != nil && isBody(m[1]) {
		g.marked(m[1], partOf(m[2]))
		return
	}
	name, verb := cutVerb(w)
	got := g.names(name)
	g.loose = g.loose || len(got) == 0 && name != "" || !strings.HasSuffix(w, verb)
	g.wait = append(g.wait, got...)
	if verb == "" {
		return
	}
	g.hasVerb = true
	p := partOf(verb)
	g.flush(p)
}

// partMark matches a name whose bracket says what part it takes: 县政府办（牵头）.
var partMark = regexp.MustCompile(`^(.+?)[（(](总?牵头|主办|主责|配合|协办|参与|协助)(?:单位|部门)?[）)]$`)

// marked adds a name that says itself what part it takes; those beside it that
// say nothing take the other.
func (g *group) marked(name string, p part) {
	g.out.add(p, name)
	g.sound, g.hasVerb, g.last = true, true, partDuty
	if p == partLead {
		g.last = partSupport
		if g.def != partNone {
			g.def = partSupport
		}
	}
}

// timeWord matches the beginning of what says when, not who: 持续推进, 每季度末,
// 2025年完成, 力争年底完成, 即日起实施.
var timeWord = regexp.MustCompile(`^(?:并|力争|争取|确保|计划|预计|于|在|到|至|从|自)*(?:持续|长期|常年|全年|全程|常态|经常|每[年月季周日个半两]|逐[年月季步]|分年|分期|分阶段|分步|分批|立即|立行|即日|即时|即刻|适时|实时|按时|按期|按年|按月|按季|及时|限期|[上下]半年|年[内底末初中]|(?:19|20)\d\d|\d{1,2}月|近期|中期|远期|当前|目前|今[年后]|[明后本当次]年|尽快|尽早|随时|定期|不定期|日常|始终|长效|第?[一二三四]季度|印发之日|公布之日|发布之日)`)

// isTime reports an entry of a list of units that says when and names nobody.
func isTime(w string) bool { return timeWord.MatchString(w) && !isBody(w) }

// cutTime parts 县财政局长期坚持 into the name and what says when.
func cutTime(w string) (name, when string, ok bool) {
	if isBody(w) {
		return "", "", false
	}
	for i := range w {
		if i > 0 && timeWord.MatchString(w[i:]) && isOrg(w[:i]) {
			return w[:i], w[i:], true
		}
	}
	return "", "", false
}

// deadline is what the share says of the time, and what the text says where
// the share sets no limit.
func (s share) deadline(text string) string {
	d := deadline(s.when, text)
	if s.open == "" {
		return d
	}
	return joinOnce(d, s.open)
}

// actWord matches what no name holds that does not end like a body's.
var actWord = regexp.MustCompile(`\d|坚持|开展|完成|实施|启动|执行|进行|确保|落实|推进|推动|结果|一次|不少于|力争|争取|加强|做好|按照|根据|实行|抓好|持续|长期`)

// mayName reports whether an entry of a list may be a unit: a body, a place, or
// at least no words of doing and of time.
func mayName(n string) bool { return isBody(n) || !actWord.MatchString(n) && !timeWord.MatchString(n) }

// cutVerb parts 市教育局按职责分工负责 into name and verb.
func cutVerb(w string) (name, verb string) {
	if isOrg(w) || roleNoun.MatchString(w) {
		return w, ""
	}
	if m := verbTail.FindStringIndex(w); m != nil && hasAny(w[m[0]:], roleWords) {
		return w[:m[0]], w[m[0]:]
	}
	if m := verbMid.FindStringSubmatch(w); m != nil && isBody(strings.TrimSuffix(m[1], "等")) {
		return m[1], m[2]
	}
	return w, ""
}

func (g *group) flush(p part) {
	for i, n := range g.wait {
		q := p
		if g.joined > 0 {
			if i >= g.joined {
				q = partSupport
			} else if p == partDuty {
				q = partLead
			}
		}
		g.out.add(q, n)
	}
	g.wait, g.joined, g.last = nil, 0, p
}

func (g *group) done() (share, bool) {
	switch {
	case len(g.wait) == 0:
	case g.def != partNone:
		g.flush(g.def)
	case g.hasVerb:
		g.flush(g.last)
	default:
		return share{}, false
	}
	return g.out, len(g.out.names) > 0 && (g.sound || g.def != partNone)
}

// countGroup matches what only sums up a list: 等部门, 等10个单位.
var countGroup = regexp.MustCompile(`^(?:\d+个|[一二三四五六七八九十]+个)?(?:部门|单位|部门和单位|部门单位|单位部门|部门、单位|部门（单位）|地方|地区|处室)?$`)

// names reads the names of one entry: A等省有关部门及各地级以上市.
func (g *group) names(w string) []string {
	var out []string
	for _, piece := range cutEtc(w) {
		for _, n := range splitAnd(piece) {
			n = strings.Trim(n, " 。.：:；;“”")
			if n == "" || countGroup.MatchString(n) || !mayName(n) {
				continue
			}
			g.sound = g.sound || isBody(n)
			out = append(out, n)
		}
	}
	return out
}

// cutEtc cuts at 等 where a list ends and a group follows: A等省有关部门.
func cutEtc(w string) []string {
	if w = strings.TrimSuffix(w, "等"); !strings.Contains(w, "等") {
		return []string{w}
	}
	var out []string
	for {
		k := strings.Index(w, "等")
		if k < 0 || strings.HasPrefix(w[k:], "等级") || strings.HasPrefix(w[k:], "等教") || k == 0 {
			break
		}
		out = append(out, w[:k])
		w = w[k+len("等"):]
	}
	return append(out, w)
}

// placeEnd matches names of places, which act for their governments.
var placeEnd = regexp.MustCompile(`^[\p{Han}（）()、]{1,12}(?:省|市|县|区|州|旗|盟|镇|乡|街|村|市县|兵团)$`)

// isBody reports the name of a public body or of a place.
func isBody(name string) bool {
	return isOrg(name) || placeEnd.MatchString(name) && !strings.ContainsAny(name, "和及与")
}
