package chat

import (
	"fmt"
	"strings"
	"time"
)

// Verdict is how a push ended.
type Verdict string

// The verdicts. Only VerdictDone lets a notice count as sent.
const (
	VerdictDone      Verdict = "done"      // accepted, nobody listed as unreached
	VerdictPermanent Verdict = "permanent" // will fail again: do not retry
	VerdictRetry     Verdict = "retry"     // not accepted; may be sent again after a while
	VerdictUnknown   Verdict = "unknown"   // written, no answer: it may have arrived
)

// Outcome is what became of one push. The zero Outcome is an unknown one: what
// nobody decided must not count as sent.
type Outcome struct {
	verdict   Verdict
	code      string
	after     time.Duration
	unreached []string
	id        string
}

// Done is a push that was accepted for everybody.
func Done() Outcome { return Outcome{verdict: VerdictDone} }

// Permanent is a push that no retry can help. code is the platform's, such as
// "60020"; it holds no secret.
func Permanent(code string) Outcome { return Outcome{verdict: VerdictPermanent, code: code} }

// Partial is a push that was accepted but did not reach everybody: permanent,
// with the people it missed.
func Partial(code string, unreached ...string) Outcome {
	return Outcome{verdict: VerdictPermanent, code: code, unreached: append([]string(nil), unreached...)}
}

// RetryAfter is a push that was certainly not accepted and may be sent again
// after d at the earliest. A negative d counts as 0.
func RetryAfter(d time.Duration) Outcome {
	return Outcome{verdict: VerdictRetry, after: max(d, 0)}
}

// Because adds the platform's code to an outcome.
func (o Outcome) Because(code string) Outcome {
	o.code = code
	return o
}

// Sent is Done with the platform's id of the message, by which it may be
// withdrawn.
func Sent(id string) Outcome { return Outcome{verdict: VerdictDone, id: id} }

// Unknown is a push of which a crash or a timeout after writing hid the answer.
// Sending it again may make a duplicate, which must be marked as one.
func Unknown() Outcome { return Outcome{verdict: VerdictUnknown} }

// Verdict tells how the push ended.
func (o Outcome) Verdict() Verdict {
	if o.verdict == "" {
		return VerdictUnknown
	}
	return o.verdict
}

// Code is the platform's code, empty if it gave none.
func (o Outcome) Code() string { return o.code }

// ID is the platform's id of a message that was sent; empty if it gave none.
func (o Outcome) ID() string { return o.id }

// After is how long to wait before the next try; 0 unless VerdictRetry.
func (o Outcome) After() time.Duration { return o.after }

// Unreached lists who did not get it, by the platform's ids.
func (o Outcome) Unreached() []string { return append([]string(nil), o.unreached...) }

// String describes o for logs and the console.
func (o Outcome) String() string {
	s := string(o.Verdict())
	if o.code != "" {
		s += "(" + o.code + ")"
	}
	if o.verdict == VerdictRetry {
		s += " after " + o.after.String()
	}
	if len(o.unreached) > 0 {
		s += fmt.Sprintf(", %d not reached", len(o.unreached))
	}
	return strings.TrimSpace(s)
}
