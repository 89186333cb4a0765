/**
 * Compares an answer with Forgejo's published API description, on both sides: nothing that the description lacks, and
 * nothing missing that Forgejo's structs always send. The description marks hardly anything as required, so the second
 * side rests on the short list of properties that Go leaves out when empty (`omitempty` in modules/structs).
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

interface ResponseDescription {
  readonly $ref?: string;
  readonly schema?: Schema;
}

interface Operation {
  readonly responses: Readonly<Record<string, ResponseDescription>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly responses: Readonly<Record<string, ResponseDescription>>;
}

const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** DISINTO_FORGEJO_API names the file or its folder. */
const descriptionFile = fileOf(
  process.env.DISINTO_FORGEJO_API ?? join(checkout, "../shared/forgejo-api"),
);

function fileOf(place: string): string {
  const isFolder = existsSync(place) && statSync(place).isDirectory();
  return isFolder ? join(place, "swagger.v1.json") : place;
}

const description: Description | undefined = existsSync(descriptionFile)
  ? JSON.parse(readFileSync(descriptionFile, "utf8"))
  : undefined;

/** Undefined where the description is at hand. */
export const whyNotCompared = description
  ? undefined
  : `answers are not compared with Forgejo's API description: no ${descriptionFile}`;

const sometimesAbsent: Readonly<Record<string, readonly string[]>> = {
  Repository: ["permissions", "internal_tracker", "external_tracker", "external_wiki"],
  ChangedFile: ["previous_filename", "html_url", "contents_url", "raw_url"],
};

/** Sent by Forgejo, unknown to its description: the old name of `login` (modules/structs/user.go MarshalJSON). */
const undescribed: Readonly<Record<string, readonly string[]>> = { User: ["username"] };

/** Pointers in Go, so null is a value of theirs. */
const nullable = new Set([
  "merge_commit_sha",
  "content",
  "encoding",
  "target",
  "url",
  "html_url",
  "git_url",
  "download_url",
  "submodule_git_url",
  "last_commit_sha",
]);

export interface Exchange {
  readonly method: string;
  /** Without `/api/v1` and the query. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** Everything that is wrong with the answer; empty also where there is no description. */
export function differences(exchange: Exchange): string[] {
  if (!description || exchange.status === 401) return [];
  const found = operationOf(description, exchange);
  if (exchange.status >= 400) return errorDifferences(exchange);
  const where = `${exchange.method} ${exchange.path} ${exchange.status}`;
  if (!found) return [`${where}: no such operation is described`];
  const status = misdescribed(exchange) ? 200 : exchange.status;
  const response = found.responses[String(status)];
  if (!response) return [`${where}: the description knows no such status`];
  const resolved = response.$ref
    ? description.responses[response.$ref.replace("#/responses/", "")]
    : response;
  if (!resolved?.schema) return emptyDifferences(where, exchange.body);
  return [...compare(resolved.schema, exchange.body, where)];
}

/** Forgejo answers 201 where its description says 200 (routers/api/v1/repo/issue_dependency.go RemoveIssueDependency). */
function misdescribed({ method, path, status }: Exchange): boolean {
  return method === "DELETE" && status === 201 && /\/dependencies$/.test(path);
}

function emptyDifferences(where: string, body: unknown): string[] {
  return body === "" || body === undefined ? [] : [`${where}: a body where none is described`];
}

/** APIError and APINotFound; some refusals have no body at all, and conflicts of a merge have their own. */
function errorDifferences({ method, path, status, body }: Exchange): string[] {
  if (body === "" || (status === 409 && typeof body === "object")) return [];
  const where = `${method} ${path} ${status}`;
  if (typeof body !== "object" || body === null) return [`${where}: no JSON`];
  const wanted = status === 404 ? ["errors", "message", "url"] : ["message", "url"];
  const keys = Object.keys(body).toSorted();
  const forbiddenAtDoor = status === 403 && keys.join() === "message";
  return forbiddenAtDoor || keys.join() === wanted.join() ? [] : [`${where}: keys ${keys.join()}`];
}

function operationOf({ paths }: Description, { method, path }: Exchange): Operation | undefined {
  const bare = path.split("?")[0] ?? path;
  const template = templates.find(({ pattern }) => pattern.test(bare));
  return template === undefined ? undefined : paths[template.text]?.[method.toLowerCase()];
}

/** If several match, the one with the most fixed text comes first. */
const templates = Object.keys(description?.paths ?? {})
  .toSorted((left, right) => fixed(right) - fixed(left))
  .map((text) => ({ text, pattern: patternOf(text) }));

function fixed(template: string): number {
  return template.replace(/\{[^}]*\}/g, "").length;
}

function patternOf(template: string): RegExp {
  const source = template
    .replace(/\{(branch|filepath)\}$/, ".+")
    .replace(/\{[^}]*\}/g, "[^/]+")
    .replace(/\./g, (dot, at: number, all: string) => (all[at + 1] === "+" ? dot : "\\."));
  return new RegExp(`^${source}$`);
}

function* compare(schema: Schema, value: unknown, where: string): Generator<string> {
  if (value === null && (schema.$ref || schema.type === "array")) return;
  if (schema.$ref) {
    const name = schema.$ref.replace("#/definitions/", "");
    yield* compareObject({ name, schema: description?.definitions[name] ?? {} }, value, where);
  } else if (schema.type === "array") yield* compareArray(schema.items ?? {}, value, where);
  else yield* compareScalar(schema, value, where);
}

function* compareArray(items: Schema, value: unknown, where: string): Generator<string> {
  if (!Array.isArray(value)) {
    yield `${where}: no array`;
    return;
  }
  for (const [at, entry] of value.entries()) yield* compare(items, entry, `${where}[${at}]`);
}

function* compareScalar(schema: Schema, value: unknown, where: string): Generator<string> {
  const property = where.slice(where.lastIndexOf(".") + 1);
  if (value === null) {
    if (schema.format !== "date-time" && !nullable.has(property)) yield `${where}: null`;
    return;
  }
  const kinds: Readonly<Record<string, string>> = {
    string: "string",
    integer: "number",
    number: "number",
    boolean: "boolean",
    object: "object",
  };
  const kind = schema.type && kinds[schema.type];
  if (kind && typeof value !== kind) yield `${where}: ${typeof value} instead of ${kind}`;
  if (schema.format === "date-time" && Number.isNaN(Date.parse(String(value)))) {
    yield `${where}: no time`;
  }
}

function* compareObject(
  { name, schema }: { name: string; schema: Schema },
  value: unknown,
  where: string,
): Generator<string> {
  if (!schema.properties) return;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    yield `${where}: no ${name}`;
    return;
  }
  const given = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) {
    const known = schema.properties[key] ?? undescribed[name]?.includes(key);
    if (!known) yield `${where}.${key}: ${name} has no such property`;
  }
  for (const [key, property] of Object.entries(schema.properties)) {
    if (key in given) yield* compare(property, given[key], `${where}.${key}`);
    else if (!sometimesAbsent[name]?.includes(key)) yield `${where}.${key}: missing in ${name}`;
  }
}

/** A value of a definition with every property that the description knows; undefined without the description. */
export function sampleOf(definition: string): unknown {
  return description && sample({ $ref: `#/definitions/${definition}` }, new Set());
}

/** What a definition holds of its own kind is left out, or there would be no end. */
function sample(schema: Schema, within: ReadonlySet<string>): unknown {
  const name = schema.$ref?.replace("#/definitions/", "");
  if (name !== undefined) {
    const found = description?.definitions[name];
    return found && !within.has(name) ? sample(found, new Set([...within, name])) : undefined;
  }
  if (schema.type === "array") return schema.items ? [sample(schema.items, within)] : [];
  if (schema.type === "integer") return 1;
  if (schema.type === "boolean") return true;
  if (schema.type === "string") return "text";
  const properties = Object.entries(schema.properties ?? {});
  return Object.fromEntries(properties.map(([key, value]) => [key, sample(value, within)]));
}
