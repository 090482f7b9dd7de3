export const request = (ctx) => ({ payload: ctx.args.id });

export const response = (ctx) => ctx.result;
