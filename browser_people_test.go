package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"xietiao/handlers/console"
)

// agrees answers yes to what buttons ask.
func (p *tab) agrees() {
	chromedp.ListenTarget(p.ctx, func(event any) {
		if _, ok := event.(*cdppage.EventJavascriptDialogOpening); ok {
			go func() { // a listener must not wait for the browser
				_ = chromedp.Run(p.ctx, cdppage.HandleJavaScriptDialog(true)) // or the press that asked is never over
			}()
		}
	})
}

// attach gives a field a file of that text.
func (p *tab) attach(selector, name, text string) {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.SetUploadFiles(selector, []string{path}))
}

// chooses picks the option of a list that has the words.
func (p *tab) chooses(selector, words string) {
	p.t.Helper()
	var ok bool
	p.do(chromedp.Evaluate(`(() => {
		const list = document.querySelector(`+strconv.Quote(selector)+`), one = [...list.options].find((o) => o.text.includes(`+strconv.Quote(words)+`));
		if (one) list.value = one.value;
		return !!one;
	})()`, &ok))
	if !ok {
		p.t.Fatalf("no %q in %s", words, selector)
	}
}

// The office brings its roster, gives a login and hands a unit over, with the mouse.
func TestConsolePeople(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.clerk()
	p.agrees()
	p.do(chromedp.Navigate(h.wire.URL + console.Path + "/people/import"))
	p.attach("#file", "名册.csv", "姓名,单位,角色\n某人,没有的局,联络员\n")
	p.press("form[data-upload] button", "有 1 处问题", "B2")
	p.views("console-people-import-problems")
	p.do(chromedp.Navigate(h.wire.URL + console.Path + "/people/import"))
	p.attach("#file", "名册.csv", "姓名,单位,角色,手机\n李老师,市教育局,联络员,13800000001\n王老师,市教育局,工作人员,\n")
	p.press("form[data-upload] button", "新增 2 人", "138****0001")
	p.views("console-people-import-difference")
	p.press("main form button", "名册导入好了", "李老师")
	p.press(`//a[text()="李老师"]`, "登录控制台")
	p.do(chromedp.SendKeys("#login", "li"))
	p.press(`form[action$="/login"] button`, "只能用一次")
	p.views("console-onelink")
	p.press("[data-copy]", "复制")
	p.press(`//a[text()="返回"]`, "还没有设密码")
	p.press(`//a[text()="交接给别人"]`, "交接单上会写")
	p.views("console-handover")
	p.chooses("#to", "王老师")
	p.press("main form button", "交接好了", "接手人（签字）")
	p.views("console-handover-card")
	p.printsOnePage("console-handover-card")
}
