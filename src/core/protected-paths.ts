/** Files by which a change would reach beyond itself: what CI runs, what is deployed, what the factory is told. Pure. */
import { filePatterns, matchesFile } from "./glob.ts";

/** These are protected in every project, in addition to its own `protected_paths`; the forge's protection has them too. */
export const alwaysProtected: readonly string[] = [
  ".woodpecker/**",
  ".woodpecker.y**",
  ".forgejo/**",
  ".gitea/**",
  ".github/**",
  ".gitlab-ci.yml",
  "jenkinsfile",
  "docker-compose**",
  "**/docker-compose**",
  "compose.y**",
  "compose.override.y**",
  "caddyfile",
  ".env",
  ".disinto/**",
  "projects/*.toml",
];

/** Those of the paths that no bot pushes by itself. */
export function findProtected(paths: readonly string[], own: readonly string[]): readonly string[] {
  const patterns = filePatterns([...alwaysProtected, ...own].join(";"));
  return paths.filter((path) => matchesFile(patterns, path));
}
