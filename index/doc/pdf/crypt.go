package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"

	"xietiao/index/sheet"
)

// crypt decrypts streams of files that open without a password, which is what
// forbidding to copy or print amounts to.
type crypt struct {
	key    []byte
	aes    bool
	direct bool // AES-256: one key for all objects
	none   bool
}

const passwordPad = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

func locked() error { return &sheet.Error{Kind: sheet.ErrEncrypted} }

// newCrypt makes the key of the empty user password, or reports ErrEncrypted.
func (f *file) newCrypt(d dict) (*crypt, error) {
	if f.name(d["Filter"]) != "Standard" {
		return nil, locked()
	}
	v, r := int(f.number(d["V"], 0)), int(f.number(d["R"], 0))
	o, _ := f.resolve(d["O"]).(str)
	u, _ := f.resolve(d["U"]).(str)
	c := &crypt{}
	length := int(f.number(d["Length"], 40)) / 8
	if v >= 4 {
		cf := f.dict(f.dict(d["CF"])[f.name(d["StmF"])])
		switch f.name(cf["CFM"]) {
		case "AESV2", "AESV3":
			c.aes = true
		case "V2":
		default:
			c.none = true
		}
		length = 16
	}
	if v >= 5 {
		return f.newCrypt256(c, d, u, r)
	}
	if v < 2 || length < 5 || length > 16 {
		length = 5
	}
	h := md5.New()
	h.Write([]byte(passwordPad))
	h.Write([]byte(o))
	perm := make([]byte, 4)
	binary.LittleEndian.PutUint32(perm, uint32(int64(f.number(d["P"], 0))))
	h.Write(perm)
	var id str
	if ids := f.array(f.trailer["ID"]); len(ids) > 0 {
		id, _ = f.resolve(ids[0]).(str)
	}
	h.Write([]byte(id))
	if b, ok := f.resolve(d["EncryptMetadata"]).(bool); ok && !b && r >= 4 {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	if r >= 3 {
		for range 50 {
			s := md5.Sum(key[:length])
			key = s[:]
		}
	}
	c.key = key[:length]
	if !c.opens([]byte(u), []byte(id), r) {
		return nil, locked()
	}
	return c, nil
}

// opens checks the key against the /U entry.
func (c *crypt) opens(u, id []byte, r int) bool {
	if r < 3 {
		return len(u) >= 32 && bytes.Equal(rc4once(c.key, []byte(passwordPad)), u[:32])
	}
	h := md5.New()
	h.Write([]byte(passwordPad))
	h.Write(id)
	x := h.Sum(nil)
	for i := range 20 {
		k := make([]byte, len(c.key))
		for j := range k {
			k[j] = c.key[j] ^ byte(i)
		}
		x = rc4once(k, x)
	}
	return len(u) >= 16 && bytes.Equal(x, u[:16])
}

func (f *file) newCrypt256(c *crypt, d dict, u str, r int) (*crypt, error) {
	ue, _ := f.resolve(d["UE"]).(str)
	if len(u) < 48 || len(ue) < 32 {
		return nil, locked()
	}
	hash := func(salt string) []byte {
		if r >= 6 {
			return hash2B([]byte(salt))
		}
		s := sha256.Sum256([]byte(salt))
		return s[:]
	}
	if !bytes.Equal(hash(string(u[32:40])), []byte(u[:32])) {
		return nil, locked()
	}
	block, err := aes.NewCipher(hash(string(u[40:48])))
	if err != nil {
		return nil, locked()
	}
	c.key, c.direct = make([]byte, 32), true
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(c.key, []byte(ue[:32]))
	return c, nil
}

// hash2B is algorithm 2.B of ISO 32000-2 for the empty user password.
func hash2B(salt []byte) []byte {
	s := sha256.Sum256(salt)
	k := s[:]
	for i := 0; ; i++ {
		k1 := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
		sum := 0
		for _, b := range k1[:16] {
			sum += int(b)
		}
		switch sum % 3 {
		case 0:
			s := sha256.Sum256(k1)
			k = s[:]
		case 1:
			s := sha512.Sum384(k1)
			k = s[:]
		default:
			s := sha512.Sum512(k1)
			k = s[:]
		}
		if i >= 63 && int(k1[len(k1)-1]) <= i-32 {
			return k[:32]
		}
	}
}

func rc4once(key, data []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(data))
	c.XORKeyStream(out, data)
	return out
}

func (c *crypt) decrypt(data []byte, id ref) []byte {
	if c.none {
		return data
	}
	key := c.key
	if !c.direct {
		h := md5.New()
		h.Write(c.key)
		h.Write([]byte{byte(id.num), byte(id.num >> 8), byte(id.num >> 16), byte(id.gen), byte(id.gen >> 8)})
		if c.aes {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(16, len(c.key)+5)]
	}
	if !c.aes {
		return rc4once(key, data)
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(data) < 32 {
		return nil
	}
	body := data[16 : len(data)-len(data)%16]
	out := make([]byte, len(body))
	cipher.NewCBCDecrypter(block, data[:16]).CryptBlocks(out, body)
	if pad := int(out[len(out)-1]); pad >= 1 && pad <= 16 {
		out = out[:len(out)-pad]
	}
	return out
}
