package main

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// defaultService is what addresses that are not AWS's are signed for.
const defaultService = "execute-api"

// scopeOf gives the service and the region that an AWS host name stands for,
// empty for other hosts. A region is the label nearest to the domain that
// looks like one; the service is beside it (AWS General Reference, "Service
// endpoints").
func scopeOf(target *url.URL) (service, region string) {
	labels, inAWS := awsLabels(target.Host)
	if !inAWS {
		return "", ""
	}
	at := -1
	for i, label := range labels {
		if isRegionName(label) {
			at = i
		}
	}
	switch {
	case at < 0 && len(labels) == 1:
		return signingName(labels[0], target.Scheme), "us-east-1" // a global service
	case at < 0:
		return "", ""
	case at == len(labels)-1 && at > 0:
		return signingName(labels[at-1], target.Scheme), labels[at]
	case at < len(labels)-1 && labels[at+1] != "vpce":
		return signingName(labels[at+1], target.Scheme), labels[at] // es, aoss
	case at > 0:
		return signingName(labels[at-1], target.Scheme), labels[at]
	}
	return "", labels[at]
}

// awsLabels are the labels before the domain that belongs to AWS.
func awsLabels(host string) (labels []string, inAWS bool) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws"} {
		if rest, found := strings.CutSuffix(host, domain); found && rest != "" {
			return strings.Split(rest, "."), true
		}
	}
	return nil, false
}

// isRegionName says whether a label is a region, such as "us-gov-west-1".
func isRegionName(label string) bool {
	return regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`).MatchString(label)
}

// signingName is the service in a credential scope, which is not always the
// one in the host name.
func signingName(label, scheme string) string {
	socket := scheme == "ws" || scheme == "wss"
	switch {
	case label == "appsync-api" || label == "appsync-realtime-api":
		return "appsync"
	case label == "lambda-url":
		return "lambda"
	case slices.Contains([]string{"iot", "iot-ats"}, label) && socket:
		return "iotdevicegateway"
	case label == "iot" || label == "iot-ats":
		return "iotdata"
	case label == "email":
		return "ses"
	}
	return label
}
