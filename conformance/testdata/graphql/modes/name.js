export function request(ctx) {
  const { info } = ctx;
  return { payload: info.fieldName === "echo" ? ctx.args.n : info.fieldName };
}

export function response(ctx) {
  return ctx.result;
}
