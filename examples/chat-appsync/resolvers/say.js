import { util } from "@aws-appsync/utils";

export function request(ctx) {
  const { room, text } = ctx.args;
  if (text.trim() === "") {
    util.error("say something", "NoText");
  }
  const from = ctx.identity ? ctx.identity.sub : "guest";
  return { payload: { id: util.autoId(), room, text, from, at: util.time.nowISO8601() } };
}

export function response(ctx) {
  return ctx.result;
}
