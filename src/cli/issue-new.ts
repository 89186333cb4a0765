/** `disinto issue new`: work for the bots, filed as the factory's owner. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { BACKLOG, PRIORITY } from "../bot/issue/choose.ts";
import { formatRepo } from "../core/identities.ts";
import { deriveOwner } from "../core/owner.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Forge } from "../ports/forge.ts";
import { openProject } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

interface NewIssue {
  readonly folder: string;
  readonly title: string;
  readonly body?: string;
  /** A path, or `-` for standard input. */
  readonly file?: string;
  readonly label?: readonly string[];
  readonly priority: boolean;
  readonly project?: string;
}

export async function newIssue(tools: Tools, flags: NewIssue): Promise<ExitCode> {
  const { title, label = [], priority } = flags;
  const opened = await openProject(tools, flags);
  const { project, factory } = opened;
  const forge = await openAsOwner(tools, opened);
  const body = await readBody(tools, flags);
  const labels = [...new Set([BACKLOG, ...(priority ? [PRIORITY] : []), ...label])];
  const { number } = await forge.issues(project.repo).open({ title, body, labels });
  tools.print(`${factory.forge.url}/${formatRepo(project.repo)}/issues/${number}\n`);
  tools.say(`filed with ${labels.join(", ")}; what becomes of it: disinto issue ${number}`);
  return ExitCode.done;
}

/** As the owner, where the factory has one; an owner's token that the forge refuses makes nobody else of them. */
async function openAsOwner(
  tools: Tools,
  { factory, fleet, forge }: Awaited<ReturnType<typeof openProject>>,
): Promise<Forge> {
  const owner = deriveOwner(factory);
  const token = owner && fleet.environment.get(owner.keys.token);
  return token ? tools.forge(factory.forge.url, token) : forge;
}

async function readBody(tools: Tools, { body, file, title }: NewIssue): Promise<string> {
  if (body !== undefined && file !== undefined)
    throw new DisintoError("usage.invalid", "--body and --file exclude each other");
  if (body !== undefined) return body;
  if (file === "-") return tools.readInput();
  if (file !== undefined) return readText(file);
  return process.stdin.isTTY && process.stdout.isTTY ? writeInEditor(tools, title) : "";
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new DisintoError("usage.invalid", `${file} cannot be read (${error.code})`);
  });
}

/** What the person leaves in the file, without the line that it began with. */
async function writeInEditor({ environment, edit }: Tools, title: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-issue-"));
  try {
    const file = path.join(folder, "issue.md");
    const head = `<!-- ${title}: write here what is to be done, then save and close -->\n`;
    await writeFile(file, head);
    const editor = environment.VISUAL || environment.EDITOR || "vi";
    const [program = "vi", ...words] = editor.split(" ").filter((word) => word !== "");
    await edit([program, ...words, file]);
    return (await readFile(file, "utf8")).replace(head, "").trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
