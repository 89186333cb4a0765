/** The egress service: the proxy, and the ports that follow the lists. */
import path from "node:path";
import { EGRESS_FILE } from "../core/egress-lists.ts";
import { ports } from "../core/service-ports.ts";
import { Forwards } from "./forwards.ts";
import { ListsFile } from "./lists-file.ts";
import { buildProxy, findContainer } from "./proxy.ts";

export interface EgressOptions {
  /** Where the lists are. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const LOOK_MS = 500;

/** Until interrupted. */
export async function serveEgress({ folder, say, signal }: EgressOptions): Promise<void> {
  const lists = new ListsFile(path.join(folder, EGRESS_FILE));
  const forwards = new Forwards(say);
  const proxy = buildProxy({
    readLists: () => lists.read(),
    nameOf: findContainer,
    onRefusal: (refusal) => say(`${JSON.stringify({ type: "egress.refused", ...refusal })}\n`),
  });
  await new Promise<void>((resolve, reject) => {
    proxy.once("error", reject).listen(ports.proxy, "0.0.0.0", resolve);
  });
  forwards.follow(lists.read());
  const looking = setInterval(() => forwards.follow(lists.read()), LOOK_MS);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  clearInterval(looking);
  forwards.close();
  proxy.close();
  proxy.closeAllConnections();
}
