export const request = (ctx) => ({ payload: `fetched after: ${ctx.prev.result}` });

export const response = (ctx) => ctx.result;
