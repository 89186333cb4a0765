/** The one writer of standard output and standard error: no secret leaves by it, and nothing it writes acts on a terminal. */
import type { Writable } from "node:stream";
import { toTerminalText } from "../core/terminal-text.ts";

export interface Output {
  /** Data for the caller. */
  readonly print: (text: string) => void;
  /** Everything else, line by line. */
  readonly say: (line: string) => void;
  /** As it is: only for a secret that was asked for by name. */
  readonly reveal: (text: string) => void;
}

export interface Streams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export function buildOutput({ stdout, stderr }: Streams, redact: (text: string) => string): Output {
  return {
    print: (text) => stdout.write(toTerminalText(redact(text))),
    say: (line) => stderr.write(`${toTerminalText(redact(line))}\n`),
    reveal: (text) => stdout.write(text),
  };
}
