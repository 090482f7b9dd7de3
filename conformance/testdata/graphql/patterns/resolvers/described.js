export function request(ctx) {
  const { info, request: asked, env } = ctx;
  return { payload: { field: `${info.parentTypeName}.${info.fieldName}`, variables: info.variables, list: info.selectionSetList, mine: asked.headers["x-of-mine"], domain: asked.domainName, table: env.ORDERS } };
}

export const response = (ctx) => JSON.stringify(ctx.result);
