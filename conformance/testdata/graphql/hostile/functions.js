export function request() {
  return { payload: `${Function("return 1")()}` };
}

export const response = (ctx) => ctx.result;
