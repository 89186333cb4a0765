import { expect, test } from "vitest";
import { findProtected } from "./protected-paths.ts";

test("what CI runs, what is deployed and what configures the factory is protected in every project", () => {
  const paths = [
    ".woodpecker/test.yml",
    ".woodpecker.yml",
    ".github/workflows/deep/ci.yml",
    "docker-compose.override.yml",
    "deploy/docker-compose.yml",
    "compose.yaml",
    "Caddyfile",
    ".env",
    "projects/shop.toml",
  ];

  expect(findProtected(paths, [])).toEqual(paths);
});

test("ordinary files are not, until the project names them", () => {
  const paths = [
    "src/index.ts",
    "docs/woodpecker.md",
    "src/projects/list.ts",
    ".env.example",
    "infra/main.tf",
  ];

  expect(findProtected(paths, [])).toEqual([]);
  expect(findProtected(paths, ["infra/**"])).toEqual(["infra/main.tf"]);
});
