import { util } from "@aws-appsync/utils";

export function request(ctx) {
  return {
    method: "GET", resourcePath: `/weather/${util.urlEncode(ctx.args.city)}`,
    params: { query: { units: "metric", q: "a b&c" }, headers: { "X-Trace": util.autoId(), Accept: "application/json" } },
  };
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  if (result.statusCode !== 200) {
    util.appendError(result.body, `${result.statusCode}`);
    return null;
  }
  util.http.addResponseHeader("weather-by", result.headers["Served-By"] ?? result.headers["served-by"]);
  return JSON.parse(result.body).text;
}
