package calendar

// Words for users.
const (
	textOff  = "放假"
	textWork = "补班"
)

// names gives the published lists' names as notices write them.
var names = map[string]string{
	"元旦节": "元旦", "国庆中秋": "国庆节、中秋节", "抗战胜利日": "抗战胜利纪念日",
}
