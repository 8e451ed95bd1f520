package chat

import "errors"

// Why a request was refused. Channels wrap these with what they were doing,
// never with a secret, a signature, a link or the text of a message. Each edge
// maps them in one table; the decrypting side of ErrMalformed and ErrReceiver
// must look alike from outside, so that nobody can ask it about paddings.
var (
	// ErrSignature: the request is not from the platform. Status 401.
	ErrSignature = errors.New("signature does not match")
	// ErrStale: it was signed too long ago, or too far ahead. Status 401.
	ErrStale = errors.New("timestamp outside the window")
	// ErrReplayed: its nonce or id came before with other content. Status 401.
	ErrReplayed = errors.New("used before with other content")
	// ErrMalformed: it is not what the protocol says. Status 400.
	ErrMalformed = errors.New("malformed request")
	// ErrReceiver: it is meant for another organisation, app or bot. Status 400.
	ErrReceiver = errors.New("meant for another receiver")
	// ErrTooLarge: a part of it is longer than the protocol allows. Status 413.
	ErrTooLarge = errors.New("request too large")
	// ErrUnavailable: the State could not be reached; the platform should ask
	// again. Status 503.
	ErrUnavailable = errors.New("state unavailable")
	// ErrCode: a visitor's code was used before, has expired or was never handed
	// out. Status 401.
	ErrCode = errors.New("not a code of a visitor")
	// ErrTooLong: a reply is longer than one message of the channel holds.
	ErrTooLong = errors.New("reply too long for one message")
	// ErrElsewhere: a reply that the response to this request cannot carry; it
	// must be pushed.
	ErrElsewhere = errors.New("cannot be said in the response")
	// ErrConfig: a channel cannot be built from its options.
	ErrConfig = errors.New("unusable credentials")
)
