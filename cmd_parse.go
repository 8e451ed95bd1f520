package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"

	"xietiao/index/plan"
)

var parseCommand = command{
	name:    "parse",
	summary: "看程序从一份文件里读出了什么",
	usage: `用法：xietiao parse [-json] 文件

  -json   输出 JSON：标题、文号、成员单位、章节、职责、事项、提醒、没读懂的行

读得出就以 0 退出（有提醒也是），读不出以 1 退出并说怎么办。
`,
	run: runParse,
}

func runParse(_ context.Context, c *call) int {
	fs := flag.NewFlagSet("parse", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "")
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		return c.misuse("要给一份文件")
	}
	p, err := readPlan(rest[0])
	if err != nil {
		return c.fail("%s", advice(rest[0], err))
	}
	if *asJSON {
		enc := json.NewEncoder(c.stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(p); err != nil {
			return c.fail("%v", err)
		}
		return exitDone
	}
	if _, err := c.stdout.Write([]byte(describe(p))); err != nil {
		return c.fail("%v", err)
	}
	return exitDone
}

// describe is a plan for a reader who wants to check it against the paper.
func describe(p *plan.Plan) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	orNone := func(s string) string {
		if s == "" {
			return "（没有读到）"
		}
		return s
	}
	line("标题      %s", orNone(p.Title))
	line("文号      %s", orNone(p.DocNo))
	line("发文机关  %s", orNone(p.Issuer))
	line("成文日期  %s", orNone(p.Date))
	line("办公室    %s", orNone(p.Office))
	duties := 0
	for _, u := range p.Units {
		duties += len(u.Duties)
	}
	line("")
	line("成员单位 %d 个，有职责的单位 %d 个，职责 %d 条，事项 %d 项，章节 %d 个，提醒 %d 条，没读懂 %d 行",
		len(p.Members), len(p.Units), duties, len(p.Items), len(p.Sections), len(p.Warnings), len(p.Unread))
	if len(p.Members) > 0 {
		line("\n成员单位\n  %s", strings.Join(p.Members, "、"))
	}
	if len(p.Sections) > 0 {
		line("\n章节")
		for _, s := range p.Sections {
			line("  %s", sectionLine(s))
		}
	}
	for i, u := range p.Units {
		if i == 0 {
			line("\n职责")
		}
		line("  %s", u.Name)
		for _, d := range u.Duties {
			if d.No > 0 {
				line("    %d. %s", d.No, d.Text)
			} else {
				line("    %s", d.Text)
			}
		}
	}
	for i, it := range p.Items {
		if i == 0 {
			line("\n事项")
		}
		describeItem(line, it)
	}
	for i, w := range p.Warnings {
		if i == 0 {
			line("\n提醒（原文照引，不改）")
		}
		text := fmt.Sprintf("  %s %s：%s", warningName(w.Kind), w.Where, w.Text)
		if w.Suggestion != "" {
			text += " → 疑为：" + w.Suggestion
		}
		line("%s", text)
	}
	for i, s := range p.Unread {
		if i == 0 {
			line("\n没读懂的行")
		}
		line("  %s", s)
	}
	return b.String()
}

// openingRunes of a part without number and title show which part it is.
const openingRunes = 24

func sectionLine(s plan.Section) string {
	if name := strings.TrimSpace(s.Path + " " + s.Title); name != "" {
		return name
	}
	text := []rune(s.Text)
	if len(text) > openingRunes {
		return "（无编号）" + string(text[:openingRunes]) + "…"
	}
	return "（无编号）" + string(text)
}

func describeItem(line func(string, ...any), it plan.Item) {
	title := it.Title
	if title == "" {
		title = it.Text
	}
	number := ""
	if it.No > 0 {
		number = fmt.Sprintf("%d. ", it.No)
	}
	line("  %s%s", number, title)
	if it.Title != "" && it.Text != "" && it.Text != it.Title {
		line("    %s", it.Text)
	}
	for _, part := range []struct{ name, value string }{
		{"牵头或负责", strings.Join(it.Lead, "、")},
		{"配合", strings.Join(it.Support, "、")},
		{"时限", it.Deadline},
	} {
		if part.value != "" {
			line("    %s：%s", part.name, part.value)
		}
	}
}

func warningName(kind string) string {
	switch kind {
	case "damaged":
		return "疑有脱漏"
	case "name_mismatch":
		return "单位名前后不一"
	case "count_mismatch":
		return "数目不符"
	case "missing_period":
		return "句末缺句号"
	}
	return kind
}
