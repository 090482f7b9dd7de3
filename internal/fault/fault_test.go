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
		const asOnAWS = "x-amzn-ErrorType" // not canonical, on purpose
		kind := ""
		for name, values := range w.Header() {
			if name == asOnAWS {
				kind = values[0]
			}
		}
		if w.Code != c.f.Status || w.Body.String() != c.want || kind != c.f.Code {
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
