import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { findLeaks, judge, notesVariable, secretsOf } from "./secret-scan.ts";

const secret = "0123456789abcdef";

test("a secret is found in an output, in a file and among arguments, whoever made it", () => {
  const notes = [
    { secrets: [secret], place: "disinto init", text: "all is well" },
    { secrets: [], place: "disinto up", text: `token ${secret}` },
  ];

  expect(judge(notes, [`git\0push\0https://x:${secret}@forge`, "git\0status"])).toEqual([
    "a secret in: disinto up",
    "a secret among the arguments of: git",
  ]);
  expect(judge(notes.slice(0, 1), ["git\0status"])).toEqual([]);
});

test("every file of a factory is looked into, a git configuration too, but not .env", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-leaks-"));
  await mkdir(path.join(folder, "work/.git"), { recursive: true });
  await writeFile(path.join(folder, ".env"), `FORGE_TOKEN_ADA=${secret}\nFORGE_PASS_ADA=short\n`);
  await writeFile(path.join(folder, "work/.git/config"), `url = http://ada:${secret}@forge/x\n`);
  await writeFile(path.join(folder, "docker-compose.yml"), "FORGE_TOKEN_ADA");

  const secrets = await secretsOf(folder);

  expect(secrets).toEqual([secret]);
  expect(await findLeaks(folder, secrets)).toEqual(["work/.git/config"]);
  await rm(folder, { recursive: true });
});

test("every test process notes what it sees for the end of the run", () => {
  expect(process.env[notesVariable]).toBeDefined();
});
