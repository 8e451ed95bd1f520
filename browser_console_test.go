package main

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"xietiao/bot/calendar"
	"xietiao/bot/curate"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers/console"
)

// clerk is somebody of the office at the screen of an old office machine. There the
// first account is made, by the link that the service prints.
func (h *hall) clerk() *tab {
	h.t.Helper()
	link, err := h.app.firstLink(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		h.t.Fatal(err)
	}
	p := h.tab("clerk", "Mozilla/5.0 (Windows NT 6.1) Chrome/109", desktop)
	p.do(chromedp.Navigate(h.wire.URL + u.Path))
	p.sees("第一次使用")
	p.views("console-setup")
	p.do(
		chromedp.SendKeys("#name", "周主任"), chromedp.SendKeys("#login", "zhou"),
		chromedp.SendKeys("#password", "correct horse battery"), chromedp.SendKeys("#again", "correct horse battery"),
	)
	p.press("main button", "密码设好了", "周主任（协调组办公室）")
	return p
}

// views keeps pictures of a page as the office's screen and a phone show it, and says
// what is wrong with it there.
func (p *tab) views(name string) {
	p.t.Helper()
	for _, size := range []struct {
		name string
		set  chromedp.Action
	}{{"", desktop}, {"-phone", phone}} {
		var wide string
		p.do(size.set, shot(name+size.name), chromedp.Evaluate(tooWide, &wide))
		if wide != "" {
			p.t.Errorf("%s%s is wider than the screen: %s", name, size.name, wide)
		}
	}
	p.contrast(name)
	var nameless []string
	p.do(desktop, chromedp.Evaluate(unlabelled, &nameless))
	if len(nameless) > 0 {
		p.t.Errorf("%s: fields without a name: %q", name, nameless)
	}
}

// tooWide names what is wider than the page, unless the page itself is not.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? "" :
	[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide")).map((e) => e.tagName + "." + e.className).slice(0, 3).join(" ") || "?"`

// unlabelled lists fields and buttons that a screen reader has no name for.
const unlabelled = `[...document.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter((e) => e.checkVisibility() &&
	!(e.labels?.length || e.ariaLabel || e.getAttribute("aria-labelledby") || e.tagName === "BUTTON" && e.textContent.trim())).map((e) => e.outerHTML.slice(0, 80))`

// What addresses of one kind of page differ by.
var oneOfMany = regexp.MustCompile(`/(T\d+|A\d+|P\d+|V\d+|[0-9a-f-]{16,}|[A-Z2-7]{20,})(/|$)`)

// maxKinds bounds how many kinds of pages are looked at.
const maxKinds = 150

// Every page that links lead to is looked at on the office's screen and on a phone:
// it is there, fits, can be read, complains of nothing and asks no other machine.
func TestConsolePages(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.volunteers("王丽", "李强<b>")
	h.update(func(tx *store.Tx) error {
		for i, title := range []string{"报送农家书屋年度数据", "文化礼堂免费开放检查<script>alert(1)</script>"} {
			made, _, err := h.app.board.Create(tx, "", task.Draft{
				Title: title, Leads: []string{"市文广旅体局"}, Deadline: calendar.Date{Y: 2026, M: time.December, D: 4 + i},
			}, task.Operator)
			if err != nil {
				return err
			}
			if _, err := h.app.board.Apply(tx, made.Number, task.Action{Do: task.DoHand}, task.Operator); err != nil {
				return err
			}
		}
		unit := "市委宣传部"
		_, _, err := curate.AddQuestions(tx, string(org.Operator), []curate.Question{
			{Q: "农家书屋归谁管", Kind: "direct", Gold: []curate.Gold{{Unit: &unit, No: json.RawMessage("3")}}}, {Q: "文化礼堂<b>的饭谁做", Kind: curate.KindGap},
		})
		return err
	})
	p := h.clerk()
	seen := map[string]bool{}
	for queue := []string{console.Path}; len(queue) > 0 && len(seen) < maxKinds; queue = queue[1:] {
		address := queue[0]
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		kind := oneOfMany.ReplaceAllString(u.Path, "/1$2")
		if seen[kind] {
			continue
		}
		seen[kind] = true
		res, err := chromedp.RunResponse(p.ctx, chromedp.Navigate(h.wire.URL+address))
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if res.Status != 200 || !strings.HasPrefix(res.MimeType, "text/html") {
			t.Errorf("%s: status %d, %s", address, res.Status, res.MimeType)
			continue
		}
		p.views("console" + strings.ReplaceAll(strings.TrimPrefix(kind, console.Path), "/", "-"))
		var links []string
		p.do(chromedp.Evaluate(`[...document.querySelectorAll("a[href^='/console']:not([download])")].map((a) => a.getAttribute("href").split("#")[0])`, &links))
		queue = append(queue, links...)
	}
	t.Logf("%d pages", len(seen))
	p.do(chromedp.Navigate(h.wire.URL + console.Path + "/questions/set"))
	p.press(`form[action$="/run"] button`, "问了 2 问", "答错 1 问")
	p.views("console-questions-set-run")
}
