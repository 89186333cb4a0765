import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { isSecretKey } from "../../src/config/secret-keys.ts";
import type { Forge, Issue, Pull, Review } from "../../src/ports/forge.ts";
import { localCoder, localReviewer, repo, TestFactory, until } from "../support/test-factory.ts";

let factory: TestFactory;

afterEach(() => factory?.end());

async function startFactory(
  devBots: readonly string[],
  coder: readonly string[] = localCoder,
): Promise<Forge> {
  factory = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder,
    reviewer: localReviewer,
    devBots,
  });
  await factory.disintoOrThrow("init", factory.repository);
  return factory.forge();
}

function untilClosed(forge: Forge, { number }: Issue): Promise<boolean> {
  return until(
    `issue #${number} is closed`,
    async () => (await forge.issues(repo).get(number)).state === "closed",
  );
}

function untilNoLease(): Promise<boolean> {
  return until("the leases are gone", async () => {
    const { refs } = await factory.history();
    return ![...refs.keys()].some((ref) => ref.startsWith("refs/disinto/"));
  });
}

/** Every pull request of the repository, read by number: those of issues are none. */
async function readPulls(forge: Forge, upTo: number): Promise<readonly Pull[]> {
  const found: Pull[] = [];
  for (let number = 1; number <= upTo; number++) {
    const pull = await forge
      .pulls(repo)
      .get(number)
      .catch(() => undefined);
    if (pull) found.push(pull);
  }
  return found;
}

test("an issue of the backlog is claimed, written, checked, reviewed by another bot, merged and closed", async () => {
  const forge = await startFactory(["dev-qwen"]);
  const [issue] = await factory.fileIssues(forge, ["farewell"]);
  if (!issue) throw new Error("no issue");

  await factory.disintoOrThrow("up");
  await untilClosed(forge, issue);
  await untilNoLease();

  const { commits, refs } = await factory.history();
  expect(commits[0]).toMatchObject({ author: "dev-qwen", subject: "Add farewell" });
  expect(refs.has("refs/heads/fix/issue-1")).toBe(false);
  const pulls = await readPulls(forge, 4);
  expect(pulls).toMatchObject([
    { number: 2, author: "dev-qwen", merged: true, headSha: commits[0]?.sha },
  ]);
  const reviews: readonly Review[] = await forge.reviews(repo).of(2);
  expect(reviews).toMatchObject([
    { author: "reviewer", verdict: "approved", official: true, sha: commits[0]?.sha },
  ]);
  expect(await forge.statuses(repo).of(commits[0]?.sha ?? "")).toMatchObject([
    { context: "ci/local/test", state: "success" },
  ]);
});

test("it is said once at init and up that agents run as the operator; agents and steps get an environment and HOME of their own", async () => {
  factory = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder: ["sh", "-c", 'env > "$0"; exec "$@"', "PLACE", ...localCoder],
    reviewer: localReviewer,
    devBots: ["dev-qwen"],
  });
  const seen = (name: string) => path.join(factory.folder, `${name}.environment`);
  const file = path.join(factory.folder, "projects", "greeter.toml");
  await writeFile(file, (await readFile(file, "utf8")).replace("PLACE", seen("agent")));
  const inits = await factory.disinto("init", factory.repository);
  const forge = await factory.forge();
  // The CI runs it with the tests.
  const tell = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(seen("step"))}, Object.entries(process.env).map((pair) => pair.join("=")).join("\\n"));`;
  const body = `\`\`\`file test/tell.test.mjs\n${tell}\n\`\`\``;
  const issue = await forge.issues(repo).open({ title: "Tell", body, labels: ["backlog"] });

  const ups = await factory.disinto("up");
  await untilClosed(forge, issue);

  for (const { stdout, stderr } of [inits, ups])
    expect(`${stdout}${stderr}`.match(/agents and CI steps run as you/g)).toHaveLength(1);
  const secrets = [...(await factory.environment())].filter(([key]) => isSecretKey(key));
  expect(secrets.length).toBeGreaterThan(3);
  for (const name of ["agent", "step"]) {
    const text = await readFile(seen(name), "utf8");
    const home = /^HOME=(.*)$/m.exec(text)?.[1] ?? "";
    expect(home.startsWith(path.join(factory.folder, ".disinto", "local"))).toBe(true);
    expect(secrets.filter(([, value]) => text.includes(value))).toEqual([]);
    expect(text).not.toMatch(/^(FORGE|CI|LLAMA|ANTHROPIC)_?(TOKEN|PASS|API_KEY)/m);
  }
});

test("two bots share a backlog: every issue is merged exactly once, in one pull request", async () => {
  const forge = await startFactory(["dev-qwen", "dev-qwen2"]);
  const issues = await factory.fileIssues(forge, ["one", "two", "three", "four"]);

  await factory.disintoOrThrow("up");
  for (const issue of issues) await untilClosed(forge, issue);
  await untilNoLease();

  const { commits } = await factory.history();
  expect(commits.map(({ subject }) => subject).sort()).toEqual([
    "A greeter",
    "Add four",
    "Add one",
    "Add three",
    "Add two",
  ]);
  const pulls = await readPulls(forge, 12);
  expect(
    pulls
      .map(({ title, merged }) => ({ title, merged }))
      .sort((a, b) => a.title.localeCompare(b.title)),
  ).toEqual(
    ["Add four", "Add one", "Add three", "Add two"].map((title) => ({ title, merged: true })),
  );
});

test("a dev bot killed while it codes goes on with the same issue after a restart, in one pull request", async () => {
  const forge = await startFactory(["dev-qwen"], [...localCoder, "--think-ms", "1500"]);
  const [issue] = await factory.fileIssues(forge, ["farewell"]);
  if (!issue) throw new Error("no issue");
  await factory.disintoOrThrow("up");
  const service = "agents-llama-dev-qwen";
  await until("the bot is coding", async () =>
    (await factory.events(service)).some(({ at }) => at === "coding"),
  );
  const record = path.join(factory.folder, ".disinto", "local", service, "process.json");
  const { identity } = JSON.parse(await readFile(record, "utf8")) as { identity: { pid: number } };

  process.kill(identity.pid, "SIGKILL");
  await until("the kill is seen", async () =>
    /not running/.test(await factory.disintoOrThrow("status")),
  );
  await factory.disintoOrThrow("up");
  await untilClosed(forge, issue);
  await untilNoLease();

  expect(await readPulls(forge, 4)).toMatchObject([{ number: 2, merged: true }]);
  const { commits } = await factory.history();
  expect(commits.map(({ subject }) => subject)).toEqual(["Add farewell", "A greeter"]);
  expect((await factory.events(service)).filter(({ type }) => type === "bot.started")).toHaveLength(
    2,
  );
});

test("init run again changes nothing: the same .env, no new token, no container touched", async () => {
  await startFactory(["dev-qwen"]);
  const before = await readFile(path.join(factory.folder, ".env"), "utf8");

  const { exitCode, stderr } = await factory.disinto("init");

  expect(exitCode).toBe(0);
  expect(stderr).toContain("nothing to do: the forge matches the configuration");
  expect(await readFile(path.join(factory.folder, ".env"), "utf8")).toBe(before);
});

test("after down --volumes, init makes the identities anew on the empty forge", async () => {
  await startFactory(["dev-qwen"]);
  const before = await factory.environment();
  const unconfirmed = await factory.disinto("down", "--volumes");
  const { stderr } = await factory.disinto("down", "--volumes", "--yes");

  expect(unconfirmed).toMatchObject({ exitCode: 2 });
  expect(unconfirmed.stderr).toContain("nothing was stopped");
  expect(stderr).toContain("kept: .env with its credentials");

  await factory.disintoOrThrow("init", factory.repository);

  const after = await factory.environment();
  expect(after.get("FORGE_TOKEN_DEV_QWEN")).not.toBe(before.get("FORGE_TOKEN_DEV_QWEN"));
  expect(await (await factory.forge()).pulls(repo).listOpen()).toEqual([]);
});

test("a wrong administrator's password is said, and nothing on the forge or in .env changes", async () => {
  await startFactory(["dev-qwen"]);
  const file = path.join(factory.folder, ".env");
  const wrong = (await readFile(file, "utf8")).replace(
    /^FORGE_ADMIN_PASS=.*$/m,
    "FORGE_ADMIN_PASS=wrong",
  );
  await writeFile(file, wrong);

  const { exitCode, stderr } = await factory.disinto("init");

  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining(
      "the forge does not accept disinto-admin with FORGE_ADMIN_PASS",
    ),
  });
  expect(await readFile(file, "utf8")).toBe(wrong);
});
