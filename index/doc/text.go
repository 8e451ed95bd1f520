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
