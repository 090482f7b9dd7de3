package library

import (
	"encoding/json"

	"github.com/dop251/goja"
	"github.com/tidwall/gjson"
)

// toS3Object is a link to an object in S3: JSON in a string attribute. The
// version is left out when there is none.
func toS3Object(l *library, a arguments) goja.Value {
	if a.null(0) || a.null(1) || a.null(2) {
		return goja.Null()
	}
	link := []byte(`{"s3":{`)
	for i, name := range []string{"key", "bucket", "region", "version"} {
		if a.null(i) {
			continue
		}
		if i > 0 {
			link = append(link, ',')
		}
		value := a.text(i)
		l.grow(2*len(value) + len(name) + 8)
		link = append(appendString(link, name), ':')
		link = appendString(link, value)
	}
	return l.attribute("S", l.string(string(append(link, "}}"...))))
}

// fromS3ObjectJSON reads what toS3Object wrote: the string itself, without its
// attribute type. Anything else gives null.
func fromS3ObjectJSON(l *library, a arguments) goja.Value {
	s, ok := a.at(0).(goja.String)
	if !ok || !json.Valid([]byte(s.String())) {
		return goja.Null()
	}
	link := gjson.Get(s.String(), "s3")
	if !link.IsObject() {
		return goja.Null()
	}
	l.grow(s.Length())
	result := l.vm.NewObject()
	for _, name := range []string{"bucket", "region", "key", "version"} {
		if member := link.Get(name); member.Exists() {
			l.put(result, name, l.string(member.String()))
		}
	}
	return result
}
