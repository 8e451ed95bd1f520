package chat

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Sizes of the envelope (docs 90968).
const (
	encodingKeyLen = 43 // characters of an EncodingAESKey
	keyLen         = 32
	padBlock       = 32 // PKCS#7 to 32, not to the cipher's 16
	randomLen      = 16
	headLen        = randomLen + 4 // random, then the length of the message
)

// Envelope is the encryption that both platforms wrap callbacks in: AES-256-CBC,
// the IV being the first half of the key, PKCS#7 to 32 bytes around 16 random
// bytes, a big-endian length, the message and the receiver's id (docs 90968;
// DingTalk uses the same). It proves nothing about the sender: signatures do.
// It is safe for concurrent use and prints nothing of its key.
type Envelope struct {
	block cipher.Block
	iv    [aes.BlockSize]byte
}

// NewEnvelope takes the EncodingAESKey of 43 letters and digits. Its last
// character carries two bits too many, which real keys do set, so they are
// ignored. The error is ErrConfig and holds nothing of the key.
func NewEnvelope(encodingKey string) (*Envelope, error) {
	if len(encodingKey) != encodingKeyLen || strings.IndexFunc(encodingKey, notAlphanumeric) >= 0 {
		return nil, fmt.Errorf("EncodingAESKey is not %d letters and digits: %w", encodingKeyLen, ErrConfig)
	}
	key, err := base64.StdEncoding.DecodeString(encodingKey + "=")
	if err != nil || len(key) != keyLen {
		return nil, fmt.Errorf("EncodingAESKey is no key: %w", ErrConfig)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("EncodingAESKey is no key: %w", ErrConfig)
	}
	e := &Envelope{block: block}
	copy(e.iv[:], key)
	return e, nil
}

func notAlphanumeric(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

// Format hides the key from every verb.
func (e *Envelope) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Open returns the message in sealed, which must name receiver; the AI bot's
// is empty (docs 101033). Every fault but a wrong receiver is the same
// ErrMalformed, so that the padding cannot be asked about.
func (e *Envelope) Open(sealed, receiver string) ([]byte, error) {
	msg, id, ok := e.open(sealed)
	if !ok {
		return nil, fmt.Errorf("open envelope: %w", ErrMalformed)
	}
	if subtle.ConstantTimeCompare(id, []byte(receiver)) != 1 {
		return nil, fmt.Errorf("open envelope: %w", ErrReceiver)
	}
	return msg, nil
}

// OpenAny is Open for callers that do not know the receiver's id.
func (e *Envelope) OpenAny(sealed string) ([]byte, error) {
	msg, _, ok := e.open(sealed)
	if !ok {
		return nil, fmt.Errorf("open envelope: %w", ErrMalformed)
	}
	return msg, nil
}

func (e *Envelope) open(sealed string) (msg, id []byte, ok bool) {
	if strings.ContainsAny(sealed, "\r\n") { // the decoder would skip them
		return nil, nil, false
	}
	data, err := base64.StdEncoding.Strict().DecodeString(sealed)
	if err != nil || len(data) == 0 || len(data)%padBlock != 0 {
		return nil, nil, false
	}
	cipher.NewCBCDecrypter(e.block, e.iv[:]).CryptBlocks(data, data)
	data, ok = unpad(data)
	if !ok || len(data) < headLen {
		return nil, nil, false
	}
	n, rest := binary.BigEndian.Uint32(data[randomLen:headLen]), data[headLen:]
	if uint64(n) > uint64(len(rest)) {
		return nil, nil, false
	}
	return rest[:n:n], rest[n:], true
}

// unpad removes PKCS#7 to 32 bytes and looks at every byte of it, without an
// early end.
func unpad(data []byte) ([]byte, bool) {
	n := int(data[len(data)-1])
	if n < 1 || n > padBlock || n > len(data) {
		return nil, false
	}
	var wrong byte
	for _, b := range data[len(data)-n:] {
		wrong |= b ^ byte(n)
	}
	return data[:len(data)-n], wrong == 0
}

// Seal wraps msg for receiver, with fresh random bytes.
func (e *Envelope) Seal(msg []byte, receiver string) string {
	var random [randomLen]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return e.seal(random, msg, receiver)
}

func (e *Envelope) seal(random [randomLen]byte, msg []byte, receiver string) string {
	size := headLen + len(msg) + len(receiver)
	pad := padBlock - size%padBlock
	data := make([]byte, 0, size+pad)
	data = append(data, random[:]...)
	data = binary.BigEndian.AppendUint32(data, uint32(len(msg)))
	data = append(append(data, msg...), receiver...)
	data = append(data, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(e.block, e.iv[:]).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

// SealedField takes the ciphertext out of {"encrypt":"…"}, the body of
// encrypted JSON callbacks (docs 101033). ErrMalformed if it is not exactly
// one object with exactly one such string.
func SealedField(body []byte) (string, error) {
	bad := fmt.Errorf("encrypted body: %w", ErrMalformed)
	if !utf8.Valid(body) {
		return "", bad
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "", bad
	}
	var sealed string
	found := 0
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return "", bad
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return "", bad
		}
		if name != "encrypt" {
			continue
		}
		found++
		if value[0] != '"' || json.Unmarshal(value, &sealed) != nil {
			return "", bad
		}
	}
	if _, err := dec.Token(); err != nil || found != 1 || sealed == "" {
		return "", bad
	}
	if _, err := dec.Token(); err != io.EOF { // something follows the object
		return "", bad
	}
	return sealed, nil
}
