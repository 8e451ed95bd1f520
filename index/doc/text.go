package doc

// tableAddr is the head of a cell address in documents whose tables have no
// name of their own.
const tableAddr = "表%d!"

// Numerals and marks that automatic numbering writes.
const (
	listComma       = "、"
	fullDigits      = "０１２３４５６７８９"
	hanDigits       = "〇一二三四五六七八九"
	hanUnits        = "个十百千万"
	hanZero         = "零"
	legalDigits     = "零壹贰叁肆伍陆柒捌玖"
	legalUnits      = "个拾佰仟万"
	heavenlyStems   = "甲乙丙丁戊己庚辛壬癸"
	earthlyBranches = "子丑寅卯辰巳午未申酉戌亥"
	circledHan      = "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉"
)

// advices say what to do, by kind and format; format "" is for the rest.
var advices = []struct {
	kind   error
	format string
	text   string
}{
	{ErrLegacy, "doc", "这是旧版 Word 文档（.doc），请用 WPS 或 Word 打开后“另存为”.docx 再导入。"},
	{ErrLegacy, "wps", "这是旧版 WPS 文字文档（.wps），请用 WPS 打开后“另存为”.docx 再导入。"},
	{ErrLegacy, "xls", "这是旧版表格（.xls 或 .et），请用 WPS 或 Excel 打开后“另存为”.xlsx 再导入。"},
	{ErrLegacy, "et", "这是旧版 WPS 表格（.et），请用 WPS 打开后“另存为”.xlsx 再导入。"},
	{ErrLegacy, "rtf", "这是 RTF 文档，请用 WPS 或 Word 打开后“另存为”.docx 再导入。"},
	{ErrLegacy, "ofd", "这是 OFD 版式文件，请向发文单位要 .docx 原稿，或用 OFD 阅读器“导出”为文字版 PDF 或文本后再导入。"},
	{ErrLegacy, "mht", "这是单个文件的网页存档，请用浏览器或 Word 打开后“另存为”.docx 再导入。"},
	{ErrLegacy, "xml", "这是旧版 Office 的 XML 文件，请用 WPS 或 Office 打开后“另存为”.docx 或 .xlsx 再导入。"},
	{ErrLegacy, "ppt", "这是旧版演示文稿（.ppt），请把其中的文字复制到 Word 文档（.docx）再导入。"},
	{ErrLegacy, "", "这是旧版办公软件的文件，请用 WPS 或 Office 打开后“另存为”.docx 或 .xlsx 再导入。"},
	{ErrScanned, "", "这份 PDF 没有可读取的文字（多半是扫描件），请导入 Word 原稿，或先用 WPS、扫描软件做“文字识别（OCR）”并核对后再导入。"},
	{ErrEncrypted, "", "文件设有打开密码，请先用密码打开，取消密码后另存一份再导入。"},
	{ErrEmpty, "", "文件里没有文字，请确认选对了文件。"},
	{ErrTooLarge, "", "文件太大或内容过多，请只保留方案正文和分工表，或拆成几个文件后再导入。"},
	{ErrTimeout, "", "文件太复杂，没能在规定时间内读完，请拆成几个文件，或复制文字到新文档后再导入。"},
	{ErrUnsupported, "image", "这是图片，读不出文字。请导入 Word 原稿，或先做文字识别并核对后再导入。"},
	{ErrUnsupported, "archive", "这是压缩包，请先解压，再导入里面的方案文件。"},
	{ErrUnsupported, "pptx", "演示文稿不能直接导入，请把其中的文字复制到 Word 文档（.docx）再导入。"},
	{ErrUnsupported, "odf", "这是 OpenDocument 文件，请用 WPS 或 LibreOffice 打开后“另存为”.docx 或 .xlsx 再导入。"},
	{ErrUnsupported, "", "不认识这种文件。可以导入 .docx、.xlsx、.csv、.txt、.md、网页（.html）和文字版 PDF。"},
	{ErrDamaged, "pdf", "PDF 文件已损坏或没有下载完整，请重新下载，或用 WPS 打开后“另存为”一份再导入。"},
	{ErrDamaged, "", "文件已损坏或没有下载完整，请重新下载，或用 WPS、Office 打开后“另存为”一份再导入。"},
}

// adviceElse is said of errors that Read does not make.
const adviceElse = "文件没能读出来，请用 WPS 或 Office 打开确认无误，另存一份后再导入。"
