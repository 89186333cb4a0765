/** A workflow for a repository that has none, by what stands in its root. Both of our CIs run it. Pure. */
import { stringify } from "yaml";
import { choosePrefix, deriveBranch } from "../core/work-branch.ts";
import { type CiProvider, WOODPECKER } from "./definitions.ts";
import { deriveContext, isWorkflowFile } from "./local/contexts.ts";
import type { WorkflowFile } from "./local/workflow/workflows.ts";
import { listContexts } from "./woodpecker/contexts.ts";

interface Toolchain {
  readonly name: string;
  readonly manifest: RegExp;
  /** What the step expects to find: https://woodpecker-ci.org/docs/usage/workflow-syntax#image */
  readonly image: string;
  readonly commands: (names: ReadonlySet<string>) => readonly string[];
}

const toolchains: readonly Toolchain[] = [
  {
    name: "npm",
    manifest: /^package\.json$/,
    image: "node:24",
    // A package without a script `test` has nothing to run, and is not red for it.
    commands: (names) => [installNode(names), "npm run test --if-present"],
  },
  {
    name: "python",
    manifest: /^pyproject\.toml$/,
    image: "python:3.13",
    commands: () => [
      "python3 -m venv .venv",
      ".venv/bin/python -m pip install --quiet . pytest",
      ".venv/bin/python -m pytest",
    ],
  },
  {
    name: "go",
    manifest: /^go\.mod$/,
    image: "golang:1.25",
    commands: () => ["go vet ./...", "go test ./..."],
  },
  {
    name: "cargo",
    manifest: /^Cargo\.toml$/,
    image: "rust:1",
    commands: (names) => [`cargo test${names.has("Cargo.lock") ? " --locked" : ""}`],
  },
  {
    name: "maven",
    manifest: /^pom\.xml$/,
    image: "maven:3",
    commands: (names) => [
      `${names.has("mvnw") ? "sh ./mvnw" : "mvn"} --batch-mode --no-transfer-progress verify`,
    ],
  },
];

/** Says less than the others of what it tests, so it speaks only where none of them does. */
const make: Toolchain = {
  name: "make",
  manifest: /^(?:GNUmakefile|[Mm]akefile)$/,
  image: "gcc:15",
  commands: () => ["if make --dry-run test >/dev/null 2>&1; then make test; else make; fi"],
};

function installNode(names: ReadonlySet<string>): string {
  if (names.has("pnpm-lock.yaml")) return "npx --yes pnpm install --frozen-lockfile";
  if (names.has("yarn.lock")) return "npx --yes yarn install --frozen-lockfile";
  const isLocked = names.has("package-lock.json") || names.has("npm-shrinkwrap.json");
  return isLocked ? "npm ci" : "npm install --no-package-lock";
}

export interface WorkflowOffer {
  readonly file: string;
  readonly text: string;
  /** What it was made for, as the repository calls it. */
  readonly manifests: readonly string[];
  /** The programs that the CI needs for it. */
  readonly programs: readonly string[];
}

interface Root {
  readonly branch: string;
  readonly names: readonly string[];
}

/** Undefined where nothing is found that says how the repository is tested. */
export function offerWorkflow({ branch, names }: Root): WorkflowOffer | undefined {
  const manifestOf = ({ manifest }: Toolchain) => names.find((name) => manifest.test(name));
  const speaking = toolchains.filter(manifestOf);
  const used = speaking.length > 0 ? speaking : [make].filter(manifestOf);
  if (used.length === 0) return undefined;
  const known = new Set(names);
  const steps = used.map((one) => {
    return { name: one.name, image: one.image, commands: one.commands(known) };
  });
  const when = [{ event: "pull_request" }, { event: "push", branch }];
  return {
    file: ".woodpecker/test.yml",
    text: stringify({ when, steps }),
    manifests: used.flatMap((one) => manifestOf(one) ?? []),
    programs: steps.flatMap(({ commands }) => commands.at(-1)?.split(" ")[0] ?? []),
  };
}

interface Workflows {
  /** Names below `.woodpecker/`. */
  readonly workflows: readonly string[];
  readonly workflowFiles?: readonly WorkflowFile[];
  readonly branches: readonly string[];
  readonly names: readonly string[];
}

/** The statuses that every change of a bot will have with this CI. */
export function listRequired(provider: CiProvider, found: Workflows & Root): readonly string[] {
  if (provider !== WOODPECKER) return listLocal(found);
  const work = deriveBranch({ branchPrefix: choosePrefix(found.branches) }, 1);
  return listContexts(found.workflowFiles ?? [], { primary: found.branch, work });
}

/** As Woodpecker looks: the folder, and where it has none, one file in the root. */
function listLocal({ workflows, names }: Workflows): readonly string[] {
  const inside = workflows.filter(isWorkflowFile);
  const root = [".woodpecker.yaml", ".woodpecker.yml"].find((file) => names.includes(file));
  return (inside.length > 0 || !root ? inside : [root]).map(deriveContext);
}

/** Where other systems, or nobody, would look for a workflow. */
const elsewhere = [
  /^\.(?:github|forgejo|gitea)\/workflows\/.+\.ya?ml$/,
  /^\.(?:circleci|buildkite|woodpecker)\/./,
  /^\.?woodpecker(?:\.ya?ml)?$/,
  /^\.(?:gitlab-ci|travis|drone|cirrus|appveyor)\.ya?ml$/,
  /^(?:appveyor|azure-pipelines|bitbucket-pipelines)\.ya?ml$/,
  /^Jenkinsfile$/,
];

export function listOtherWorkflows(names: readonly string[]): readonly string[] {
  return names.filter((name) => name !== ".woodpecker" && elsewhere.some((one) => one.test(name)));
}
