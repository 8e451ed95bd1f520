package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/sheet"
)

// The 通知台账.
const (
	noticesSheet = "通知台账"
	noticesBack  = 90 * 24 * time.Hour // without a year
	noticesMost  = 1 << 20
)

var noticesHead = []string{"时间", "种类", "单位", "发到", "结果", "结束时间", "发了几次", "原因", "内容"}

// stateWords say how a notice stands.
var stateWords = map[outbox.State]string{
	outbox.StateWaiting: "等着发", outbox.StateHeld: "暂停着", outbox.StateSending: "正在发", outbox.StateSent: "已发出",
	outbox.StateFailed: "没有发成", outbox.StateExpired: "过期没有发", outbox.StateCancelled: "取消没有发",
}

// stateWord is how a notice stands, or what became of it since.
func stateWord(rec outbox.Record) string {
	switch {
	case !rec.Withdrawn.IsZero():
		return "已撤回"
	case rec.Withdraws != "" && !rec.Speaks && rec.State == outbox.StateSent:
		return "撤回成功"
	case rec.Repeat && rec.State == outbox.StateSent:
		return "已发出（可能重复）"
	}
	return stateWords[rec.State]
}

// notices is the ledger of what was sent, answers left out, the oldest first.
func (e exports) notices(r store.Reader, req exportRequest) ([]sheet.Out, error) {
	loc := e.board.Holidays().Location()
	q := outbox.Query{Unit: req.Unit, From: r.Now().Add(-noticesBack), Limit: noticesMost}
	if req.Year != 0 {
		q.From, q.To = time.Date(req.Year, 1, 1, 0, 0, 0, 0, loc), time.Date(req.Year+1, 1, 1, 0, 0, 0, 0, loc)
	}
	list, err := outbox.New(outbox.Options{}).List(r, q) // only to read
	out := sheet.Out{Name: noticesSheet, Head: noticesHead}
	for _, rec := range slices.Backward(list) {
		if rec.Kind != outbox.KindReply {
			out.Rows = append(out.Rows, noticeRow(rec, loc))
		}
	}
	return []sheet.Out{out}, err
}

func noticeRow(rec outbox.Record, loc *time.Location) []string {
	ended, kind, text := "", bot.KindWord(rec.Kind), cmp.Or(rec.Reply.Text, rec.Reply.Markdown)
	if !rec.Ended.IsZero() {
		ended = rec.Ended.In(loc).Format(minuteLayout)
	}
	switch {
	case rec.Kind == task.KindWithdraw && rec.Withdraws != "" && !rec.Speaks:
		kind, text = "撤回", ""
	case rec.Reply.Picture != "" && text == "":
		text = "（图）"
	}
	return []string{
		rec.At.In(loc).Format(minuteLayout), kind, cmp.Or(rec.Unit, signed), wayOf(rec.Place()), stateWord(rec), ended, fmt.Sprint(rec.Total), noticeWhy(rec),
		strings.Join(strings.Fields(text), " "),
	}
}

// noticeWhy is why a notice did not go out.
func noticeWhy(rec outbox.Record) string {
	code := rec.Code
	if n := len(rec.Attempts); code == "" && n > 0 && rec.State != outbox.StateSent {
		code = rec.Attempts[n-1].Code
	}
	if code == "" {
		return rec.Why
	}
	why := cmp.Or(outbox.Advice(code), platformAdvice(rec.Place().Via, code), "平台的错误码")
	return strings.TrimSuffix(why, "。") + "（" + code + "）"
}
