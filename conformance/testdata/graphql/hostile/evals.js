export function request() {
  return { payload: `${eval("1")}` };
}

export const response = (ctx) => ctx.result;
