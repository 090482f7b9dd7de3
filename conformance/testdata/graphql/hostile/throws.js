export function request(ctx) {
  return { payload: ctx.nothing.at.all };
}
export function response(ctx) {
  return ctx.result;
}
