export const request = () => ({ payload: { id: "n" } });
export const response = (ctx) => ctx.result;
