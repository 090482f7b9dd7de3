package lambda

import (
	"context"
	"strings"
	"sync"
	"testing"
)

// benchmarkRoundTrip measures echo invocations with a number of callers.
func benchmarkRoundTrip(b *testing.B, fs *Functions, callers int) {
	payload := []byte(`{"action":"echo","body":"` + strings.Repeat("x", 90) + `"}`)
	if _, err := fs.Invoke(context.Background(), "f", payload); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := c; i < b.N; i += callers {
				if _, err := fs.Invoke(context.Background(), "f", payload); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rt/s")
}

func BenchmarkInvoke(b *testing.B) {
	for name, make := range map[string]func(*testing.B) *Functions{
		"channel":     func(b *testing.B) *Functions { fs, _ := openFake(b, nil, fake(b, "f")); return fs },
		"runtime API": func(b *testing.B) *Functions { fs, _ := openFake(b, nil, fakeNative(b, "f")); return fs },
	} {
		b.Run(name+", 1 caller", func(b *testing.B) { benchmarkRoundTrip(b, make(b), 1) })
		b.Run(name+", 10 callers", func(b *testing.B) { benchmarkRoundTrip(b, make(b), 10) })
	}
}
