export function request(ctx) {
  return { payload: { not: "a number" } };
}
export function response(ctx) {
  return ctx.result;
}
