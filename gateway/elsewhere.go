package gateway

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// signedService is the service that a request says it is signed for: the
// fourth element of its credential scope. Empty when it is not signed.
// Nothing is verified here; the answer only chooses whom the request is for.
func signedService(r *http.Request) string {
	credential := ""
	if auth := r.Header.Get("Authorization"); strings.HasPrefix(auth, "AWS4-") {
		_, rest, _ := strings.Cut(auth, "Credential=")
		credential, _, _ = strings.Cut(rest, ",")
	} else if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return ""
		}
		credential = q.Get("X-Amz-Credential")
	}
	scope := strings.Split(strings.TrimSpace(credential), "/")
	if len(scope) != 5 || !plainName(scope[3]) {
		return ""
	}
	return scope[3]
}

// plainName tells whether s is fit to be repeated in a message.
func plainName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// xmlServices answer errors as XML (the query and REST-XML protocols of the
// AWS service models); all others as JSON.
var xmlServices = map[string]bool{"s3": true, "s3express": true, "sts": true, "iam": true, "sns": true, "ec2": true,
	"cloudformation": true, "rds": true, "ses": true, "email": true, "elasticloadbalancing": true, "autoscaling": true,
	"monitoring": true, "route53": true, "cloudfront": true, "elasticache": true, "redshift": true}

// refuseService answers a request that a function's SDK sent here because no
// endpoint was given for its service, in a form that every SDK shows.
func refuseService(w http.ResponseWriter, service string) {
	text := fmt.Sprintf("tidewire does not run %s: give --endpoint %s=http://HOST:PORT", service, service)
	const code = "NotImplementedException"
	if !xmlServices[service] {
		writeJSONError(w, code, text)
		return
	}
	writeBadRequest(w, code, "text/xml", xmlError(service, code, text))
}

// writeJSONError answers in the form of the AWS JSON protocols.
func writeJSONError(w http.ResponseWriter, code, text string) {
	body, _ := json.Marshal(map[string]string{"__type": code, "message": text, "Message": text}) // strings always marshal
	writeBadRequest(w, code, "application/x-amz-json-1.0", body)
}

// writeBadRequest answers 400, which SDKs do not retry.
func writeBadRequest(w http.ResponseWriter, code, contentType string, body []byte) {
	w.Header()["x-amzn-ErrorType"] = []string{code}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(body)
}

func xmlError(service, code, text string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	inner := func() {
		b.WriteString("<Error><Type>Sender</Type><Code>" + code + "</Code><Message>")
		_ = xml.EscapeText(&b, []byte(text)) // a Buffer does not fail
		b.WriteString("</Message></Error>")
	}
	if strings.HasPrefix(service, "s3") {
		inner()
		return b.Bytes()
	}
	b.WriteString("<ErrorResponse>")
	inner()
	b.WriteString("<RequestId>tidewire</RequestId></ErrorResponse>")
	return b.Bytes()
}
