package tidewire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tidewire/tidewire"

// rooms are the packages and what each may import of the others. Imports go
// down only; what two runtimes share goes down, never sideways.
var rooms = map[string]struct {
	may    []string // packages of this module
	reason string
}{
	"sigv4":                       {nil, "a signature depends on nothing of ours, so that anyone can take it alone"},
	"iam":                         {nil, "policies are evaluated without I/O, clock or context"},
	"internal/spec":               {[]string{"iam"}, "plain data; a role holds parsed policies"},
	"internal/fault":              {nil, "the one error type is below everything that fails"},
	"internal/private":            {nil, "files that only their owner can read, below everything that keeps secrets"},
	"internal/state":              {[]string{"internal/private"}, "files of the state directory, for gateway and cmd"},
	"internal/localca":            {[]string{"internal/state"}, "a certificate authority for loopback, for gateway and cmd"},
	"internal/template":           {[]string{"iam", "internal/spec"}, "reading a template runs nothing"},
	"internal/identity":           {[]string{"iam", "sigv4", "internal/fault", "internal/spec", "internal/state"}, "who is calling knows no runtime"},
	"internal/identity/jwttest":   {nil, "tokens for tests know nobody who reads them"},
	"internal/conn":               {nil, "the server half of a socket knows no protocol"},
	"internal/memnet":             {nil, "a network for tests knows nobody who is on it"},
	"internal/hub":                {[]string{"internal/bus"}, "who is connected and subscribed; runtimes give it function values"},
	"internal/lambda":             {[]string{"internal/fault", "internal/spec"}, "a function knows nothing of who calls it; credentials come as a function value"},
	"internal/datasource":         {[]string{"sigv4", "internal/appsyncjs/library", "internal/fault", "internal/spec"}, "databases know nothing of APIs; functions and credentials come as function values"},
	"internal/websocketapi":       {[]string{"iam", "sigv4", "internal/conn", "internal/fault", "internal/gate", "internal/hub", "internal/identity", "internal/spec"}, "a runtime never imports another runtime, nor who starts functions"},
	"internal/clientws":           {nil, "an end of a WebSocket, whatever is said on it"},
	"apigateway":                  {[]string{"sigv4", "internal/clientws"}, "the client is used without a gateway"},
	"internal/wire":               {nil, "frames of the AppSync socket protocols, for clients and servers"},
	"internal/realtime":           {[]string{"internal/clientws", "internal/wire"}, "the client half of a socket knows no API"},
	"internal/sockettest":         {[]string{"internal/wire"}, "a server for tests of clients knows none of them"},
	"internal/exchange":           {[]string{"sigv4"}, "one HTTP exchange of a client, whatever is exchanged"},
	"appsync":                     {[]string{"sigv4", "internal/exchange", "internal/realtime", "internal/wire"}, "the client is used without a gateway"},
	"events":                      {[]string{"appsync", "internal/exchange", "internal/realtime", "internal/wire"}, "the client of Event APIs shares the authorization modes of appsync"},
	"internal/appsyncjs/library":  {nil, "what scripts may call knows neither engine nor network"},
	"internal/appsyncjs":          {[]string{"internal/appsyncjs/library", "internal/spec"}, "scripts run without a network; what they ask for is somebody else's"},
	"internal/graphqlapi/scalars": {nil, "AppSync's scalars are texts and numbers"},
	"internal/appsyncsocket":      {[]string{"sigv4", "internal/conn", "internal/fault", "internal/gate", "internal/identity", "internal/wire"}, "sockets of both AppSync protocols; what is said on them is the runtimes'"},
	"internal/appsynchttp":        {[]string{"sigv4", "internal/fault", "internal/identity", "internal/wire"}, "the HTTP that both AppSync runtimes speak; what is posted is theirs"},
	"internal/graphqlapi":         {[]string{"internal/appsyncjs", "internal/appsyncjs/library", "internal/appsynchttp", "internal/appsyncsocket", "internal/bus", "internal/conn", "internal/datasource", "internal/fault", "internal/gate", "internal/graphqlapi/scalars", "internal/hub", "internal/identity", "internal/spec", "internal/wire"}, "a runtime never imports another runtime"},
	"internal/eventsapi":          {[]string{"internal/appsyncjs", "internal/appsyncjs/library", "internal/appsynchttp", "internal/appsyncsocket", "internal/bus", "internal/conn", "internal/datasource", "internal/fault", "internal/gate", "internal/hub", "internal/identity", "internal/spec", "internal/wire"}, "a runtime never imports another runtime"},
	"internal/identitypool":       {[]string{"iam", "internal/fault", "internal/identity", "internal/spec"}, "whose credentials a login gets; the gateway answers for it"},
	"internal/gate":               {nil, "the count of what is under way knows nothing of it"},
	"internal/bus":                {[]string{"internal/gate"}, "node to node; carries events of whoever publishes"},
	"internal/bus/bustest":        {[]string{"internal/bus"}, "one suite for every bus"},
	"login":                       {[]string{"internal/private"}, "tokens are got without any API of ours"},
	"gateway": {[]string{"iam", "sigv4", "internal/appsynchttp", "internal/appsyncjs", "internal/appsyncsocket", "internal/bus", "internal/eventsapi", "internal/graphqlapi", "internal/identitypool", "internal/conn", "internal/datasource", "internal/fault", "internal/hub", "internal/identity", "internal/lambda",
		"internal/localca", "internal/spec", "internal/state", "internal/template", "internal/websocketapi"}, "the one place that puts the parts together"},
	"gatewaytest": {[]string{"apigateway", "appsync", "events", "gateway", "internal/memnet", "internal/spec"}, "a test helper stands on what everybody can import"},
	"cmd/tidewire": {[]string{"apigateway", "appsync", "events", "login", "gateway", "internal/appsyncjs", "iam", "sigv4", "internal/lambda", "internal/localca", "internal/spec", "internal/state", "internal/template"},
		"commands are a few calls into packages; no runtime is started around the gateway"},
	"conformance/sigv4-suite": {[]string{"sigv4"}, "AWS's suite is about signatures alone"},
	"examples/echo":           {nil, "what a stranger copies must not need our insides"},
	"examples/hello":          {nil, "what a stranger copies must not need our insides"},
}

// forbidden names say nothing about what a package is for.
var forbidden = []string{"util", "utils", "common", "helper", "helpers", "manager", "types", "pkg"}

type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if len(p.GoFiles) == 0 { // tests only
			continue
		}
		if slices.Contains(forbidden, filepath.Base(name)) {
			t.Errorf("%s: the name says nothing", name)
		}
		room, ok := rooms[name]
		if !ok {
			t.Errorf("%s: a new package needs a line in rooms, with what it may import and why", name)
			continue
		}
		for _, imp := range p.Imports {
			own, ours := strings.CutPrefix(imp, module+"/")
			if ours && !slices.Contains(room.may, own) {
				t.Errorf("%s imports %s, which it may not: %s", name, own, room.reason)
			}
		}
	}
}

// outside lists what the packages that promise few dependencies may import
// beside the standard library.
var outside = map[string][]string{
	"sigv4": {"github.com/aws/aws-sdk-go-v2/aws"},
	"iam":   {},
}

func TestLibrariesStandOnLittle(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		allowed, ok := outside[strings.TrimPrefix(p.ImportPath, module+"/")]
		if !ok {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(imp, ".") && !slices.Contains(allowed, imp) {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
		}
	}
}

func TestEveryPackageHasOneDoc(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		docs := 0
		for _, f := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			word := "// Package " + p.Name + " "
			if p.Name == "main" {
				word = "// Command "
			}
			if bytes.HasPrefix(src, []byte(word)) || bytes.Contains(src, []byte("\n"+word)) {
				docs++
			}
		}
		if docs != 1 {
			t.Errorf("%s has %d package docs, want exactly one", p.ImportPath, docs)
		}
	}
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Dir,GoFiles,Imports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
