/** Tells browsers that something changed, as server-sent events; what changed they read from the page itself. */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { FactoryView } from "./factory-view.ts";

const BEAT_MS = 15_000;

/** `Last-Event-ID` is what the browser last saw, whichever life of this process told it. */
export function stream(context: Context, view: FactoryView) {
  const asked = context.req.query("topic") === "transcripts" ? "transcripts" : "factory";
  const seen = context.req.header("last-event-id") ?? context.req.query("seen");
  return streamSSE(context, async (sse) => {
    const send = () => sse.writeSSE({ id: view.version, data: asked });
    const stop = view.listen((topics) => {
      if (topics.has(asked)) void send();
    });
    sse.onAbort(stop);
    if (seen !== view.version) await send();
    // The first bytes tell the browser that it is connected.
    else await sse.write(": here\n\n");
    while (!sse.aborted) {
      await sse.sleep(BEAT_MS);
      await sse.write(": here\n\n");
    }
  });
}
