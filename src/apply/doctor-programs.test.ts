import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { buildOneShots } from "../engines/local/one-shots.ts";
import type { Job, OneShots } from "../ports/one-shots.ts";
import { checkTests, type ImageExamination } from "./doctor-images.ts";
import { checkPrograms } from "./doctor-programs.ts";

const here = buildOneShots(AbortSignal.timeout(60_000));

function examination(
  { env = "DISINTO_ENGINE=local\n", project }: { env?: string; project: string },
  oneShots: OneShots,
  archive = new Uint8Array(),
): ImageExamination {
  return {
    factory: makeFactory(env, { shop: `repo = "acme/shop"\n${project}` }),
    environment: new Map([["FORGE_TOKEN_A", "t"]]),
    containers: { project: "disinto" },
    repositories: { archive: async () => archive },
    oneShots,
  } as unknown as ImageExamination;
}

const bot = (name: string, program: string, more = "") =>
  `[agents.${name}]\nharness = "command"\ncommand = ["${program}", "x"]\n${more}`;

test("a bot whose program is not on this machine is named, and what is there or in the work folder is not", async () => {
  const project = [bot("a", "no-such-coder"), bot("b", "git"), bot("c", "./tools/coder")].join("");

  const findings = await checkPrograms(examination({ project }, here));

  expect(findings).toEqual([
    {
      subject: "agent",
      verdict: "bad",
      message: "no-such-coder is not installed on this machine, and a cannot work without it",
      hint: "install it where PATH finds it, then run disinto up in that shell",
    },
    { subject: "agent", verdict: "good", message: "git is installed on this machine" },
  ]);
});

test("with images each is asked once, for the programs of the bots that run in it", async () => {
  const asked: Job[] = [];
  const project = [
    bot("a", "coder", 'image = "acme/one:1"\n'),
    bot("b", "coder", 'image = "acme/two:1"\n'),
    '[agents.c]\nbase_url = "http://model:1"\nimage = "acme/two:1"\n',
    bot("d", "other", "enabled = false\n"),
  ].join("");
  const oneShots: OneShots = {
    run: async (job) => {
      asked.push(job);
      return { exitCode: 0, lastLines: job.image === "acme/two:1" ? "missing claude" : "" };
    },
  };

  const findings = await checkPrograms(examination({ env: "", project }, oneShots));

  expect(asked.map(({ image, argv }) => [image, ...argv.slice(4)])).toEqual([
    ["acme/one:1", "coder"],
    ["acme/two:1", "coder", "claude"],
  ]);
  expect(findings.filter(({ verdict }) => verdict === "bad")).toMatchObject([
    { message: "claude is not installed in acme/two:1, and c cannot work without it" },
  ]);
});

test("test_command runs where the CI runs it, and in each image in which a bot does", async () => {
  const asked: string[] = [];
  const oneShots: OneShots = {
    run: async ({ image }) => {
      asked.push(image);
      return { exitCode: image === "acme/ci:1" ? 1 : 0, lastLines: "sh: pytest: not found" };
    },
  };
  const project = [
    'test_command = ["pytest"]\nimage = "acme/python:1"\n',
    bot("a", "coder"),
    bot("b", "coder"),
  ].join("");
  const env = "DISINTO_IMAGE_AGENTS=acme/ci:1\n";

  const findings = await checkTests(examination({ env, project }, oneShots));

  expect(asked).toEqual(["acme/ci:1", "acme/python:1"]);
  expect(findings[0]).toMatchObject({
    verdict: "bad",
    message: "shop: pytest in acme/ci:1 ended with 1\nsh: pytest: not found",
  });
});

test("without images test_command runs once, on this machine, with the files of the primary branch", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "doctor-"));
  await writeFile(path.join(folder, "answer"), "42\n");
  const tar = await here.run({
    project: "",
    name: "",
    image: "",
    argv: ["sh", "-c", `tar -C ${folder} -cf - answer | base64 -w0`],
    limits: { memory: "", cpus: 1, pids: 1 },
    timeoutMs: 10_000,
  });
  const archive = new Uint8Array(Buffer.from(tar.lastLines, "base64"));
  const run = async (program: string) => {
    const project = `test_command = ["grep", "${program}", "answer"]\n${bot("a", "git")}${bot("b", "git")}`;
    return checkTests(examination({ project }, here, archive));
  };

  const [good, bad] = [await run("42"), await run("43")];
  await rm(folder, { recursive: true });

  expect(good).toEqual([
    {
      subject: "tests",
      verdict: "good",
      message: "shop: grep 42 answer on this machine passes",
    },
  ]);
  expect(bad).toMatchObject([
    { verdict: "bad", message: "shop: grep 43 answer on this machine ended with 1\n" },
  ]);
});
