/** The first front end to bots: LLAMA_BOTS and its backend in `.env` (DESIGN §4). */
import { env } from "../settings/env.ts";
import { refuseBotName } from "./bot-names.ts";
import { setEnvironment } from "./env-file.ts";
import { type Environment, parseEnvironment } from "./environment.ts";
import { Reader } from "./factory-settings.ts";
import { readText } from "./files.ts";
import type { ConfigProblem } from "./problem.ts";

export interface LlamaBackend {
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly apiKeyEnv: string | undefined;
  readonly slots: number | undefined;
}

export function readLlamaBots(environment: Environment): {
  names: readonly string[];
  problems: readonly ConfigProblem[];
} {
  const list = environment.values.get(env.llamaBots.key);
  const enabled = environment.values.get(env.enableLlamaAgent.key) ?? "0";
  if (list === undefined) return { names: enabled === "1" ? ["dev-qwen"] : [], problems: [] };
  const given = list.split(/[\s,]+/).filter((name) => name !== "");
  const names = [...new Set(given)];
  const repeated = findRepeated(given);
  const contradicts = environment.values.get(env.enableLlamaAgent.key) === "0" && names.length > 0;
  return {
    names: names.filter((name) => refuseBotName(name) === undefined),
    problems: [
      ...(contradicts ? [contradict(environment)] : []),
      ...names.flatMap((name) => checkName(name, repeated.has(name), environment)),
    ],
  };
}

function findRepeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

function checkName(
  name: string,
  isTwice: boolean,
  environment: Environment,
): readonly ConfigProblem[] {
  const refusal = refuseBotName(name);
  if (!refusal && !isTwice) return [];
  const place = { ...environment.locate(env.llamaBots.key, name), path: env.llamaBots.key };
  return [
    ...(refusal ? [{ ...place, ...refusal }] : []),
    ...(isTwice ? [listTwice(name, place)] : []),
  ];
}

function listTwice(name: string, place: Omit<ConfigProblem, "message" | "hint">): ConfigProblem {
  return { ...place, message: `${JSON.stringify(name)} is listed twice`, hint: "name it once" };
}

function contradict(environment: Environment): ConfigProblem {
  const { file, line } = environment.locate(env.enableLlamaAgent.key);
  return {
    ...environment.locate(env.llamaBots.key),
    path: env.llamaBots.key,
    message: `names bots, but ENABLE_LLAMA_AGENT=0 (${file}:${line}) switches them off`,
    hint: "remove the line with ENABLE_LLAMA_AGENT; LLAMA_BOTS alone decides",
  };
}

/** Takes the name out of the list in `.env`; the single-bot default goes with its switch. */
export async function removeLlamaBot(folder: string, name: string): Promise<void> {
  const values = await loadValues(folder);
  const list = values.get(env.llamaBots.key);
  if (list !== undefined) {
    await setEnvironment(folder, { [env.llamaBots.key]: dropWord(list, name) });
  } else if (values.get(env.enableLlamaAgent.key) === "1" && name === "dev-qwen") {
    await setEnvironment(folder, { [env.enableLlamaAgent.key]: "0" });
  }
}

async function loadValues(folder: string): Promise<ReadonlyMap<string, string>> {
  const text = await readText(folder, ".env");
  return parseEnvironment(".env", typeof text === "string" ? text : "").values;
}

/** With what separates it from the next one; the last one with what stands before it. */
function dropWord(list: string, name: string): string {
  const word = new RegExp(`(^|[\\s,])${name}(?:[\\s,]+|$)`);
  const dropped = list.replace(word, "$1");
  return dropped === list ? list : dropped.replace(/[\s,]+$/, "");
}

export function readLlamaBackend(environment: Environment): {
  backend: LlamaBackend;
  problems: readonly ConfigProblem[];
} {
  const reader = new Reader(environment);
  const { key, older = key } = env.llamaApiKey;
  const backend = {
    baseUrl: reader.optional(env.llamaBaseUrl),
    model: reader.read(env.llamaModel),
    apiKeyEnv: [key, older].find((one) => reader.isSet({ key: one })),
    slots: reader.optional(env.llamaSlots),
  };
  return { backend, problems: reader.problems };
}
