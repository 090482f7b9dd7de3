// What is published on stage/…: reactions that the audience may show, each with the time at which it came.
import { util } from "@aws-appsync/utils";

const known = ["♥", "★", "☺", "♫", "✔"];

export function onPublish(ctx) {
  return ctx.events.map((event) => {
    const { reaction, from } = event.payload;
    if (!known.includes(reaction)) {
      return { id: event.id, error: `${reaction} is no reaction` };
    }
    return { id: event.id, payload: { reaction, from, at: util.time.nowISO8601() } };
  });
}

export function onSubscribe(ctx) {
  if (ctx.info.channel.segments.length > 3) {
    util.unauthorized();
  }
}
