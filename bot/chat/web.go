package chat

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash"
)

// Web is a platform's client as a place where our pages are opened: it says who
// opens one, and lets a page call the client's functions. It is safe for
// concurrent use; its errors hold no credential.
type Web interface {
	Platform() Platform
	// Inside reports whether a browser of this User-Agent is the client.
	Inside(userAgent string) bool
	// AuthURL is where the client sends who opens it back to the address back,
	// with the parameters code and state; state has up to 128 letters and digits.
	// "": there is no such place, a script of ours asks the client for a code of
	// Corp.
	AuthURL(back, state string) string
	// Corp is the organisation's id on the platform.
	Corp() string
	// Script is where the platform serves what a page needs to call the client.
	Script() string
	// Identify tells whose a code is. One is good once and for five minutes; of
	// any other the error is ErrCode.
	Identify(ctx context.Context, code string) (Visitor, error)
	// JSConfig is what lets the page at an address, as its browser has it, call
	// the client's functions.
	JSConfig(ctx context.Context, address string) (JSConfig, error)
}

// Visitor is who opens a page, as a platform knows them.
type Visitor struct {
	Platform Platform `json:"platform"`
	User     UserID   `json:"user"`
	Outside  bool     `json:"outside,omitempty"` // no member of the organisation: User is an id that only this app knows
}

// JSConfig goes into the page: none of it is secret. It is good for one address.
type JSConfig struct {
	CorpID    string `json:"corpId"`
	AgentID   string `json:"agentId"`
	Time      int64  `json:"timestamp,omitempty"` // seconds
	Nonce     string `json:"nonceStr,omitempty"`
	Signature string `json:"signature,omitempty"`
	Agent     string `json:"agentSignature,omitempty"` // for what needs the app's own right, where the platform tells them apart
}

// SignPage is the proof that the page at an address may call the client: the hash
// of ticket, nonce, time and address, in lower-case hex. Both platforms make the
// same string of them (docs 90506; page jsapi-authentication).
func SignPage(h hash.Hash, ticket, address string, c JSConfig) string {
	fmt.Fprintf(h, "jsapi_ticket=%s&noncestr=%s&timestamp=%d&url=%s", ticket, c.Nonce, c.Time, address) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}
