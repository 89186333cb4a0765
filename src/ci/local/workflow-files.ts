/** Where workflow files are, in Woodpecker's order: the folder, else one file in the root. */
import path from "node:path";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import { isWorkflowFile } from "./contexts.ts";
import type { WorkflowFile } from "./workflow/workflows.ts";

const FOLDER = ".woodpecker";
const ROOT_FILES = [".woodpecker.yaml", ".woodpecker.yml"];
const MAX_BYTES = 1_000_000;

export async function readWorkflowFiles(
  folder: string,
  user: SessionUser,
): Promise<readonly WorkflowFile[]> {
  const inFolder = (await user.listFiles(path.join(folder, FOLDER))).filter(isWorkflowFile);
  const candidates = inFolder.length > 0 ? inFolder.map((name) => `${FOLDER}/${name}`) : ROOT_FILES;
  const read = candidates.map(async (one): Promise<WorkflowFile | undefined> => {
    const text = await user.userFiles.read(path.join(folder, one), MAX_BYTES);
    return text === undefined ? undefined : { path: one, text };
  });
  const files = (await Promise.all(read)).filter((one) => one !== undefined);
  return inFolder.length > 0 ? files : files.slice(0, 1);
}
