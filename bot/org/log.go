package org

import (
	"fmt"
	"time"

	"xietiao/bot/store"
)

// What says what an Entry of the log tells.
type What string

// The kinds of change.
const (
	WhatAdd     What = "add"
	WhatChange  What = "change"
	WhatUnlink  What = "unlink"
	WhatErase   What = "erase"
	WhatAsk     What = "ask"
	WhatApprove What = "approve"
	WhatReject  What = "reject"
	WhatUnbind  What = "unbind"
	WhatRobot   What = "robot"
	WhatDrop    What = "drop-robot"
	WhatRotate  What = "rotate"
	WhatPause   What = "pause"
	WhatResume  What = "resume"

	WhatLogin    What = "login"    // a person was given a login, another one, or none
	WhatPassword What = "password" // a login has a new password
	WhatLock     What = "lock"     // wrong passwords have locked a login
	WhatUnlock   What = "unlock"
)

// Entry is one change: what, when, by whom. It names people by our ids alone,
// so that erasing a person leaves it as it is.
type Entry struct {
	At      time.Time `json:"at"`
	What    What      `json:"what"`
	By      PersonID  `json:"by,omitempty"` // empty: somebody nobody knew yet
	Person  PersonID  `json:"person,omitempty"`
	Unit    string    `json:"unit,omitempty"`
	Request RequestID `json:"request,omitempty"`
	Robot   string    `json:"robot,omitempty"`
	Fields  []string  `json:"fields,omitempty"` // which fields changed, not their values
}

// note adds an entry to the log.
func note(tx *store.Tx, e Entry) error {
	n, err := next(tx, "log")
	if err != nil {
		return err
	}
	e.At = tx.Now()
	return put(tx, bucketLog, fmt.Sprintf("%012d", n), e)
}

// History lists the latest changes, the newest first; all if limit is 0.
func History(r store.Reader, limit int) ([]Entry, error) {
	return all[Entry](r, bucketLog, store.Range{Reverse: true, Limit: limit})
}
