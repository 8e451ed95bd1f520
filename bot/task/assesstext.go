package task

import (
	"fmt"
	"strings"

	"xietiao/bot/chat"
	"xietiao/index/sheet"
)

// What users read of assessments.

var statusWords = map[Status]string{
	StatusOnTime: "按期办结", StatusLate: "逾期办结", StatusOverdue: "逾期未办结", StatusOpen: "未到期，不计", StatusPending: "待复核，不计",
	StatusReturned: "已退回，不计", StatusExcluded: "申诉成立，不计",
}

// Word is the status in Chinese.
func (s Status) Word() string { return statusWords[s] }

// Word is the score with two digits after the point.
func (s Score) Word() string {
	if s.Results == 0 {
		return "—"
	}
	return fmt.Sprintf("%d.%02d", s.Score/100, s.Score%100)
}

// Formula says how points come about.
func (w Weights) Formula() string {
	delay := "批准的延期不扣分"
	if w.Delay > 0 {
		delay = fmt.Sprintf("每批准延期一次扣 %d 分，扣到 0 分为止", w.Delay)
	}
	return fmt.Sprintf("按期办结 %d 分；逾期办结每过期限一天（自然日）扣 %d 分，最低 %d 分；逾期未办结 0 分；%s。单位得分是各项得分的平均，四舍五入到两位小数。"+
		"只计牵头单位，只看结果和期限：期限是现行的，办结那天是复核通过的反馈那天。未到期、待复核、退回待定和申诉成立的不计。签收、查看、回复的快慢和次数都不计。", w.OnTime, w.LateDay, w.Late, delay)
}

// Tables is the assessment as a workbook: scores, results, and how they come about.
func (a Assessment) Tables(objections []Objection) []sheet.Out {
	scores := sheet.Out{Name: "考评表", Head: []string{"单位", "计分项数", "按期办结", "逾期办结", "逾期未办结", "延期次数", "总分", "得分"}}
	for _, s := range a.Scores {
		n, delays := map[Status]int{}, 0
		for _, r := range a.Results {
			if r.Unit == s.Unit {
				n[r.Status]++
				delays += r.Delays
			}
		}
		scores.Rows = append(scores.Rows, []string{s.Unit, fmt.Sprint(s.Results), fmt.Sprint(n[StatusOnTime]), fmt.Sprint(n[StatusLate]), fmt.Sprint(n[StatusOverdue]), fmt.Sprint(delays), fmt.Sprint(s.Points), s.Word()})
	}
	results := sheet.Out{Name: "明细", Head: []string{"编号", "任务", "牵头单位", "期限", "办结", "延期次数", "结果", "得分", "算式", "申诉"}}
	for _, r := range a.Results {
		points, sum, done, ruling := "", "", "", ""
		if r.Status.Counts() {
			points, sum = fmt.Sprint(r.Points), a.Weights.Sum(r)
		}
		if !r.Done.IsZero() {
			done = r.Done.String()
		}
		if r.Ruling > 0 {
			ruling = fmt.Sprintf("第 %d 号", r.Ruling)
		}
		results.Rows = append(results.Rows, []string{r.Number.String(), r.Title, r.Unit, r.Deadline.String(), done, fmt.Sprint(r.Delays), r.Status.Word(), points, sum, ruling})
	}
	appeals := sheet.Out{Name: "申诉", Head: []string{"号", "编号", "单位", "申诉", "决定", "理由"}}
	for _, o := range objections {
		verdict, why := "待定", ""
		if o.Ruling != nil {
			verdict, why = o.Ruling.Word(), o.Ruling.Why
		}
		appeals.Rows = append(appeals.Rows, []string{fmt.Sprint(o.ID), o.Number.String(), o.Unit, o.Text, verdict, why})
	}
	notes := sheet.Out{Name: "说明", Rows: [][]string{
		{"年度", fmt.Sprint(a.Year)}, {"版本", fmt.Sprint(a.Version)}, {"截至", a.Day.String()}, {"公式", a.Weights.Formula()},
		{"任务", fmt.Sprintf("T1 到 T%d", len(a.Entries))}, {"历史摘要", a.Digest},
	}}
	return []sheet.Out{scores, results, appeals, notes}
}

// Word is the ruling in Chinese.
func (r Ruling) Word() string {
	switch {
	case !r.Granted:
		return "不成立"
	case r.Done.IsZero():
		return "成立，这一项不计"
	}
	return "成立，按 " + r.Done.String() + " 办结计"
}

// Sum says how the result's points come about: 100－2×6＝88.
func (w Weights) Sum(r Result) string {
	var s string
	if r.Status == StatusLate {
		days := daysBetween(r.Deadline, r.Done)
		s = fmt.Sprintf("－%d×%d", w.LateDay, days)
		if w.OnTime-w.LateDay*days < w.Late {
			s += fmt.Sprintf("，最低 %d", w.Late)
		}
	}
	if r.Status != StatusOverdue && w.Delay > 0 && r.Delays > 0 {
		s += fmt.Sprintf("，延期－%d×%d", w.Delay, r.Delays)
	}
	if s == "" {
		return fmt.Sprint(r.Points)
	}
	return fmt.Sprintf("%d%s＝%d", w.OnTime, s, r.Points)
}

// Words is the result in a line: what, by when, what came of it.
func (r Result) Words() string {
	parts := []string{r.Number.String() + " " + clip(r.Title, shownTitle), "期限 " + r.Deadline.String()}
	if r.Delays > 0 {
		parts = append(parts, fmt.Sprintf("批准延期 %d 次", r.Delays))
	}
	if !r.Done.IsZero() {
		parts = append(parts, r.Done.String()+" 办结")
	}
	word := r.Status.Word()
	if r.Ruling > 0 && r.Status.Counts() {
		word += fmt.Sprintf("（申诉%d 成立）", r.Ruling)
	}
	return strings.Join(append(parts, word), "｜")
}

// textObjected asks the office to decide; how it says so is as chats take it.
func textObjected(o Objection, version int, to Result) string {
	return fmt.Sprintf("【考评申诉】%s对 %d 年考评第 %d 版提出申诉%d：%s。理由：“%s”。成立请回复“同意 申诉%d 理由”（这一项不计），按某天办结计就写“同意 申诉%d 按12月10日完成 理由”，不成立请回复“不同意 申诉%d 理由”。",
		chat.Plain(o.Unit), o.Year, version, o.ID, to.Words(), clip(o.Text, maxWords), o.ID, o.ID, o.ID)
}

// textRuled tells the unit what became of its objection.
func textRuled(d Ruling, a Assessment) string {
	s := fmt.Sprintf("【考评申诉】%s 对 %s 的申诉%d：%s。理由：“%s”。", chat.Plain(d.Unit), d.Number, d.Objection, d.Word(), clip(d.Why, maxWords))
	if score, _ := a.Score(d.Unit); score.Results > 0 {
		s += fmt.Sprintf("%d 年考评第 %d 版：%s 分（计分 %d 项）。", a.Year, a.Version, score.Word(), score.Results)
	}
	return s + fmt.Sprintf("回复“考评 %d”看明细。", a.Year)
}
