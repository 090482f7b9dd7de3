export function request() {
  return { payload: `${process.env}` };
}

export const response = (ctx) => ctx.result;
