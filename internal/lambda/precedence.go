package lambda

import (
	"cmp"
	"maps"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// Variables of which the template's values may not count (AWS SDKs and Tools
// reference guide, "Environment variables list").
const (
	endpointURL     = "AWS_ENDPOINT_URL"
	endpointURLOf   = "AWS_ENDPOINT_URL_" // and the service
	ignoreEndpoints = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
)

// closed are the variables that lead an SDK to other credentials than its
// function's role has; see also closedPrefixes.
var closed = []string{
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_CREDENTIAL_FILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_EC2_METADATA_DISABLED",
}

var closedPrefixes = []string{"AWS_CONTAINER_CREDENTIALS_", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_EC2_METADATA_SERVICE_"}

// gatewayOwn are the variables by which a function finds and trusts the
// gateway.
var gatewayOwn = []string{
	endpointURL, endpointURLOf + "APIGATEWAYMANAGEMENTAPI",
	"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
}

// refusal is a variable of the template that does not count, and why.
type refusal struct{ name, why string }

// accepted are the template's variables that count beside what Options.Env has
// given.
func accepted(f *spec.Function, given map[string]string) map[string]string {
	vars := make(map[string]string, len(f.Environment))
	for name, value := range f.Environment {
		if key := canonical(name); !slices.Contains(reserved, key) && refused(key, value, given) == "" {
			vars[name] = value
		}
	}
	return vars
}

// refusals are those that do not count, in order. Lambda's reserved variables,
// which it refuses to deploy, are not among them.
func refusals(f *spec.Function, given map[string]string) []refusal {
	var rs []refusal
	for _, name := range slices.Sorted(maps.Keys(f.Environment)) {
		if why := refused(canonical(name), f.Environment[name], given); why != "" {
			rs = append(rs, refusal{name, why})
		}
	}
	return rs
}

// refused says why a template's variable does not count; empty if it does.
func refused(name, value string, given map[string]string) string {
	have, set := given[name]
	switch {
	case isClosed(name):
		return "a function gets the credentials of its own role and no others"
	case given[endpointURL] == "" || set && have == value:
		return "" // real credentials, or nothing to decide
	case name == ignoreEndpoints:
		return "local credentials would be sent to AWS"
	case set && slices.Contains(gatewayOwn, name):
		return "it leads to the gateway, or makes functions trust it"
	case strings.HasPrefix(name, endpointURLOf) && mayBeAWS(value):
		return "local credentials would be sent to AWS: give another host, or real credentials with --function-credentials"
	}
	return ""
}

// isClosed says whether a variable leads to other credentials.
func isClosed(name string) bool {
	return slices.Contains(closed, name) ||
		slices.ContainsFunc(closedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// canonical is a variable's name as this system compares it.
func canonical(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// awsDomains hold the host names of AWS, of all partitions.
var awsDomains = []string{
	"amazonaws.com", "amazonaws.com.cn", "api.aws", "api.amazonwebservices.com.cn", "amazonaws.eu", "api.amazonwebservices.eu", "on.aws",
}

// mayBeAWS says whether an endpoint may be AWS: its host is a name of AWS, or
// the URL is none that every SDK reads as we do.
func mayBeAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return true
	}
	host := strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_:") != "" {
		return true
	}
	return slices.ContainsFunc(awsDomains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}

// refusalKey is a variable of a function that has been warned of.
type refusalKey struct{ function, variable string }

// warn warns of variables that do not count, once each. Values are not shown:
// some are secrets.
func (fs *Functions) warn(f *spec.Function, rs []refusal) {
	for _, r := range rs {
		if _, known := fs.warned.LoadOrStore(refusalKey{f.Name, r.name}, nil); !known {
			fs.o.Log.Warn("a variable of the template is not given to the function",
				"function", f.Name, "variable", r.name, "why", r.why, "template", cmp.Or(f.At.File, "-"), "line", f.At.Line)
		}
	}
}

// warnAgain warns of what is wrong with new functions whatever Options.Env
// gives; the rest shows when their first process starts, because Env need not
// work before Open has returned.
func (fs *Functions) warnAgain(fresh []*function) {
	names := map[string]bool{}
	for _, fn := range fresh {
		names[fn.spec.Name] = true
	}
	fs.warned.Range(func(key, _ any) bool {
		if k, ok := key.(refusalKey); ok && names[k.function] {
			fs.warned.Delete(k)
		}
		return true
	})
	for _, fn := range fresh {
		if fn.closure == nil && fn.remote == nil {
			fs.warn(fn.spec, refusals(fn.spec, nil))
		}
	}
}
