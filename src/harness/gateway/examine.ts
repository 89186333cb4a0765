/** One look at a model's server: what it says of itself, and whether a small request with a tool works. */
import { DisintoError } from "../../errors.ts";
import type { ModelQuestion, ModelReport } from "../../ports/model-server.ts";
import { proveModel } from "./proof.ts";
import { readServerFacts } from "./server-facts.ts";

/** A model that is read from the disk first takes its time. */
const LIMIT_MS = 60_000;

export async function examineModel(
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<ModelReport> {
  try {
    const facts = await readServerFacts({ ...question, signal });
    const proof = await proveModel({ ...question, signal, callsTool: true, limitMs: LIMIT_MS });
    return { facts, proof };
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code !== "model.unavailable") throw error;
    const { message: reason } = error;
    return { facts: undefined, proof: { works: false, fault: "unreachable", reason } };
  }
}
