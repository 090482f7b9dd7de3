export function request(ctx) {
  return { payload: 9007199254740993 };
}
export function response(ctx) {
  return ctx.result;
}
