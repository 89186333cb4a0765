/** Prompts are texts with named variables: `{{title}}`, and `{{#feedback}} … {{/feedback}}` for what may be absent. */

export type PromptName = "coding" | "review";

/** A project's own prompts, where it has some. */
export type Prompts = Readonly<Partial<Record<PromptName, string | undefined>>>;

/** What each prompt may name; a project's own prompt is checked against it. */
export const promptVariables: Readonly<Record<PromptName, readonly string[]>> = {
  coding: ["number", "title", "body", "feedback"],
  review: ["number", "title", "said", "changed", "scope", "change", "form"],
};

const section = /\{\{#(\w+)\}\}\n?([\s\S]*?)\{\{\/\1\}\}\n?/g;
const variable = /\{\{([#/]?)(\w+)\}\}/g;

/** Values are put in as they are: braces in an issue's text name nothing. */
export function renderPrompt(
  template: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const chosen = template.replace(section, (_, name: string, inner: string) =>
    values[name] ? inner : "",
  );
  return chosen.replace(variable, (_, __, name: string) => values[name] ?? "").trim();
}

/** The first thing in it that would not be filled in as meant, as a sentence; undefined when all will. */
export function checkPrompt(name: PromptName, template: string): string | undefined {
  const known = promptVariables[name];
  for (const { index, 2: found = "" } of template.matchAll(variable)) {
    if (known.includes(found)) continue;
    return `line ${lineOf(template, index)} names {{${found}}}; there are ${known.join(", ")}`;
  }
  const [open] = template.replace(section, "$2").matchAll(/\{\{[#/]\w+\}\}/g);
  return open ? `${open[0]} has no counterpart` : undefined;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
