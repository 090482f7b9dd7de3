export function request(ctx) {
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  return { payload: all.filter((n) => n < ctx.args.n).map((n) => ({ id: `p${n}` })) };
}

export const response = (ctx) => ctx.result;
