package sigv4_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/sigv4"
)

func credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}, nil
	})
}

func clock() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }

func ExampleSigner_Presign() {
	s := &sigv4.Signer{Credentials: credentials(), Service: "execute-api", Region: "us-east-1", Now: clock}
	r, err := http.NewRequest(http.MethodGet, "ws://localhost:8080/prod", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	u, err := s.Presign(context.Background(), r, 0, sigv4.EmptyPayload)
	fmt.Println(u, err)
	// Output:
	// ws://localhost:8080/prod?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20240102%2Fus-east-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20240102T030405Z&X-Amz-SignedHeaders=host&X-Amz-Signature=7ff22df6a4b2d9243dd12d528e38eb554a914992eabaac4dfad7ec6840cfff4a <nil>
}

func ExampleVerifier_Verify() {
	s := &sigv4.Signer{Credentials: credentials(), Service: "execute-api", Region: "us-east-1", Now: clock}
	v := &sigv4.Verifier{Service: "execute-api", Region: "us-east-1", Now: clock, Key: func(_ context.Context, id, token string) (string, error) {
		if id != "AKIDEXAMPLE" || token != "" {
			return "", sigv4.ErrUnknownKey
		}
		return "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", nil
	}}
	r, err := http.NewRequest(http.MethodDelete, "https://localhost:4577/dev/@connections/abc%3D", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Sign(context.Background(), r, ""))
	who, err := v.Verify(context.Background(), sigv4.FromHTTP(r), nil)
	fmt.Println(who.AccessKeyID, who.SignedHeaders, err)

	r.URL.RawPath, r.URL.Path = "/dev/@connections/xyz%3D", "/dev/@connections/xyz="
	_, err = v.Verify(context.Background(), sigv4.FromHTTP(r), nil)
	var refused *sigv4.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused)
	}
	// Output:
	// <nil>
	// AKIDEXAMPLE [host x-amz-date] <nil>
	// 403 InvalidSignatureException: the signature is not that of this request made with the secret of access key AKIDEXAMPLE
}

func ExampleExplain() {
	ctx := context.Background()
	s := &sigv4.Signer{Credentials: credentials(), Service: "appsync", Region: "us-east-1", Now: clock}
	r, err := http.NewRequest(http.MethodDelete, "https://localhost:4577/dev/@connections/abc%3D/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Sign(ctx, r, ""))
	received := sigv4.FromHTTP(r)
	received.Path = "/dev/@connections/abc%3D"
	fmt.Print(sigv4.Explain(ctx, &sigv4.Question{
		Request: received, Service: "execute-api", Region: "us-east-1", At: clock(),
		Candidates: []sigv4.Candidate{{Name: "work", AccessKeyID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}},
	}))
	// Output:
	// <nil>
	// service: signed for service appsync, this API is execute-api
	//   fix: sign for service execute-api
	// path-slash: signed path /dev/@connections/abc%3D/, should be /dev/@connections/abc%3D
	//   fix: sign exactly the path that is sent, with or without a slash at its end
	// canonical request (- as signed, + as it should be):
	//     DELETE
	//   - /dev/%40connections/abc%253D/
	//   + /dev/%40connections/abc%253D
	//
	//     host:localhost:4577
	//     x-amz-date:20240102T030405Z
	//
	//     host;x-amz-date
	//     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
}
