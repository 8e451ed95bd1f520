package activity

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"xietiao/bot/store"
	"xietiao/index/zh"
)

const (
	codeStep   = 30 * time.Second
	codeDigits = 6
	codeSlack  = 1  // steps before and after that are taken: clocks differ, and people type slowly
	codeOld    = 20 // steps back for which a code is known to be an old one
)

// Wrong codes that are taken within guessTime.
const (
	guessTime  = 10 * time.Minute
	guessOwn   = 5   // of one volunteer
	guessTotal = 300 // of all at one activity: of a million codes three are right
)

// codeAt is the code of a step: HMAC-SHA256 over the activity and the step, cut to
// digits as RFC 4226 does.
func codeAt(secret []byte, n Number, step int64) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s/%d", n, step) // a hash takes everything
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

func stepAt(t time.Time) int64 { return t.Unix() / int64(codeStep/time.Second) }

// match compares a code with those of the moment. expired: it was right a while ago.
func match(secret []byte, n Number, code string, at time.Time) (ok, expired bool) {
	step := stepAt(at)
	among := func(from, to int64) (found bool) {
		for s := from; s <= to; s++ {
			found = subtle.ConstantTimeCompare([]byte(codeAt(secret, n, s)), []byte(code)) == 1 || found
		}
		return found
	}
	if among(step-codeSlack, step+codeSlack) {
		return true, false
	}
	return false, among(step-codeOld, step-codeSlack-1)
}

// ParseCode reads six digits as people write them: 482913, 482 913, ４８２９１３.
func ParseCode(s string) (string, bool) {
	s = strings.NewReplacer(" ", "", "-", "", "\t", "").Replace(strings.TrimSpace(zh.Fold(s)))
	if len(s) != codeDigits || strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	return s, true
}

// Code is what the organiser's screen shows.
type Code struct {
	Digits string    // six
	Until  time.Time // when the next one replaces it
}

// Code is the activity's code at the moment of the store's clock. An organiser may. A
// *Refusal: it cannot be checked in to.
func (b *Board) Code(r store.Reader, n Number, by Actor) (Code, error) {
	rec, err := b.load(r, n)
	if err != nil {
		return Code{}, err
	}
	now := b.now(r)
	switch {
	case !by.Runs(rec.Unit):
		return Code{}, ErrForbidden
	case !rec.Series.IsZero():
		return Code{}, rec.refuse(WhySeries)
	case rec.StateAt(now) == StateOver:
		return Code{}, rec.overRefusal()
	case rec.State != StatePublished:
		return Code{}, rec.refuse(whyState[rec.State])
	}
	secret, err := b.secret(r, n)
	if err != nil {
		return Code{}, err
	}
	step := stepAt(now)
	until := time.Unix((step+1)*int64(codeStep/time.Second), 0).In(now.Location())
	return Code{codeAt(secret, n, step), until}, nil
}

func (b *Board) secret(r store.Reader, n Number) ([]byte, error) {
	sealed, ok, err := r.Get(bucketSecret, n.digits())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: %s has no secret", store.ErrDamaged, n)
	}
	return b.vault.Open(bucketSecret, n.digits(), sealed)
}

// guesses counts wrong codes until it is gone.
type guesses struct {
	Wrong int       `json:"wrong"`
	Until time.Time `json:"until"`
}

// tryCode checks a code, counting wrong ones. nil: it is right.
func (b *Board) tryCode(tx *store.Tx, rec *record, v VolunteerID, code string) (*Refusal, error) {
	now := b.now(tx)
	own, all := rec.Number.digits()+sep+v.digits(), rec.Number.digits()
	most := map[string]int{own: guessOwn, all: guessTotal}
	count := map[string]guesses{}
	for _, key := range []string{own, all} {
		g, ok, err := get[guesses](tx, bucketGuess, key)
		if err != nil {
			return nil, err
		}
		if !ok {
			g = guesses{Until: now.Add(guessTime)}
		}
		if g.Wrong >= most[key] {
			r := rec.refuse(WhyLimited)
			r.Until = g.Until
			return r, nil
		}
		count[key] = g
	}
	secret, err := b.secret(tx, rec.Number)
	if err != nil {
		return nil, err
	}
	digits, _ := ParseCode(code)
	switch ok, expired := match(secret, rec.Number, digits, now); {
	case ok:
		return nil, nil
	case expired:
		return rec.refuse(WhyExpired), nil
	}
	for key, g := range count {
		g.Wrong++
		if err := putUntil(tx, bucketGuess, key, g, g.Until); err != nil {
			return nil, err
		}
	}
	r := rec.refuse(WhyCode)
	r.Left = guessOwn - count[own].Wrong - 1
	return r, nil
}
