export const request = () => ({ payload: true });
export const response = (ctx) => ctx.result;
