export function request(ctx) {
  let s = ctx.args.text;
  const all = [];
  for (const a0 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    for (const a1 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      for (const a2 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
        for (const a3 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
          for (const a4 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
            for (const a5 of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
              s = s + s;
              all.push(s.slice(1));
            }
          }
        }
      }
    }
  }
  return { payload: all.length };
}
export function response(ctx) {
  return ctx.result;
}
