package console

import (
	"strconv"

	"xietiao/bot/library"
)

// What the pages of documents say; the templates hold the rest.
const (
	textDiscarded  = "草稿丢弃了。"
	textWithdrawn  = "撤回了，这一版又成了草稿。"
	textAgain      = "这一版成了草稿。看过差别，点“发布”就换回这一版。"
	textNoAlias    = "没有这一处名称不一致，可能已经处理过了。请看现在的样子。"
	textBadDay     = "生效日期要选一天，或者空着：空着就是马上生效。"
	textExamFailed = "题集里有原来答对的问题，换成这份草稿就答不对了（列在下面）。先改好，或者写明为什么仍要发布。"
	textNoMatrix   = "这份文件现在不在用，责任矩阵只有现行的文件才有。"
)

func textUploaded(fresh bool) string {
	if fresh {
		return "上传了，读好了，成了草稿。核对下面各项，再发布；发布前不影响问答。"
	}
	return "这份文件已经上传过，就是这份草稿。"
}

func textDecided(c library.Choice) string { return "勘误记下了：" + c.Word() + "。" }

func textAlias(unit, other string) string {
	return "记下了：“" + other + "”就是“" + unit + "”。"
}

func (c *Console) textPublished(v library.Version) string {
	if v.At.After(v.Published) {
		return "发布了，到 " + c.day(v.At) + " 生效；在那以前仍用原来的版本。"
	}
	return "发布了，马上生效：从现在起，问答用这一版。"
}

func textRemoved(name string) string {
	return name + " 移除了，问答不再用它；各版本都留着，可以重新发布。"
}

func textErrataFile(name string) string { return "勘误表 " + name }
func textMatrixFile(name string) string { return "责任矩阵 " + name }
func textCount(n int) string            { return strconv.Itoa(n) }
