/** What the local engine has written of its services. Whoever reads it back trusts nothing: it may be cut, or edited. */
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { DisintoError } from "../../errors.ts";

const Texts = z.record(z.string(), z.string());

const LocalServiceShape = z.object({
  container: z.string(),
  args: z.array(z.string()),
  environment: Texts,
  secrets: Texts,
  volumes: z.array(z.object({ name: z.string(), path: z.string() })),
  enabled: z.boolean(),
});

/** `services.json`: generated from the configuration. */
const LocalServicesShape = z.object({
  factory: z.string(),
  services: z.record(z.string(), LocalServiceShape),
});

/** A service's `process.json`. */
const ProcessRecordShape = z.object({
  name: z.string(),
  identity: z.object({ pid: z.number(), started: z.string() }),
  hash: z.string(),
  properties: z.array(z.tuple([z.string(), z.string()])),
});

export type ProcessRecord = z.infer<typeof ProcessRecordShape>;

/** Undefined where there is no such file. */
export const readServicesFile = (file: string) => readStateFile(file, LocalServicesShape);
export const readProcessRecord = (file: string) => readStateFile(file, ProcessRecordShape);

async function readStateFile<T>(file: string, shape: z.ZodMiniType<T>): Promise<T | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw toStateError(file, error.code === "EISDIR" ? "it is a folder" : error.message);
  });
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) throw toStateError(file, "it is no JSON");
  const { success, data } = shape.safeParse(value);
  if (!success) throw toStateError(file, "it is not what disinto wrote");
  return data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing is lost with the file: one is generated, and a process is also found by the folder in which it works. */
function toStateError(file: string, why: string): DisintoError {
  return new DisintoError("state.invalid", `${file} cannot be used: ${why}`, {
    hint: `remove it (rm -r ${file}), then run disinto up: it is written anew`,
  });
}
