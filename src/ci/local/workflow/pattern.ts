/** Patterns of workflow files, as Woodpecker matches them. They are a stranger's: only short ones are compiled. Pure. */
import picomatch from "picomatch";

/** Characters. A longer one may take more memory to compile than there is. */
export const MAX_PATTERN = 200;

/** Callers have checked the pattern's length. */
export function compilePattern(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN) throw new RangeError("the pattern is too long to compile");
  return picomatch(pattern, { dot: true });
}
