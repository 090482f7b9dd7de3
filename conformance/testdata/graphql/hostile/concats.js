export function request(ctx) {
  let a = [ctx.args.text];
  for (const a0 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    for (const a1 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      for (const a2 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
        a = a.concat(a, a.map((x) => x + x));
      }
    }
  }
  return { payload: a.length };
}
export function response(ctx) {
  return ctx.result;
}
