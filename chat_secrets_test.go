package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xietiao/bot/chat/chattest"
	"xietiao/config"
)

// secretless checks that a text shows no credential.
func secretless(t *testing.T, what, text string) {
	t.Helper()
	for _, s := range chatSecrets {
		if strings.Contains(text, s) {
			t.Errorf("%s shows %s:\n%s", what, s, text)
		}
	}
}

// settingsFile writes settings as an office would.
func settingsFile(t *testing.T, cfg config.Config) string {
	t.Helper()
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %q\n", name, value) }
	line("data", cfg.Data)
	line("listen", cfg.Listen)
	line("redis", cfg.Redis.Reveal())
	line("secret_key", cfg.SecretKey.Reveal())
	w, d := cfg.WeCom, cfg.DingTalk
	fmt.Fprintf(&b, "wecom:\n  agent_id: %d\n", w.AgentID)
	for _, f := range [][2]string{{"corp_id", w.CorpID}, {"secret", w.Secret.Reveal()}, {"token", w.Token.Reveal()}, {"aes_key", w.AESKey.Reveal()}, {"api_base", w.APIBase}, {"ws_base", w.WSBase}} {
		line("  "+f[0], f[1])
	}
	b.WriteString("  aibot:\n")
	for _, f := range [][2]string{{"mode", w.AIBot.Mode}, {"id", w.AIBot.ID}, {"secret", w.AIBot.Secret.Reveal()}, {"token", w.AIBot.Token.Reveal()}, {"aes_key", w.AIBot.AESKey.Reveal()}} {
		line("    "+f[0], f[1])
	}
	b.WriteString("dingtalk:\n")
	for _, f := range [][2]string{{"client_id", d.ClientID}, {"client_secret", d.ClientSecret.Reveal()}, {"aes_key", d.AESKey.Reveal()}, {"mode", d.Mode}, {"api_base", d.APIBase}, {"oapi_base", d.OAPIBase}} {
		line("  "+f[0], f[1])
	}
	file := filepath.Join(t.TempDir(), "xietiao.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every credential there is, in a service that is talked to, attacked, refused by
// its platforms, looked at and examined: none is ever seen. What is logged is
// checked by open.
func TestNoCredentialIsEverSeen(t *testing.T) {
	t.Parallel()
	c := &clock{}
	app := newAppLine(t, c).(appLine)
	bot := botLine{app.hookLine}
	ding := newDingLine(t, c, "http").(*dingLine)
	o := open(t, app, c, bot.settings, app.settings, ding.settings, func(c *config.Config) {
		c.SecretKey, c.DingTalk.AESKey = chatSecretKey, chatDingAES
	})
	ding.up(o)
	link := ding.ding.AddWebhook(chattest.DingTalkWebhook{Token: chatDingRobot, Secret: chatDingSign, Conversation: "chat-ding"})
	secretless(t, "import", o.imports("roster", roster))
	robots := "单位,平台,机器人地址,加签\n市教育局,企业微信," + app.wecom.Webhook(chatRobotKey) + ",\n市残联,钉钉," + link + "," + chatDingSign + "\n"

	// The platforms fail in every way there is while messages are pushed.
	app.wecom.Fail("webhook/send", chattest.WeComFault{Drop: true}, 1)
	app.wecom.Fail("gettoken", chattest.WeComFault{Code: 40001}, 1)
	ding.ding.Fail(chattest.DingTalkSendByWebhook, chattest.DingTalkFault{Cut: true}, chattest.DingTalkErrcode(310000))
	ding.ding.Fail(chattest.DingTalkToken, chattest.DingTalkCode(http.StatusBadRequest, "invalidClientIdOrSecret"))
	secretless(t, "import", o.imports("groups", robots))
	secretless(t, "import of what is wrong", badImport(t, o, strings.ReplaceAll(robots, app.wecom.URL(), "https://example.com")))
	for _, question := range []string{"我是谁", "农家书屋归谁管", "待确认"} {
		secretless(t, question, o.line.send(said{user: "zhao", text: question})[0].text)
	}
	until(t, "both robots were tried", func() bool { return o.counted(`xietiao_sends_total\{[^}]*"(?:wecom|dingtalk)\.webhook"\}`) >= 2 })
	app.send(said{user: "zhao", text: "绑定 赵六 市教育局"})

	for _, attacks := range [][]attack{app.attacks(), ding.attacksSealed()} {
		for _, a := range attacks {
			a.send()
		}
	}
	for _, path := range []string{"", "readyz", "healthz", "metrics", "nothing", "p/x/y", strings.TrimPrefix(pathWeCom, "/"), strings.TrimPrefix(pathDingTalk, "/") + "?key=x"} {
		_, body := o.get(path)
		secretless(t, "/"+path, body)
	}
	res, err := http.Post(o.base+"api/ask", "application/json", strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()

	doctor := inProcess("", "doctor", "-config", settingsFile(t, o.cfg))
	secretless(t, "doctor", doctor.stdout+doctor.stderr)
	holds(t, "doctor", doctor.stdout, "企业微信自建应用", "钉钉应用", "凭据可用")
	app.wecom.Fail("gettoken", chattest.WeComFault{Code: 40001}, -1)
	ding.ding.Fail(chattest.DingTalkToken, chattest.DingTalkCode(http.StatusBadRequest, "invalidClientIdOrSecret"))
	doctor = inProcess("", "doctor", "-config", settingsFile(t, o.cfg))
	if secretless(t, "doctor of what is refused", doctor.stdout+doctor.stderr); doctor.code != 1 {
		t.Errorf("doctor ends with %d: %s", doctor.code, doctor.stdout)
	}
}

// badImport runs an import that must be refused and returns what it prints.
func badImport(t *testing.T, o *office, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := inProcess("", "import", "-as", "groups", "-yes", "-data", o.cfg.Data, file)
	if got.code == 0 {
		t.Errorf("imported: %s", got.stdout)
	}
	return got.stdout + got.stderr
}

// attacksSealed are requests to a callback that takes sealed bodies only.
func (l *dingLine) attacksSealed() []attack {
	post := func(key string, change func(*http.Request)) func() int {
		return func() int {
			m := chattest.DingTalkMessage{User: "wang", Text: "农家书屋归谁管"}
			statuses, err := l.ding.Post(l.t.Context(), strings.TrimRight(l.base, "/")+pathDingTalk, m, chattest.DingTalkPost{AESKey: key, Change: change})
			if err != nil {
				l.t.Error(err)
			}
			return statuses[0]
		}
	}
	return []attack{
		{"sealed", 200, post(chatDingAES, nil)},
		{"not sealed", 400, post("", nil)},
		{"sealed with another key", 400, post(chatBotAESKey, nil)},
		{"not signed", 400, post(chatDingAES, func(r *http.Request) { r.Header.Del("Sign") })},
	}
}

// refusedSocket is an AI bot whose secret the platform does not take.
type refusedSocket struct{ *socketLine }

func (l refusedSocket) up(o *office) {
	until(l.t, "the connection is given up", func() bool {
		_, body := o.get("readyz")
		return strings.Contains(body, "wecom.aibot") && !strings.Contains(body, "connecting")
	})
}

// A platform that repeats the secret in its refusal does not bring it to light.
func TestARefusedConnectionShowsNoSecret(t *testing.T) {
	t.Parallel()
	c := &clock{}
	l := refusedSocket{newSocketLine(t, c).(*socketLine)}
	l.bot.Secret("another")
	ding := newDingLine(t, c, "stream").(*dingLine)
	ding.ding.Fail(chattest.DingTalkOpen, chattest.DingTalkFault{Times: 1 << 20, Status: http.StatusUnauthorized, Body: `{"code":"authFailed","message":"` + chatDing + `"}`})
	o := open(t, l, c, ding.settings)
	until(t, "the stream is refused", func() bool { _, body := o.get("readyz"); return strings.Contains(body, "dingtalk.robot") })
	code, body := o.get("readyz")
	if secretless(t, "/readyz", body); code != http.StatusOK || !strings.Contains(body, `"degraded"`) {
		t.Errorf("%d %s", code, body)
	}
	doctor := inProcess("", "doctor", "-config", settingsFile(t, o.cfg))
	secretless(t, "doctor", doctor.stdout+doctor.stderr)
}

// The password of a Redis that cannot be had is not in the error.
func TestARedisPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.SecretKey, cfg.Redis = t.TempDir(), chatSecretKey, config.Secret("redis://:CANARY@"+freeAddress(t)+"/0")
	cfg.Listen = "127.0.0.1:0"
	file := settingsFile(t, cfg)
	for _, command := range []string{"serve", "doctor"} {
		got := inProcess("", command, "-config", file)
		if secretless(t, command, got.stdout+got.stderr); got.code != 1 {
			t.Errorf("%s ends with %d: %s%s", command, got.code, got.stdout, got.stderr)
		}
	}
}
