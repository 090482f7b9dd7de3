package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/iam"
)

const iamCheckHelp = `Decide whether policies let somebody do something, and name the statement that
made the decision. Where none did, every Allow statement is listed with the part
that did not match, the nearest first.

The policies are identity policies: those of a user or role, so without a
Principal. Further FILEs are policies too; - is stdin. They are evaluated together:
an explicit Deny in any of them wins. The evaluation is that of the gateway.

--context gives the values of condition keys and policy variables, such as
aws:SourceIp=203.0.113.7 or aws:username=bob. A key that is given several times
has several values; one that is not given has none.

Exit codes: 0 allowed, 1 failed, 2 wrong usage, 3 denied.`

const iamCheckExamples = `  tidewire iam check --policy chat.json --action execute-api:Invoke \
    --resource 'arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/$connect'
  tidewire iam check --policy *.json --action execute-api:ManageConnections --resource '*' \
    --context aws:SourceIp=203.0.113.7 --output json`

// iamCheckFlags are the command line of iam check.
type iamCheckFlags struct {
	policies []string
	action   string
	resource string
	context  []string
	output   string
}

func newIAMCommand(sh *shell) *cobra.Command {
	return newGroupCommand("iam", "Evaluate IAM policies", newIAMCheckCommand(sh))
}

func newIAMCheckCommand(sh *shell) *cobra.Command {
	var f iamCheckFlags
	cmd := &cobra.Command{
		Use:     "check --policy FILE… --action ACTION --resource ARN",
		Short:   "Decide whether policies allow an action, and say which statement did",
		Long:    iamCheckHelp,
		Example: iamCheckExamples,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.policies, "policy", nil, "`FILE` with a policy document in JSON (repeatable)")
	flags.StringVar(&f.action, "action", "", "`ACTION` that is asked for, as service:Name")
	flags.StringVar(&f.resource, "resource", "", "`ARN` that it is asked for, or *")
	flags.StringArrayVar(&f.context, "context", nil, "value of a condition key, as `KEY=VALUE` (repeatable)")
	flags.StringVar(&f.output, "output", "text", "text, or json: one object on one line")
	return cmd
}

func (f *iamCheckFlags) run(_ context.Context, sh *shell, more []string) error {
	request, err := f.request()
	if err != nil {
		return err
	}
	held := &iam.Policies{}
	for _, file := range append(f.policies, more...) {
		policy, err := sh.readPolicy(file)
		if err != nil {
			return err
		}
		held.Identity = append(held.Identity, iam.Named{Name: file, Policy: policy})
	}
	decision, why := iam.Evaluate(held, request)
	if err := f.print(sh, decision, why); err != nil || decision == iam.Allow {
		return err
	}
	return &verdictError{why.String()}
}

// request is the question that the flags ask.
func (f *iamCheckFlags) request() (*iam.Request, error) {
	service, name, _ := strings.Cut(f.action, ":")
	switch {
	case len(f.policies) == 0:
		return nil, usagef("give --policy FILE", "there is no policy to check")
	case service == "" || name == "" || strings.ContainsAny(f.action, "*?"):
		return nil, usagef("write it as --action execute-api:Invoke", "--action must be one action, as service:Name")
	case f.resource != "*" && strings.Count(f.resource, ":") < 5:
		return nil, usagef("quote it: shells take $ for a variable", "--resource must be an ARN of six parts, or *")
	}
	asked := iam.Context{}
	for _, pair := range f.context {
		key, value, found := strings.Cut(pair, "=")
		if !found || key == "" {
			return nil, usagef("write it as --context aws:SourceIp=203.0.113.7", "--context wants a key and a value")
		}
		key = strings.ToLower(key)
		asked[key] = append(asked[key], value)
	}
	return &iam.Request{Action: f.action, Resource: f.resource, Context: asked}, checkOutput(f.output)
}

// readPolicy reads an identity policy.
func (sh *shell) readPolicy(file string) (*iam.Policy, error) {
	text, err := sh.readInput(file, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	policy, err := iam.ParseIdentity(text)
	var syntax *iam.SyntaxError
	if errors.As(err, &syntax) {
		return nil, hint(fmt.Errorf("%s: %w", file, err), "AWS would answer MalformedPolicyDocument")
	}
	return policy, err
}

// iamVerdict is the answer of --output json.
type iamVerdict struct {
	Decision  string    `json:"decision"`         // "Allow" or "Deny"
	Explicit  bool      `json:"explicit"`         // a Deny statement made it
	Policy    string    `json:"policy,omitempty"` // the file of the statement that decided, absent if none did
	Statement int       `json:"statement,omitempty"`
	Sid       string    `json:"sid,omitempty"`
	Reason    string    `json:"reason"`
	Misses    []iamMiss `json:"misses"`
}

// iamMiss is an Allow statement that did not match.
type iamMiss struct {
	Policy    string   `json:"policy"`
	Statement int      `json:"statement"`
	Sid       string   `json:"sid,omitempty"`
	Part      string   `json:"part"` // "Action", "Resource", "Principal" or "Condition"
	Operator  string   `json:"operator,omitempty"`
	Key       string   `json:"key,omitempty"`
	Wanted    []string `json:"wanted"`
	Given     []string `json:"given"`
	Note      string   `json:"note,omitempty"`
}

func (f *iamCheckFlags) print(sh *shell, decision iam.Decision, why iam.Diagnostic) error {
	if f.output == "json" {
		return sh.putJSON(verdictOf(decision, why))
	}
	text := decision.String() + ": " + why.String() + "\n"
	if misses := why.Misses(); decision == iam.Deny && !why.Explicit {
		text = fmt.Sprintf("Deny: no statement allows %s on %s\n", f.action, f.resource)
		for _, m := range misses {
			text += "  " + m.String() + "\n"
		}
	}
	return sh.put([]byte(visible(text)))
}

func verdictOf(decision iam.Decision, why iam.Diagnostic) iamVerdict {
	v := iamVerdict{
		Decision: decision.String(), Explicit: why.Explicit, Policy: why.Policy, Statement: why.Statement,
		Sid: why.Sid, Reason: why.String(), Misses: []iamMiss{},
	}
	for _, m := range why.Misses() {
		v.Misses = append(v.Misses, iamMiss{
			Policy: m.Policy, Statement: m.Statement, Sid: m.Sid, Part: m.Part.String(), Operator: m.Operator, Key: m.Key,
			Wanted: append([]string{}, m.Wanted...), Given: append([]string{}, m.Given...), Note: m.Note,
		})
	}
	return v
}
