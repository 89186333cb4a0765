/** What the harness is asked: the prompts of the package, or a project's own. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type PromptName, type Prompts, renderPrompt } from "../../core/prompt-template.ts";
import type { Issue } from "../../ports/forge.ts";

interface CodingTask extends Pick<Issue, "number" | "title" | "body"> {
  readonly feedback: string | undefined;
  /** About the folder; they follow the text, whoever wrote it. */
  readonly notes?: string;
}

export function formatCodingPrompt(
  { number, title, body, feedback, notes = "" }: CodingTask,
  own: Prompts = {},
): string {
  const prompt = fillPrompt("coding", own, {
    number: String(number),
    title,
    body: body.trim(),
    feedback: feedback?.trim(),
  });
  return notes === "" ? prompt : `${prompt}\n\n${notes}`;
}

/** The project's own text, else the one that comes with disinto, with its variables filled in. */
export function fillPrompt(
  name: PromptName,
  own: Prompts,
  values: Readonly<Record<string, string | undefined>>,
): string {
  return renderPrompt(own[name] ?? readPrompt(name), values);
}

/** They stand beside the code in the package, which is one folder up when bundled and three when not. */
function readPrompt(name: PromptName): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const candidates = ["..", "../../.."].map((up) => path.join(here, up, "prompts", `${name}.md`));
  const file = candidates.find((one) => existsSync(one));
  if (!file) throw new Error(`the package lacks prompts/${name}.md`);
  return readFileSync(file, "utf8");
}
