export function request(ctx) {
  return { payload: { title: ctx.args.title, body: "always there" } };
}

export function response(ctx) {
  return ctx.result;
}
