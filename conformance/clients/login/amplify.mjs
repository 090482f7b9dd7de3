// Logs in as Amplify's client of user pools does, by SRP.
//   stdin:  {"endpoint", "pool", "client", "user", "password"}
//   stdout: the access token, or the code of the refusal, one line
import { createRequire } from "node:module";
import { json } from "node:stream/consumers";

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = createRequire(import.meta.url)("amazon-cognito-identity-js");
const job = await json(process.stdin);
const pool = new CognitoUserPool({ UserPoolId: job.pool, ClientId: job.client, endpoint: job.endpoint });
const user = new CognitoUser({ Username: job.user, Pool: pool });
user.authenticateUser(new AuthenticationDetails({ Username: job.user, Password: job.password }), {
  onSuccess: (session) => console.log(session.getAccessToken().getJwtToken()),
  onFailure: (err) => console.log(err.code ?? err.message),
});
