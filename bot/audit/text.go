package audit

import "fmt"

// Tell words a break for users.
func Tell(b *Break) string {
	where := b.Chain
	if where == register {
		where = "总登记"
	}
	if b.Seq > 0 {
		where = fmt.Sprintf("%s 第 %d 条", where, b.Seq)
	}
	return where + "：" + texts[b.Why] + "。"
}

var texts = map[Why]string{
	Missing:      "这一条不见了，后面的还在",
	Changed:      "内容和写入时不一样",
	Unlinked:     "接的不是前面那一条",
	Cut:          "这一条和后面的都不见了",
	Surplus:      "排在记录末尾之后，是多出来的",
	NoHead:       "记录末尾的登记不见了，或者和写入时不一样",
	Unregistered: "没有开始登记，是另外加进来的",
}
