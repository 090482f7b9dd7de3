package spec

import (
	"fmt"
	"time"
)

// functions checks names, limits and code (Lambda developer guide, "Lambda
// quotas").
func (v *validator) functions() {
	for i := range v.s.Functions {
		f := &v.s.Functions[i]
		v.enter(f.At, f.LogicalID, "Functions[%d]", i)
		v.check(consists(f.Name, "-_") && len(f.Name) <= 64, "Name", "a function's name is letters, digits, - and _, at most 64", "")
		v.unique("function name", f.Name, "Name")
		v.check(f.ARN != "", "ARN", "the function has no ARN", "arn:aws:lambda:REGION:ACCOUNT:function:NAME")
		v.check(f.Timeout > 0 && f.Timeout <= 900*time.Second, "Timeout", "a function's timeout is at most 900 s, and not 0", "Lambda's default is 3 s")
		v.check(f.MemoryMB == 0 || f.MemoryMB >= 128 && f.MemoryMB <= 10240, "MemoryMB", "a function's memory is 128 to 10240 MB", "")
		v.check(f.ReservedConcurrency == nil || *f.ReservedConcurrency >= 0, "ReservedConcurrency", "reserved concurrency is not negative", "")
		v.code(&f.Code)
		for j, l := range f.Layers {
			v.check(l.Dir != "", fmt.Sprintf("Layers[%d].Dir", j), "the layer has no directory", "")
		}
		v.check(len(f.Layers) <= 5, "Layers", "a function has at most five layers", "")
	}
}

func (v *validator) code(c *Code) {
	set := 0
	for _, s := range []string{c.Dir, c.Zip, c.Inline, c.Unavailable} {
		if s != "" {
			set++
		}
	}
	v.check(set == 1, "Code", fmt.Sprintf("exactly one of Dir, Zip, Inline and Unavailable is set, here %d are", set), "Dir is the directory with the handler")
}

func (v *validator) permissions() {
	for i := range v.s.Permissions {
		p := &v.s.Permissions[i]
		v.enter(p.At, p.LogicalID, "Permissions[%d]", i)
		v.check(p.FunctionARN != "", "FunctionARN", "the permission is for no function", "")
		v.check(p.Action != "", "Action", "the permission has no action", "lambda:InvokeFunction")
		v.check(p.Principal != "", "Principal", "the permission has no principal", "apigateway.amazonaws.com")
	}
}
