package chat

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

const testKey = "AIoiyTdolNdJ6FI3duZeerxbGzLeKDabtcfOYE9mOGA"

func testEnvelope(t testing.TB) *Envelope {
	t.Helper()
	e, err := NewEnvelope(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// encrypt is the cipher alone, for plaintexts that no sender would make.
func encrypt(e *Envelope, plain []byte) string {
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(e.block, e.iv[:]).CryptBlocks(out, plain)
	return base64.StdEncoding.EncodeToString(out)
}

// plain makes an unpadded plaintext of n bytes in all that says its message has
// length bytes.
func plain(n int, length uint32) []byte {
	p := bytes.Repeat([]byte{'r'}, n)
	binary.BigEndian.PutUint32(p[randomLen:], length)
	return p
}

func TestEveryPaddingOpens(t *testing.T) {
	t.Parallel()
	e, pads := testEnvelope(t), map[int]bool{}
	for n := range 2 * padBlock {
		msg := []byte(strings.Repeat("m", n))
		for _, id := range []string{"", "ww0123456789abcdef"} {
			sealed := e.Seal(msg, id)
			pads[padBlock-(headLen+n+len(id))%padBlock] = true
			got, err := e.Open(sealed, id)
			if err != nil || !bytes.Equal(got, msg) {
				t.Errorf("%d bytes: %q, %v", n, got, err)
			}
			if again := e.Seal(msg, id); again == sealed {
				t.Error("two seals are the same")
			}
		}
	}
	if len(pads) != padBlock {
		t.Errorf("%d paddings were made", len(pads))
	}
}

func TestEveryWrongPaddingIsRefused(t *testing.T) {
	t.Parallel()
	e := testEnvelope(t)
	const blocks = 3 * padBlock
	for pad := 0; pad <= 255; pad++ {
		p := plain(blocks, 1)
		for i := max(0, blocks-pad); i < blocks; i++ {
			p[i] = byte(pad)
		}
		if pad == 0 {
			p[blocks-1] = 0
		}
		_, err := e.OpenAny(encrypt(e, p))
		if want := pad >= 1 && pad <= padBlock; (err == nil) != want {
			t.Errorf("pad %d: %v", pad, err)
		}
		for wrong := 2; pad <= padBlock && wrong <= pad; wrong++ { // one byte of it differs, the last is right
			q := bytes.Clone(p)
			q[blocks-wrong] ^= 1
			if _, err := e.OpenAny(encrypt(e, q)); !errors.Is(err, ErrMalformed) {
				t.Errorf("pad %d with byte %d wrong: %v", pad, wrong, err)
			}
		}
	}
}

func TestBrokenEnvelopesAreRefused(t *testing.T) {
	t.Parallel()
	e := testEnvelope(t)
	padded := func(p []byte) []byte {
		pad := padBlock - len(p)%padBlock
		return append(p, bytes.Repeat([]byte{byte(pad)}, pad)...)
	}
	good := e.Seal([]byte("message"), "id")
	data, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := func(n int) string { return base64.StdEncoding.EncodeToString(append(bytes.Clone(data), data...)[:n]) }
	for name, sealed := range map[string]string{
		"nothing":                          "",
		"no base64":                        "%%%%",
		"a blank for +":                    strings.Replace(e.Seal(bytes.Repeat([]byte("x"), 999), "id"), "+", " ", 1),
		"a line end inside":                good[:8] + "\n" + good[8:],
		"a line end behind":                good + "\r\n",
		"bits behind the end":              "AAB=",
		"16 bytes":                         cut(16),
		"31 bytes":                         cut(31),
		"33 bytes":                         cut(33),
		"48 bytes":                         cut(48),
		"48 bytes that are padded well":    encrypt(e, append(plain(headLen+12, 12), bytes.Repeat([]byte{16}, 16)...)),
		"bits behind the last byte":        good[:len(good)-2] + next(good[len(good)-2]) + "=",
		"only padding":                     encrypt(e, bytes.Repeat([]byte{32}, 32)),
		"too short for a length":           encrypt(e, padded(bytes.Repeat([]byte{'r'}, headLen-1))),
		"length one past the end":          encrypt(e, padded(plain(headLen+5, 6))),
		"length 0xFFFFFFFF":                encrypt(e, padded(plain(headLen+5, 0xFFFFFFFF))),
		"length 0x80000000":                encrypt(e, padded(plain(headLen+5, 0x80000000))),
		"another key":                      encrypt(&Envelope{block: mustBlock(t), iv: e.iv}, padded(plain(headLen+5, 5))),
		"a byte behind, not encoded whole": good[:len(good)-1],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for id := range map[string]bool{"": true, "id": true} {
				if msg, err := e.Open(sealed, id); !errors.Is(err, ErrMalformed) {
					t.Errorf("receiver %q: %q, %v", id, msg, err)
				}
			}
			if msg, err := e.OpenAny(sealed); !errors.Is(err, ErrMalformed) {
				t.Errorf("%q, %v", msg, err)
			}
		})
	}
}

// next is the character after c in base64, which differs in its last bit.
func next(c byte) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := strings.IndexByte(digits, c)
	return digits[i+1 : i+2]
}

func mustBlock(t *testing.T) cipher.Block {
	t.Helper()
	e, err := NewEnvelope("8sjFISF0cpHBfnashOVgB1NmEemNJeInM9e3Q86kVZB")
	if err != nil {
		t.Fatal(err)
	}
	return e.block
}

func TestTheReceiverMustBeExact(t *testing.T) {
	t.Parallel()
	e := testEnvelope(t)
	sealed := e.Seal([]byte("message"), "ww0123456789abcdef")
	for _, id := range []string{"", "wwOTHER", "ww0123456789abcde", "ww0123456789abcdeff", "WW0123456789ABCDEF"} {
		if msg, err := e.Open(sealed, id); !errors.Is(err, ErrReceiver) || msg != nil {
			t.Errorf("%q: %q, %v", id, msg, err)
		}
	}
	if _, err := e.OpenAny(sealed); err != nil {
		t.Error(err)
	}
	if _, err := e.Open(e.Seal(nil, ""), ""); err != nil {
		t.Errorf("an empty message to nobody: %v", err)
	}
}

func TestKeysOfAnotherShapeAreRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "short", testKey + "A", testKey[:42], testKey[:42] + "+", testKey[:42] + "\n", testKey[:40] + "钥"} {
		_, err := NewEnvelope(key)
		if !errors.Is(err, ErrConfig) || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(verb, testEnvelope(t)); out != redacted {
			t.Errorf("%s prints %s", verb, out)
		}
	}
}

func TestSealedFieldIsOneString(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		body, want string
	}{
		{`{"encrypt":"abc"}`, "abc"},
		{` {"x":{"encrypt":"no"},"encrypt":"a\/b+c=","y":[1]} `, "a/b+c="},
		{``, ""}, {`{}`, ""}, {`[]`, ""}, {`"encrypt"`, ""}, {`null`, ""},
		{`{"encrypt":""}`, ""}, {`{"encrypt":1}`, ""}, {`{"encrypt":null}`, ""}, {`{"encrypt":["a"]}`, ""},
		{`{"Encrypt":"abc"}`, ""},
		{`{"encrypt":"a","encrypt":"a"}`, ""}, {`{"encrypt":"a","\u0065ncrypt":"b"}`, ""},
		{`{"encrypt":"abc"}}`, ""}, {`{"encrypt":"abc"}{}`, ""}, {`{"encrypt":"abc"`, ""}, {`{"encrypt":"abc",}`, ""},
		{"{\"encrypt\":\"a\xff\"}", ""},
	} {
		got, err := SealedField([]byte(tc.body))
		if got != tc.want || (err == nil) != (tc.want != "") || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", tc.body, got, err)
		}
	}
}

// Whatever is opened was sealed: opening and sealing with the same random bytes
// gives the same text.
func FuzzOpen(f *testing.F) {
	e := testEnvelope(f)
	f.Add(e.Seal([]byte("message"), "id"), []byte("x"), "id")
	f.Add("", bytes.Repeat([]byte{32}, 64), "")
	f.Fuzz(func(t *testing.T, sealed string, raw []byte, id string) {
		for _, s := range []string{sealed, encrypt(e, append(raw, make([]byte, (padBlock-len(raw)%padBlock)%padBlock)...))} {
			msg, who, ok := e.open(s)
			if !ok {
				continue
			}
			data, _ := base64.StdEncoding.DecodeString(s)
			cipher.NewCBCDecrypter(e.block, e.iv[:]).CryptBlocks(data, data)
			if again := e.seal([randomLen]byte(data), msg, string(who)); again != s {
				t.Errorf("%q opens as %q for %q, which seals as %q", s, msg, who, again)
			}
		}
		got, err := e.Open(e.Seal(raw, id), id)
		if err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%q for %q: %q, %v", raw, id, got, err)
		}
	})
}

func FuzzSealedField(f *testing.F) {
	f.Add([]byte(`{"encrypt":"abc","x":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := SealedField(body)
		if (err == nil) == (got == "") || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// The platform's own envelopes are made again, byte for byte (protocol vectors).
func TestVectorsSealTheSame(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("wecom/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, EncodingAESKey, ReceiveID, Plaintext, Encrypt string
		Random                                              string `json:"random16_ascii"`
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) != 8 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		e, err := NewEnvelope(v.EncodingAESKey)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if got := e.seal([randomLen]byte([]byte(v.Random)), []byte(v.Plaintext), v.ReceiveID); got != v.Encrypt {
			t.Errorf("%s: sealed as %s", v.Name, got)
		}
		if msg, err := e.Open(v.Encrypt, v.ReceiveID); err != nil || string(msg) != v.Plaintext {
			t.Errorf("%s: %q, %v", v.Name, msg, err)
		}
		if _, err := e.Open(v.Encrypt, "wwOTHER"); !errors.Is(err, ErrReceiver) {
			t.Errorf("%s for another receiver: %v", v.Name, err)
		}
	}
}
