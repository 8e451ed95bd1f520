package doc

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want []line
	}{
		"blocks and br end lines":                   {"<p>甲<br>乙</p><div>丙</div>丁", []line{{"甲", ""}, {"乙", ""}, {"丙", ""}, {"丁", ""}}},
		"source line ends inside a sentence vanish": {"<p>市委\n  宣传部<span>\n</span>负责</p>", []line{{"市委宣传部负责", ""}}},
		"letter-spaced words close up":              {"<p>主 要 内&nbsp;容</p>", []line{{"主要内容", ""}}},
		"a space between words stays one space":     {"<p>教育局&nbsp;&nbsp;　公安局 the  end</p>", []line{{"教育局 公安局 the end", ""}}},
		"layout space at the ends goes":             {"<p>&nbsp;&nbsp;　　一、目标&nbsp;</p><p>&nbsp;</p>", []line{{"一、目标", ""}}},
		"headings and centred lines have a style":   {"<h2>甲</h2><p align=center>乙</p><p style='text-align: center'>丙</p><center>丁</center>", []line{{"甲", "heading2"}, {"乙", "center"}, {"丙", "center"}, {"丁", "center"}}},
		"what is not shown is left out":             {"<p>甲<span style='display:none'>乙</span></p><script>丙</script><style>丁</style><div hidden>戊</div><!--己-->", []line{{"甲", ""}}},
		"list numbers are rendered":                 {"<ol><li>甲<li value=5>乙</ol><ol type=a start=3><li>丙<ol type=I><li>丁</ol></ol><ul><li>戊</ul>", []line{{"{1. }甲", ""}, {"{5. }乙", ""}, {"{c. }丙", ""}, {"{I. }丁", ""}, {"戊", ""}}},
		"a list item of paragraphs has one number":  {"<ol><li><p>甲</p><p>乙</p></li></ol>", []line{{"{1. }甲", ""}, {"乙", ""}}},
		"Chinese list numbers":                      {"<ol style='list-style-type:cjk-ideographic'><li>甲<li>乙</ol>", []line{{"{一、}甲", ""}, {"{二、}乙", ""}}},
		"lines of pre stay":                         {"<pre>甲  乙\n丙</pre>", []line{{"甲  乙", ""}, {"丙", ""}}},
		"a one-column table is layout":              {"<table><tr><td><p>甲</p><p>乙</p></td></tr></table>", []line{{"甲", ""}, {"乙", ""}}},
		"entities":                                  {"<p>&lt;甲&gt;&amp;&#20057;</p>", []line{{"<甲>&乙", ""}}},
		"unclosed tags":                             {"<p>甲<p>乙<b>丙", []line{{"甲", ""}, {"乙丙", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "x.html", []byte("<html><body>"+c.in))
			if diff := cmp.Diff(c.want, linesOf(d), cmp.AllowUnexported(line{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// frame is a page as government sites make them, around one content.
func frame(content string) string {
	return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>标题_某市政府网</title><meta name="ArticleTitle" content="某市工作方案"></head>
<body><div class="header"><a href=/>首页</a><form><input value=搜索></form></div>
<div class="nav-bar"><ul><li><a>政务公开</a><li><a>办事服务</a><li><a>互动交流</a></ul></div>
<div class="main w1200"><div class="crumbs">当前位置：<a>首页</a> &gt; <a>文件</a></div>
<div class="article-info"><h1>某市工作方案</h1><span>发布时间：2021-01-02</span></div>
` + content + `
<div class="share">分享到：<a>微信</a><a>微博</a></div></div>
<div class="footer">主办单位：某市人民政府办公室 备案号：123</div></body></html>`
}

func TestFrameOfAPageIsDropped(t *testing.T) {
	t.Parallel()
	body := "<p>一、市教育局负责学校。</p><p>二、市文旅局负责书屋；市委宣传部负责礼堂。</p><p>三、各单位按职责分工落实。</p>"
	want := []string{"某市工作方案", "一、市教育局负责学校。", "二、市文旅局负责书屋；市委宣传部负责礼堂。", "三、各单位按职责分工落实。"}
	for name, content := range map[string]string{
		"UCAP-CONTENT":   `<div id="UCAP-CONTENT">` + body + `</div>`,
		"TRS_Editor":     `<div class="view TRS_UEDITOR trs_paper_default"><div class="TRS_Editor">` + body + `</div></div>`,
		"pages_content":  `<div class="pages_content">` + body + `</div>`,
		"zoom":           `<div id="zoom">` + body + `</div>`,
		"article":        `<article>` + body + `</article>`,
		"layout table":   `<table width=100%><tr><td width=10></td><td id="zoom">` + body + `</td></tr></table>`,
		"two containers": `<div class="TRS_Editor">` + strings.Replace(body, "<p>三", `</div><div class="TRS_Editor"><p>三`, 1) + `</div>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "x.html", gb(t, frame(content)))
			if diff := cmp.Diff(want, textsOf(d)); diff != "" {
				t.Error(diff)
			}
			if d.Blocks[0].Style != "title" {
				t.Errorf("title has style %q", d.Blocks[0].Style)
			}
			all := strings.Join(d.Dropped, "\n")
			for _, s := range []string{"首页", "政务公开", "主办单位", "微博", "发布时间"} {
				if !strings.Contains(all, s) {
					t.Errorf("%s vanished without a note", s)
				}
			}
		})
	}
}

func TestPageWithoutKnownContainer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>市教育局负责推进学校文化建设，市文旅局配合。</p>", 20)
	d := read(t, "x.html", gb(t, frame(`<div class="xyz"><div class="abc">`+long+`</div></div>`)))
	for _, s := range textsOf(d) {
		if s != "某市工作方案" && s != "市教育局负责推进学校文化建设，市文旅局配合。" && !strings.HasPrefix(s, "发布时间") {
			t.Errorf("frame in the text: %q", s)
		}
	}
	if len(d.Blocks) < 20 {
		t.Errorf("%d blocks", len(d.Blocks))
	}
}

func TestAnnexBesideTheBodyIsKept(t *testing.T) {
	t.Parallel()
	d := read(t, "x.html", []byte(`<html><body><div class=Section1>`+strings.Repeat("<p>正文一句。</p>", 30)+`</div><div class=Section2><p>附件</p><p>市教育局负责学校。市文旅局负责书屋。</p></div></body></html>`))
	if !strings.Contains(d.Text, "市教育局负责学校") {
		t.Error("the annex is lost")
	}
}

func TestHTMLTables(t *testing.T) {
	t.Parallel()
	d := read(t, "x.html", []byte(`<p>前</p><table border=1><caption>分工表</caption>
<tr><th rowspan=2>序号<th colspan=2>单位</tr><tr><th>牵头<th>配合</tr>
<tr><td colspan=3>一、建设</td></tr>
<tr><td>1<td><p>宣传部</p><p>文旅局</p><td style="display:none">藏<td>教育局<br>财政局</tr>
<tr><td>2<td>甲</tr></table><p>后</p>`))
	if diff := cmp.Diff([]line{{"前", ""}, {"分工表", "center"}, {"TABLE", "分工表"}, {"后", ""}}, linesOf(d), cmp.AllowUnexported(line{})); diff != "" {
		t.Error(diff)
	}
	want := [][]string{{"序号", "单位", "[单位]"}, {"[序号]", "牵头", "配合"}, {"一、建设", "[一、建设]", "[一、建设]"}, {"1", "宣传部\n文旅局", "教育局\n财政局"}, {"2", "甲", ""}}
	if diff := cmp.Diff(want, cellsOf(t, d, 0)); diff != "" {
		t.Error(diff)
	}
	if a := d.Blocks[2].Table.Rows[3][1].Addr; a != "表1!B4" {
		t.Error(a)
	}
}

func TestLayoutTableGivesWayToTheTableInside(t *testing.T) {
	t.Parallel()
	d := read(t, "x.html", []byte(`<table><tr><td>左</td><td><p>甲</p><table border=1><tr><td>序号</td><td>任务</td></tr><tr><td>1</td><td>建设文化礼堂，办好农家书屋</td></tr></table><p>乙</p></td></tr></table>`))
	if diff := cmp.Diff([]string{"左", "甲", "TABLE", "乙"}, textsOf(d)); diff != "" {
		t.Error(diff)
	}
}

func TestHostileSpansCostLittle(t *testing.T) {
	t.Parallel()
	d := read(t, "x.html", []byte(`<table><tr><td rowspan=99999999 colspan=1000>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>`))
	if n := len(d.Blocks[0].Table.Rows); n != 2 {
		t.Errorf("%d rows", n)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	page := func(cs string) string {
		return `<html><head><meta charset="` + cs + `"></head><body><p>市委宣传部</p></body></html>`
	}
	for name, data := range map[string][]byte{
		"gb2312 as declared":        gb(t, page("gb2312")),
		"GBK declared as Latin":     gb(t, page("iso-8859-1")),
		"UTF-8 declared as gb2312":  []byte(page("gb2312")),
		"GBK declared as UTF-8":     gb(t, page("utf-8")),
		"Big5":                      []byte(strings.Replace(page("big5"), "市委宣传部", "\xa5\xab\xa9e", 1)),
		"a byte order mark":         []byte("\xef\xbb\xbf" + page("gbk")),
		"no declaration, GBK":       gb(t, "<html><body><p>市委宣传部</p>"),
		"an unknown charset's name": gb(t, page("x-nonsense")),
	} {
		want := "市委宣传部"
		if name == "Big5" {
			want = "市委"
		}
		if d := read(t, "x.html", data); d.Text != want {
			t.Errorf("%s: %q", name, d.Text)
		}
	}
}

func TestInnovationTable(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../shared/data/plans/12-so-innovation-table.html")
	if err != nil {
		t.Skip("no shared plans here")
	}
	cells := cellsOf(t, read(t, "12.html", data), 0)
	if diff := cmp.Diff([]string{"序号", "改革举措", "主要内容", "指导部门", "推广范围"}, cells[0]); diff != "" {
		t.Error(diff)
	}
	numbered, groups := 0, 0
	for _, row := range cells[1:] {
		if len(row) != 5 {
			t.Fatalf("%d columns", len(row))
		}
		if strings.HasPrefix(row[1], "[") {
			groups++
		} else {
			numbered++
		}
	}
	if numbered != 17 || groups != 5 {
		t.Errorf("%d rows and %d groups", numbered, groups)
	}
}
