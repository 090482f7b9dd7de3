import { extensions, util } from "@aws-appsync/utils";

export function request() {
  return { payload: null };
}

export function response(ctx) {
  const { by, what } = ctx.args;
  extensions.setSubscriptionFilter(by ? by : util.transform.toSubscriptionFilter(what));
  return null;
}
