export function request(ctx) {
  return undefined;
}
export function response(ctx) {
  return ctx.result;
}
