package config

import "strings"

// advices say, for a piece of an error of Load, what to do about it.
var advices = []struct{ piece, text string }{
	{"must be host:port", "要写成 主机:端口，例如 127.0.0.1:8080"},
	{"the port must be", "端口要是 0 到 65535 的数字，例如 127.0.0.1:8080"},
	{"unknown field", "这个名字不认识，请检查拼写；全部名字见 docs/config.md"},
	{"the same name twice", "同一个名字写了两次，请删掉一个"},
	{"where sequence is expected", "这一项要写成列表：每项一行、前面写“- ”；例子见 docs/config.md"},
	{"where mapping is expected", "这一项是一组：名字单独一行，下面缩进写 名字: 值；例子见 docs/config.md"},
	{"wrong kind of value", "值的写法不对：列表要每项一行、前面写“- ”，数字不加字，一组的名字下面要缩进；例子见 docs/config.md"},
	{"not valid YAML", "这一行不是正确的 YAML：冒号后面要有空格，缩进用空格，列表每项一行、前面写“- ”；例子见 docs/config.md"},
	{"not UTF-8", "请用 UTF-8 编码重新保存这个文件"},
	{"more than one YAML document", "文件里有 --- 分隔线，请删掉"},
	{"anchors, aliases and tags", "这里不能用 &、*、! 这些写法，请直接写值"},
	{"nested too deep", "缩进的层数太多，请检查缩进"},
	{"no such file", "找不到这个文件，请检查路径"},
	{"permission denied", "没有权限读这个文件"},
	{"is a directory", "这是文件夹，要的是文件"},
	{"larger than", "文件太大，请检查是不是写错了文件"},
	{"both set", "两种写法只能留一种"},
	{"needed because", "这几项要一起填"},
	{"must name a folder", "要写一个文件夹"},
	{"needs at least", "太短了"},
	{"not a time zone", "不是时区名，例如 Asia/Shanghai"},
	{"use lower-case letters", "只能用小写字母、数字和 -，最多 63 个字符"},
	{"must be a URL", "要写完整的网址，不带 ? 和 #"},
	{"must begin with redis", "要以 redis:// 或 rediss:// 开头并写明主机"},
	{"must be the 43 characters", "要填平台上显示的 43 个字符，请重新复制"},
	{"neither an IP address", "要写 IP 地址或网段，例如 10.0.0.0/8"},
	{"must be ws or http", "只能写 ws 或 http"},
	{"must be stream or http", "只能写 stream 或 http"},
	{"must be sha256 or sha1", "只能写 sha256 或 sha1"},
	{"http needs token", "用 http 要同时填 token 和 aes_key"},
	{"belong to mode http", "token 和 aes_key 只在 mode: http 时填"},
	{"must look like 08:30-17:30", "要写成 08:30-17:30，早的在前"},
	{"must look like 09:00", "要写成 09:00"},
	{"must lie within", "要在 remind.hours 的时段之内"},
	{"falling numbers of days", "要写从大到小的天数，0 到 366"},
	{"rising numbers of days", "要写从小到大的天数，1 到 366"},
	{"must not be below remind.head", "不能比 remind.head 小：先告知单位负责人，再报办公室"},
	{"not true or false", "只能写 true（要）或 false（不要）"},
	{"must be at least 1", "至少是 1"},
	{"must not be negative", "不能是负数"},
	{"is not a date", "不是日期，要写成 2027-01-01"},
	{"is listed twice", "这一天写了两次，请删掉一个"},
	{"write a holiday as", "要写成 2027-01-01=off:元旦 或 2027-01-03=work"},
	{"is not a year", "year 要写四位数的年份，例如 2026"},
	{"is there twice", "这一年写了两次，请删掉一个"},
	{"points must not be", "分值不能是负数，on_time 至少是 1，late 不能比 on_time 大"},
	{"write a year's weights as", "要写成 2026=100/2/60/0：按期、每过一天扣、逾期办结最低、每批准一次延期扣"},
	{"not a whole number", "要写整数"},
	{"not a list of whole numbers", "要写用逗号分开的整数"},
	{"empty name", "有一项是空的，请删掉"},
}

// Advice is an error of Load for users: each line says what to do, in plain
// Chinese, with the technical text behind it.
func Advice(err error) string {
	if err == nil {
		return ""
	}
	var out []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		for _, a := range advices {
			if strings.Contains(line, a.piece) {
				line = a.text + "（" + line + "）"
				break
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
