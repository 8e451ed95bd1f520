package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Lengths the platforms and the store fix.
const (
	aesKeyRunes     = 43 // EncodingAESKey, base64 of 32 bytes without its =
	minSecretKey    = 16 // bytes; below that a key protects nothing
	maxReminderDays = 366
)

var spaceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Check reports every setting that is wrong by itself or beside another. It
// looks at values only: no file is opened and no host is called.
func (c *Config) Check() error {
	var bad problems
	bad.add("listen", CheckListen(c.Listen))
	bad.add("public_url", checkURL(c.PublicURL, true, "http", "https"))
	for _, p := range c.TrustedProxies {
		bad.add("trusted_proxies", checkProxy(p))
	}
	if c.Data == "" {
		bad.say("data", "must name a folder")
	}
	bad.add("redis", checkRedis(c.Redis.Reveal()))
	if !spaceName.MatchString(c.Space) {
		bad.say("space", "use lower-case letters, digits and - (at most 63)")
	}
	if n := len(c.SecretKey); n > 0 && n < minSecretKey {
		bad.say("secret_key", fmt.Sprintf("needs at least %d characters", minSecretKey))
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" || c.Timezone == "Local" {
		bad.say("timezone", "is not a time zone name such as Asia/Shanghai")
	}
	for _, p := range c.Plans {
		if strings.TrimSpace(p) == "" {
			bad.say("plans", "holds an empty name")
		}
	}
	c.WeCom.check(&bad)
	c.DingTalk.check(&bad)
	c.Remind.check(&bad)
	c.checkNumbers(&bad)
	checkHolidays(c.Holidays, &bad)
	checkWeights(c.Assess, &bad)
	return errors.Join(bad...)
}

// problems collects faults so that one run shows them all.
type problems []error

func (p *problems) say(name, text string) { *p = append(*p, fmt.Errorf("%s: %s", name, text)) }

func (p *problems) add(name string, err error) {
	if err != nil {
		*p = append(*p, fmt.Errorf("%s: %w", name, err))
	}
}

// together demands all of the named values, or none.
func (p *problems) together(names []string, set ...bool) {
	var missing, present []string
	for i, ok := range set {
		if ok {
			present = append(present, names[i])
		} else {
			missing = append(missing, names[i])
		}
	}
	if len(present) > 0 && len(missing) > 0 {
		p.say(strings.Join(missing, ", "), "needed because "+present[0]+" is set")
	}
}

func (w *WeCom) check(bad *problems) {
	bad.together([]string{"wecom.corp_id", "wecom.agent_id", "wecom.secret"}, w.CorpID != "", w.AgentID != 0, w.Secret != "")
	bad.together([]string{"wecom.token", "wecom.aes_key"}, w.Token != "", w.AESKey != "")
	if w.Token != "" && w.CorpID == "" {
		bad.say("wecom.corp_id", "needed because wecom.token is set")
	}
	if w.AgentID < 0 {
		bad.say("wecom.agent_id", "must not be negative")
	}
	bad.add("wecom.aes_key", checkAESKey(w.AESKey))
	bad.add("wecom.api_base", checkURL(w.APIBase, false, "http", "https"))
	bad.add("wecom.ws_base", checkURL(w.WSBase, false, "ws", "wss"))

	a := w.AIBot
	bad.add("wecom.aibot.aes_key", checkAESKey(a.AESKey))
	switch a.Mode {
	case "ws":
		bad.together([]string{"wecom.aibot.id", "wecom.aibot.secret"}, a.ID != "", a.Secret != "")
		if a.Token != "" || a.AESKey != "" {
			bad.say("wecom.aibot.mode", "token and aes_key belong to mode http")
		}
	case "http":
		if a.Token == "" || a.AESKey == "" {
			bad.say("wecom.aibot.mode", "http needs token and aes_key")
		}
	default:
		bad.say("wecom.aibot.mode", "must be ws or http")
	}
}

func (d *DingTalk) check(bad *problems) {
	bad.together([]string{"dingtalk.client_id", "dingtalk.client_secret"}, d.ClientID != "", d.ClientSecret != "")
	if d.ClientID == "" && (d.RobotCode != "" || d.AESKey != "" || d.CorpID != "") {
		bad.say("dingtalk.client_id", "needed because robot_code, aes_key or corp_id is set")
	}
	if d.AgentID < 0 {
		bad.say("dingtalk.agent_id", "must not be negative")
	}
	if d.JSAPIHash != "sha256" && d.JSAPIHash != "sha1" {
		bad.say("dingtalk.jsapi_hash", "must be sha256 or sha1")
	}
	if d.Mode != "stream" && d.Mode != "http" {
		bad.say("dingtalk.mode", "must be stream or http")
	}
	bad.add("dingtalk.aes_key", checkAESKey(d.AESKey))
	bad.add("dingtalk.api_base", checkURL(d.APIBase, false, "http", "https"))
	bad.add("dingtalk.oapi_base", checkURL(d.OAPIBase, false, "http", "https"))
}

func (r *Remind) check(bad *problems) {
	from, to, ok := strings.Cut(r.Hours, "-")
	start, err1 := time.Parse(clockLayout, from)
	end, err2 := time.Parse(clockLayout, to)
	hours := ok && err1 == nil && err2 == nil && start.Before(end)
	if !hours {
		bad.say("remind.hours", "must look like 08:30-17:30, the earlier time first")
	}
	digest, err := time.Parse(clockLayout, r.Digest)
	switch {
	case err != nil:
		bad.say("remind.digest", "must look like 09:00")
	case hours && (digest.Before(start) || !digest.Before(end)):
		bad.say("remind.digest", "must lie within remind.hours")
	}
	for name, days := range map[string][]int{"remind.offsets": r.Offsets, "remind.support": r.Support} {
		for i, n := range days {
			if n < 0 || n > maxReminderDays || i > 0 && n >= days[i-1] {
				bad.say(name, "must be falling numbers of days, 0 to 366")
				break
			}
		}
	}
	for i, n := range r.Sign {
		if n < 1 || n > maxReminderDays || i > 0 && n <= r.Sign[i-1] {
			bad.say("remind.sign", "must be rising numbers of days, 1 to 366")
			break
		}
	}
	for name, n := range map[string]int{
		"remind.overdue_every": r.OverdueEvery, "remind.daily_cap": r.DailyCap, "remind.head": r.Head, "remind.office": r.Office,
	} {
		if n < 1 {
			bad.say(name, "must be at least 1")
		}
	}
	if r.Office < r.Head {
		bad.say("remind.office", "must not be below remind.head: the unit's own heads are told first")
	}
}

func (c *Config) checkNumbers(bad *problems) {
	for _, f := range fieldsOf(c) {
		n, isInt := f.v.Interface().(int)
		counted := strings.HasPrefix(f.name, "limits.") || strings.HasPrefix(f.name, "retention.")
		if isInt && counted && n < 1 {
			bad.say(f.name, "must be at least 1")
		}
	}
}

func checkHolidays(days []Holiday, bad *problems) {
	seen := map[string]bool{}
	for _, h := range days {
		if _, err := time.Parse(dateLayout, h.Date); err != nil {
			bad.say("holidays", fmt.Sprintf("%q is not a date such as 2027-01-01", h.Date))
			continue
		}
		if seen[h.Date] {
			bad.say("holidays", h.Date+" is listed twice")
		}
		seen[h.Date] = true
	}
}

func checkWeights(years []Weights, bad *problems) {
	seen := map[int]bool{}
	for _, w := range years {
		switch {
		case w.Year < 2000 || w.Year > 2999:
			bad.say("assess", fmt.Sprintf("%d is not a year", w.Year))
		case seen[w.Year]:
			bad.say("assess", fmt.Sprintf("%d is there twice", w.Year))
		case w.OnTime < 1 || min(w.LateDay, w.Late, w.Delay) < 0 || w.Late > w.OnTime:
			bad.say("assess", fmt.Sprintf("%d: points must not be below 0, nor late above on_time", w.Year))
		}
		seen[w.Year] = true
	}
}

// CheckListen says what is wrong with an address to listen on.
func CheckListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8080")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return errors.New("the port must be a number from 0 to 65535")
	}
	return nil
}

// checkURL accepts an absolute URL without user, query and fragment.
func checkURL(s string, empty bool, schemes ...string) error {
	if s == "" && empty {
		return nil
	}
	wrong := errors.New("must be a URL that begins with " + schemes[0] + ":// or " + schemes[1] + "://, without ? or #")
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return wrong
	}
	for _, ok := range schemes {
		if u.Scheme == ok {
			return nil
		}
	}
	return wrong
}

func checkProxy(s string) error {
	if _, err := netip.ParseAddr(s); err == nil {
		return nil
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return nil
	}
	return fmt.Errorf("%q is neither an IP address nor a network such as 10.0.0.0/8", s)
}

// checkRedis never repeats the URL: it may hold a password.
func checkRedis(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return errors.New("must begin with redis:// or rediss:// and name a host")
	}
	return nil
}

// checkAESKey accepts what the platforms hand out: 43 characters that decode
// to 32 bytes. The last character may carry stray bits.
func checkAESKey(s Secret) error {
	if s == "" {
		return nil
	}
	key, err := base64.StdEncoding.DecodeString(s.Reveal() + "=")
	if len(s) != aesKeyRunes || err != nil || len(key) != 32 {
		return errors.New("must be the 43 characters the platform shows")
	}
	return nil
}
