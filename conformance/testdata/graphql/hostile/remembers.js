const seen = [];
export function request(ctx) {
  seen.push(ctx.args.text);
  ctx.stash[ctx.args.text] = 1;
  return { payload: `${seen.length} ${Object.keys(ctx.stash).length} ${seen[0]}` };
}
export function response(ctx) {
  return ctx.result;
}
