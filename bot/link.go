package bot

import (
	"net/url"
	"strings"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/index"
)

// Sizes of a reply with a link, in bytes: what the smallest message of a channel
// holds (a text of WeCom, docs 90236), and a markdown one.
const (
	textBytes     = 2048
	markdownBytes = 4000
)

// ClausePath is the address of a clause's page below the public address: plan is
// the 文号 or title, address what a citation says behind it.
func ClausePath(plan, address string) string {
	return "/p/" + url.PathEscape(plan) + "/" + url.PathEscape(address)
}

// link is the address of a clause's page; empty where nobody could open it.
func (d *Desk) link(plan, address string) string {
	if d.opt.PublicURL == "" {
		return ""
	}
	return d.opt.PublicURL + ClausePath(plan, address)
}

// linked adds the link to the first clause's page where there is room for it.
func (d *Desk) linked(r chat.Reply, rows []index.Row) chat.Reply {
	if d.opt.PublicURL == "" {
		return r
	}
	for _, row := range rows {
		address, ok := strings.CutPrefix(row.Cite, row.Plan+" ")
		if !ok || row.Related {
			continue
		}
		link := d.link(row.Plan, address)
		if text := r.Text + "\n" + textSourceLink + colon + link; len(text) <= textBytes {
			r.Text = text
		}
		if md := r.Markdown + "\n\n[" + textSourceLink + "](" + link + ")"; r.Markdown != "" && len(md) <= markdownBytes {
			r.Markdown = md
		}
		break
	}
	return r
}

// examples are questions to offer, of the first document.
func (b *Bot) examples() []string {
	if len(b.plans) == 0 {
		return nil
	}
	return Examples(b.plans[0])
}

// welcome is what somebody reads who has only opened the conversation.
func (b *Bot) welcome() string {
	text := textChat("")
	if examples := b.examples(); len(examples) > 0 {
		text += "\n" + textExamples(examples)
	}
	return text + "\n" + textWelcomeHelp
}

// PageURL is the address of a page of ours below the public address.
func PageURL(publicURL, path string) string { return strings.TrimRight(publicURL, "/") + path }

// ActivityPath is the address of an activity's page below the public address.
func ActivityPath(n activity.Number) string { return "/a/" + n.String() }

// ScreenPath is that of the page that shows an activity's code at the venue.
func ScreenPath(n activity.Number) string { return ActivityPath(n) + "/screen" }

// CertificatePath is that of a certificate to print, CheckPath that at which anybody who
// has the code checks it.
func CertificatePath(code string) string { return "/a/certificate/" + url.PathEscape(code) }

// CheckPath is where a certificate is checked: see CertificatePath.
func CheckPath(code string) string { return "/a/check/" + url.PathEscape(code) }

// RollPath is that of the page on which an organiser ticks people off.
func RollPath(n activity.Number) string { return ActivityPath(n) + "/list" }

// HoursPath is that of the page with somebody's own hours and data.
const HoursPath = "/a/hours"
