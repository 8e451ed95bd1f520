package main

import (
	"xietiao/bot"
	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/handlers"
)

// newActivities makes the activities' board by the settings.
func newActivities(cfg config.Config, box *outbox.Box, vault *org.Vault) (*activity.Board, error) {
	book, err := holidaysOf(cfg)
	if err != nil {
		return nil, err
	}
	return activity.New(activity.Options{Holidays: book, Sender: box, Routes: routesOf(cfg), Vault: vault}), nil
}

// activityOptions are what chats need of activities. Pages there are where people can
// reach us.
func activityOptions(cfg config.Config, board *activity.Board, sessions *handlers.Sessions) bot.ActivityOptions {
	opt := bot.ActivityOptions{Board: board}
	if cfg.PublicURL == "" {
		return opt
	}
	opt.Page = func(path string) string { return bot.PageURL(cfg.PublicURL, path) }
	opt.Invite = func(tx *store.Tx, who activity.Account, path, title string) (string, error) {
		link, err := sessions.Invite(tx, handlers.Link{
			Visitor: chat.Visitor{Platform: who.Platform, User: who.User}, Path: path, Title: title,
		})
		return opt.Page(link), err
	}
	return opt
}
