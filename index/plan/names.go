package plan

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ending is a set of words that text may end in.
type ending map[rune][]string // by last rune

func endings(words string) ending {
	e := ending{}
	for _, w := range strings.Fields(words) {
		last, _ := utf8.DecodeLastRuneInString(w)
		e[last] = append(e[last], w)
	}
	return e
}

// of reports whether s ends in one of the words.
func (e ending) of(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	for _, w := range e[last] {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

// orgEnd holds the last words of names of public bodies. A name is recognised
// by its end, so that units of any county are found.
var orgEnd = endings(`局 委 办 厅 部 署 院 馆 台 联 协 会 社 处 所 站 队 组 班 校 科 股 中心 公司 集团 政府 街道 镇 乡
	开发区 园区 新区 示范区 高新区 经开区 度假区 保护区 试验区 青年团 办公室 指挥部 联席会议 银行 分行 支行
	大学 中学 小学 幼儿园 海关 部门 单位 机构 机关 邮政 军区 分区 企业 电网
	财务室 督查室 研究室 综合室 政研室 信访室 人事室 保卫室 秘书室 教研室 法制室 监察室 档案室`)

// notOrg holds words that end like a body's name but are things.
var notOrg = endings(`社会 机会 大会 晚会 展会 宴会 座谈会 培训会 推进会 运动会 博览会 例会 全会 听证会 发布会 动员会
	现场会 调度会 部署会 视频会 年会 聚会 庙会 茶话会 交流会 洽谈会 研讨会 报告会 评审会 总结会 分析会 专题会 办公会
	盛会 都会 体会 不会 才会 约会 领会 误会 会会 干部 内部 全部 外部 西部 东部 中部 南部 北部 局部 举办 主办 承办 督办
	协办 交办 创办 兴办 关联 互联 物联 串联 场所 厕所 住所 处所 部署 布局 格局 大局 全局 结局 开局 变局 大厅 展厅 餐厅 实处 深处 高处 多处 随处 通办 联办 帮办
	代办 快办 好办 即办 返乡 校园区 为中心 机组 进校 家校 车站 网站 文化站 场馆 展台 平台 后台 舞台 出台 讲台
	旅行社 合作社 好处 到处 之处 团队 部队 军队 城乡 家乡 下乡 城镇 乡镇 村镇 妥协 大院 出院 剧院 影院 电影院
	学科 本科 专科 百科 文科 理科 内科 外科 控股 参股 入股 小班 上班 培训班 进修班 学习班 重组 改组 所属单位`)

// orgGroup matches generic groups: 各县（市、区）人民政府, 有关部门, 各成员单位.
var orgGroup = regexp.MustCompile(`^(?:其他)?(?:(?:全?[省市县区州旗盟]|国务院|中央)(?:级|直|属)?)?(?:各|有关|相关|各有关|各相关|有关各|其他|所有|属地)`)

// groupEnd holds how a generic group ends beside the ends of names: 各地区, 各地.
var groupEnd = endings(`地 地区 地方 方面 各方 主体 成员 组织 科室 股室 处室 院校 高校 口岸 经营者 社会力量 县级市 试点城市
	省 市 县 区 州 旗 盟 镇 乡 街 村`)

// generic holds words that are no names by themselves.
var generic = wordSet(`部门 单位 机构 机关 企业 公司 政府 学校 医院 社会 协会 学会 商会 工会 各级 小组 一组 二组 三组 本组 班组`)

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// roleNoun matches 牵头单位 and its like inside a generic name: 各项目牵头单位.
var roleNoun = regexp.MustCompile(`(?:牵头|责任|配合|负责|参与|成员|主管)(?:单位|部门)$`)

// verbInside matches words that a name never holds but a sentence does.
var verbInside = regexp.MustCompile(`^(?:创建|争创|申报|创新|改造)|负责|牵头|配合|推进(?:[^办中组处局领工]|$)|推动|成立|设立|组建|新建|扩建|健全|强化|明确|坚持|打造|鼓励|发挥|压实|严格|规范|充实|配备|整合|培育|提升|提高|加强|落实|做好|建立|开展|应当|要求|完善|组织实施|会同|按照|根据|以及|我[省市县区]|本[省市县区]|不得|可以|等[^级]|[的了把是被由]`)

const (
	minName = 2
	maxName = 28
)

// bare removes a name's closing bracket: 市委宣传部（文明办） → 市委宣传部.
func bare(name string) string {
	r := []rune(name)
	if n := len(r); n > 0 && (r[n-1] == '）' || r[n-1] == ')') {
		depth := 0
		for i := n - 1; i > 0; i-- {
			switch r[i] {
			case '）', ')':
				depth++
			case '（', '(':
				if depth--; depth == 0 {
					return string(r[:i])
				}
			}
		}
	}
	return name
}

// isOrg reports whether the text reads as the name of a public body, whatever
// its county: 市委办（考绩）, 省人力资源社会保障厅, 团市委, 各街道办事处.
func isOrg(name string) bool {
	b := bare(strings.TrimSpace(name))
	n := 0
	for _, r := range b {
		n++
		if n > maxName {
			return false
		}
		if !unicode.Is(unicode.Han, r) && !isLatin(r) && !strings.ContainsRune("（）()、“”·", r) {
			return false
		}
	}
	if n < minName {
		return false
	}
	flat := dropBrackets(b)
	org := orgEnd.of(flat) && !notOrg.of(flat)
	if generic[flat] || !org && !groupEnd.of(flat) {
		return false
	}
	if verbInside.MatchString(roleNoun.ReplaceAllString(flat, "")) {
		return false
	}
	return (org || orgGroup.MatchString(flat)) && !isBuilding(flat)
}

// building matches a task that ends like a body's name: 建好融媒体中心, 办好老年大学.
var (
	building   = regexp.MustCompile(`^(?:建好|办好|用好|管好|建成|建设|筹建|续建|迁建|兴建|修建|修缮|搬迁|升级|打造|优化|盘活|引进|支持|实施|做大|做强|做优|搞好|深化|拓展|整治|清理).*(?:中心|站|院|馆|所|校|学|园|园区|新区|开发区|公司|集团|台|社|队)$`)
	buildingOK = regexp.MustCompile(`^(?:建设(?:工程|用地|项目|集团|投资|管理|质量|监理)|支持中心)`)
)

func isBuilding(name string) bool {
	return building.MatchString(name) && !buildingOK.MatchString(name)
}

func dropBrackets(s string) string {
	if !strings.ContainsAny(s, "（(") {
		return s
	}
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch r {
		case '（', '(':
			depth++
		case '）', ')':
			if depth > 0 {
				depth--
			}
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// bareLevel matches a level of government that only a word after it makes a name.
var bareLevel = regexp.MustCompile(`^(?:各|全)?(?:[省市州县区乡镇村](?:和[省市州县区乡镇])?|镇街|市县)(?:（[^）]*）|\([^)]*\))?$`)

// splitNames cuts a list at 、，,；; and white space, outside brackets. A level
// stays with the word that makes it a name: 市、县（区）人民政府 is one.
func splitNames(s string) []string {
	pieces, seps := cutList(s)
	var out []string
	for i := 0; i < len(pieces); i++ {
		w := pieces[i]
		for j := i; j+1 < len(pieces) && seps[j] == '、' && bareLevel.MatchString(pieces[j]); j++ {
			if next := pieces[j+1]; !bareLevel.MatchString(next) && !placeEnd.MatchString(next) && orgEnd.of(next) {
				w = strings.Join(pieces[i:j+2], "、")
				i = j + 1
				break
			}
		}
		out = append(out, w)
	}
	return out
}

// cutList cuts at the marks of a list and tells which mark followed each piece.
func cutList(s string) (pieces []string, seps []rune) {
	depth, start := 0, 0
	r := []rune(s)
	cut := func(i int, sep rune) {
		if w := strings.TrimSpace(string(r[start:i])); w != "" {
			pieces, seps = append(pieces, w), append(seps, sep)
		}
		start = i + 1
	}
	for i, c := range r {
		switch c {
		case '（', '(':
			depth++
		case '）', ')':
			if depth > 0 {
				depth--
			}
		case '、', '，', ',', '；', ';', '/', '\n', '|':
			if depth == 0 {
				cut(i, c)
			}
		}
	}
	cut(len(r), 0)
	return pieces, seps
}

// maxAnd bounds the bytes of an entry that may be several names.
const maxAnd = 3 * 60

// splitAnd cuts 省政府办公厅和省市场监管局 and A及B where both sides are names
// of their own; 自然资源和规划局 and 有关部门和单位 stay whole.
func splitAnd(name string) []string {
	if len(name) > maxAnd {
		return []string{name}
	}
	for _, w := range []string{"以及", "及", "和", "与", "暨"} {
		l, r, ok := strings.Cut(name, w)
		for ok && r != "" {
			if !bareLevel.MatchString(l) && isWhole(l) && isWhole(r) {
				return append(splitAnd(l), splitAnd(r)...)
			}
			var more string
			if more, r, ok = strings.Cut(r, w); ok {
				l += w + more
			}
		}
	}
	return []string{name}
}

// isWhole reports one name, or several joined by 和 or 及.
func isWhole(s string) bool {
	if isBody(s) || orgGroup.MatchString(s) && strings.HasSuffix(s, "和单位") {
		return true
	}
	pieces := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("及和与", r) })
	for _, w := range pieces {
		if !isBody(w) {
			return false
		}
	}
	return len(pieces) > 1
}

// vague matches generic words that only look like a name: 组成部门, 成员单位, 有关企业.
var vague = regexp.MustCompile(`(?:单位|机构|企业)$|^(?:[\p{Han}]{0,8}(?:组成|成员|责任|牵头|配合|参与|相关|有关|职能|业务|所属|直属|上级|下级|内设|主要|其他|主办|承办|协办|实施|申报|项目|乡镇|基层|党政))?(?:主管)?(?:部门|机关)$`)

// levelled matches a name that begins with its level: 市级各部门, 县属企业.
var levelled = regexp.MustCompile(`^(?:国家|国务院|全国|中央|[省市县区州旗镇乡])`)

// isNamedOrg reports a name that could head a list of duties: not a generic
// word such as 组成部门.
func isNamedOrg(name string) bool {
	b := dropBrackets(name)
	return isOrg(name) && (!vague.MatchString(b) || orgGroup.MatchString(b) || levelled.MatchString(b) || strings.HasSuffix(b, "管理机构")) && !memberGroup.MatchString(b)
}

// memberGroup matches the members as a whole, who head no list of their own.
var memberGroup = regexp.MustCompile(`成员单位$`)

// unitList reads a text that is nothing but names of bodies.
func unitList(text string) ([]string, bool) {
	var out []string
	for _, w := range splitNames(text) {
		for _, n := range splitAnd(w) {
			if !isOrg(n) {
				return nil, false
			}
			out = append(out, n)
		}
	}
	return out, len(out) > 0
}

// isUnitLine reports a line that holds names of bodies and nothing else, as a
// heading does.
func isUnitLine(text string) bool {
	if len(text) > 3*60 {
		return false
	}
	text = strings.TrimRight(strings.TrimLeft(text, "★☆●◆■·"), "：:")
	_, ok := unitList(text)
	return ok
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
