package main

import "github.com/spf13/cobra"

const authHelp = `How query, schema, subscribe and events prove to AppSync who is calling.

An API has one mode of authorization or several. --auth names one; auto, the default,
takes the first of these that is there, and says on stderr what it was:

  1. the flag --api-key, --token, --login, or --profile or --state
  2. the variable TIDEWIRE_API_KEY, then TIDEWIRE_TOKEN
  3. for a gateway that you are running: the API's default mode if that is api-key or
     iam, else the first of its modes that is. api-key sends the API's key; iam signs as
     the local developer, or with what eval "$(tidewire env --role R)" has put into
     AWS_ACCESS_KEY_ID and so on (which also sets TIDEWIRE_API_KEY if the gateway has a
     key: then give --auth iam)
  4. for AppSync's host names in AWS: the AWS SDK's credentials (environment,
     profiles, SSO, roles, instance), with IAM

MODE      SENDS                        FROM
api-key   x-api-key: da2-…             --api-key @FILE|env:NAME, TIDEWIRE_API_KEY, or the key
                                       of a gateway that you are running
iam       Signature Version 4 for      --profile; --state; --login NAME of a login with an
          service appsync              identity pool; else as 3 and 4 above. --region, and
                                       --host for an endpoint of another name
oidc      Authorization: a JWT         --token @FILE|-|env:NAME, TIDEWIRE_TOKEN, or --login NAME
cognito   Authorization: a JWT         the same; AppSync takes the ID token or the access token
lambda    Authorization: any text      --token, TIDEWIRE_TOKEN. It goes to the authorizer as it
                                       is; it must not begin with "Bearer ", and where the API
                                       also has oidc or cognito it must not look like a JWT

oidc, cognito and lambda send the same header: the API tells them apart. Where there is
only a token, auto need not know which it is.

Credentials go over TLS, or to this machine; --plain allows http:// to another.
There is no flag that takes a secret itself: it would stand in the shell's history and in
the list of processes. No secret is printed; --show headers has lengths and 8 digits of
SHA-256. With --login a token is renewed when it is about to expire, and a file of --token is
read anew for every connection and request, so that a subscription outlives its first token.

WHEN IT IS REFUSED (exit code 3)
  401 Valid authorization header not provided     the API does not have this mode
  401 You are not authorized to make this call    wrong or expired API key, or the authorizer
                                                  function said no
  401 Unable to parse JWT token                   the token is no JWT: give it alone, in a file
  401 Token has expired                           get a new one: tidewire token NAME
  403 UnrecognizedClientException                 AWS keys that AppSync does not know
  403 InvalidSignatureException                   wrong secret, region, host or clock: see
                                                  tidewire explain
Exit code 0 and an error "Unauthorized: Not Authorized to access F on type T": the
credential is good, but its mode, groups or policy do not open this field.

  tidewire query URL '{ me { id } }' --api-key @key
  tidewire query URL '{ me { id } }' --profile dev
  tidewire login work --issuer https://login.example.com --client-id cli
  tidewire subscribe URL 'subscription { onPost { id } }' --login work
  tidewire query URL '{ me { id } }' --show headers`

// newAuthTopic is the page that tidewire help auth shows.
func newAuthTopic() *cobra.Command {
	return &cobra.Command{Use: "auth", Short: "How to prove to AppSync who is calling: the five modes", Long: authHelp}
}
