export const request = (ctx) => ({ payload: { __typename: ctx.args.kind, name: "Tom", lives: 9, barks: true } });

export const response = (ctx) => ctx.result;
