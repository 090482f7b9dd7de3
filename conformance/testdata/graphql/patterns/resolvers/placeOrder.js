import { util } from "@aws-appsync/utils";

export function request(ctx) {
  const { id, sku, count } = ctx.args;
  return {
    operation: "TransactWriteItems",
    transactItems: [
      {
        table: ctx.env.ORDERS, operation: "PutItem", key: util.dynamodb.toMapValues({ id }),
        attributeValues: util.dynamodb.toMapValues({ sku, count, tags: ["new"] }),
        condition: { expression: "attribute_not_exists(#id)", expressionNames: { "#id": "id" }, returnValuesOnConditionCheckFailure: true },
      },
      {
        table: ctx.env.STOCK, operation: "UpdateItem", key: util.dynamodb.toMapValues({ sku }),
        update: { expression: "ADD #left :less", expressionNames: { "#left": "left" }, expressionValues: util.dynamodb.toMapValues({ ":less": -count }) },
      },
      { table: ctx.env.STOCK, operation: "ConditionCheck", key: util.dynamodb.toMapValues({ sku: "open" }), condition: { expression: "attribute_exists(sku)" } },
      { table: ctx.env.ORDERS, operation: "DeleteItem", key: util.dynamodb.toMapValues({ id: `draft-${id}` }) },
    ],
  };
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type, null, result.cancellationReasons);
  }
  return JSON.stringify(result.keys);
}
