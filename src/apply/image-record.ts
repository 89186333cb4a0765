/** `.disinto/images.json`: which digest each image's reference stood for when the fleet was last brought up. */
import {
  collectDigests,
  type ImageDigests,
  listDigestChanges,
  mergeDigests,
} from "../core/image-digests.ts";
import type { RenderedService } from "../ports/containers.ts";
import { readGenerated, writeIfChanged } from "./generated-file.ts";

const file = ".disinto/images.json";

/** Nothing is known from a file that is not there, or that somebody broke. */
export async function readImageRecord(folder: string): Promise<ImageDigests> {
  const text = await readGenerated(folder, file);
  try {
    const entries = Object.entries(JSON.parse(text ?? "{}") as Record<string, unknown>);
    return new Map(
      entries.flatMap(([key, value]) => (typeof value === "string" ? [[key, value] as const] : [])),
    );
  } catch {
    return new Map();
  }
}

interface Recording {
  readonly folder: string;
  readonly rendered: ReadonlyMap<string, RenderedService>;
  /** What was known before anything was started. */
  readonly planned: ReadonlyMap<string, RenderedService>;
  readonly say: (line: string) => void;
}

/** Says what the plan could not: an image that was only fetched by the start, and is another than before. */
export async function recordImages({ folder, rendered, planned, say }: Recording): Promise<void> {
  const recorded = await readImageRecord(folder);
  const current = collectDigests(rendered);
  if (current.size === 0) return;
  const seen = collectDigests(planned);
  const fetched = new Map([...current].filter(([reference]) => !seen.has(reference)));
  for (const line of listDigestChanges(recorded, fetched)) say(line);
  const merged = Object.fromEntries(mergeDigests(recorded, current));
  await writeIfChanged(folder, file, `${JSON.stringify(merged, undefined, 2)}\n`);
}
