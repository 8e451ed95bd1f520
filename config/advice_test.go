package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every file that is refused is refused in the users' language, and the
// technical text stays.
func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no bad files", err)
	}
	for _, name := range names {
		_, err := Load(Source{File: name})
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for line := range strings.SplitSeq(Advice(err), "\n") {
			if !strings.Contains(line, "（") || !strings.HasSuffix(line, "）") {
				t.Errorf("%s: no advice in %s", name, line)
			}
		}
	}
	_, err = Load(Source{File: filepath.Join("testdata", "none.yaml")})
	if got := Advice(err); !strings.HasPrefix(got, "找不到这个文件") || !errors.Is(err, os.ErrNotExist) {
		t.Error(got)
	}
	if Advice(nil) != "" {
		t.Error("advice for nothing")
	}
}

func TestUnknownNamesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	got := UnknownEnv([]string{"PATH=x", "XIETIAO_LISTEN=a", "XIETIAO_WECOM_SECRET_FILE=b", "XIETIAO_THESAURS=c", "XIETIAO_DATE=d"})
	if diff := cmp.Diff([]string{"XIETIAO_DATE", "XIETIAO_THESAURS"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
