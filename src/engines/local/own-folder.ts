/**
 * What is deleted, and whose processes are ended, lies below the factory's own `.disinto/local`, reached without a link: the
 * folder may have come out of somebody's archive, and the files in it say what they like.
 */
import { lstat } from "node:fs/promises";
import path from "node:path";
import { DisintoError } from "../../errors.ts";

/** The same place, if it is one of ours. */
export async function locateOwn(folder: string, place: string): Promise<string> {
  const root = path.resolve(folder);
  const inside = path.relative(root, path.resolve(place)).split(path.sep);
  if (inside[0] !== ".disinto" || inside[1] !== "local")
    throw unsafeFolder(place, "it lies elsewhere");
  let at = root;
  for (const part of inside) {
    at = path.join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (!found) break;
    if (!found.isDirectory()) throw unsafeFolder(at, "it is no folder");
  }
  return path.resolve(place);
}

function unsafeFolder(place: string, why: string): DisintoError {
  return new DisintoError("engine.failed", `${place} is no folder of this factory: ${why}`, {
    hint: "look at how it came there; disinto deletes and ends only what it made below .disinto/local",
  });
}
