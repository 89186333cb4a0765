/**
 * The one place that keeps secrets out of texts. It knows values by the name of their variable and puts that
 * name in their place; whatever leaves the process (output, event, comment, error) goes through it.
 */

/** Below this a value is no secret anybody could rely on, and replacing it would garble every text. */
const SHORTEST = 4;

export class Redactor {
  /** Form of a value as it may stand in a text → what is written instead. */
  readonly #forms = new Map<string, string>();
  #pattern: RegExp | undefined;

  /** Values by the names of their variables; what was learnt before stays. */
  learn(secrets: Iterable<readonly [name: string, value: string | undefined]>): void {
    for (const [name, value] of secrets) {
      if (value === undefined || value.length < SHORTEST) continue;
      for (const form of formsOf(value)) this.#forms.set(form, `[${name}]`);
    }
    const longestFirst = [...this.#forms.keys()].sort((a, b) => b.length - a.length);
    this.#pattern =
      longestFirst.length === 0
        ? undefined
        : new RegExp(longestFirst.map(escapePattern).join("|"), "g");
  }

  readonly redact = (text: string): string => {
    if (!this.#pattern) return text;
    return text.replace(this.#pattern, (found) => this.#forms.get(found) ?? "[secret]");
  };
}

/** The value as it is, inside JSON and inside a URL; and each line of a longer one, since texts are also printed line by line. */
function formsOf(value: string): readonly string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 2 * SHORTEST);
  return [value, ...(lines.length > 1 ? lines : [])].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
  ]);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
