package main

import (
	"xietiao/bot/activity"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/config"
)

// newActivities makes the activities' board by the settings.
func newActivities(cfg config.Config, box *outbox.Box, vault *org.Vault) (*activity.Board, error) {
	book, err := holidaysOf(cfg)
	if err != nil {
		return nil, err
	}
	return activity.New(activity.Options{Holidays: book, Sender: box, Routes: routesOf(cfg), Vault: vault}), nil
}
