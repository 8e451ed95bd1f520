package bot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/sheet"
)

// Advice says what helps where a platform refused a notice with the code; "": nothing
// is known.
type Advice func(via chat.Via, code string) string

// NoticeKinds lists the kinds that notices have, answers left out, by their words.
func NoticeKinds() []string {
	return slices.SortedFunc(maps.Keys(kindWords), func(a, b string) int { return cmp.Compare(kindWords[a], kindWords[b]) })
}

// NoticeKind words what a notice is.
func NoticeKind(rec outbox.Record) string {
	if rec.Kind == task.KindWithdraw && rec.Withdraws != "" && !rec.Speaks {
		return textWithdrawal
	}
	return KindWord(rec.Kind)
}

// NoticeState words how a notice stands, or what became of it since.
func NoticeState(rec outbox.Record) string {
	switch {
	case !rec.Withdrawn.IsZero():
		return textTakenBack
	case rec.Withdraws != "" && !rec.Speaks && rec.State == outbox.StateSent:
		return textTookBack
	case rec.Repeat && rec.State == outbox.StateSent:
		return noticeStates[rec.State] + textRepeated
	}
	return noticeStates[rec.State]
}

// NoticeStateWord words a state of notices.
func NoticeStateWord(s outbox.State) string { return noticeStates[s] }

// NoticeText is what a notice says.
func NoticeText(rec outbox.Record) string {
	switch text := cmp.Or(rec.Reply.Text, rec.Reply.Markdown); {
	case rec.Kind == task.KindWithdraw && rec.Withdraws != "" && !rec.Speaks:
		return ""
	case text != "":
		return text
	case rec.Reply.Card != nil:
		return strings.TrimSpace(rec.Reply.Card.Title + "\n" + rec.Reply.Card.Text)
	case rec.Reply.Picture != "":
		return textPicture
	}
	return ""
}

// NoticeWhy is why a notice did not go out; "": it did, or nothing is known yet.
func NoticeWhy(rec outbox.Record, advice Advice) string {
	code := rec.Code
	if n := len(rec.Attempts); code == "" && n > 0 && rec.State != outbox.StateSent {
		code = rec.Attempts[n-1].Code
	}
	if code == "" {
		return rec.Why
	}
	return CodeWords(rec.Place().Via, code, advice)
}

// CodeWords says what a code of a notice's attempt means, with the code.
func CodeWords(via chat.Via, code string, advice Advice) string {
	var why string
	if why = outbox.Advice(code); why == "" && advice != nil {
		why = advice(via, code)
	}
	return strings.TrimSuffix(cmp.Or(why, textPlatformCode), "。") + "（" + code + "）"
}

// NoticeSheet is the 通知台账 of notices, answers left out; place words where one went.
func NoticeSheet(list []outbox.Record, loc *time.Location, place func(chat.Address) string, advice Advice) sheet.Out {
	out := sheet.Out{Name: textNoticeSheet, Head: textNoticeHead}
	for _, rec := range list {
		if rec.Kind == outbox.KindReply {
			continue
		}
		ended := ""
		if !rec.Ended.IsZero() {
			ended = rec.Ended.In(loc).Format(textMinute)
		}
		out.Rows = append(out.Rows, []string{
			rec.At.In(loc).Format(textMinute), NoticeKind(rec), cmp.Or(rec.Unit, org.OfficeUnit), place(rec.Place()), NoticeState(rec), ended, fmt.Sprint(rec.Total), NoticeWhy(rec, advice),
			strings.Join(strings.Fields(NoticeText(rec)), " "),
		})
	}
	return out
}

// WaitsForHours reports whether notices of the kind go out in working hours alone, also
// when they are sent again.
func WaitsForHours(kind string) bool {
	return slices.Contains([]string{task.KindRemind, task.KindBulletin, task.KindWithdraw, task.KindAssess}, kind)
}

// Failures lists the notices that came to nothing lately, the newest first. Of
// reminders and bulletins to a unit those of the last day alone: what an earlier one
// said is in it.
func Failures(r store.Reader, ledger Ledger, loc *time.Location) (failed []outbox.Record, err error) {
	some, err := ledger.Look(r, outbox.Query{States: []outbox.State{outbox.StateFailed}, From: r.Now().Add(-failedFor), Limit: 1}, 1)
	if err != nil || len(some.Records) == 0 {
		return nil, err
	}
	all, err := ledger.Look(r, outbox.Query{From: r.Now().Add(-failedFor), Not: outbox.KindReply, Limit: failedMost}, failedLook)
	last := map[string]string{}
	for _, rec := range all.Records {
		day := rec.At.In(loc).Format(time.DateOnly)
		if rec.Kind == task.KindRemind || rec.Kind == task.KindBulletin {
			whose := rec.Kind + "/" + rec.Unit
			if _, later := last[whose]; !later {
				last[whose] = day
			}
			if day < last[whose] {
				continue
			}
		}
		if rec.State == outbox.StateFailed {
			failed = append(failed, rec)
		}
	}
	return failed, err
}
