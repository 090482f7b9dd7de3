package sigv4

import (
	"net/http"
	"testing"
)

func TestRefusalsInAppSyncsWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		refused *RefusedError
		status  int
		body    string
	}{
		{refuse(missingToken, "Missing Authentication Token", "nothing"), http.StatusUnauthorized,
			`{"errors":[{"errorType":"UnauthorizedException","message":"Valid authorization header not provided."}]}`},
		{refuse(invalidSignature, mismatchText, "other"), http.StatusForbidden,
			`{"errors":[{"errorType":"InvalidSignatureException","message":"` + mismatchText + `"}]}`},
		{refuse("UnrecognizedClientException", "The security token included in the request is invalid.", "unknown"), http.StatusForbidden,
			`{"errors":[{"errorType":"UnrecognizedClientException","message":"The security token included in the request is invalid."}]}`},
		{refuseMalformed("escape"), http.StatusBadRequest, `{"errors":[{"errorType":"BadRequestException","message":"Bad Request"}]}`},
	} {
		before := *c.refused
		got := c.refused.AppSync()
		if got.Status != c.status || string(got.GraphQLBody()) != c.body {
			t.Errorf("%s: %d %s", c.refused.Code, got.Status, got.GraphQLBody())
		}
		if c.refused.Code != before.Code || got.Reason != before.Reason {
			t.Errorf("%s: the refusal itself has changed, or its reason is lost", before.Code)
		}
	}
}
