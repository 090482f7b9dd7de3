import { extensions } from "@aws-appsync/utils";

export function request(ctx) {
  return { payload: ctx.info.fieldName === "leave" ? [ctx.args.name] : ["1", "2", "3", "4", "5", ctx.args.name] };
}

export function response(ctx) {
  for (const name of ctx.result) {
    extensions.invalidateSubscriptions({ subscriptionField: "guest", payload: { name } });
  }
  return true;
}
