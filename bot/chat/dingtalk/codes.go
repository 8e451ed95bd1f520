package dingtalk

import (
	"fmt"
	"strings"
	"time"

	"xietiao/bot/chat"
)

// How long to wait before a push is tried again.
const (
	soon      = 0                // the outbox's own back-off decides
	nextQuota = time.Minute      // calls of an app are counted per second and minute
	throttled = 10 * time.Minute // a group robot that sent too fast is muted so long (page custom-robot)
	untilSet  = 10 * time.Minute // somebody has to change a setting first
)

// remedy is what can be done about a code.
type remedy uint8

const (
	never   remedy = iota // permanent: the same again would fail again
	retry                 // try again soon
	quota                 // try again after nextQuota
	mute                  // try again after throttled
	config                // our credentials: try again after untilSet
	renew                 // the token: get another one, try again at once
	noRobot               // permanent; by a session: it is over, another way may work
)

// codes are the codes of DingTalk that are known, with what can be done. A code
// with dots also stands for all that begin with it; others are permanent.
var codes = map[string]remedy{
	// Answers to webhooks and sessions, by HTTP 200 (page custom-robot and its FAQ).
	"-1":     retry,   // busy
	"130101": mute,    // sending too fast
	"410100": mute,    // the same
	"302033": mute,    // the same, by one source
	"1111":   mute,    // {"status":1111,"punish":"deny"}: blocked by the gateway
	"310000": never,   // security setting: keywords, sign, timestamp or address
	"300001": noRobot, // the token does not exist
	"300005": noRobot,
	"400101": noRobot, // the token is missing
	"400102": noRobot, // the robot is stopped
	"400013": noRobot, // the group is dissolved
	"400105": never,   // the type of message is not supported
	"400106": noRobot, // the robot is not in the group
	"40035":  never,   // a parameter is missing
	"43002":  never,   // not by POST
	"43004":  never,   // wrong Content-Type
	"460101": never,   // longer than 20000 bytes
	"88":     noRobot, // not authorised

	// Answers of the old API, by HTTP 200 (page of server error codes).
	"40014": renew, // the token is none
	"42001": renew, // the token has expired
	badCode: never, // a visitor's code that was used or has expired
	"60011": never, // a permission is missing

	// Answers of api.dingtalk.com, by HTTP 4xx (seen with its official clients).
	badToken:                                renew, // the token has expired or was revoked
	"invalidClientIdOrSecret":               config,
	"authFailed":                            config,
	"invalidAppKey":                         config,
	"Forbidden.AccessDenied":                never, // a permission is missing
	"Forbidden.AccessDenied.QpsLimitForApi": quota,
	"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": quota,
	"Throttling":         quota,
	"invalidParameter":   never,
	"staffId.notExisted": never,
	"ServiceUnavailable": retry,
	"InternalError":      retry,
	flowControlled:       quota, // in the list of a push that was taken
	invalidStaff:         never,
}

// Codes that are named; the last five are ours, for what DingTalk says without one.
const (
	flowControlled = "flowControlledStaffIdList"
	invalidStaff   = "invalidStaffIdList"
	tooLong        = "460101" // as a webhook would say
	badToken       = "InvalidAuthentication"
	badCode        = "40078"
	badAnswer      = "answer" // what came back is no answer of DingTalk's
	noState        = "state"  // what we must remember cannot be reached
	badAddress     = "address"
	unknownRobot   = "robot"
)

// remedyOf looks a code up, then what it begins with.
func remedyOf(code string) remedy {
	for ; code != ""; code = code[:max(0, strings.LastIndexByte(code, '.'))] {
		if r, ok := codes[code]; ok {
			return r
		}
	}
	return never
}

// outcome is what a code that is no success means for a push.
func outcome(code string) chat.Outcome {
	code = cleanCode(code)
	switch remedyOf(code) {
	case retry, renew:
		return chat.RetryAfter(soon).Because(code)
	case quota:
		return chat.RetryAfter(nextQuota).Because(code)
	case mute:
		return chat.RetryAfter(throttled).Because(code)
	case config:
		return chat.RetryAfter(untilSet).Because(code)
	}
	return chat.Permanent(code)
}

// maxCode bounds what is taken for a code in bytes.
const maxCode = 80

// cleanCode makes what came as a code fit for logs and pages: codes are ASCII
// without blanks, anything else is not repeated.
func cleanCode(code string) string {
	if code == "" || len(code) > maxCode || strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return badAnswer
	}
	return code
}

// judgeHook says what became of a message to a webhook or a session. Errors
// come with HTTP 200 (page custom-robot), so only an errcode of 0 is a success.
func judgeHook(a chat.Answer) chat.Outcome {
	var in struct {
		Code   *int64 `json:"errcode"`
		Status int64  `json:"status"`
		Punish string `json:"punish"`
	}
	decoded := a.Decode(&in) == nil
	if decoded && in.Punish != "" {
		return outcome("1111")
	}
	if o, ok := noAnswer(a); ok {
		return o
	}
	switch {
	case decoded && in.Code != nil && *in.Code == 0:
		return chat.Done()
	case decoded && in.Code != nil:
		return outcome(fmt.Sprint(*in.Code))
	case a.Status >= 400:
		return chat.Permanent(fmt.Sprintf("http-%d", a.Status))
	}
	return chat.Unknown().Because(badAnswer)
}

// judgeAPI says what became of a call to the API, and decodes a good answer
// into v.
func judgeAPI(a chat.Answer, v any) chat.Outcome {
	if a.Err == nil && a.Status >= 400 {
		var in struct {
			Code string `json:"code"`
		}
		if a.Decode(&in) == nil && in.Code != "" && a.Status != gatewayTimeout {
			if _, known := codes[in.Code]; known || a.Status < 500 {
				return outcome(in.Code)
			}
		}
	}
	if o, ok := noAnswer(a); ok {
		return o
	}
	switch {
	case a.Status >= 400:
		return chat.Permanent(fmt.Sprintf("http-%d", a.Status))
	case a.Decode(v) != nil:
		return chat.Unknown().Because(badAnswer)
	}
	return chat.Done()
}

// notAuthorised is the errcode of the old API behind which a sub_code tells more.
const notAuthorised = 88

// judgeTop says what became of a call to the old API, and decodes a good answer
// into v.
func judgeTop(a chat.Answer, v any) chat.Outcome {
	var in struct {
		Code int64  `json:"errcode"`
		Sub  string `json:"sub_code"`
	}
	o := judgeHook(a)
	switch {
	case o.Verdict() == chat.VerdictDone && a.Decode(v) != nil:
		return chat.Unknown().Because(badAnswer)
	case a.Decode(&in) == nil && in.Code == notAuthorised && in.Sub != "":
		return outcome(in.Sub)
	}
	return o
}

// gatewayTimeout is how the gateway gives up after three seconds: whether the
// message went out is not known.
const gatewayTimeout = 504

func noAnswer(a chat.Answer) (chat.Outcome, bool) {
	if a.Err == nil && a.Status == gatewayTimeout {
		return chat.Unknown().Because("http-504"), true
	}
	return a.Fault()
}
