export function request(ctx) {
  ctx.stash.begun = true;
  return {};
}

export function response(ctx) {
  const { begun, looked } = ctx.stash;
  return `${ctx.prev.result} [${begun} ${looked.join(",")}]`;
}
