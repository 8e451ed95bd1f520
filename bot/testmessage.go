package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// KindTest marks the messages that show whether a group can be written to.
const KindTest = "test"

// PutTest puts the message into the outbox that shows a group which units' notices
// it gets. Asked for twice within a second it is one.
func PutTest(tx *store.Tx, out Sender, to chat.Address, units []string) (key string, err error) {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(to.Via), to.Robot, string(to.Conversation), tx.Now().Format(time.RFC3339)}, "\x00")))
	key = "test/" + hex.EncodeToString(sum[:8])
	_, err = out.Put(tx, outbox.Notice{Key: key, Kind: KindTest, To: to, Reply: chat.Reply{Text: textTestMessage(units)}})
	return key, err
}
