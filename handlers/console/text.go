package console

import (
	"net/http"

	"xietiao/handlers"
)

// What the console says; the templates hold the rest.
const (
	textLoggedOut       = "已经退出。"
	textWelcome         = "密码设好了，已经登录。"
	textPasswordChanged = "密码改好了，别的浏览器要重新登录。"
	textTwoPasswords    = "两次输入的密码不一样，请再输一次。"
	textOldPassword     = "原来的密码不对。"
)

// What stops a request at the door.
var (
	errRole     = handlers.Fault{Code: http.StatusForbidden, Text: "您的角色不能打开这一页或做这件事。需要的话，请联系协调组办公室。"}
	errEntrance = handlers.Fault{Code: http.StatusUnauthorized, Text: "登录过期了，没有提交。请重新登录后再试一次。"}
	errSetup    = handlers.Fault{Code: http.StatusGone, Text: "这个一次性链接用过了，或者过期了。请办公室的同事在“人员与群”里再发一个；一个人都进不去的，在机器上运行 xietiao console 再取一个。"}
)
