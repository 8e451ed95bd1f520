package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	snapLife   = 30 * time.Second // of a snapshot's mark, renewed while it is taken
	imagesLife = 10 * time.Minute // of what writers keep for a snapshot
	copyKeys   = 64               // records copied at once
)

// snapshot copies all records while others write. As long as its mark stands,
// every commit of every instance keeps what it replaces; these images are put
// back into the copy, which so becomes the state at which the mark was set.
func (s *redisStore) snapshot(ctx context.Context, emit func(bucket, key string, raw []byte) error) error {
	snap := rand.Text()
	ok, err := s.c.SetNX(ctx, s.snapKey(), snap, snapLife).Result()
	if err != nil {
		return broken(err)
	}
	if !ok {
		return fmt.Errorf("%w: another backup is running", ErrBusy)
	}
	defer s.endSnap(context.WithoutCancel(ctx), snap)
	sp, err := newSpool()
	if err != nil {
		return err
	}
	defer sp.remove()
	if err := s.copyAll(ctx, sp.put); err != nil {
		return err
	}
	images, err := s.images(ctx, snap)
	if err != nil {
		return err
	}
	return sp.mergeImages(images, emit)
}

// endSnap lets the writers stop keeping images. If it fails, the marks end by themselves.
func (s *redisStore) endSnap(ctx context.Context, snap string) {
	ctx, cancel := context.WithTimeout(ctx, wireTimeout)
	defer cancel()
	_ = s.c.Watch(ctx, func(tx *redis.Tx) error {
		if tx.Get(ctx, s.snapKey()).Val() != snap {
			return nil
		}
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Del(ctx, s.snapKey(), s.imagesKey(snap))
			return nil
		})
		return err
	}, s.snapKey())
}

// copyAll copies the records as they come, in order, and renews the snapshot's mark.
func (s *redisStore) copyAll(ctx context.Context, put func(bucket, key string, raw []byte) error) error {
	buckets, err := s.c.SMembers(ctx, s.bucketsKey()).Result()
	if err != nil {
		return broken(err)
	}
	slices.Sort(buckets)
	renewed := time.Now()
	for _, bucket := range buckets {
		if !portable(bucket) {
			continue
		}
		for lo, more := "", true; more; {
			if time.Since(renewed) > snapLife/10 {
				if err := s.c.PExpire(ctx, s.snapKey(), snapLife).Err(); err != nil {
					return broken(err)
				}
				renewed = time.Now()
			}
			if lo, more, err = s.copyPage(ctx, bucket, lo, put); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *redisStore) copyPage(ctx context.Context, bucket, lo string, put func(bucket, key string, raw []byte) error) (string, bool, error) {
	keys, err := s.lex(ctx, s.c, scanArgs{bucket: bucket, lo: lo, n: copyKeys}).Result()
	if err != nil || len(keys) == 0 {
		return "", false, broken(err)
	}
	full := make([]string, len(keys))
	for i, key := range keys {
		full[i] = s.record(bucket, key)
	}
	got, err := s.c.MGet(ctx, full...).Result()
	if err != nil {
		return "", false, broken(err)
	}
	for i, v := range got {
		if text, ok := v.(string); ok {
			if err := put(bucket, keys[i], []byte(text)); err != nil {
				return "", false, err
			}
		}
	}
	return keys[len(keys)-1] + "\x00", len(keys) == copyKeys, nil
}

// images fetches what was replaced since the mark was set, if it has stood all the time.
func (s *redisStore) images(ctx context.Context, snap string) (map[string]string, error) {
	var mark *redis.StringCmd
	var images *redis.MapStringStringCmd
	_, err := s.c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		mark, images = p.Get(ctx, s.snapKey()), p.HGetAll(ctx, s.imagesKey(snap))
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, broken(err)
	}
	if mark.Val() != snap {
		return nil, fmt.Errorf("%w: the backup took too long", ErrUnavailable)
	}
	return images.Val(), nil
}

// mergeImages emits the spooled records in order, each image in place of its record.
func (sp *spool) mergeImages(images map[string]string, emit func(bucket, key string, raw []byte) error) error {
	ids := make([]id, 0, len(images))
	for field := range images {
		ids = append(ids, imageID(field))
	}
	slices.SortFunc(ids, compareIDs)
	image := func() error {
		i := ids[0]
		ids = ids[1:]
		if raw := images[imageField(i)]; raw != "" {
			return emit(i.bucket, i.key, []byte(raw))
		}
		return nil
	}
	err := sp.each(func(bucket, key string, raw []byte) error {
		cur := id{bucket, key}
		for len(ids) > 0 && compareIDs(ids[0], cur) < 0 {
			if err := image(); err != nil {
				return err
			}
		}
		if len(ids) > 0 && ids[0] == cur {
			return image()
		}
		return emit(bucket, key, raw)
	})
	for err == nil && len(ids) > 0 {
		err = image()
	}
	return err
}

func compareIDs(a, b id) int {
	return cmp.Or(cmp.Compare(a.bucket, b.bucket), cmp.Compare(a.key, b.key))
}
