export function request(ctx) {
  const make = ctx[ctx.args.text];
  return { payload: `${make === undefined ? "none" : make("return 1")}` };
}
export function response(ctx) {
  return ctx.result;
}
