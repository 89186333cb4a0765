/** The programs that steps expect of the image they name, for images that are known by their name. Pure. */

/** By the last part of an image's name. */
const programsOf: Readonly<Record<string, readonly string[]>> = {
  alpine: [],
  bash: ["bash"],
  bun: ["bun"],
  busybox: [],
  clojure: ["clojure"],
  composer: ["php", "composer"],
  debian: [],
  deno: ["deno"],
  docker: ["docker"],
  "docker-cli": ["docker"],
  dotnet: ["dotnet"],
  sdk: ["dotnet"],
  "eclipse-temurin": ["java"],
  elixir: ["elixir", "mix"],
  erlang: ["erl"],
  fedora: [],
  gcc: ["gcc", "make"],
  git: ["git"],
  golang: ["go"],
  "golangci-lint": ["golangci-lint"],
  gradle: ["java", "gradle"],
  haskell: ["ghc"],
  julia: ["julia"],
  amazoncorretto: ["java"],
  maven: ["java", "mvn"],
  node: ["node", "npm"],
  openjdk: ["java"],
  perl: ["perl"],
  php: ["php"],
  playwright: ["node"],
  pypy: ["pypy3"],
  python: ["python3"],
  "r-base": ["R"],
  ruby: ["ruby"],
  rust: ["cargo", "rustc"],
  shellcheck: ["shellcheck"],
  "shellcheck-alpine": ["shellcheck"],
  swift: ["swift"],
  terraform: ["terraform"],
  ubuntu: [],
  uv: ["uv"],
};

/** Undefined for an image that is not known by its name. */
export function listPrograms(image: string): readonly string[] | undefined {
  const name = image.replace(/@.*$/, "").split("/").at(-1)?.replace(/:.*$/, "") ?? "";
  return Object.hasOwn(programsOf, name) ? programsOf[name] : undefined;
}

/** Shell lines that write into the step's log what its image has and the place where it runs has not; they change nothing. */
export function noteMissingPrograms(image: string): readonly string[] {
  const programs = listPrograms(image) ?? [];
  if (programs.length === 0) return [];
  const has = `image ${image} has`.replaceAll("'", "");
  const lacks = "which is not installed where the local CI runs steps (docs/local-ci.md)";
  return [
    `( for one in ${programs.join(" ")}; do command -v "$one" >/dev/null 2>&1 || printf '%s %s, %s\\n' '${has}' "$one" '${lacks}'; done )`,
  ];
}
