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

	"xietiao/config"
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

// devtools sends the browser a command that chromedp has no name for.
func devtools(method string, params map[string]any) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return chromedp.FromContext(ctx).Target.Execute(ctx, method, params, nil)
	})
}

// dark gives the page the colours of a dark screen, or of a light one.
func dark(on bool) chromedp.Action {
	scheme := map[bool]string{true: "dark", false: "light"}[on]
	return devtools("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	})
}

const lastBubble = "#log > .bot:last-child:not(.wait)"

// saying waits for the bot's bubble that holds the words.
func saying(words string) chromedp.Action {
	return chromedp.WaitVisible(`//div[contains(@class,"bot")][contains(.,"` + words + `")]`)
}

// The phone and the desktop that the page is looked at on.
var (
	phone   = chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2))
	desktop = chromedp.EmulateViewport(1366, 768)
)

func TestTheTrialPageInABrowser(t *testing.T) {
	t.Parallel()
	base := service(t, nil)
	ctx := browser(t)
	var first, source, followUp, example, link, clause, print string
	var wide, wideClause bool
	const tooWide = "document.documentElement.scrollWidth > innerWidth"
	err := chromedp.Run(ctx,
		phone,
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
		saying("市残联的职责"),
		chromedp.SendKeys("#q", "那妇联呢\r"),
		saying("市妇联的职责"),
		chromedp.Text(lastBubble, &followUp),
		shot("chat-follow-up"),
		chromedp.SendKeys("#q", "公积金怎么提取\r"),
		saying("不能回答"),
		dark(true),
		shot("chat-dark"),
		dark(false),
		chromedp.Click("#examples button"),
		chromedp.WaitVisible(`//div[@class="me"][contains(.,"农家书屋归谁管")]`),
		chromedp.WaitVisible(lastBubble+" details"),
		chromedp.Text(lastBubble, &example),
		chromedp.Evaluate(tooWide, &wide),
		desktop,
		shot("chat-wide"),
		chromedp.Click(lastBubble+" summary"),
		chromedp.AttributeValue(lastBubble+" cite a", "href", &link, nil),
		chromedp.ActionFunc(func(ctx context.Context) error {
			return chromedp.Navigate(base + strings.TrimPrefix(link, "/")).Do(ctx)
		}),
		chromedp.WaitVisible(".clause blockquote"),
		chromedp.Text(".clause", &clause),
		shot("clause-wide"),
		phone,
		chromedp.Evaluate(tooWide, &wideClause),
		shot("clause"),
		dark(true),
		shot("clause-dark"),
		chromedp.Evaluate(`getComputedStyle(document.querySelector("main")).overflowY`, &print),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"answer":                         {first, "附件·市委宣传部·第3项"},
		"source":                         {source, "统筹指导全市文化礼堂、农家书屋的建设、运营、管理工作；"},
		"follow-up":                      {followUp, "市妇联的职责"},
		"example":                        {example, "市委宣传部"},
		"clause":                         {clause, "统筹指导全市文化礼堂、农家书屋的建设、运营、管理工作；"},
		"the clause's page prints whole": {print, "visible"},
	} {
		if !strings.Contains(tc.text, tc.want) {
			t.Errorf("%s: %q does not hold %q", name, tc.text, tc.want)
		}
	}
	if wide || wideClause {
		t.Error("a page is wider than a phone")
	}
}

func TestTheTrialPageWithoutJavaScript(t *testing.T) {
	t.Parallel()
	base := service(t, nil)
	ctx := browser(t)
	var source string
	err := chromedp.Run(ctx,
		phone,
		devtools("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}),
		chromedp.Navigate(base),
		chromedp.SendKeys("#q", "残联有哪些职责\r"),
		saying("市残联的职责"),
		chromedp.SendKeys("#q", "那妇联呢\r"),
		saying("市妇联的职责"),
		chromedp.Click(lastBubble+" summary"),
		chromedp.WaitVisible(lastBubble+" blockquote"),
		chromedp.Text(lastBubble+" blockquote", &source),
		shot("chat-no-script"),
		chromedp.Click("#examples button"),
		saying("市委宣传部（统筹指导）"),
	)
	if err != nil {
		t.Fatal(err)
	}
	if want := "推进家庭文化建设与公共文化服务的融合；"; source != want {
		t.Errorf("source %q, want %q", source, want)
	}
}

func TestAChoiceOnTheTrialPageLeansOnItsQuestion(t *testing.T) {
	t.Parallel()
	base := service(t, func(c *config.Config) {
		for _, county := range []string{"永嘉", "乐清"} {
			file := filepath.Join(t.TempDir(), county+".txt")
			text := county + "文化工作方案\n\n一、职责分工\n\n" + county + "教育局：负责推动校园图书馆向社会开放。\n\n" + county + "财政局：负责保障图书馆经费。\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Plans = append(c.Plans, file)
		}
	})
	// The question that is asked back names the units too.
	chosen := func(unit string) chromedp.Action {
		return chromedp.WaitVisible(`//div[contains(@class,"bot")][contains(.,"` + unit + `")][not(contains(.,"请选一个"))]`)
	}
	err := chromedp.Run(browser(t),
		chromedp.Navigate(base),
		chromedp.SendKeys("#q", "图书馆经费谁保障\r"),
		saying("请选一个"),
		chromedp.SendKeys("#q", "永嘉的\r"),
		chosen("永嘉财政局"),
		chromedp.SendKeys("#q", "乐清的\r"), // the choice before was no question
		chosen("乐清财政局"),
	)
	if err != nil {
		t.Fatal(err)
	}
}
