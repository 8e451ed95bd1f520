package doc

import (
	"strconv"
	"strings"
)

// styles are the paragraph styles of a docx.
type styles struct {
	byID map[string]*node
	def  string // the default paragraph style
}

// maxBased bounds a chain of basedOn, which may be a circle.
const maxBased = 16

func newStyles(root *node) *styles {
	s := &styles{byID: map[string]*node{}}
	if root == nil {
		return s
	}
	for _, k := range root.child("w:styles").children() {
		if k.name != "w:style" {
			continue
		}
		id := k.val("styleId")
		s.byID[id] = k
		if k.val("type") == "paragraph" && k.val("default") != "" && k.val("default") != "0" && k.val("default") != "false" {
			s.def = id
		}
	}
	return s
}

// up calls fn for a style and those it is based on until fn is satisfied.
func (s *styles) up(id string, fn func(id string, st *node) bool) {
	for range maxBased {
		st := s.byID[id]
		if st == nil || fn(id, st) {
			return
		}
		id = st.child("w:basedOn").val("val")
	}
}

// prop finds a paragraph property in the chain of a style.
func (s *styles) prop(id, name string) *node {
	var found *node
	s.up(id, func(_ string, st *node) bool {
		found = st.child("w:pPr", name)
		return found != nil
	})
	return found
}

func (s *styles) numID(id string) string {
	return s.prop(id, "w:numPr").child("w:numId").val("val")
}

// kind gives Block.Style for a paragraph's properties.
func (s *styles) kind(pPr *node) string {
	id := pPr.child("w:pStyle").val("val")
	if id == "" {
		id = s.def
	}
	outline := pPr.child("w:outlineLvl")
	if outline == nil {
		outline = s.prop(id, "w:outlineLvl")
	}
	if lvl := outline.number("val", 9); lvl < 6 && lvl >= 0 {
		return "heading" + strconv.Itoa(lvl+1)
	}
	name := ""
	s.up(id, func(_ string, st *node) bool {
		n := strings.ToLower(strings.ReplaceAll(st.child("w:name").val("val"), " ", ""))
		if rest, ok := strings.CutPrefix(n, "heading"); ok && len(rest) == 1 && rest[0] >= '1' && rest[0] <= '6' {
			name = n
		}
		if n == "title" {
			name = n
		}
		return name != ""
	})
	if name != "" {
		return name
	}
	jc := pPr.child("w:jc")
	if jc == nil {
		jc = s.prop(id, "w:jc")
	}
	if jc.val("val") == "center" {
		return "center"
	}
	return ""
}

// list gives the numId and level of a paragraph, "" without automatic number.
func (s *styles) list(pPr *node, num *numbering) (string, int) {
	own := pPr.child("w:numPr")
	id, lvl := own.child("w:numId").val("val"), own.child("w:ilvl").number("val", -1)
	style := pPr.child("w:pStyle").val("val")
	if style == "" {
		style = s.def
	}
	if id == "" {
		s.up(style, func(sid string, st *node) bool {
			p := st.child("w:pPr", "w:numPr")
			if id = p.child("w:numId").val("val"); id == "" {
				return false
			}
			if lvl < 0 {
				lvl = p.child("w:ilvl").number("val", num.levelOfStyle(id, sid))
			}
			return true
		})
	}
	if id == "" || id == "0" {
		return "", 0
	}
	return id, max(lvl, 0)
}
