import { extensions } from "@aws-appsync/utils";

export function request() {
  return { payload: null };
}

export function response(ctx) {
  extensions.setSubscriptionInvalidationFilter({ filterGroup: [{ filters: [{ fieldName: "name", operator: "eq", value: ctx.args.name }] }] });
  extensions.setSubscriptionFilter({ filterGroup: [{ filters: [{ fieldName: "room", operator: "ne", value: "nowhere" }] }] });
  return null;
}
