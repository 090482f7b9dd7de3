export function request() {
  return { payload: `${setTimeout(() => 1)}` };
}

export const response = (ctx) => ctx.result;
