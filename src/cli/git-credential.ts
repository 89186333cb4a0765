/** git's credential helper for the factory's owner: answers for the forge's address alone, and keeps nothing. */
import { loadFactory } from "../config/load.ts";
import { deriveOwner } from "../core/owner.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

interface Question {
  readonly folder: string;
  /** As git says it: get, store or erase. */
  readonly operation: string;
}

/** The protocol is gitcredentials(7)'s: lines of key=value on both sides. */
export async function gitCredential(tools: Tools, question: Question): Promise<ExitCode> {
  if (question.operation !== "get") return ExitCode.done;
  const lines = (await tools.readInput()).split("\n");
  const asked = new Map(lines.map((line) => [line.split("=", 1)[0], line.replace(/^[^=]*=/, "")]));
  const { factory, environment } = await loadFactory(question.folder, tools.version);
  const { protocol, host } = new URL(factory.forge.url);
  const owner = deriveOwner(factory);
  const token = owner && environment.get(owner.keys.token);
  if (!token || `${asked.get("protocol")}:` !== protocol || asked.get("host") !== host)
    return ExitCode.done;
  tools.reveal(`username=${owner.login}\npassword=${token}\n`);
  return ExitCode.done;
}
