//go:build conformance

package conformance

import (
	"testing"
)

// hello is the dialogue of the README.
const hello = `{"message":"send","body":"Hello World!"}`

func TestEchoExamples(t *testing.T) {
	t.Parallel()
	for _, example := range []string{"echo", "echo-node", "echo-python"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			s := serve(t, suite.root+"/examples/"+example, serveOptions{})
			if got := s.apis[0].Auth; got != "AWS_IAM" {
				t.Errorf("auth is %q", got)
			}
			s.openSigned(t, s.credentials(t, "")).echoes(t, hello)
			// tidewire's own client finds the server and its credentials.
			said := succeeded(t, command{argv: []string{suite.tidewire, "connect", s.apis[0].SecureURL, "--send", hello, "--count", "1"}, env: s.own()})
			if said != hello+"\n" {
				t.Errorf("connect printed %q", said)
			}
		})
	}
}
