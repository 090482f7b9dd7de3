package fault

import (
	"errors"
	"net/http/httptest"
	"testing"
)

func TestOnlyThePublicPartIsWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    *Error
		want string
	}{
		{Forbidden.Because("no route"), `{"message":"Forbidden"}`},
		{&Error{Code: "AccessDeniedException", Status: 403, Message: `User: "x" may not`}, `{"Message":"User: \"x\" may not"}`},
		{Gone.Because("closed"), ""},
	} {
		w := httptest.NewRecorder()
		c.f.WriteREST(w)
		if w.Code != c.f.Status || w.Body.String() != c.want || w.Header()["x-amzn-ErrorType"][0] != c.f.Code {
			t.Errorf("%s: %d %q %v", c.f.Code, w.Code, w.Body, w.Header())
		}
	}
}

func TestBecauseKeepsTheTemplateUntouched(t *testing.T) {
	t.Parallel()
	cause := errors.New("why")
	f := Forbidden.Because("because: %w", cause)
	if Forbidden.Cause != nil || !errors.Is(f, cause) {
		t.Errorf("%v %v", Forbidden.Cause, f)
	}
}
