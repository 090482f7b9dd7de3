export function request(ctx) {
  Object.assign(Object.getPrototypeOf ?? {}, { polluted: 1 });
  ctx.stash.__proto__ = { polluted: "yes" };
  const o = {};
  return { payload: `${o.polluted}` };
}
export function response(ctx) {
  return ctx.result;
}
