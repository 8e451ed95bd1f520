package index

// tag is what a word of a question's frame does. A frame word is not looked
// for in the documents: it says what is asked, not about what.
type tag uint32

const (
	tagFiller   tag = 1 << iota // carries nothing: 的 了 啊 请问
	tagWho                      // asks for a unit: 谁 哪个部门
	tagMulti                    // asks for several: 哪些单位 都有谁
	tagResp                     // verbs of being responsible: 负责 归 管 找
	tagDuties                   // asks what a unit does: 职责 管什么
	tagDocSay                   // asks what the document says: 文件怎么说 在哪条
	tagSeparate                 // asks for each of a list: 分别
	tagWhen                     // asks for a date: 什么时候 几月底前
	tagCount                    // asks how many: 几个 多少
	tagAttr                     // asks what plans do not hold: 电话 几点 怎么办理
	tagPronoun                  // leans on the previous question: 它 他们 那个
	tagEllipsis                 // 呢
	tagCompare                  // 区别 不同
	tagMember                   // 是不是成员单位
	tagOr                       // joins alternatives: 、 或 和
	tagCommand                  // tries to command the bot
	tagGreeting
	tagThanks
	tagHelp
	tagGeneric  // content, but so common in plans that it decides nothing: 工作 建设
	tagMention  // 写了 提到: asks for a literal word
	tagYesNo    // 是不是 吗
	tagDocWord  // the document itself: 方案 文件 附件
	tagItemWord // 项 条 件事
	tagPerson   // asks for a person: 组长 主任 负责人是谁
	tagFact     // asks for the document's own data: 文号 印发 成员单位
	tagHelps    // asks who lends a hand: 帮着 搭手
	tagAsk      // says what kind of sentence it is: 想问 咨询
	tagFollow   // asks on: 还有 其他 详细 原文
	tagAck      // only says that it was heard: 哦 嗯 好
	tagTalk     // is said to the bot or about it: 你 你们 太慢
)

// tagNames are the kinds a frame file may use.
var tagNames = map[string]tag{
	"filler": tagFiller, "who": tagWho, "multi": tagMulti, "resp": tagResp, "duties": tagDuties,
	"docsay": tagDocSay, "separate": tagSeparate, "when": tagWhen, "count": tagCount, "attr": tagAttr,
	"pronoun": tagPronoun, "ellipsis": tagEllipsis, "compare": tagCompare, "member": tagMember,
	"or": tagOr, "command": tagCommand, "greeting": tagGreeting, "thanks": tagThanks, "help": tagHelp,
	"generic": tagGeneric, "mention": tagMention, "yesno": tagYesNo, "docword": tagDocWord,
	"itemword": tagItemWord, "person": tagPerson, "fact": tagFact, "helps": tagHelps, "ask": tagAsk,
	"follow": tagFollow, "ack": tagAck, "talk": tagTalk,
}
