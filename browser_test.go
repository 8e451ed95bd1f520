package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser starts a Chromium of its own. Without one on PATH the test is
// skipped, except in CI, where it must be there.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not on PATH; .ci/run installs it")
		}
		t.Skip("chromium is not on PATH")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	alloc, cancelAlloc := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancelAlloc)
	ctx, cancelTab := chromedp.NewContext(alloc)
	t.Cleanup(cancelTab)
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTime)
	return ctx
}

// shot keeps a picture of the page in artifacts/ for a person to look at.
func shot(name string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var png []byte
		if err := chromedp.CaptureScreenshot(&png).Do(ctx); err != nil {
			return err
		}
		if err := os.MkdirAll("artifacts", 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join("artifacts", name+".png"), png, 0o644)
	})
}

const lastBubble = "#log > .bot:last-child:not(.wait)"

func TestTheTrialPageInABrowser(t *testing.T) {
	t.Parallel()
	base := service(t, nil)
	ctx := browser(t)
	var first, source, followUp, example string
	var wide bool
	err := chromedp.Run(ctx,
		chromedp.EmulateViewport(390, 780, chromedp.EmulateScale(2)), // a phone
		chromedp.Navigate(base),
		chromedp.WaitVisible("#q"),
		shot("chat-start"),
		chromedp.SendKeys("#q", "村里的图书角归谁管\r"), // the keyboard is enough
		chromedp.WaitVisible(lastBubble+" details"),
		chromedp.Text(lastBubble, &first),
		chromedp.Click(lastBubble+" summary"),
		chromedp.WaitVisible(lastBubble+" blockquote"),
		chromedp.Text(lastBubble+" blockquote", &source),
		shot("chat-answer"),
		chromedp.SendKeys("#q", "残联有哪些职责\r"),
		chromedp.WaitVisible(`//div[contains(@class,"bot")][contains(.,"市残联的职责")]`),
		chromedp.SendKeys("#q", "那妇联呢\r"),
		chromedp.WaitVisible(`//div[contains(@class,"bot")][contains(.,"市妇联的职责")]`),
		chromedp.Text(lastBubble, &followUp),
		shot("chat-follow-up"),
		chromedp.Click("#examples button"),
		chromedp.WaitVisible(`//div[@class="me"][contains(.,"农家书屋归谁管")]`),
		chromedp.WaitVisible(lastBubble+" details"),
		chromedp.Text(lastBubble, &example),
		chromedp.Evaluate("document.documentElement.scrollWidth > innerWidth", &wide),
		chromedp.EmulateViewport(1280, 800),
		shot("chat-wide"),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"answer":    {first, "附件·市委宣传部·第3项"},
		"source":    {source, "统筹指导全市文化礼堂、农家书屋的建设、运营、管理工作；"},
		"follow-up": {followUp, "市妇联的职责"},
		"example":   {example, "市委宣传部"},
	} {
		if !strings.Contains(tc.text, tc.want) {
			t.Errorf("%s: %q does not hold %q", name, tc.text, tc.want)
		}
	}
	if wide {
		t.Error("the page is wider than a phone")
	}
}
