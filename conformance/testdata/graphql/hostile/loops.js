export function request(ctx) {
  const t = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  let n = 0;
  for (const a0 of t) {
    for (const a1 of t) {
      for (const a2 of t) {
        for (const a3 of t) {
          for (const a4 of t) {
            for (const a5 of t) {
              for (const a6 of t) {
                for (const a7 of t) {
                  for (const a8 of t) {
                    n += 1;
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  return { payload: n };
}
export function response(ctx) {
  return ctx.result;
}
