package library

import (
	"testing"
	"time"

	"github.com/dop251/goja"
)

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	vms := make([]*goja.Runtime, b.N)
	for i := range vms {
		vms[i] = goja.New()
	}
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		New(vms[i], &Host{Now: time.Now})
	}
}
