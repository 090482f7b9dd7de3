package sigv4

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
)

const (
	canonicalIntro = "The Canonical String for this request should have been"
	toSignIntro    = "The String-to-Sign should have been"
)

// ParseAWSError finds the canonical request and the string to sign that AWS
// repeats when it refuses a signature: in the JSON of execute-api and others,
// in the XML of STS and others, in the CanonicalRequest and StringToSign
// elements of S3, or in the bare message. ok is false if there is no canonical
// request in body; the string to sign may be missing.
func ParseAWSError(body []byte) (canonical, stringToSign string, ok bool) {
	text := string(body)
	var answer map[string]any
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "{") && json.Unmarshal(body, &answer) == nil:
		text = jsonMessage(answer)
	case strings.HasPrefix(trimmed, "<"):
		if canonical, stringToSign, ok = s3Error(body); ok {
			return canonical, stringToSign, true
		}
		text = xmlText(body)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if canonical, ok = quotedAfter(text, canonicalIntro); !ok {
		return "", "", false
	}
	stringToSign, _ = quotedAfter(text, toSignIntro)
	return canonical, stringToSign, true
}

// jsonMessage finds the member message, Message or errorMessage, also inside of
// an error object.
func jsonMessage(answer map[string]any) string {
	for name, v := range answer {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, canonicalIntro) {
				return v
			}
		case map[string]any:
			if strings.EqualFold(name, "error") {
				for _, inner := range v {
					if s, ok := inner.(string); ok && strings.Contains(s, canonicalIntro) {
						return s
					}
				}
			}
		}
	}
	return ""
}

// s3Error reads the elements that S3 answers with.
func s3Error(body []byte) (canonical, stringToSign string, ok bool) {
	var e struct{ CanonicalRequest, StringToSign string }
	if xml.Unmarshal(body, &e) != nil || e.CanonicalRequest == "" {
		return "", "", false
	}
	return strings.TrimSpace(e.CanonicalRequest), strings.TrimSpace(e.StringToSign), true
}

// xmlText gives all character data.
func xmlText(body []byte) string {
	d := xml.NewDecoder(strings.NewReader(string(body)))
	var b strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			if err != io.EOF {
				return ""
			}
			return b.String()
		}
		if text, ok := token.(xml.CharData); ok {
			b.Write(text)
		}
	}
}

// quotedAfter finds the text in single quotes after an intro.
func quotedAfter(text, intro string) (string, bool) {
	_, rest, ok := strings.Cut(text, intro)
	if !ok {
		return "", false
	}
	_, rest, ok = strings.Cut(rest, "'")
	if !ok {
		return "", false
	}
	// A quote ends the text only at the end of a line: paths may hold some.
	end := strings.Index(rest, "'\n")
	if end < 0 {
		end = len(strings.TrimRight(rest, " \n"))
		if end == 0 || rest[end-1] != '\'' {
			return "", false
		}
		end--
	}
	return rest[:end], end > 0
}
