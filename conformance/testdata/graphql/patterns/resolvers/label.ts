import { Context, util } from "@aws-appsync/utils";
import { Word, word } from "./words";

type Args = { id: string; kind: "SHORT" | "LONG" };

export function request(ctx: Context<Args>) {
  const { id, kind } = ctx.args;
  if (id === "fail") {
    util.error(`not ${word(id).text}`, "Refused", { id } as unknown, { kind });
  }
  return { payload: kind === "LONG" ? [word(id), word("long")] : [word(id)] };
}

export function response(ctx: Context<Args, object, object, object, Word[]>): string {
  const { result } = ctx;
  let text = "";
  for (const w of result) {
    text += `${w.text}(${w.size})`;
  }
  return text;
}
