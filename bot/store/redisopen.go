package store

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// How long one step with the server may take, unless the URL says otherwise
// (dial_timeout, read_timeout, write_timeout).
const (
	dialTimeout = 2 * time.Second
	wireTimeout = 3 * time.Second
)

// silent takes what go-redis would print on stderr: each failed dial, which the
// caller gets as an error as well.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silent{}) }

// ErrBadURL: the address of a Redis server is not one. The message never holds
// the address, which may hold a password.
var ErrBadURL = errors.New("store: bad redis URL")

// OpenRedis opens the space on the Redis server, sentinels or cluster of the URL:
//
//	redis://user:password@host:6379/0                                 one server
//	redis://user:password@host:26379/0?master_name=m&addr=host2:26379 sentinels
//	redis://user:password@host:6379?addr=host2:6379&addr=host3:6379   cluster
//	redis://user:password@host:6379?cluster=true                      cluster, one seed
//
// rediss:// is the same over TLS; tlsConf, if not nil, replaces what the URL
// says of TLS (for a private authority). Other parameters are go-redis's.
//
// It connects only when first used: use Ping to hear whether the server answers.
// Many instances may open one space. Acknowledged changes outlive a crash of the
// server only with appendonly yes and appendfsync always, and not a failover.
func OpenRedis(rawURL, space string, tlsConf *tls.Config, o Options) (*Store, error) {
	if err := checkSpace(space); err != nil {
		return nil, err
	}
	c, err := dialer(rawURL, tlsConf)
	if err != nil {
		return nil, err
	}
	return newStore(&redisStore{c: c, prefix: "{" + space + "}:", instance: rand.Text()}, o), nil
}

// checkSpace allows letters, digits and - _ . only: the name becomes a hash tag.
func checkSpace(name string) error {
	for _, c := range []byte(name) {
		ok := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
		if !ok {
			return fmt.Errorf("%w: space %q", ErrBadName, name)
		}
	}
	if name == "" || len(name) > MaxBucket {
		return fmt.Errorf("%w: space %q", ErrBadName, name)
	}
	return nil
}

// dialer makes the client of the URL. The client itself never tries a command
// again: a transaction whose connection broke has lost what it watched.
func dialer(rawURL string, tlsConf *tls.Config) (redis.UniversalClient, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
		return nil, fmt.Errorf("%w: want redis://host:port/… or rediss://host:port/…", ErrBadURL)
	}
	q := u.Query()
	cluster := q.Get("cluster") == "true" || q.Has("addr") && !q.Has("master_name")
	q.Del("cluster")
	u.RawQuery = q.Encode()
	switch {
	case q.Has("master_name"):
		return sentinels(u.String(), tlsConf)
	case cluster:
		return clusterOf(u.String(), tlsConf)
	}
	return single(u.String(), tlsConf)
}

func single(u string, tlsConf *tls.Config) (redis.UniversalClient, error) {
	o, err := redis.ParseURL(u)
	if err != nil {
		return nil, badParameters()
	}
	o.MaxRetries, o.DialerRetries = -1, 1
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	defaults(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	if o.TLSConfig != nil && tlsConf != nil {
		o.TLSConfig = tlsConf.Clone()
	}
	return redis.NewClient(o), nil
}

func sentinels(u string, tlsConf *tls.Config) (redis.UniversalClient, error) {
	o, err := redis.ParseFailoverURL(u)
	if err != nil {
		return nil, badParameters()
	}
	o.MaxRetries, o.DialerRetries = -1, 1
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	defaults(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	if o.TLSConfig != nil && tlsConf != nil {
		o.TLSConfig = tlsConf.Clone()
	}
	return redis.NewFailoverClient(o), nil
}

func clusterOf(u string, tlsConf *tls.Config) (redis.UniversalClient, error) {
	o, err := redis.ParseClusterURL(u)
	if err != nil {
		return nil, badParameters()
	}
	o.MaxRetries, o.DialerRetries = -1, 1
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	defaults(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	if o.TLSConfig != nil && tlsConf != nil {
		o.TLSConfig = tlsConf.Clone()
	}
	return redis.NewClusterClient(o), nil
}

// badParameters does not repeat the parser's error, which may quote the URL.
func badParameters() error {
	return fmt.Errorf("%w: its path or a parameter is not understood", ErrBadURL)
}

func defaults(dial, read, write *time.Duration) {
	for at, d := range map[*time.Duration]time.Duration{dial: dialTimeout, read: wireTimeout, write: wireTimeout} {
		if *at == 0 {
			*at = d
		}
	}
}
