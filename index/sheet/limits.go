package sheet

import (
	"errors"
	"fmt"
	"time"
)

// What went wrong with a file, for errors.Is. A returned error is an [*Error]
// whose Kind is one of these.
var (
	ErrEmpty       = errors.New("no text in the file")
	ErrTooLarge    = errors.New("over a limit")
	ErrLegacy      = errors.New("old file format")
	ErrEncrypted   = errors.New("protected by a password")
	ErrUnsupported = errors.New("not a readable kind of file")
	ErrDamaged     = errors.New("damaged file")
	ErrTimeout     = errors.New("reading took too long")
)

// Error says what went wrong (Kind, a sentinel), in which kind of file and
// where. errors.Is works with the sentinel and with the cause.
type Error struct {
	Kind   error
	Format string // "doc", "xlsx", … where it is known
	Place  string // "Sheet1!B3", "line 7", "page 2", an archive entry, or ""
	Err    error  // the cause, may be nil
}

// Error is for logs; users get doc.Advice.
func (e *Error) Error() string {
	s := e.Kind.Error()
	if e.Format != "" {
		s = e.Format + ": " + s
	}
	if e.Place != "" {
		s += " at " + e.Place
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Limits bound one reading, so that a hostile file costs little. The zero
// value of a field stands for its default. Memory stays within a small multiple
// of MaxUnzipped; the time limit is checked inside loops, so a reading may
// overrun it by the longest single step of a library.
type Limits struct {
	MaxInput    int64         // bytes of the file; 20 MiB
	MaxUnzipped int64         // bytes of all archive entries or streams together; 100 MiB
	MaxRatio    int64         // expansion of one archive entry larger than 1 MiB; 200
	MaxDepth    int           // nesting of XML and HTML elements; 256
	MaxRows     int           // rows of all tables; 100,000
	MaxCells    int           // cells of all tables, merged places counted; 1,000,000
	MaxTime     time.Duration // 10 s
}

// Defaults of Limits.
const (
	defaultInput    = 20 << 20
	defaultUnzipped = 100 << 20
	defaultRatio    = 200
	defaultDepth    = 256
	defaultRows     = 100_000
	defaultCells    = 1_000_000
	defaultTime     = 10 * time.Second
)

// Budget is what is left of Limits during one reading. It is not safe for
// concurrent use.
type Budget struct {
	Limits
	end         time.Time
	rows, cells int
	unzipped    int64
	calls       int
}

// Begin starts the clock of one reading with the defaults filled in.
func (l Limits) Begin() *Budget {
	fill := func(p *int64, d int64) {
		if *p <= 0 {
			*p = d
		}
	}
	fillInt := func(p *int, d int) {
		if *p <= 0 {
			*p = d
		}
	}
	fill(&l.MaxInput, defaultInput)
	fill(&l.MaxUnzipped, defaultUnzipped)
	fill(&l.MaxRatio, defaultRatio)
	fillInt(&l.MaxDepth, defaultDepth)
	fillInt(&l.MaxRows, defaultRows)
	fillInt(&l.MaxCells, defaultCells)
	if l.MaxTime <= 0 {
		l.MaxTime = defaultTime
	}
	return &Budget{Limits: l, end: time.Now().Add(l.MaxTime)}
}

// Input refuses a file that is empty or over MaxInput.
func (b *Budget) Input(data []byte) error {
	if len(data) == 0 {
		return &Error{Kind: ErrEmpty}
	}
	if int64(len(data)) > b.MaxInput {
		return &Error{Kind: ErrTooLarge, Err: fmt.Errorf("%d bytes, at most %d", len(data), b.MaxInput)}
	}
	return nil
}

// clockEvery is how many Time calls share one look at the clock.
const clockEvery = 64

// Time reports ErrTimeout once MaxTime has passed. It is cheap enough for
// inner loops.
func (b *Budget) Time() error {
	b.calls++
	if b.calls%clockEvery != 1 {
		return nil
	}
	return b.timeNow()
}

func (b *Budget) timeNow() error {
	if time.Now().After(b.end) {
		return &Error{Kind: ErrTimeout}
	}
	return nil
}

// Left is the time that remains, never negative.
func (b *Budget) Left() time.Duration {
	return max(0, time.Until(b.end))
}

// Row counts one table row with n cells.
func (b *Budget) Row(n int) error {
	b.rows++
	b.cells += n
	if b.rows > b.MaxRows {
		return &Error{Kind: ErrTooLarge, Err: fmt.Errorf("more than %d rows", b.MaxRows)}
	}
	if b.cells > b.MaxCells {
		return &Error{Kind: ErrTooLarge, Err: fmt.Errorf("more than %d cells", b.MaxCells)}
	}
	return b.Time()
}

// Unzipped counts n decompressed bytes.
func (b *Budget) Unzipped(n int64) error {
	b.unzipped += n
	if b.unzipped > b.MaxUnzipped {
		return &Error{Kind: ErrTooLarge, Err: fmt.Errorf("more than %d bytes unzipped", b.MaxUnzipped)}
	}
	return nil
}
