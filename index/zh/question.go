package zh

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxQuestion is the most runes of a question that are kept.
	maxQuestion = 500
	// maxMention is the longest name, in runes, that a mention with spaces in it can have.
	maxMention = 40
	// longestFace is the bytes of the longest name among the faces.
	longestFace = len("让我看看")
	// mentionEnd is the space that WeCom puts after the name it mentions.
	mentionEnd = '\u2005'
)

// botNames end the names of bots: where nothing parts a mention from the question, it ends after one of them.
var botNames = [...]string{"机器人", "小助手", "助手", "助理", "小秘书"}

// CleanQuestion prepares what someone typed into a chat. It removes emoji (platform codes such as [微笑] too),
// zero-width, control and private characters, variation selectors, invalid bytes, mentions at either end
// (@协调助手 教育局职责), repeats of a punctuation mark (？？？), and white space around; line ends and other white space
// become one space; 500 runes are kept. Width, case and traditional characters stay: the caller folds when it compares.
// Cleaning twice changes nothing.
func CleanQuestion(s string) string {
	text := trimMentions(squeeze(stripFaces(strings.Map(wanted, s))))
	return strings.TrimSpace(strings.ReplaceAll(text, string(mentionEnd), " "))
}

// wanted drops what nobody reads.
func wanted(r rune) rune {
	switch {
	case r == mentionEnd:
		return r
	case unicode.IsSpace(r):
		return ' '
	case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co), isEmoji(r):
		return -1
	}
	return r
}

// isEmoji covers pictures and what joins and colours them, but not ○, ①, ❶ and other characters of a text.
func isEmoji(r rune) bool {
	switch {
	case r < 0x2000:
		return false
	case r >= 0x1F000 && r <= 0x1FAFF, // pictures, flags, skin colours
		r >= 0x2600 && r <= 0x2775, r >= 0x2794 && r <= 0x27BF, // signs and dingbats around ❶ to ➓
		r >= 0x231A && r <= 0x23FF, r >= 0x2B05 && r <= 0x2B55, // clocks, arrows, stars
		r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF, // variation selectors
		r == 0x20E3, r == 0x203C, r == 0x2049, r == 0x3030, r == 0x303D, r == 0x3297, r == 0x3299:
		return true
	}
	return false
}

// stripFaces removes the codes that WeCom and DingTalk send for their own pictures.
func stripFaces(s string) string {
	if !strings.Contains(s, "[") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == ']' {
			from := max(0, len(out)-longestFace-1)
			if at := bytes.LastIndexByte(out[from:], '['); at >= 0 && isFace(string(out[from+at+1:])) {
				out = out[:from+at]
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// squeeze joins white space and repeated punctuation and cuts at the limit.
func squeeze(s string) string {
	var out []rune
	for _, r := range s {
		if len(out) > 0 {
			last := out[len(out)-1]
			if isBlank(last) && isBlank(r) {
				if r == mentionEnd {
					out[len(out)-1] = r
				}
				continue
			}
			if last == r && (unicode.IsPunct(r) || r == '~' || r == '～') {
				continue
			}
		} else if isBlank(r) {
			continue
		}
		if len(out) == maxQuestion {
			break
		}
		out = append(out, r)
	}
	return string(out)
}

func isBlank(r rune) bool { return r == ' ' || r == mentionEnd }

func isAt(r rune) bool { return r == '@' || r == '＠' }

// trimMentions removes mentions from both ends.
func trimMentions(s string) string {
	rs := []rune(s)
	for len(rs) > 0 {
		n := len(rs)
		rs = trimBlank(cutTail(trimBlankLeft(cutHead(rs))))
		if len(rs) == n {
			break
		}
	}
	return string(rs)
}

// cutHead removes a mention at the beginning. One that ends with the question's last rune may hold the whole question,
// so only a bot's name or the sign goes.
func cutHead(rs []rune) []rune {
	if len(rs) == 0 || !isAt(rs[0]) {
		return rs
	}
	blank := -1
	for i, r := range rs[:min(len(rs), maxMention)] {
		if r == mentionEnd {
			return rs[i+1:]
		}
		if r == ' ' && blank < 0 {
			blank = i
		}
	}
	if blank > 0 {
		return rs[blank+1:]
	}
	head := string(rs[:min(len(rs), maxMention)])
	for _, name := range botNames {
		if at := strings.Index(head, name); at >= 0 {
			return rs[utf8.RuneCountInString(head[:at+len(name)]):]
		}
	}
	return rs[1:]
}

// cutTail removes a mention at the end; an e-mail address is none.
func cutTail(rs []rune) []rune {
	spaces := len(rs) > 0 && rs[len(rs)-1] == mentionEnd
	for i := len(rs) - 1; i >= max(0, len(rs)-maxMention); i-- {
		switch {
		case isAt(rs[i]) && (i == 0 || !isToken(narrow(rs[i-1]))):
			return rs[:i]
		case isAt(rs[i]), isBlank(rs[i]) && i < len(rs)-1 && !spaces:
			return rs
		}
	}
	return rs
}

func trimBlank(rs []rune) []rune {
	for len(rs) > 0 && rs[len(rs)-1] == ' ' {
		rs = rs[:len(rs)-1]
	}
	return rs
}

func trimBlankLeft(rs []rune) []rune {
	for len(rs) > 0 && isBlank(rs[0]) {
		rs = rs[1:]
	}
	return rs
}

// faces are the picture codes that chats send as text, each with a space on both sides.
const faces = " 微笑 撇嘴 色 发呆 得意 流泪 害羞 闭嘴 睡 大哭 尴尬 发怒 调皮 呲牙 惊讶 难过 酷 冷汗 抓狂 吐 偷笑 愉快 可爱 白眼 傲慢 困 惊恐 " +
	"流汗 憨笑 悠闲 奋斗 咒骂 疑问 嘘 晕 衰 骷髅 敲打 再见 擦汗 抠鼻 鼓掌 坏笑 右哼哼 鄙视 委屈 快哭了 阴险 亲亲 可怜 笑脸 生病 脸红 破涕为笑 " +
	"恐惧 失望 无语 嘿哈 捂脸 奸笑 机智 皱眉 耶 吃瓜 加油 汗 天啊 社会社会 旺柴 好的 打脸 哇 翻白眼 666 让我看看 叹气 苦涩 裂开 嘴唇 爱心 心碎 " +
	"拥抱 强 弱 握手 胜利 抱拳 勾引 拳头 OK 合十 啤酒 咖啡 蛋糕 玫瑰 凋谢 菜刀 炸弹 便便 月亮 太阳 庆祝 礼物 红包 發 福 烟花 爆竹 猪头 跳跳 发抖 转圈 " +
	"感谢 送花花 收到 赞 鲜花 对勾 钉子 爱意 鞠躬 思考 跪了 灵感 "

func isFace(name string) bool {
	return !strings.Contains(name, " ") && strings.Contains(faces, " "+name+" ")
}
