package chattest

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// The client of DingTalk as a place where pages are opened.

const dingLoginLife = 5 * time.Minute

type dingLogin struct {
	user  string
	until time.Time
}

// DingTalkUserAgent is that of the client.
const DingTalkUserAgent = "Mozilla/5.0 (Linux; Android 14) Mobile AliApp(DingTalk/7.6.0) com.alibaba.android.rimet/0"

// AuthCode is what a page's script gets that asks who uses the client: good once,
// for five minutes.
func (d *DingTalk) AuthCode(user string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	code := rand.Text()
	d.logins[code] = dingLogin{user, d.opt.Now().Add(dingLoginLife)}
	return code
}

// identify tells whose a code is; the token stands in the address.
func (d *DingTalk) identify(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Code string `json:"code"`
	}
	if dingStrict(body, &in) != nil || in.Code == "" {
		dingErrcode(w, 40035, "code")
		return
	}
	if !d.takes(r.URL.Query().Get("access_token")) {
		dingJSON(w, map[string]any{"errcode": 88, "errmsg": "ding talk error[subcode=40014]", "sub_code": "40014", "sub_msg": "invalid access_token", "request_id": "R"})
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.logins[in.Code]
	delete(d.logins, in.Code)
	if !ok || !d.opt.Now().Before(l.until) {
		dingErrcode(w, 40078, "code is not exist")
		return
	}
	dingJSON(w, map[string]any{"errcode": 0, "errmsg": "ok", "request_id": "R", "result": map[string]any{
		"userid": l.user, "device_id": "D", "sys": false, "sys_level": 0, "name": l.user, "unionid": "U" + l.user, "associated_unionid": "N",
	}})
}

// giveTicket gives the ticket of pages.
func (d *DingTalk) giveTicket(w http.ResponseWriter, r *http.Request, body []byte) {
	if !d.authorized(r) {
		dingError(w, http.StatusBadRequest, "InvalidAuthentication")
		return
	}
	if err := dingStrict(body, &struct{}{}); err != nil {
		dingError(w, http.StatusBadRequest, "invalidParameter.body")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ticket == "" {
		d.ticket = "ticket" + rand.Text()
	}
	dingJSON(w, map[string]any{"jsapiTicket": d.ticket, "expireIn": int(dingTokenLife / time.Second)})
}

// Signed reports whether the client would let the page at an address call its
// functions, by SHA-256 or as old clients by SHA-1.
func (d *DingTalk) Signed(old bool, address, nonce string, at int64, signature string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := []byte("jsapi_ticket=" + d.ticket + "&noncestr=" + nonce + "&timestamp=" + strconv.FormatInt(at, 10) + "&url=" + address)
	if old {
		sum := sha1.Sum(text)
		return d.ticket != "" && hex.EncodeToString(sum[:]) == signature
	}
	sum := sha256.Sum256(text)
	return d.ticket != "" && hex.EncodeToString(sum[:]) == signature
}
