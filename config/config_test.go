package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// key43 is a well-formed EncodingAESKey that belongs to nobody.
const key43 = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// files is a Source.Read over a map.
func files(m map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := m[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
}

func envOf(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestDefaultsPassTheirOwnCheck(t *testing.T) {
	t.Parallel()
	cfg := Default()
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestNothingConfiguredGivesDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only a comment\n", "wecom:\nplans:\n"} {
		got, err := Load(Source{Read: files(map[string]string{DefaultFile: text})})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(Default(), got); diff != "" {
			t.Errorf("%q: (-default +got)\n%s", text, diff)
		}
	}
	got, err := Load(Source{Read: files(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got); diff != "" {
		t.Error(diff)
	}
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	t.Parallel()
	src := Source{
		Read: files(map[string]string{DefaultFile: "listen: 127.0.0.1:1\ndata: file\nspace: file\ntimezone: UTC\n"}),
		Env: envOf(map[string]string{"XIETIAO_LISTEN": "127.0.0.1:2", "XIETIAO_DATA": "env",
			"XIETIAO_PLANS": "a.docx, b.pdf,", "XIETIAO_REMIND_OFFSETS": "5,0", "XIETIAO_HOLIDAYS": "2027-01-01=off:元旦,2027-01-03=work", "XIETIAO_ASSESS": "2026=100/3/50/1"}),
		Flags: map[string]string{"listen": "127.0.0.1:3"},
	}
	got, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Listen, want.Data, want.Space, want.Timezone = "127.0.0.1:3", "env", "file", "UTC"
	want.Plans = []string{"a.docx", "b.pdf"}
	want.Remind.Offsets = []int{5, 0}
	want.Holidays = []Holiday{{"2027-01-01", true, "元旦"}, {"2027-01-03", false, ""}}
	want.Assess = []Weights{{2026, 100, 3, 50, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSecretsMayComeFromFilesNamedInTheEnvironment(t *testing.T) {
	t.Parallel()
	read := files(map[string]string{"/run/secret": "s3cret-of-16-bytes\n", "/run/key": key43 + "\r\n"})
	got, err := Load(Source{Read: read, Env: envOf(map[string]string{"XIETIAO_SECRET_KEY_FILE": "/run/secret"})})
	if err != nil {
		t.Fatal(err)
	}
	if got.SecretKey.Reveal() != "s3cret-of-16-bytes" {
		t.Errorf("secret_key = %q", got.SecretKey.Reveal())
	}
	env := map[string]string{"XIETIAO_SECRET_KEY_FILE": "/run/secret", "XIETIAO_SECRET_KEY": "x"}
	if _, err := Load(Source{Read: read, Env: envOf(env)}); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("both forms: %v", err)
	}
	if _, err := Load(Source{Read: read, Env: envOf(map[string]string{"XIETIAO_REDIS_FILE": "/none"})}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestEveryNameOfTheFileIsRead(t *testing.T) {
	t.Parallel()
	cfg, err := Load(Source{File: "testdata/full.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	zero := Config{}
	empty := fieldsOf(&zero)
	def := Default()
	defaults := fieldsOf(&def)
	for i, f := range fieldsOf(&cfg) {
		on := f.v.Kind() == reflect.Bool // what is on by default can only be put off
		if !on && cmp.Equal(f.v.Interface(), empty[i].v.Interface()) || cmp.Equal(f.v.Interface(), defaults[i].v.Interface()) {
			t.Errorf("%s: testdata/full.yaml does not change it", f.name)
		}
	}
}

// Each file of testdata/bad holds one mistake; its first line says what the
// error must contain.
func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no bad files", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			want := strings.TrimPrefix(first, "# want: ")
			_, err = Load(Source{File: name})
			if err == nil {
				t.Fatalf("accepted; want an error with %q", want)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not contain %q", err, want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error shows a secret: %q", err)
			}
		})
	}
}

func TestANamedFileMustExist(t *testing.T) {
	t.Parallel()
	if _, err := Load(Source{File: "none.yaml", Read: files(nil)}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAHugeFileIsRefused(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(name, []byte(strings.Repeat("# x\n", maxFileBytes/4+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Source{File: name}); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("got %v", err)
	}
}

func TestASecretNeverShowsItself(t *testing.T) {
	t.Parallel()
	cfg := Default()
	for _, f := range fieldsOf(&cfg) {
		if p, ok := f.v.Addr().Interface().(*Secret); ok {
			*p = "hunter2"
		}
	}
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("settings", "cfg", cfg, "secret", cfg.SecretKey)
	jsonLogger := slog.New(slog.NewJSONHandler(&log, nil))
	jsonLogger.Info("settings", "cfg", cfg, "secret", cfg.SecretKey)
	forms := map[string]string{"json": string(asJSON), "yaml": string(asYAML), "slog": log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		forms["fmt "+verb] = fmt.Sprintf(verb, cfg.SecretKey) + fmt.Sprintf(verb, &cfg)
	}
	for name, text := range forms {
		if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("%s shows the secret: %s", name, text)
		}
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(text, `\u003c`, "<"), `\u003e`, ">"), redacted) {
			t.Errorf("%s does not say that it is hidden: %s", name, text)
		}
	}
	if got := fmt.Sprint(Secret("")); got != "" {
		t.Errorf("an unset secret prints %q", got)
	}
}

// text is the form that field.set reads back; secrets stay hidden.
func text(f field) string {
	switch p := f.v.Interface().(type) {
	case []string:
		return strings.Join(p, ",")
	case []int:
		return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(p), "[]")), ",")
	case []Holiday:
		parts := make([]string, len(p))
		for i, h := range p {
			kind := "work"
			if h.Off {
				kind = "off"
			}
			parts[i] = h.Date + "=" + kind + ":" + h.Name
		}
		return strings.Join(parts, ",")
	case []Weights:
		parts := make([]string, len(p))
		for i, w := range p {
			parts[i] = fmt.Sprintf("%d=%d/%d/%d/%d", w.Year, w.OnTime, w.LateDay, w.Late, w.Delay)
		}
		return strings.Join(parts, ",")
	default:
		return fmt.Sprint(p)
	}
}

func TestTextFormsReadBack(t *testing.T) {
	t.Parallel()
	cfg, err := Load(Source{File: "testdata/full.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, f := range fieldsOf(&cfg) {
		env[f.env()] = text(f)
		if s, ok := f.v.Interface().(Secret); ok {
			env[f.env()] = s.Reveal()
		}
	}
	got, err := Load(Source{Read: files(nil), Env: envOf(env)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cfg, got); diff != "" {
		t.Errorf("(-file +environment)\n%s", diff)
	}
}

// docs/config.md lists every name once, with its default.
func TestThePageAndTheStructAgree(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| (.*?) \\| .+ \\|$")
	var got []string
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		got = append(got, m[1]+" = "+strings.Trim(m[2], "`"))
	}
	var want []string
	cfg := Default()
	for _, f := range fieldsOf(&cfg) {
		want = append(want, strings.TrimSpace(f.name+" = "+text(f)))
	}
	for i := range got {
		got[i] = strings.TrimSpace(strings.ReplaceAll(got[i], "空", ""))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/config.md (-struct +page)\n%s", diff)
	}
}

func TestLocationFollowsTheSetting(t *testing.T) {
	t.Parallel()
	cfg := Default()
	if got := cfg.Location().String(); got != "Asia/Shanghai" {
		t.Errorf("got %s", got)
	}
	cfg.Timezone = "nowhere"
	if got := cfg.Location().String(); got != "UTC" {
		t.Errorf("got %s", got)
	}
}

func FuzzFile(f *testing.F) {
	full, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte("listen: [1, 2]\nwecom: {secret: hunter2, nope: 1}"))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Add([]byte("holidays:\n- {date: 2027-01-01, off: true, name: 元旦}\n---\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		src := Source{Read: func(string) ([]byte, error) { return text, nil }}
		cfg, err := Load(src)
		if err != nil {
			if cfg.Listen != "" {
				t.Error("a refused file still gave settings")
			}
			return
		}
		if err := cfg.Check(); err != nil {
			t.Errorf("accepted, but does not pass its check: %v", err)
		}
		again, err := Load(src)
		if err != nil || !cmp.Equal(cfg, again) {
			t.Errorf("the same file gave other settings: %v", err)
		}
	})
}

func FuzzEnvironment(f *testing.F) {
	f.Add("127.0.0.1:0", "7,3", "2027-01-01=off:元旦", "10.0.0.0/8")
	f.Add("::1", ",", "=", "x")
	f.Fuzz(func(t *testing.T, listen, offsets, holidays, proxies string) {
		cfg, err := Load(Source{Read: files(nil), Env: envOf(map[string]string{
			"XIETIAO_LISTEN": listen, "XIETIAO_REMIND_OFFSETS": offsets,
			"XIETIAO_HOLIDAYS": holidays, "XIETIAO_TRUSTED_PROXIES": proxies})})
		if err == nil && cfg.Check() != nil {
			t.Error("accepted, but does not pass its check")
		}
	})
}

func TestBlanksAreWhatAnExampleLeftToFillIn(t *testing.T) {
	t.Parallel()
	cfg := Default()
	if got := cfg.Blanks(); got != nil {
		t.Errorf("the defaults have %v", got)
	}
	cfg.PublicURL, cfg.WeCom.CorpID, cfg.WeCom.AIBot.Secret = "https://你的域名", "ww……", "……"
	want := []string{"public_url", "wecom.corp_id", "wecom.aibot.secret"}
	if got := cfg.Blanks(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
