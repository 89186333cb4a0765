/** Model servers that people start on their own machine, looked for where they listen when nobody says otherwise. */
import { DisintoError } from "../../errors.ts";
import type { FoundModel } from "../../ports/model-server.ts";
import { readServerFacts } from "./server-facts.ts";

type ServerPort = Pick<FoundModel, "name" | "port">;

/** llama.cpp, tools/server/README.md (--port); Ollama, docs/faq (OLLAMA_HOST). 8081 is what disinto itself offers. */
const usual: readonly ServerPort[] = [
  { name: "llama-server", port: 8080 },
  { name: "llama-server", port: 8081 },
  { name: "Ollama", port: 11_434 },
];
/** Nothing but this machine is asked. */
const LIMIT_MS = 2_000;

export async function findModels(
  signal: AbortSignal,
  places: readonly ServerPort[] = usual,
): Promise<readonly FoundModel[]> {
  const looks = places.map(async (place) => {
    const facts = await look(place, AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]));
    return facts && { ...place, facts };
  });
  return (await Promise.all(looks)).filter((one) => one !== undefined);
}

/** What answers there may be any program: only what names models, or has slots for them, is a model's server. */
async function look({ port }: ServerPort, signal: AbortSignal) {
  try {
    const address = { baseUrl: `http://127.0.0.1:${port}`, key: undefined, model: "", signal };
    const facts = await readServerFacts(address);
    return facts.kind !== "other" || facts.models.length > 0 ? facts : undefined;
  } catch (error) {
    if (error instanceof DisintoError && error.code === "model.unavailable") return undefined;
    throw error;
  }
}
