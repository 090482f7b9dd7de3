import { util } from "@aws-appsync/utils";

export const request = (ctx) => ({ payload: JSON.parse(util.transform.toDynamoDBFilterExpression(ctx.args.filter)) });

export const response = (ctx) => JSON.stringify(ctx.result);
