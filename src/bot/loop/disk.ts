/** What a bot leaves on its volume: folders of issues that are over go, and the whole stays under its limit. */

import type { FolderUse } from "../../ports/git.ts";
import { type BotTools, deriveFolder, type ProjectTools } from "../tools.ts";

/** The work at hand, whose folder stays. */
interface Current {
  readonly project: string;
  readonly issue: number;
}

/** Removes the folders of everything but the current work: a folder is created anew for each session. */
export async function removeLeftovers(
  tools: BotTools,
  current: Current | undefined,
): Promise<void> {
  for (const { project, folders } of tools.projects.values()) {
    const kept = current?.project === project.name ? deriveFolder(current.issue) : undefined;
    for (const { name } of await folders.list()) if (name !== kept) await folders.discard(name);
  }
}

/** Over the limit: mirrors are compacted, the biggest first, then folders go, the oldest first. */
export async function enforceDiskLimit(tools: BotTools): Promise<void> {
  const targets = [...tools.projects.values()];
  const limitBytes = tools.diskLimitBytes;
  const bytesBefore = await measure(targets);
  if (bytesBefore <= limitBytes) return;
  let bytes = bytesBefore;
  for (const { mirror } of await orderBySize(targets)) {
    await mirror.compact();
    bytes = await measure(targets);
    if (bytes <= limitBytes) break;
  }
  for (const { target, use } of await listFolders(targets)) {
    if (bytes <= limitBytes) break;
    await target.folders.discard(use.name);
    bytes -= use.bytes;
  }
  tools.events.append({ type: "disk.cleaned", bytesBefore, bytes, limitBytes });
}

async function measure(targets: readonly ProjectTools[]): Promise<number> {
  let bytes = 0;
  for (const { mirror, folders } of targets) {
    bytes += await mirror.sizeBytes();
    for (const use of await folders.list()) bytes += use.bytes;
  }
  return bytes;
}

async function orderBySize(targets: readonly ProjectTools[]): Promise<readonly ProjectTools[]> {
  const sizes = await Promise.all(
    targets.map(async (target) => ({ target, bytes: await target.mirror.sizeBytes() })),
  );
  return sizes.sort((a, b) => b.bytes - a.bytes).map(({ target }) => target);
}

interface FoundFolder {
  readonly target: ProjectTools;
  readonly use: FolderUse;
}

async function listFolders(targets: readonly ProjectTools[]): Promise<readonly FoundFolder[]> {
  const found: FoundFolder[] = [];
  for (const target of targets)
    for (const use of await target.folders.list()) found.push({ target, use });
  return found.sort((a, b) => a.use.changedAtMs - b.use.changedAtMs);
}
