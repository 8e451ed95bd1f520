package bot

import (
	"crypto/sha256"
	"encoding/hex"
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
	place := to.Robot
	if place == "" {
		sum := sha256.Sum256([]byte(string(to.Via) + "\x00" + string(to.Conversation)))
		place = hex.EncodeToString(sum[:8])
	}
	key = "test/" + place + "/" + tx.Now().UTC().Format(time.RFC3339)
	_, err = out.Put(tx, outbox.Notice{Key: key, Kind: KindTest, To: to, Reply: chat.Reply{Text: textTestMessage(units)}})
	return key, err
}
