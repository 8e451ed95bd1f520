package main

import (
	"path/filepath"
	"testing"

	"xietiao/config"
)

// itemPlan is a plan with items that name their units.
const itemPlan = "某县文化任务方案\n\n某文发〔2026〕3号\n\n一、重点任务\n\n1.建设农村文化礼堂。（牵头单位：县教育局；配合单位：县财政局；完成时限：2036年12月底前）\n\n2.举办农民文化节。（牵头单位：县财政局；完成时限：每年10月底前）\n"

func TestTasksComeInFromTheMachine(t *testing.T) {
	t.Parallel()
	const sheet = "序号,任务,责任单位,配合单位,完成时限,备注\n1,建礼堂,县教育局,县财政局,2036年12月底,\n2,办展,外星局,,2036年12月底,\n"
	dir := files(t, map[string]string{"a.txt": countyPlan, "i.txt": itemPlan, "t.csv": sheet, "bad.csv": "姓名,电话\n张三,1\n"})
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, start := range map[string]func() string{
		"beside a running service": func() (data string) {
			service(t, func(c *config.Config) { data = c.Data })
			return data
		},
		"alone": t.TempDir,
	} {
		data := start()
		imported := func(answer string, args ...string) result {
			return inProcess(answer, append([]string{"import", "-data", data}, args...)...)
		}
		imported("", "-yes", file("a.txt")).want(t, 0)
		imported("n\n", "-as", "tasks", file("t.csv")).want(t, 1, "2 行：新建 1，修改 0，不变 0，看不清 1", "＋ B2 建礼堂", "？ C3：方案里没有单位“外星局”", "什么也没有变")
		imported("y\n", "-as", "tasks", file("t.csv")).want(t, 1, "已导入 "+file("t.csv"), "1 行看不清")
		imported("", "-as", "tasks", file("t.csv")).want(t, 1, "新建 0，修改 0，不变 1，看不清 1", "1 行看不清")
		imported("", "-as", "tasks", "-yes", file("bad.csv"), file("a.txt"), file("i.txt")).want(t, 1, "没有找到表头", "没有写明责任单位的任务条目", "这一版还没有导入")
		imported("", "-yes", file("i.txt")).want(t, 0)
		imported("", "-as", "tasks", "-yes", file("i.txt")).want(t, 0, "2 行：新建 2", "某文发〔2026〕3号!第1项 建设农村文化礼堂", "牵头 县教育局｜配合 县财政局｜2036年12月31日", "每年10月最后一天")
		imported("", "-as", "tasks", file("i.txt")).want(t, 0, "不变 2")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
