package template

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// pair is the two items that a function takes.
func (l *loader) pair(at, arg *node, usage string) (a, b *node, ok bool) {
	if arg.kind != kindList || len(arg.items) != 2 {
		l.fail(at, "this function takes "+usage, "")
		return nil, nil, false
	}
	return arg.items[0], arg.items[1], true
}

func (l *loader) join(at, arg *node) *node {
	const usage = "a delimiter and a list of strings"
	sep, list, ok := l.pair(at, arg, usage)
	if !ok {
		return at.bad()
	}
	if sep.kind != kindString || list.kind != kindList {
		return l.fail(at, "Fn::Join takes "+usage, "Fn::Join: [\",\", [a, b]]")
	}
	parts := make([]string, len(list.items))
	for i, v := range list.items {
		if !v.scalar() {
			return l.fail(at, fmt.Sprintf("item %d of Fn::Join must be a string, it is %s", i, v.kindName()), "")
		}
		parts[i] = v.text
	}
	if size := len(sep.text) * len(parts); size > maxProduced {
		return l.fail(at, "the result of Fn::Join is too long", "")
	}
	return at.str(strings.Join(parts, sep.text))
}

func (l *loader) split(at, arg *node) *node {
	const usage = "a delimiter and a string"
	sep, text, ok := l.pair(at, arg, usage)
	if !ok {
		return at.bad()
	}
	if sep.kind != kindString || sep.text == "" || !text.scalar() {
		return l.fail(at, "Fn::Split takes "+usage, "Fn::Split: [\",\", \"a,b\"]")
	}
	if strings.Count(text.text, sep.text) >= maxItems {
		return l.fail(at, fmt.Sprintf("Fn::Split makes more than %d items", maxItems), "")
	}
	out := at.list()
	for _, part := range strings.Split(text.text, sep.text) {
		out.items = append(out.items, text.str(part))
	}
	return out
}

func (l *loader) selectItem(at, arg *node) *node {
	const usage = "an index and a list"
	index, list, ok := l.pair(at, arg, usage)
	if !ok {
		return at.bad()
	}
	i, err := strconv.Atoi(index.text)
	if list.marks.standin && list.scalar() {
		return list // a placeholder for what may be a list
	}
	if err != nil || list.kind != kindList {
		return l.fail(at, "Fn::Select takes "+usage, "Fn::Select: [0, [a, b]]")
	}
	if last := len(list.items) - 1; i > last && last >= 0 && list.allMarks().standin {
		return list.items[last] // the real value would have more parts
	}
	if i < 0 || i >= len(list.items) {
		return l.fail(at, fmt.Sprintf("Fn::Select asks for item %d of a list of %d", i, len(list.items)), "indexes start at 0")
	}
	return list.items[i]
}

func (l *loader) base64(at, arg *node) *node {
	if !arg.scalar() {
		return l.fail(at, "Fn::Base64 takes a string, this is "+arg.kindName(), "")
	}
	return at.str(base64.StdEncoding.EncodeToString([]byte(arg.text)))
}

// getAZs gives three zones of a region; what an account really has differs.
func (l *loader) getAZs(at, arg *node) *node {
	if !arg.scalar() && arg.kind != kindNull {
		return l.fail(at, "Fn::GetAZs takes a region, this is "+arg.kindName(), "")
	}
	region := orDefault(arg.text, l.o.Region)
	return at.list(at.str(region+"a"), at.str(region+"b"), at.str(region+"c"))
}

// cidr splits an address block into count blocks that leave bits for hosts
// (CloudFormation user guide, "Fn::Cidr"; IPv4 and IPv6, count 1 to 256).
func (l *loader) cidr(at, arg *node) *node {
	usage := "Fn::Cidr takes a block, a count from 1 to 256 and the number of host bits (8 if left out)"
	if arg.kind != kindList || len(arg.items) < 2 || len(arg.items) > 3 {
		return l.fail(at, usage, "Fn::Cidr: [10.0.0.0/16, 4, 8]")
	}
	block, err := netip.ParsePrefix(arg.items[0].text)
	count, err2 := strconv.Atoi(arg.items[1].text)
	bits := 8
	var err3 error
	if len(arg.items) == 3 {
		bits, err3 = strconv.Atoi(arg.items[2].text)
	}
	if err != nil || err2 != nil || err3 != nil || count < 1 || count > 256 || bits < 1 || bits > 128 {
		return l.fail(at, usage, "Fn::Cidr: [10.0.0.0/16, 4, 8]")
	}
	return l.subnets(at, block.Masked(), count, bits)
}

func (l *loader) subnets(at *node, block netip.Prefix, count, bits int) *node {
	size := block.Addr().BitLen() - bits
	if size < block.Bits() || (size-block.Bits() < 9 && count > 1<<(size-block.Bits())) {
		return l.fail(at, fmt.Sprintf("%s does not hold %d blocks with %d host bits", block, count, bits), "use fewer blocks or fewer host bits")
	}
	out := at.list()
	addr := block.Addr()
	for range count {
		out.items = append(out.items, at.str(netip.PrefixFrom(addr, size).String()))
		addr = addBit(addr, bits)
	}
	return out
}

// addBit adds 1<<bit to an address.
func addBit(a netip.Addr, bit int) netip.Addr {
	b := a.AsSlice()
	carry := 1 << (bit % 8)
	for i := len(b) - 1 - bit/8; i >= 0 && carry > 0; i-- {
		sum := int(b[i]) + carry
		b[i] = byte(sum)
		carry = sum >> 8
	}
	next, _ := netip.AddrFromSlice(b)
	return next
}
