/** Woodpecker's YAML: anchors, and `<<` in maps and in lists (codeberg.org/6543/xyaml). Pure. */
import { parse } from "yaml";
import { SubstitutionError } from "./substitute.ts";

const MERGE = "<<";

/** Characters. A file of a stranger's, nested as deep as it can be, takes a second for these. */
const LONGEST = 50_000;

export function parseYaml(text: string): unknown {
  if (text.length > LONGEST)
    throw new SubstitutionError(`the file is longer than ${LONGEST} characters`);
  return resolveMerges(parse(text, { merge: false, maxAliasCount: 1_000 }));
}

function resolveMerges(value: unknown): unknown {
  if (Array.isArray(value)) return value.flatMap(resolveElement);
  if (typeof value !== "object" || value === null) return value;
  const { [MERGE]: merged, ...own } = value as Record<string, unknown>;
  const entries = Object.entries(own).map(([key, one]) => [key, resolveMerges(one)] as const);
  if (merged === undefined) return Object.fromEntries(entries);
  const sources = [resolveMerges(merged)].flat().toReversed();
  return Object.assign({}, ...sources, Object.fromEntries(entries));
}

/** `- <<: *list` takes the list's elements in. */
function resolveElement(value: unknown): unknown {
  const isMerge =
    typeof value === "object" && value !== null && Object.keys(value).join() === MERGE;
  const merged = isMerge ? (value as Record<string, unknown>)[MERGE] : undefined;
  if (Array.isArray(merged)) return resolveMerges(merged);
  return [resolveMerges(value)];
}
