import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownUser } from "../../adapters/session-user/session-user.ts";
import { runStep } from "./steps.ts";

afterEach(() => {
  delete process.env.FORGE_TOKEN;
  delete process.env.CI_TOKEN;
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-step-"));
});
afterEach(() => rm(root, { recursive: true }));

test("a step sees nothing of the CI's own environment", async () => {
  process.env.FORGE_TOKEN = "the-forges-token";
  process.env.CI_TOKEN = "the-cis-token";

  const end = await runStep({
    folder: root,
    step: {
      image: "alpine",
      commands: ["env"],
      environment: { COLOUR: "red", PATH: process.env.PATH ?? "" },
    },
    signal: new AbortController().signal,
    slot: { user: ownUser, root },
  });

  expect(end).toMatchObject({ state: "success", exitCode: 0 });
  expect(end.output).toContain("COLOUR=red");
  expect(end.output).not.toMatch(/the-(forges|cis)-token/);
});

test("what a step leaves running ends with it, also what left its group and dropped the mark", async () => {
  const leave = "(cd ..; exec env -i setsid sleep 300) >/dev/null 2>&1 & echo $!";
  const folder = path.join(root, "work");
  await mkdir(folder);

  const { output } = await runStep({
    folder,
    step: { image: "alpine", commands: [leave], environment: { PATH: process.env.PATH ?? "" } },
    signal: new AbortController().signal,
    slot: { user: ownUser, root },
  });

  expect(Number(output)).toBeGreaterThan(1);
  const status = await readFile(`/proc/${output}/status`, "utf8").catch(() => "");
  expect(status).toMatch(/^$|^State:\tZ/m);
});

test("what a step writes can be read while it runs", async () => {
  const live = new PassThrough();
  const heard = once(live, "data").then(async ([chunk]) => {
    await writeFile(path.join(root, "heard"), "");
    return String(chunk);
  });

  const end = await runStep({
    folder: root,
    step: {
      image: "alpine",
      commands: ["echo begun", "until [ -e heard ]; do sleep 0.05; done", "echo ended"],
      environment: { PATH: process.env.PATH ?? "" },
    },
    signal: new AbortController().signal,
    slot: { user: ownUser, root },
    live,
  });

  expect(await heard).toBe("begun\n");
  expect(end).toMatchObject({ state: "success", output: "begun\nended" });
});

test("a step's log says first what its image has and the place where it runs has not", async () => {
  const run = async (image: string) => {
    const { output } = await runStep({
      folder: root,
      step: { image, commands: ["echo begun"], environment: { PATH: process.env.PATH ?? "" } },
      signal: new AbortController().signal,
      slot: { user: ownUser, root },
    });
    return output;
  };

  expect(await run("docker.io/library/julia:1.11@sha256:00")).toBe(
    "image docker.io/library/julia:1.11@sha256:00 has julia, which is not installed where the local CI runs steps (docs/local-ci.md)\nbegun",
  );
  expect(await run("registry.test/node:22")).toBe("begun");
  expect(await run("acme/toolbox:1")).toBe("begun");
});
