/** What the references of images stood for when they were last run: a tag may name something else tomorrow. */
import type { RenderedService } from "../ports/containers.ts";

/** Reference → digest. */
export type ImageDigests = ReadonlyMap<string, string>;

export function collectDigests(rendered: ReadonlyMap<string, RenderedService>): ImageDigests {
  const found = [...rendered.values()].flatMap(({ image }) =>
    image ? [[image.reference, image.digest] as const] : [],
  );
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is not here is not forgotten: it may have been removed to be fetched again. */
export function mergeDigests(recorded: ImageDigests, current: ImageDigests): ImageDigests {
  const merged = new Map([...recorded, ...current]);
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Undefined when the reference stands for what it stood for, or nothing is known of before. */
export function describeDigestChange(
  image: RenderedService["image"],
  recorded: ImageDigests,
): string | undefined {
  const before = image && recorded.get(image.reference);
  if (!image || before === undefined || before === image.digest) return undefined;
  return `${image.reference} is ${shorten(image.digest)}, was ${shorten(before)}`;
}

export function listDigestChanges(
  recorded: ImageDigests,
  current: ImageDigests,
): readonly string[] {
  return [...current].flatMap(
    ([reference, digest]) => describeDigestChange({ reference, digest }, recorded) ?? [],
  );
}

function shorten(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}
