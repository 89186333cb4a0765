/** The factory's folder as texts; what cannot be read as text is a problem in its place. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DisintoError } from "../errors.ts";
import { generatedMark, type OlderServices } from "./adoption.ts";
import type { Problem } from "./problem.ts";

export interface ConfigFiles {
  readonly env: string | Problem;
  readonly projects: readonly { file: string; text: string | Problem }[];
  /** Of docker-compose.yml, when it is not one that this disinto generated. */
  readonly olderServices?: OlderServices;
}

export async function readFiles(folder: string): Promise<ConfigFiles> {
  const names = (await listFolder(join(folder, "projects"))).filter((name) =>
    name.endsWith(".toml"),
  );
  const projects = await Promise.all(
    names.map(async (name) => {
      const file = `projects/${name}`;
      return { file, text: (await readText(folder, file)) ?? "" };
    }),
  );
  const env = await readText(folder, ".env");
  if (env === undefined && projects.length === 0) {
    throw new DisintoError(
      "config.missing",
      `${folder} is no factory: it has neither .env nor projects`,
      { hint: "run disinto init <repository> in the folder the factory should live in" },
    );
  }
  const compose = await readText(folder, "docker-compose.yml");
  const isOlder = typeof compose === "string" && !compose.startsWith(generatedMark);
  const olderServices = isOlder ? await readServices(compose) : {};
  return { env: env ?? "", projects, olderServices };
}

/** A broken file has nothing to adopt. The parser is loaded for this only: it is a large one. */
async function readServices(compose: string): Promise<OlderServices> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(compose, { merge: true, logLevel: "silent" });
  if (document.errors.length > 0) return {};
  const { services } = Object(document.toJS({ maxAliasCount: -1 })) as { services?: OlderServices };
  return Object(services) as OlderServices;
}

async function listFolder(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

/** Undefined when there is no such file; a problem when there is one that cannot be read. */
export async function readText(
  folder: string,
  file: string,
): Promise<string | Problem | undefined> {
  const place = { file, line: 1, column: 1, path: "" };
  try {
    const bytes = await readFile(join(folder, file));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError)
      return { ...place, message: "the file is not UTF-8", hint: "save it as UTF-8 text" };
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    const hint =
      code === "EISDIR" ? "put a file in the folder's place" : "look at its owner and mode";
    return { ...place, message: `the file cannot be read (${code})`, hint };
  }
}
