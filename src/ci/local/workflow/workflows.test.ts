/** Held against what the real server's parser decided for the same files (test/ci-workflows/decisions.json). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deriveVariables, type RunFacts } from "./variables.ts";
import { type PlannedStep, type PlannedWorkflow, planWorkflows } from "./workflows.ts";

interface RecordedStep {
  readonly name: string;
  readonly image: string;
  readonly type: string;
  readonly commands: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly failure: string;
  readonly afterSuccess: boolean;
  readonly afterFailure: boolean;
}

interface RecordedWorkflow {
  readonly name: string;
  readonly axis: number;
  readonly dependsOn: readonly string[];
  readonly runsOn: readonly string[];
  readonly stages: readonly (readonly RecordedStep[])[];
}

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly run: Pick<RunFacts, "event" | "branch" | "changedFiles" | "message">;
  readonly woodpecker: {
    readonly errors: readonly string[];
    readonly workflows: readonly RecordedWorkflow[];
  };
}

const file = new URL("../../../../test/ci-workflows/decisions.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as {
  readonly variables: Readonly<Record<RunFacts["event"], Record<string, string>>>;
  readonly cases: readonly Case[];
};

/** What Woodpecker runs and the local CI refuses by name. */
const refusedHere: Readonly<Record<string, string>> = {
  "a plugin": "steps.0.settings",
  services: "services",
  "a directory": "steps.0.directory",
  evaluate: "when.evaluate",
  platform: "when.platform",
  "clone by hand": "clone",
  skip_clone: "skip_clone",
  labels: "labels",
  detach: "steps.0.detach",
  entrypoint: "steps.0.entrypoint",
  "old syntax: secrets": "steps.test.secrets",
  "old syntax: branches": "branches",
};

function factsOf({ event, ...run }: Case["run"]): RunFacts {
  return {
    ...run,
    event,
    repo: { owner: "acme", name: "shop" },
    forgeUrl: "http://forge.test:3000",
    primaryBranch: "main",
    sha: "0123456789abcdef0123456789abcdef01234567",
    author: "dev-qwen",
    authorEmail: "dev-qwen@forge.test",
    number: 12,
    parent: 0,
    ...(event === "pull_request" && { pull: { number: 7, head: "fix/issue-3" } }),
  };
}

function plan({ files, run }: Case): readonly PlannedWorkflow[] {
  const all = Object.entries(files).map(([path, text]) => ({ path, text }));
  const secrets: Record<string, string> = run.event === "push" ? { deploy_key: "s3cret" } : {};
  return planWorkflows(all, { ...run, variables: deriveVariables(factsOf(run)), secrets });
}

const isVariable = (key: string): boolean => key in deriveVariables(factsOf(anyRun));
const anyRun = { event: "pull_request", branch: "main", changedFiles: [], message: "m" } as const;

function toRecorded(step: PlannedStep): RecordedStep {
  const { name, image, commands, afterSuccess, afterFailure, mayFail } = step;
  const own = Object.entries(step.environment).filter(([key]) => !isVariable(key));
  const failure = mayFail ? "ignore" : "fail";
  const environment = Object.fromEntries(own);
  const type = "commands";
  return { name, image, type, commands, environment, failure, afterSuccess, afterFailure };
}

/** Steps level by level, as Woodpecker groups them. */
function toStages(steps: readonly PlannedStep[]): readonly (readonly RecordedStep[])[] {
  const done = new Set<string>();
  const stages: RecordedStep[][] = [];
  let left = [...steps];
  while (left.length > 0) {
    const ready = left.filter(({ dependsOn }, at) =>
      dependsOn ? dependsOn.every((name) => done.has(name)) : at === 0,
    );
    for (const { name } of ready) done.add(name);
    left = left.filter((step) => !ready.includes(step));
    stages.push(ready.map(toRecorded));
  }
  return stages;
}

function toRunsOn({
  afterSuccess,
  afterFailure,
}: {
  afterSuccess: boolean;
  afterFailure: boolean;
}) {
  return afterFailure ? ["failure", ...(afterSuccess ? ["success"] : [])] : [];
}

test.each(recorded.cases.map((one) => [one.name, one] as const))("%s", (name, one) => {
  const planned = plan(one);
  const refused = planned.flatMap((each) => (each.type === "refuse" ? each.problems : []));
  const { errors, workflows } = one.woodpecker;

  const key = refusedHere[name];
  if (key !== undefined) {
    expect(errors).toEqual([]);
    expect(refused).toEqual([expect.stringContaining(key)]);
    return;
  }
  expect(refused.length > 0).toBe(errors.length > 0);
  const running = planned.filter((each) => each.type === "run");
  expect(
    running.map(({ name, axis = 0, dependsOn, steps, ...on }) => {
      return { name, axis, dependsOn, runsOn: toRunsOn(on), stages: toStages(steps) };
    }),
  ).toEqual(workflows);
});

test.each(["pull_request", "push"] as const)("the variables of a %s are Woodpecker's", (event) => {
  const branch = event === "push" ? "release/1.2" : "main";
  const run = { event, branch, changedFiles: ["src/cart.ts"], message: "Add totals" };

  const variables = deriveVariables(factsOf(run));

  expect(recorded.variables[event]).toMatchObject(variables);
});

test("every key that is not supported is named with its place", () => {
  const text =
    "services: []\nsteps:\n  - name: a\n    image: b\n    commands: c\n    volumes: []\n";

  const [workflow] = planWorkflows([{ path: ".woodpecker/a.yml", text }], {
    ...anyRun,
    variables: {},
    secrets: {},
  });

  expect(workflow).toMatchObject({
    type: "refuse",
    problems: [
      "steps.0.volumes: not supported by the local CI",
      "services: not supported by the local CI",
    ],
  });
});

test.each([
  ["when", `when: { branch: "${"(a|b)*".repeat(40)}" }\nsteps:\n  - image: a\n    commands: b\n`],
  ["path", `when: { path: { exclude: ["${"*".repeat(201)}"] } }\nsteps: []\n`],
  ["substitution", `steps:\n  - image: a\n    commands: echo \${CI_REPO##${"*/".repeat(101)}}\n`],
])("a pattern that is too long to compile safely is refused: %s", (_, text) => {
  const given = { ...anyRun, variables: { CI_REPO: "a/b" }, secrets: {} };

  const [workflow] = planWorkflows([{ path: ".woodpecker/a.yml", text }], given);

  expect(workflow).toMatchObject({
    type: "refuse",
    problems: expect.arrayContaining([expect.stringContaining("200 characters")]),
  });
});
