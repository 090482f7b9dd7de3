import { runtime, util } from "@aws-appsync/utils";

// The function before the one that asks the source: what is known ends the pipeline.
export function request(ctx) {
  ctx.stash.looked = [...(ctx.stash.looked ?? []), ctx.args.id];
  if (ctx.args.id === "known") {
    runtime.earlyReturn("of the cache", { skipTo: "END" });
  }
  if (ctx.args.id === "next") {
    runtime.earlyReturn("of the step before");
  }
  if (ctx.args.id === "forbidden") {
    util.unauthorized();
  }
  return { payload: `looked for ${ctx.args.id}` };
}

export const response = (ctx) => ctx.result;
