package library

import "strings"

// class reads what is between brackets, after the first. Unions and
// intersections of classes become lookaheads, since they stand for one character.
func (t *translation) class() (string, error) {
	if t.depth++; t.depth > deepestRegex {
		return "", t.fail("Classes are nested too deep")
	}
	defer func() { t.depth-- }()
	negated := t.peek("^")
	if negated {
		t.at++
	}
	operands, err := t.operands()
	if err != nil {
		return "", err
	}
	if len(operands) == 1 && operands[0].others == nil {
		return bracketed(operands[0].set, negated), nil
	}
	whole := intersection(operands)
	if negated {
		return "(?:(?!" + whole + `)[\s\S])`, nil
	}
	return whole, nil
}

func intersection(operands []union) string {
	var out strings.Builder
	out.WriteString("(?:")
	for i, o := range operands {
		if i < len(operands)-1 {
			out.WriteString("(?=" + o.text() + ")")
		} else {
			out.WriteString(o.text())
		}
	}
	return out.String() + ")"
}

// union is a set, as the inside of brackets, and further classes.
type union struct {
	set    string
	others []string
}

func (u *union) text() string {
	all := u.others
	if u.set != "" {
		all = append([]string{"[" + u.set + "]"}, u.others...)
	}
	return "(?:" + strings.Join(all, "|") + ")"
}

// operands reads what && joins, up to the bracket that ends the class.
func (t *translation) operands() ([]union, error) {
	var all []union
	var u union
	for {
		switch t.skipBlanks(); {
		case t.at >= len(t.s):
			return nil, t.fail("Unclosed character class")
		case t.peek("]") && u.empty() && all == nil:
			t.at++
			u.set += `\]`
			continue
		case t.peek("]"):
			t.at++
			if !u.empty() || all == nil {
				all = append(all, u)
			}
			return all, nil
		case t.peek("&&"):
			t.at += 2
			if !u.empty() {
				all = append(all, u)
			}
			u = union{}
			continue
		}
		if err := t.item(&u); err != nil {
			return nil, err
		}
	}
}

func (u *union) empty() bool { return u.set == "" && u.others == nil }

func (t *translation) skipBlanks() {
	for t.flags.comments && t.at < len(t.s) && (t.s[t.at] == ' ' || t.s[t.at] >= '\t' && t.s[t.at] <= '\r') {
		t.at++
	}
}

// item reads one character, one range, or a class inside the class.
func (t *translation) item(u *union) error {
	if t.peek("[") {
		t.at++
		inner, err := t.class()
		u.others = append(u.others, inner)
		return err
	}
	if t.peek(`\`) {
		done, err := t.setEscape(u)
		if done || err != nil {
			return err
		}
	}
	low, err := t.one()
	if err != nil {
		return err
	}
	if !t.peek("-") || t.peek("-]") || t.peek("-[") || t.peek("-&&") || t.at+1 >= len(t.s) {
		u.set += inSet(low)
		return nil
	}
	t.at++
	high, err := t.one()
	if err != nil {
		return err
	}
	if high < low {
		return t.fail("Illegal character range")
	}
	u.set += inSet(low) + "-" + inSet(high)
	return nil
}

// setEscape reads an escape that stands for a set of characters.
func (t *translation) setEscape(u *union) (bool, error) {
	if t.at+1 >= len(t.s) {
		return false, t.fail("Unclosed character class")
	}
	c := t.s[t.at+1]
	if set, negated, ok := predefined(c); ok {
		t.at += 2
		u.add(set, negated)
		return true, nil
	}
	switch c {
	case 'p', 'P':
		set, negated, err := t.property()
		u.add(set, negated)
		return true, err
	case 'Q':
		t.at += 2
		text, _, _ := strings.Cut(t.s[t.at:], `\E`)
		t.at = min(t.at+len(text)+2, len(t.s))
		for _, r := range text {
			u.set += inSet(r)
		}
		return true, nil
	}
	return false, nil
}

func (u *union) add(set string, negated bool) {
	if negated {
		u.others = append(u.others, "[^"+set+"]")
		return
	}
	u.set += set
}

// one reads a single character of a class.
func (t *translation) one() (rune, error) {
	if t.at >= len(t.s) {
		return 0, t.fail("Unclosed character class")
	}
	if t.s[t.at] == '\\' {
		if t.at+1 >= len(t.s) {
			return 0, t.fail("Unclosed character class")
		}
		return t.character()
	}
	r, size := runeAt(t.s, t.at)
	t.at += size
	return r, nil
}

func inSet(r rune) string {
	if strings.ContainsRune(`\[]^-`, r) {
		return `\` + string(r)
	}
	return string(r)
}
