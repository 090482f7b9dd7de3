export function request() {
  return { payload: `${Promise.resolve(1)}` };
}

export const response = (ctx) => ctx.result;
