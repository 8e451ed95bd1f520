package org

import (
	"encoding/json"
	"fmt"
	"strconv"
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

	WhatHandOver What = "hand-over" // Person does from now on what From did
	WhatBackup   What = "backup"    // a copy of everything was taken away
)

// Entry is one change: what, when, by whom. It names people by our ids alone,
// so that erasing a person leaves it as it is.
type Entry struct {
	No      int       `json:"-"` // its place in the log: 1, 2, …
	At      time.Time `json:"at"`
	What    What      `json:"what"`
	By      PersonID  `json:"by,omitempty"` // empty: somebody nobody knew yet
	Person  PersonID  `json:"person,omitempty"`
	From    PersonID  `json:"from,omitempty"` // of a handing over: whose it was
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
	return put(tx, bucketLog, logKey(n), e)
}

// NoteBackup notes that somebody takes a copy of everything away. The office may.
func NoteBackup(tx *store.Tx, by PersonID) error {
	if err := needOffice(tx, by); err != nil {
		return err
	}
	return note(tx, Entry{What: WhatBackup, By: by})
}

// Log picks entries. The zero value is all.
type Log struct {
	Person PersonID // who did it, or whom it is about; empty: anybody
	Before int      // only what came before the entry of that No; 0: from the latest
	Limit  int      // at most so many; 0: no bound
}

// History lists changes, the newest first.
func History(r store.Reader, q Log) (list []Entry, err error) {
	rg := store.Range{Reverse: true}
	if q.Before > 0 {
		rg.To = logKey(q.Before)
	}
	err = r.Scan(bucketLog, rg, func(key string, raw []byte) error {
		var e Entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucketLog, key, err)
		}
		if q.Person != "" && e.Person != q.Person && e.From != q.Person && e.By != q.Person {
			return nil
		}
		e.No, _ = strconv.Atoi(key) // all keys are logKey's
		if list = append(list, e); len(list) == q.Limit {
			return store.ErrStop
		}
		return nil
	})
	return list, err
}

func logKey(n int) string { return fmt.Sprintf("%012d", n) }
