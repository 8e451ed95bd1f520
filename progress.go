package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progressEvery keeps a terminal from being rewritten faster than it is read.
const progressEvery = 100 * time.Millisecond

// progress shows how far long work is, on a terminal only. It is used by one
// goroutine.
type progress struct {
	w     io.Writer // nil: silent
	last  time.Time
	shown bool
}

func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{w: w, last: time.Now()}
		}
	}
	return &progress{}
}

func (p *progress) show(what string, n, of int) {
	if p.w == nil || time.Since(p.last) < progressEvery {
		return
	}
	p.now(fmt.Sprintf("%s %d/%d", what, n, of))
}

// now shows what is being done, however soon it is after what was shown before.
func (p *progress) now(what string) {
	if p.w == nil {
		return
	}
	p.done()
	p.last, p.shown = time.Now(), true
	printf(p.w, "%s ", what)
}

// done clears the line.
func (p *progress) done() {
	if p.shown {
		printf(p.w, "\r\x1b[K")
		p.shown = false
	}
}
