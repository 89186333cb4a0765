/** gobwas/glob patterns as Forgejo uses them, turned into expressions that JavaScript and POSIX tools both read. */

/** models/git/protected_branch.go IsRuleNameSpecial. */
export function isPattern(text: string): boolean {
  return /[*?\\[\]{}]/.test(text);
}

/** Source without anchors. `*` and `?` stop at the separators, `**` does not. */
export function globSource(pattern: string, separators: string): string {
  const stop = separators === "" ? "." : `[^${separators}]`;
  const parts = pattern.match(/\\.|\*+|\[!?[^\]]*\]|[\s\S]/g) ?? [];
  let depth = 0;
  const sources = parts.map((part) => {
    if (part === "{") depth += 1;
    if (part === "}") depth -= 1;
    return translate(part, { stop, inGroup: depth > 0 });
  });
  return sources.join("");
}

function translate(part: string, { stop, inGroup }: { stop: string; inGroup: boolean }): string {
  if (part.startsWith("*")) return part.length > 1 ? ".*" : `${stop}*`;
  if (part === "?") return stop;
  if (part === "{") return "(";
  if (part === "}") return ")";
  if (part === "," && inGroup) return "|";
  if (part.startsWith("[") && part.length > 2) return part.replace(/^\[!/, "[^");
  return quoted(part.startsWith("\\") && part.length > 1 ? part.slice(1) : part);
}

function quoted(text: string): string {
  return text.replace(/[.^$|()[\]{}*+?\\]/g, "\\$&");
}

/** A name in any case, without flags: the hook's tools have none. */
export function anyCaseSource(name: string): string {
  return [...name]
    .map((letter) => {
      const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()];
      return lower === upper ? quoted(letter) : `[${lower}${upper}]`;
    })
    .join("");
}

export function globMatches(pattern: string, separators: string, text: string): boolean {
  try {
    return new RegExp(`^(${globSource(pattern, separators)})$`, "s").test(text);
  } catch {
    return false;
  }
}

/** `a;b` in any case; matched against lower-case paths with the separators `.` and `/` (getFilePatterns). */
export function filePatterns(list: string): string[] {
  return list
    .toLowerCase()
    .split(";")
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "");
}

export function matchesFile(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => globMatches(pattern, "./", path.toLowerCase()));
}
