import { util } from "@aws-appsync/utils";

export const request = (ctx) => ({ operation: "BatchInvoke", payload: { field: ctx.info.fieldName, id: ctx.source.id } });

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  if (result.errorMessage) {
    util.appendError(result.errorMessage, result.errorType, result.data);
  }
  return result.data;
}
