package bot

import (
	"path/filepath"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// After a restore nothing of the backup goes out by itself, answers included;
// what is said afterwards does, but for pushes.
func TestARestoredBackupHoldsAnswersToo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "db"), store.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Migrate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	pause := func(restored bool) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			if restored {
				return org.HoldRestored(tx)
			}
			return org.SetPause(tx, org.All, org.Operator, time.Time{})
		}
	}
	for _, tc := range []struct {
		restored bool
		kind     string
		put      time.Time
		held     bool
	}{
		{false, "remind", now, true},
		{false, outbox.KindReply, now.Add(-time.Hour), false},
		{false, kindNotice, now.Add(-time.Hour), false},
		{true, "remind", now, true},
		{true, outbox.KindReply, now.Add(-time.Hour), true},
		{true, kindNotice, now.Add(-time.Hour), true},
		{true, outbox.KindReply, now, false},
		{true, kindNotice, now, false},
	} {
		if err := s.Update(t.Context(), pause(tc.restored)); err != nil {
			t.Fatal(err)
		}
		err := s.View(t.Context(), func(r store.Reader) error {
			held, err := Held(r, outbox.Record{Notice: outbox.Notice{Kind: tc.kind, To: chat.Address{Via: "x"}}, Put: tc.put})
			if err != nil || held != tc.held {
				t.Errorf("%+v: held %v, %v", tc, held, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
