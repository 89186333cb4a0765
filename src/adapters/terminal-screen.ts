/** Lines at the bottom of a terminal that are drawn anew in their place. */
import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import type { WriteStream } from "node:tty";
import { toTerminalText } from "../core/terminal-text.ts";
import type { Screen } from "../ports/screen.ts";

/** Answers undefined where nothing can be drawn: no terminal, or one that knows no cursor. */
export function buildScreen(
  stream: WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Screen | undefined {
  const { TERM = "dumb" } = environment;
  if (!stream.isTTY || TERM === "dumb" || environment.CI) return undefined;
  let drawn = 0;
  const clear = (): void => {
    if (drawn === 0) return;
    cursorTo(stream, 0);
    moveCursor(stream, 0, -drawn);
    clearScreenDown(stream);
    drawn = 0;
  };
  return {
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
    draw: (lines) => {
      clear();
      // A line that the terminal would break counts as two, and one too many scrolls.
      const shown = lines.slice(0, (stream.rows || 24) - 1);
      const columns = (stream.columns || 80) - 1;
      for (const line of shown)
        stream.write(`${[...toTerminalText(line)].slice(0, columns).join("")}\n`);
      drawn = shown.length;
    },
    clear,
    keep: () => {
      drawn = 0;
    },
  };
}
