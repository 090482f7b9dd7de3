// Gives events a time, leaves out what is to be silent, refuses what is bad.
import { util } from "@aws-appsync/utils";

export function onPublish(ctx) {
  const { segments } = ctx.info.channel;
  if (segments[1] === "closed") {
    util.error("nobody may publish here", "Closed");
  }
  if (segments[1] === "vault") {
    util.unauthorized();
  }
  return ctx.events
    .filter((event) => event.payload.text !== "silent")
    .map((event) => (event.payload.text === "bad" ? { id: event.id, error: "that is bad" } : { id: event.id, payload: { ...event.payload, heard: true, path: ctx.info.channel.path } }));
}

export function onSubscribe(ctx) {
  const { segments } = ctx.info.channel;
  if (segments[1] === "vault") {
    util.unauthorized();
  }
  if (segments[1] === "nowhere") {
    util.error("there is no such room", "NoRoom");
  }
}
