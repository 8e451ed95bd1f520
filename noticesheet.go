package main

import (
	"slices"
	"time"

	"xietiao/bot"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// The 通知台账.
const (
	noticesBack = 90 * 24 * time.Hour // without a year
	noticesMost = 1 << 20
)

// notices is the ledger of what was sent, answers left out, the oldest first.
func (e exports) notices(r store.Reader, req exportRequest) ([]sheet.Out, error) {
	loc := e.board.Holidays().Location()
	q := outbox.Query{Unit: req.Unit, Not: outbox.KindReply, From: r.Now().Add(-noticesBack), Limit: noticesMost}
	if req.Year != 0 {
		q.From, q.To = time.Date(req.Year, 1, 1, 0, 0, 0, 0, loc), time.Date(req.Year+1, 1, 1, 0, 0, 0, 0, loc)
	}
	list, err := outbox.New(outbox.Options{}).List(r, q) // only to read
	slices.Reverse(list)
	return []sheet.Out{bot.NoticeSheet(list, loc, wayOf, platformAdvice)}, err
}
