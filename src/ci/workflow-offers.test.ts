import { expect, test } from "vitest";
import { planWorkflows } from "./local/workflow/workflows.ts";
import { listOtherWorkflows, listRequired, offerWorkflow } from "./workflow-offers.ts";

const offer = (...names: string[]) => offerWorkflow({ branch: "release/1.0", names });

function commandsOf(...names: string[]): unknown {
  const { file, text } = offer(...names) ?? { file: "", text: "" };
  const facts = {
    event: "pull_request",
    branch: "release/1.0",
    changedFiles: ["README.md"],
    message: "A change",
    variables: {},
    secrets: {},
  } as const;
  const runs = (["pull_request", "push"] as const).map((event) =>
    planWorkflows([{ path: file, text }], { ...facts, event }),
  );
  expect(runs.map(([one]) => one?.type)).toEqual(["run", "run"]);
  const elsewhere = { ...facts, event: "push", branch: "main" } as const;
  expect(planWorkflows([{ path: file, text }], elsewhere)[0]?.type).toBe("skip");
  const [first] = runs[0] ?? [];
  return first?.type === "run" && first.steps.flatMap(({ commands }) => commands);
}

test("each toolchain has a workflow that our CI runs for pull requests and for the primary branch alone", () => {
  expect(commandsOf("package.json", "package-lock.json")).toEqual([
    "npm ci",
    "npm run test --if-present",
  ]);
  expect(commandsOf("package.json")).toContain("npm install --no-package-lock");
  expect(commandsOf("package.json", "pnpm-lock.yaml")).toContain(
    "npx --yes pnpm install --frozen-lockfile",
  );
  expect(commandsOf("pyproject.toml")).toContain(".venv/bin/python -m pytest");
  expect(commandsOf("go.mod")).toEqual(["go vet ./...", "go test ./..."]);
  expect(commandsOf("Cargo.toml", "Cargo.lock")).toEqual(["cargo test --locked"]);
  expect(commandsOf("pom.xml")).toEqual(["mvn --batch-mode --no-transfer-progress verify"]);
  expect(commandsOf("pom.xml", "mvnw")).toEqual([
    "sh ./mvnw --batch-mode --no-transfer-progress verify",
  ]);
  expect(commandsOf("Makefile", "README.md")).toEqual([
    "if make --dry-run test >/dev/null 2>&1; then make test; else make; fi",
  ]);
});

test("several toolchains are several steps of one workflow, and a Makefile beside them says nothing more", () => {
  expect(offer("Makefile", "go.mod", "package.json")?.text).toMatchInlineSnapshot(`
    "when:
      - event: pull_request
      - event: push
        branch: release/1.0
    steps:
      - name: npm
        image: node:24
        commands:
          - npm install --no-package-lock
          - npm run test --if-present
      - name: go
        image: golang:1.25
        commands:
          - go vet ./...
          - go test ./...
    "
  `);
  expect(offer("Makefile", "go.mod", "package.json")?.manifests).toEqual([
    "package.json",
    "go.mod",
  ]);
});

test("where nothing says how a repository is tested, nothing is offered", () => {
  expect(offer("README.md", "src")).toBeUndefined();
});

test("a file in the root counts where the folder has no workflow, as it does for the CI", () => {
  const root = {
    branch: "main",
    branches: [],
    names: [".woodpecker.yml", "src"],
    workflows: ["README.md"],
  };

  expect(listRequired("local", root)).toEqual(["ci/local/woodpecker"]);
  expect(listRequired("local", { ...root, workflows: ["test.yaml"] })).toEqual(["ci/local/test"]);
  expect(listRequired("local", { ...root, names: ["src"], workflows: ["README.md"] })).toEqual([]);
});

test("workflows where only other systems look are known as such", () => {
  const others = [
    ...[".github/workflows/ci.yml", ".forgejo/workflows/a.yaml", ".gitlab-ci.yml", "Jenkinsfile"],
    ...[".circleci/config.yml", ".woodpecker/deep", "woodpecker.yml", ".woodpecker.yaml.d"],
  ];

  expect(listOtherWorkflows([...others, ".github", ".woodpecker", "src"])).toEqual(
    others.slice(0, -1),
  );
});
