/** Questions on a terminal; on standard error, since standard output is for data. */
import type { Readable, Writable } from "node:stream";
import * as prompts from "@clack/prompts";
import { toTerminalText } from "../core/terminal-text.ts";
import { DisintoError } from "../errors.ts";
import type { Questions } from "../ports/questions.ts";

interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

export function buildQuestions(terminal: Terminal): Questions {
  return {
    text: async ({ question, offered, validate }) =>
      settle(
        await prompts.text({
          ...terminal,
          message: toTerminalText(question),
          ...(offered !== undefined && { placeholder: offered, defaultValue: offered }),
          validate: (answer) => validate?.(answer || (offered ?? "")),
        }),
      ),
    choose: async (question, options) =>
      settle(
        await prompts.select({
          ...terminal,
          message: toTerminalText(question),
          options: [...options],
        }),
      ),
    secret: async (question) =>
      settle(await prompts.password({ ...terminal, message: toTerminalText(question) })),
  };
}

function settle(answer: string | symbol): string {
  if (typeof answer === "string") return answer;
  throw new DisintoError("interrupted", "the questions were cancelled; nothing was changed");
}
