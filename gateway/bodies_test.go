package gateway

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	var b bodies
	request := func(text string) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(text))
	}
	first := request("12345")
	release, ok := b.hold(httptest.NewRecorder(), first)
	if !ok {
		t.Fatal("refused")
	}
	if text, err := io.ReadAll(first.Body); err != nil || string(text) != "12345" || b.held.Load() != 5 {
		t.Errorf("%s, %v, %d held", text, err, b.held.Load())
	}
	b.held.Add(maxBodies - 6) // others'
	second := request("1234")
	done, ok := b.hold(httptest.NewRecorder(), second)
	if !ok {
		t.Fatal("refused")
	}
	if _, err := io.ReadAll(second.Body); !errors.Is(err, errBodies) {
		t.Errorf("read too much: %v", err)
	}
	w := httptest.NewRecorder()
	if _, ok := b.hold(w, request("")); ok || w.Code != http.StatusServiceUnavailable {
		t.Errorf("admitted, %d", w.Code)
	}
	done()
	release()
	if n := b.held.Load(); n != maxBodies-6 {
		t.Errorf("%d held", n)
	}
}
