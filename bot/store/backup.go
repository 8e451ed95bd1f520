package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// A backup is, with big-endian numbers:
//
//	"XTBACKUP"  2 bytes of format version
//	records, ordered by bucket and key, each:
//	  1 byte and the bucket's name, 2 bytes and the key, 4 bytes and the stored record
//	1 byte 0, 8 bytes of how many records, 32 bytes SHA-256 of everything before
//
// It holds the users' records, the leases and the state record; the rest is made
// anew by a restore.
const (
	backupMagic   = "XTBACKUP"
	backupVersion = 1
)

// portable says whether a bucket's records are part of a backup.
func portable(bucket string) bool {
	return !own(bucket) || bucket == leaseBucket || bucket == metaBucket
}

// Backup writes a copy of the store's state at one moment, while others go on
// reading and writing. The copy is the same for both kinds of store, and is
// complete only if Backup returns nil. On Redis one backup runs at a time; a
// second gets ErrBusy.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	if err := s.Ping(ctx); err != nil { // also: no half-restored data
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	e := newEncoder(w)
	err := s.back.snapshot(ctx, func(bucket, key string, raw []byte) error {
		if !portable(bucket) {
			return nil
		}
		return e.put(bucket, key, raw)
	})
	if err == nil {
		err = e.finish()
	}
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	return nil
}

type encoder struct {
	w   *bufio.Writer
	sum hash.Hash
	n   uint64
	err error
}

func newEncoder(w io.Writer) *encoder {
	e := &encoder{w: bufio.NewWriter(w), sum: sha256.New()}
	e.write(binary.BigEndian.AppendUint16([]byte(backupMagic), backupVersion))
	return e
}

func (e *encoder) write(p []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(p)
		e.sum.Write(p)
	}
}

func (e *encoder) put(bucket, key string, raw []byte) error {
	e.write(appendHead(nil, bucket, key, len(raw)))
	e.write(raw)
	e.n++
	return e.err
}

func appendHead(b []byte, bucket, key string, size int) []byte {
	b = append(append(b, byte(len(bucket))), bucket...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(key))), key...)
	return binary.BigEndian.AppendUint32(b, uint32(size))
}

func (e *encoder) finish() error {
	e.write(binary.BigEndian.AppendUint64([]byte{0}, e.n))
	e.write(e.sum.Sum(nil))
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

// decoder reads a backup and checks everything about it.
type decoder struct {
	r   *bufio.Reader
	sum hash.Hash
	n   uint64
	at  id // the last record
}

// decodeBackup calls emit for each record of a backup, and returns nil only after
// a whole one. What emit was given before an error is not to be trusted.
func decodeBackup(r io.Reader, emit func(bucket, key string, raw []byte) error) error {
	d := &decoder{r: bufio.NewReader(r), sum: sha256.New()}
	err := d.decode(emit)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the backup is cut short after %d records", ErrDamaged, d.n)
	}
	return err
}

func (d *decoder) decode(emit func(bucket, key string, raw []byte) error) error {
	head, err := d.read(len(backupMagic) + 2)
	if err != nil {
		return err
	}
	if string(head[:len(backupMagic)]) != backupMagic {
		return fmt.Errorf("%w: not a backup", ErrDamaged)
	}
	if v := binary.BigEndian.Uint16(head[len(backupMagic):]); v > backupVersion {
		return fmt.Errorf("%w: backup format %d, this program reads %d", ErrNewer, v, backupVersion)
	} else if v != backupVersion {
		return fmt.Errorf("%w: backup format %d", ErrDamaged, v)
	}
	for {
		bucket, err := d.field(1)
		if err != nil {
			return err
		}
		if len(bucket) == 0 {
			return d.end()
		}
		if err := d.record(string(bucket), emit); err != nil {
			return err
		}
	}
}

func (d *decoder) record(bucket string, emit func(bucket, key string, raw []byte) error) error {
	key, err := d.field(2)
	if err != nil {
		return err
	}
	raw, err := d.field(4)
	if err != nil {
		return err
	}
	cur := id{bucket, string(key)}
	if err := d.checkRecord(cur, raw); err != nil {
		return fmt.Errorf("%w: record %d of the backup: %w", ErrDamaged, d.n+1, err)
	}
	d.n, d.at = d.n+1, cur
	return emit(bucket, cur.key, raw)
}

func (d *decoder) checkRecord(cur id, raw []byte) error {
	switch {
	case d.n > 0 && compareIDs(d.at, cur) >= 0:
		return errors.New("out of order")
	case cur.bucket == metaBucket && cur != stateID:
		return errors.New("not a record of this program")
	}
	name := cur.bucket
	if own(name) && portable(name) {
		name = name[1:]
	}
	if err := checkID(name, cur.key); err != nil {
		return err
	}
	_, _, err := decodeRecord(raw)
	return err
}

func (d *decoder) end() error {
	count, err := d.read(8)
	if err != nil {
		return err
	}
	sum := d.sum.Sum(nil)
	said, err := d.read(len(sum))
	if err != nil {
		return err
	}
	if !bytes.Equal(sum, said) {
		return fmt.Errorf("%w: the backup's checksum does not match", ErrDamaged)
	}
	if binary.BigEndian.Uint64(count) != d.n {
		return fmt.Errorf("%w: the backup says it has another number of records", ErrDamaged)
	}
	if _, err := d.r.ReadByte(); err == nil {
		return fmt.Errorf("%w: something follows the backup's end", ErrDamaged)
	} else if err != io.EOF { //nolint:errorlint // the reader's own end, not one inside
		return err
	}
	return nil
}

// field reads a length of so many bytes, then as many as it says.
func (d *decoder) field(size int) ([]byte, error) {
	head, err := d.read(size)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, b := range head {
		n = n<<8 | int(b)
	}
	if n > MaxValue+9 {
		return nil, fmt.Errorf("%w: a record of %d bytes in the backup", ErrDamaged, n)
	}
	return d.read(n)
}

// read reads n bytes; memory grows only with what is really there.
func (d *decoder) read(n int) ([]byte, error) {
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, d.r, int64(n)); err != nil {
		return nil, err
	}
	d.sum.Write(buf.Bytes())
	return buf.Bytes(), nil
}

// spool is a temporary file of records.
type spool struct {
	f *os.File
	w *bufio.Writer
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "xietiao-spool-*")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return &spool{f, bufio.NewWriter(f)}, nil
}

func (sp *spool) remove() {
	_ = sp.f.Close()
	_ = os.Remove(sp.f.Name())
}

func (sp *spool) put(bucket, key string, raw []byte) error {
	if _, err := sp.w.Write(appendHead(nil, bucket, key, len(raw))); err != nil {
		return err
	}
	_, err := sp.w.Write(raw)
	return err
}

// each calls fn for every record that was put.
func (sp *spool) each(fn func(bucket, key string, raw []byte) error) error {
	if err := sp.w.Flush(); err != nil {
		return err
	}
	if _, err := sp.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d := &decoder{r: bufio.NewReader(sp.f), sum: sha256.New()}
	for {
		bucket, err := d.field(1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.record(string(bucket), fn); err != nil {
			return err
		}
	}
}

const (
	anyRestore   = "*"     // the mark of work that may run beside any restore's
	chunkRecords = 1000    // records a restore writes in one transaction
	chunkBytes   = 4 << 20 // and their bytes, except for a single larger record
)

// Restore puts a backup's records into this store, which must hold none
// (ErrNotEmpty). The whole backup is read and checked before anything is written;
// one that is not whole gives ErrDamaged, one of a newer format or schema ErrNewer.
// While it writes, all other calls get ErrUnavailable, also after a crash; then
// Restore can simply be called again. Afterwards call Migrate, as the backup may
// be older than the program.
func (s *Store) Restore(ctx context.Context, r io.Reader) error {
	sp, err := newSpool()
	if err != nil {
		return err
	}
	defer sp.remove()
	st := state{Format: formatVersion}
	err = decodeBackup(r, func(bucket, key string, raw []byte) error {
		if bucket == metaBucket {
			return st.decode(raw)
		}
		return sp.put(bucket, key, raw)
	})
	if err != nil {
		return err
	}
	known := int(s.schema.Load())
	if st.Format > formatVersion || known != unversioned && st.Schema > known {
		return fmt.Errorf("%w: the backup has format %d, schema %d", ErrNewer, st.Format, st.Schema)
	}
	mark := rand.Text()
	if err := s.beginRestore(ctx, mark); err != nil {
		return err
	}
	if err := s.wipe(ctx, mark); err != nil {
		return err
	}
	c := &chunk{s: s, mark: mark}
	if err := sp.each(func(bucket, key string, raw []byte) error { return c.put(ctx, bucket, key, raw) }); err != nil {
		return err
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	return s.update(ctx, mark, func(tx *Tx) error { return tx.setState(st) })
}

func (st *state) decode(raw []byte) error {
	value, _, err := decodeRecord(raw)
	if err == nil {
		err = json.Unmarshal(value, st)
	}
	if err == nil && st.Restore != "" {
		err = errors.New("taken during a restore")
	}
	if err != nil {
		return fmt.Errorf("%w: the state in the backup: %w", ErrDamaged, err)
	}
	return nil
}

// beginRestore marks the store as being restored, if it is empty or another
// restore did not finish.
func (s *Store) beginRestore(ctx context.Context, mark string) error {
	return s.update(ctx, anyRestore, func(tx *Tx) error {
		st, err := tx.r.state()
		if err != nil {
			return err
		}
		if st.Restore == "" {
			if err := tx.empty(); err != nil {
				return err
			}
		}
		st.Restore = mark
		return tx.setState(st)
	})
}

// empty returns ErrNotEmpty if there is a record of a user's, expired or not.
func (tx *Tx) empty() error {
	buckets, err := tx.r.base.buckets()
	if err != nil {
		return err
	}
	for _, bucket := range buckets {
		if own(bucket) {
			continue
		}
		err := tx.r.scan(bucket, Range{Limit: 1}, func(string, []byte) (bool, error) {
			return true, fmt.Errorf("%w: there are records in %s", ErrNotEmpty, bucket)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// wipe removes what a restore that did not finish has left.
func (s *Store) wipe(ctx context.Context, mark string) error {
	for left := true; left; {
		err := s.update(ctx, mark, func(tx *Tx) error {
			left = false
			buckets, err := tx.r.base.buckets()
			if err != nil {
				return err
			}
			n := 0
			for _, bucket := range buckets {
				if own(bucket) && bucket != expiryBucket {
					continue
				}
				err := tx.r.scan(bucket, Range{Limit: chunkRecords - n}, func(key string, _ []byte) (bool, error) {
					n++
					tx.r.layers[0].set(id{bucket, key}, nil)
					return true, nil
				})
				if err != nil {
					return err
				}
				if left = n >= chunkRecords; left {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// chunk gathers records and writes them in transactions of bounded size.
type chunk struct {
	s       *Store
	mark    string
	records []write
	bytes   int
}

func (c *chunk) put(ctx context.Context, bucket, key string, raw []byte) error {
	if len(c.records) > 0 && (len(c.records) >= chunkRecords || c.bytes+len(raw) > chunkBytes) {
		if err := c.flush(ctx); err != nil {
			return err
		}
	}
	c.records = append(c.records, write{id{bucket, key}, raw})
	c.bytes += len(raw)
	return nil
}

func (c *chunk) flush(ctx context.Context) error {
	err := c.s.update(ctx, c.mark, func(tx *Tx) error {
		for _, w := range c.records {
			if err := tx.restore(w); err != nil {
				return err
			}
		}
		return nil
	})
	c.records, c.bytes = nil, 0
	return err
}

// restore writes one record with its note in the expiry index. A lease's token
// never falls below the one in this store.
func (tx *Tx) restore(w write) error {
	if w.bucket == leaseBucket {
		now, err := tx.r.lease(w.key)
		if err != nil {
			return err
		}
		var old leaseRecord
		value, _, err := decodeRecord(w.raw)
		if err == nil {
			err = json.Unmarshal(value, &old)
		}
		if err != nil {
			return fmt.Errorf("%w: lease %s in the backup: %w", ErrDamaged, w.key, err)
		}
		return tx.setLease(w.key, leaseRecord{Token: max(now.Token, old.Token)})
	}
	tx.r.layers[0].set(w.id, w.raw)
	if _, e, err := decodeRecord(w.raw); err == nil && e.clock != byNone {
		tx.r.layers[0].set(id{expiryBucket, e.indexKey(w.bucket, w.key)}, encodeRecord(nil, expiry{}))
	}
	return nil
}
