// Amplify's client of Event APIs, as one caller.
import { events } from "aws-amplify/data";
import { configure, watch } from "./amplify.mjs";

export default function caller(job, say) {
  const options = configure({ ...job, url: undefined, events: job.url });
  watch(say);
  const refusal = (e) => e.errors ?? e.error?.errors ?? [{ message: String(e.message ?? e) }];
  return {
    async subscribe({ id, channel }) {
      try {
        const c = await events.connect(channel, options);
        const subscription = c.subscribe({ next: ({ event }) => say({ id, data: { event } }), error: (e) => say({ id, refused: refusal(e) }) }, options);
        await subscription.ready;
        say({ id, active: true });
      } catch (e) {
        say({ id, refused: refusal(e) });
      }
    },
    // publish sends events over HTTP, and one on the WebSocket.
    async publish({ id, channel, list }) {
      try {
        const over = await events.post(channel, list, options);
        const c = await events.connect(channel, options);
        say({ id, failed: over, socket: await c.publish(list[0], options) });
      } catch (e) {
        say({ id, refused: refusal(e) });
      }
    },
  };
}
