package template

import (
	"path/filepath"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// loader holds one template while it is read. It is used by one goroutine.
type loader struct {
	// Given.
	o    Options
	file string
	dir  string // directory of the file, absolute
	root *node

	// Result.
	spec     *spec.Spec
	problems spec.Problems
	apis     []*apiDraft
	apps     []*appDraft
	pools    []*poolDraft
	issuers  []*issuer
	users    []*spec.User
	roles    []*spec.Role
	groups   []*group
	plans    []*spec.UsagePlan
	domains  []*spec.Domain
	layers   map[string]spec.Layer  // by ARN
	managed  map[string]spec.Policy // managed policies of the template, by ARN
	deferred []deferred

	// What names stand for.
	sam, extensions bool // transforms
	params          map[string]*parameter
	conditions      map[string]*condition
	resources       []*resource
	byID            map[string]*resource
	samRefs         map[string]*resource // "Api.Stage" and the like
	families        map[string]family
	assets          map[string]string // files of CDK assets, by object key; nil until asked for

	// Evaluation.
	memo        map[*node]*node // by eval
	values      map[*node]*node // by value
	produced    int             // bytes and items that intrinsics have made
	current     *resource       // whose properties are evaluated
	inCondition bool
	noted       map[*resource]bool // placeholders that are remarked on
	edges       map[*resource]map[*resource]bool
}

func newLoader(file string, o *Options) *loader {
	l := &loader{
		file: file, layers: map[string]spec.Layer{}, managed: map[string]spec.Policy{},
		params: map[string]*parameter{}, conditions: map[string]*condition{}, byID: map[string]*resource{}, samRefs: map[string]*resource{}, noted: map[*resource]bool{},
		memo: map[*node]*node{}, values: map[*node]*node{}, edges: map[*resource]map[*resource]bool{},
	}
	if o != nil {
		l.o = *o
	}
	if abs, err := filepath.Abs(file); err == nil {
		l.dir = filepath.Dir(abs)
	}
	l.o.Region = orDefault(l.o.Region, "us-east-1")
	l.o.Account = orDefault(l.o.Account, "123456789012")
	l.o.StackName = orDefault(l.o.StackName, stackName(filepath.Base(l.dir)))
	l.spec = &spec.Spec{
		File: file, StackName: l.o.StackName, Region: l.o.Region, Account: l.o.Account,
		Partition: partition(l.o.Region), Files: []string{file},
	}
	l.families = families()
	return l
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// stackName makes a stack name of a directory's: letters, digits and hyphens,
// a letter first, at most 128 (CloudFormation API reference, CreateStack).
func stackName(dir string) string {
	var b strings.Builder
	for _, c := range dir {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			b.WriteRune(c)
		case c >= '0' && c <= '9' || c == '-':
			if b.Len() > 0 {
				b.WriteRune(c)
			}
		case b.Len() > 0:
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	if name == "" {
		return "stack"
	}
	return name[:min(len(name), 128)]
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

func (l *loader) checkOptions() {
	if len(l.o.Account) != 12 || strings.Trim(l.o.Account, "0123456789") != "" {
		l.outside("the account "+quoteShort(l.o.Account)+" is not twelve digits", "--account 123456789012")
	}
	if !nameOf(l.o.Region, "-") || strings.ToLower(l.o.Region) != l.o.Region {
		l.outside("the region "+quoteShort(l.o.Region)+" is not the name of a region", "--region us-east-1")
	}
	if !nameOf(l.o.StackName, "-") || len(l.o.StackName) > 128 || !isLetter(l.o.StackName[0]) {
		l.outside("the stack name "+quoteShort(l.o.StackName)+" is not letters, digits and hyphens with a letter first", "--stack-name my-stack")
	}
}

// nameOf says whether s is letters, digits and the extra characters, not empty.
func nameOf(s, extra string) bool {
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && !isDigit(s[i]) && strings.IndexByte(extra, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
