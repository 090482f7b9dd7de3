export function request(ctx) {
  const { n } = ctx.args;
  return { payload: n % 2 === 0 ? { __typename: "Even", n, half: n / 2 } : { __typename: "Odd", n, rest: 1 } };
}

export function response(ctx) {
  return ctx.result;
}
