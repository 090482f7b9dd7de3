package state

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

var errIndex = errors.New("the git index ends early or is not one")

// cursor reads an index from front to back.
type cursor struct {
	rest []byte
	read int // bytes taken so far
}

func (c *cursor) take(n int) ([]byte, error) {
	if n < 0 || n > len(c.rest) {
		return nil, errIndex
	}
	b := c.rest[:n]
	c.rest, c.read = c.rest[n:], c.read+n
	return b, nil
}

// text takes the bytes before the next NUL, and the NUL.
func (c *cursor) text() ([]byte, error) {
	end := bytes.IndexByte(c.rest, 0)
	if end < 0 {
		return nil, errIndex
	}
	b, err := c.take(end + 1)
	return b[:end], err
}

// varint takes a number in the encoding of OFS_DELTA objects
// (gitformat-pack(5)).
func (c *cursor) varint() (int, error) {
	value := -1
	for range 8 {
		b, err := c.take(1)
		if err != nil {
			return 0, err
		}
		value = (value+1)<<7 | int(b[0]&0x7f)
		if b[0]&0x80 == 0 {
			return value, nil
		}
	}
	return 0, errIndex
}

// walkIndex calls visit with the path of every entry, until visit says false.
// shared is the hexadecimal name of the shared index that a split index rests
// on (gitformat-index(5)).
func walkIndex(data []byte, hashLen int, visit func(path string) bool) (shared string, err error) {
	c := &cursor{rest: data}
	head, err := c.take(12)
	if err != nil || string(head[:4]) != "DIRC" {
		return "", errIndex
	}
	version, count := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
	if version < 2 || version > 4 {
		return "", fmt.Errorf("git index version %d is not known", version)
	}
	var path []byte
	for range count {
		if path, err = entry(c, version, hashLen, path); err != nil {
			return "", err
		}
		if !visit(string(path)) {
			return "", nil
		}
	}
	return extensions(c, hashLen)
}

// entry takes one entry and gives its path; previous is the path before it,
// which version 4 builds on.
func entry(c *cursor, version uint32, hashLen int, previous []byte) ([]byte, error) {
	start := c.read
	fixed, err := c.take(40 + hashLen + 2)
	if err != nil {
		return nil, err
	}
	flags := binary.BigEndian.Uint16(fixed[40+hashLen:])
	if flags&0x4000 != 0 { // extended
		if _, err := c.take(2); err != nil || version < 3 {
			return nil, errIndex
		}
	}
	path, err := entryPath(c, version, previous)
	if err != nil {
		return nil, err
	}
	if n := int(flags & 0xfff); n != len(path) && (n != 0xfff || len(path) < n) {
		return nil, errIndex
	}
	if version == 4 {
		return path, nil
	}
	_, err = c.take((8 - (c.read-start)%8) % 8) // entries are padded with NULs
	return path, err
}

func entryPath(c *cursor, version uint32, previous []byte) ([]byte, error) {
	if version < 4 {
		return c.text()
	}
	cut, err := c.varint()
	if err != nil || cut > len(previous) {
		return nil, errIndex
	}
	suffix, err := c.text()
	return append(bytes.Clone(previous[:len(previous)-cut]), suffix...), err
}

// extensions passes over the optional extensions, notes the shared index, and
// refuses an extension that must be understood and is not.
func extensions(c *cursor, hashLen int) (shared string, err error) {
	for len(c.rest) > hashLen {
		head, err := c.take(8)
		if err != nil {
			return "", err
		}
		name := string(head[:4])
		body, err := c.take(int(binary.BigEndian.Uint32(head[4:])))
		if err != nil {
			return "", err
		}
		switch {
		case name == "link":
			if len(body) < hashLen {
				return "", errIndex
			}
			if id := body[:hashLen]; !bytes.Equal(id, make([]byte, hashLen)) {
				shared = hex.EncodeToString(id)
			}
		case name == "sdir" || name[0] >= 'A' && name[0] <= 'Z':
		default:
			return "", fmt.Errorf("git index extension %q is not known", name)
		}
	}
	if len(c.rest) != hashLen {
		return "", errIndex
	}
	return shared, nil
}
