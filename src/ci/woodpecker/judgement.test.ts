import { expect, test } from "vitest";
import { failsAlike, fitsEvent, judgePipeline } from "./judgement.ts";
import type { Pipeline, PipelineStep } from "./shapes.ts";

function step(part: Partial<PipelineStep>): PipelineStep {
  const whole = {
    id: 1,
    name: "test",
    state: "success",
    error: "",
    exit_code: 0,
    type: "commands",
  };
  return { ...whole, ...part };
}

function pipeline(children: readonly PipelineStep[], part: Partial<Pipeline> = {}): Pipeline {
  const workflows = [{ name: "check", state: "failure", error: "", children: [...children] }];
  return {
    number: 7,
    event: "pull_request",
    status: "failure",
    commit: "c",
    branch: "fix/issue-1",
    parent: 0,
    errors: null,
    workflows,
    ...part,
  };
}

const context = "ci/woodpecker/pr/check";

test("a command that ended with another code than 0 is the change's fault, and its log is wanted", () => {
  const failed = step({ id: 4, state: "failure", exit_code: 1 });
  const judged = judgePipeline(pipeline([step({}), failed]), context);

  expect(judged).toMatchObject({ kind: "real", steps: [{ id: 4 }] });
});

test.each([
  ["a step that could not start", step({ state: "failure", error: "no such image" })],
  ["a clone that failed", step({ state: "failure", exit_code: 128, type: "clone" })],
  ["a service that ended", step({ state: "failure", exit_code: 1, type: "service" })],
  ["a step that was killed", step({ state: "killed", exit_code: 137 })],
  ["a container that ran out of memory", step({ state: "failure", exit_code: 137 })],
  ["a pipeline that was cancelled before it began", step({ state: "canceled" })],
])("%s is the CI's own failure", (_, one) => {
  expect(judgePipeline(pipeline([one]), context).kind).toBe("infrastructure");
});

test("one command that failed makes the run the change's fault, whatever was killed with it", () => {
  const judged = judgePipeline(
    pipeline([
      step({ state: "killed", exit_code: 137 }),
      step({ id: 2, state: "failure", exit_code: 2 }),
    ]),
    context,
  );

  expect(judged).toMatchObject({ kind: "real", steps: [{ id: 2 }] });
});

test("a workflow file that does not parse is the change's fault; one that cannot be fetched is not", () => {
  const errors = (type: string) => [{ type, message: "m", is_warning: false }];
  const broken = { status: "error", workflows: [] };

  expect(judgePipeline(pipeline([], { ...broken, errors: errors("linter") }), context)).toEqual({
    kind: "real",
    suspectedCause: "configuration",
    steps: [],
    messages: ["linter: m"],
  });
  expect(judgePipeline(pipeline([], { ...broken, errors: errors("generic") }), context).kind).toBe(
    "infrastructure",
  );
});

test("only the workflow of the context counts, where its name can be told", () => {
  const red = {
    name: "other",
    state: "failure",
    error: "",
    children: [step({ state: "failure", exit_code: 1 })],
  };
  const lost = { name: "check", state: "failure", error: "agent lost", children: [] };

  expect(judgePipeline(pipeline([], { workflows: [red, lost] }), context)).toEqual({
    kind: "infrastructure",
    steps: [],
    messages: ["check: agent lost"],
  });
  expect(judgePipeline(pipeline([], { workflows: [red, lost] }), "custom").kind).toBe("real");
});

test("a run that has not ended explains nothing yet", () => {
  expect(judgePipeline(pipeline([], { status: "running" }), context).kind).toBe("running");
});

test("a context is of the event that it names", () => {
  expect(fitsEvent({ event: "push" }, context)).toBe(false);
  expect(fitsEvent({ event: "pull_request" }, context)).toBe(true);
  expect(fitsEvent({ event: "push" }, "ci/woodpecker/push/check")).toBe(true);
  expect(fitsEvent({ event: "pull_request" }, "ci/local/test")).toBe(true);
});

test("another event of the pull request is another event", () => {
  expect(fitsEvent({ event: "pull_request_metadata" }, context)).toBe(false);
  expect(
    fitsEvent({ event: "pull_request_metadata" }, "ci/woodpecker/pull_request_metadata/check"),
  ).toBe(true);
  expect(fitsEvent({ event: "tag" }, "ci/local/test")).toBe(false);
});

test("a workflow that is named like a part of the context is not the context's", () => {
  const failed = [step({ state: "failure", exit_code: 1 })];
  const green = { name: "check", state: "success", error: "", children: [] };
  const red = { name: "woodpecker", state: "failure", error: "", children: failed };

  expect(judgePipeline(pipeline([], { workflows: [red, green] }), context).steps).toEqual([]);
});

test("of a matrix the axis of the context counts", () => {
  const axis = (id: number, exit: number) => {
    const children = [step({ id, state: exit === 0 ? "success" : "failure", exit_code: exit })];
    return { name: "check", state: exit === 0 ? "success" : "failure", error: "", children };
  };
  const workflows = [axis(1, 1), axis(2, 0), axis(3, 2)];

  expect(judgePipeline(pipeline([], { workflows }), `${context}/3`).steps).toMatchObject([
    { id: 3 },
  ]);
});

test("a step that may fail is no cause", () => {
  const allowed = step({ id: 1, state: "failure", exit_code: 1, failure: "ignore" });
  const failed = step({ id: 2, state: "failure", exit_code: 1 });

  expect(judgePipeline(pipeline([allowed, failed]), context).steps).toMatchObject([{ id: 2 }]);
});

test.each([126, 127])("a command that ends with %s may be the installation's fault", (code) => {
  const missing = judgePipeline(pipeline([step({ state: "failure", exit_code: code })]), context);
  const other = judgePipeline(pipeline([step({ state: "failure", exit_code: 1 })]), context);

  expect(missing.suspectedCause).toBe("tool");
  expect(other.suspectedCause).toBeUndefined();
  expect(failsAlike(missing, missing)).toBe(true);
  expect(failsAlike(missing, other)).toBe(false);
});
