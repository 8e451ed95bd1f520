package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// DefaultFile is read when no file is named; it may be absent.
const DefaultFile = "xietiao.yaml"

// EnvPrefix begins every environment name: wecom.aibot.aes_key is
// XIETIAO_WECOM_AIBOT_AES_KEY.
const EnvPrefix = "XIETIAO_"

// File size caps, far above any honest file, so that a wrong path cannot fill memory.
const (
	maxFileBytes   = 1 << 20
	maxSecretBytes = 64 << 10
	maxDepth       = 20 // nesting of a settings file is three
)

// Source says where settings come from. The zero value reads DefaultFile, if
// it is there, and no environment.
type Source struct {
	File  string                            // named by the user; must exist
	Env   func(name string) (string, bool)  // os.LookupEnv, or nil
	Read  func(name string) ([]byte, error) // nil: the file system, with a size cap
	Flags map[string]string                 // name as in the file (listen) → text; wins over all
}

// Load returns defaults overlaid by file, environment and flags, in that
// order, checked as a whole. Errors name the setting and, for a file, the line;
// they never hold a value that may be secret.
func Load(src Source) (Config, error) {
	cfg := Default()
	if src.Read == nil {
		src.Read = readCapped
	}
	if err := src.file(&cfg); err != nil {
		return Config{}, err
	}
	if err := src.env(&cfg); err != nil {
		return Config{}, err
	}
	for _, f := range fieldsOf(&cfg) {
		if text, ok := src.Flags[f.name]; ok {
			if err := f.set(text); err != nil {
				return Config{}, fmt.Errorf("-%s: %w", f.name, err)
			}
		}
	}
	if err := cfg.Check(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

func (src Source) file(cfg *Config) error {
	name := src.File
	if name == "" {
		name = DefaultFile
	}
	data, err := src.Read(name)
	if errors.Is(err, os.ErrNotExist) && src.File == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if err := decode(data, cfg); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// decode overlays cfg with one YAML document; an empty one changes nothing.
func decode(data []byte, cfg *Config) (err error) {
	// The parser is third-party code that reads what a person typed: a panic in
	// it is one more way to say that the text is not YAML.
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("not valid YAML")
		}
	}()
	// A file saved as GBK would be read as nonsense, or refused with a riddle.
	if !utf8.Valid(data) {
		return errors.New("not UTF-8 text; save the file as UTF-8")
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return yamlError(err)
	}
	if len(file.Docs) > 1 {
		return errors.New("more than one YAML document; remove the --- line")
	}
	for _, doc := range file.Docs {
		if err := refuse(doc.Body, 0); err != nil {
			return err
		}
		if empty(doc.Body) {
			return nil
		}
		dropEmpty(doc.Body)
		if err := yaml.NodeToValue(doc.Body, cfg, yaml.Strict()); err != nil {
			return yamlError(err)
		}
	}
	return nil
}

// empty is a value that was left out: nothing, a comment, or null.
func empty(node ast.Node) bool {
	switch node.(type) {
	case nil, *ast.NullNode, *ast.CommentNode, *ast.CommentGroupNode:
		return true
	}
	return false
}

// dropEmpty removes the names that have no value, so that they keep their
// defaults: a group whose lines are all commented out is still a good file.
func dropEmpty(node ast.Node) {
	m, ok := node.(*ast.MappingNode)
	if !ok {
		return
	}
	m.Values = slices.DeleteFunc(m.Values, func(v *ast.MappingValueNode) bool { return empty(v.Value) })
	for _, v := range m.Values {
		dropEmpty(v.Value)
	}
}

// refuse finds what a settings file has no need of: anchors and aliases (their
// expansion is unbounded) and deep nesting.
func refuse(node ast.Node, depth int) error {
	if node == nil {
		return nil
	}
	line := 0
	if tok := node.GetToken(); tok != nil && tok.Position != nil {
		line = tok.Position.Line
	}
	if depth > maxDepth {
		return fmt.Errorf("line %d: nested too deep", line)
	}
	switch n := node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return fmt.Errorf("line %d: anchors, aliases and tags are not used here", line)
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err := refuse(v, depth+1); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		if err := refuse(n.Key, depth+1); err != nil {
			return err
		}
		return refuse(n.Value, depth+1)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if err := refuse(v, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

var yamlPlace = regexp.MustCompile(`^\[(\d+):\d+\] `)

// yamlKinds is the parser's sentence about a value of another kind; it quotes nothing.
var yamlKinds = regexp.MustCompile(`\w+ was used where \w+ is expected$`)

// yamlError keeps the line and the sentence and drops the excerpt of the file,
// which may show a neighbouring secret.
func yamlError(err error) error {
	var unknown *yaml.UnknownFieldError
	var mismatch *yaml.TypeError
	text, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	line := "?"
	if m := yamlPlace.FindStringSubmatch(text); m != nil {
		line = m[1]
	}
	switch {
	case errors.As(err, &unknown):
		text = unknown.Message
	case errors.As(err, &mismatch):
		name := ""
		if mismatch.StructFieldName != nil {
			name = *mismatch.StructFieldName + " "
		}
		text = name + "has the wrong kind of value"
	case yamlKinds.MatchString(text):
		text = yamlKinds.FindString(text)
	case strings.Contains(text, "already defined"):
		text = "the same name twice"
	default:
		// Other messages of the parser may quote the text they stumbled on.
		text = "not valid YAML"
	}
	return fmt.Errorf("line %s: %s", line, text)
}

func (src Source) env(cfg *Config) error {
	if src.Env == nil {
		return nil
	}
	for _, f := range fieldsOf(cfg) {
		text, ok := src.Env(f.env())
		file, okFile := src.Env(f.env() + "_FILE")
		if ok && okFile {
			return fmt.Errorf("%s and %s_FILE are both set", f.env(), f.env())
		}
		if okFile {
			data, err := src.Read(file)
			if err != nil {
				return fmt.Errorf("%s_FILE: %w", f.env(), err)
			}
			if len(data) > maxSecretBytes {
				return fmt.Errorf("%s_FILE: file larger than %d bytes", f.env(), maxSecretBytes)
			}
			text, ok = strings.TrimRight(string(data), "\r\n"), true
		}
		if !ok {
			continue
		}
		if err := f.set(text); err != nil {
			return fmt.Errorf("%s: %w", f.env(), err)
		}
	}
	return nil
}

// UnknownEnv lists the names of an environment (as os.Environ gives it) that
// begin as ours do and are none.
func UnknownEnv(environ []string) []string {
	cfg := Default()
	known := map[string]bool{}
	for _, f := range fieldsOf(&cfg) {
		known[f.env()], known[f.env()+"_FILE"] = true, true
	}
	var out []string
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, EnvPrefix) && !known[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func readCapped(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxFileBytes)
	}
	return data, nil
}

// field is one leaf of Config.
type field struct {
	name string // dotted, as in docs/config.md: wecom.aibot.aes_key
	v    reflect.Value
}

// fieldsOf lists the leaves of cfg in the order of the struct.
func fieldsOf(cfg *Config) []field {
	return walk("", reflect.ValueOf(cfg).Elem())
}

func walk(prefix string, v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		name := prefix + v.Type().Field(i).Tag.Get("yaml")
		if v.Field(i).Kind() == reflect.Struct {
			out = append(out, walk(name+".", v.Field(i))...)
			continue
		}
		out = append(out, field{name, v.Field(i)})
	}
	return out
}

// blanks are what our examples have where something is to be filled in.
var blanks = []string{"……", "你的域名"}

// Blanks names the settings that hold what an example left to fill in.
func (c *Config) Blanks() (names []string) {
	for _, f := range fieldsOf(c) {
		if f.v.Kind() == reflect.String && slices.ContainsFunc(blanks, func(b string) bool { return strings.Contains(f.v.String(), b) }) {
			names = append(names, f.name)
		}
	}
	return names
}

// env is the environment name of the field.
func (f field) env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(f.name, ".", "_"))
}

// set parses text as the environment and flags write it: lists by commas.
func (f field) set(text string) error {
	switch p := f.v.Addr().Interface().(type) {
	case *string:
		*p = text
	case *Secret:
		*p = Secret(text)
	case *int:
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return errors.New("not a whole number")
		}
		*p = n
	case *bool:
		on, ok := map[string]bool{"true": true, "on": true, "yes": true, "1": true, "false": false, "off": false, "no": false, "0": false}[strings.ToLower(strings.TrimSpace(text))]
		if !ok {
			return errors.New("not true or false")
		}
		*p = on
	case *[]string:
		*p = splitList(text)
	case *[]int:
		var list []int
		for _, s := range splitList(text) {
			n, err := strconv.Atoi(s)
			if err != nil {
				return errors.New("not a list of whole numbers")
			}
			list = append(list, n)
		}
		*p = list
	case *[]Holiday:
		list, err := parseHolidays(text)
		if err != nil {
			return err
		}
		*p = list
	case *[]Weights:
		list, err := parseWeights(text)
		if err != nil {
			return err
		}
		*p = list
	default:
		panic("config: no text form for " + f.name) // a new kind of field needs a case here
	}
	return nil
}

func splitList(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// parseHolidays reads 2027-01-01=off:元旦,2027-01-03=work.
func parseHolidays(text string) ([]Holiday, error) {
	var out []Holiday
	for _, s := range splitList(text) {
		date, rest, _ := strings.Cut(s, "=")
		kind, name, _ := strings.Cut(rest, ":")
		if kind != "off" && kind != "work" {
			return nil, errors.New("write a holiday as 2027-01-01=off:name or 2027-01-03=work")
		}
		out = append(out, Holiday{Date: date, Off: kind == "off", Name: name})
	}
	return out, nil
}

// parseWeights reads 2026=100/2/60/0: on_time, late_day, late, delay.
func parseWeights(text string) (out []Weights, err error) {
	for _, s := range splitList(text) {
		var w Weights
		const form = "%d=%d/%d/%d/%d"
		_, err := fmt.Sscanf(s, form, &w.Year, &w.OnTime, &w.LateDay, &w.Late, &w.Delay)
		if err != nil || fmt.Sprintf(form, w.Year, w.OnTime, w.LateDay, w.Late, w.Delay) != s {
			return nil, errors.New("write a year's weights as 2026=100/2/60/0")
		}
		out = append(out, w)
	}
	return out, nil
}

const (
	clockLayout = "15:04"
	dateLayout  = time.DateOnly
)
