import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Finished, run as runProgram, toolEnvironment } from "../../src/adapters/process.ts";
import type { Forge } from "../../src/ports/forge.ts";
import { buildCli } from "../support/cli.ts";
import { describeWithDocker, docker, removeImage, removeProject } from "../support/docker.ts";
import { onStandIn } from "../support/stand-in-forgejo.ts";
import { repo, TestFactory, until } from "../support/test-factory.ts";

const checkout = path.join(import.meta.dirname, "../..");
const run = `t${randomBytes(4).toString("hex")}`;
const images = [`disinto-agents:${run}`, `disinto-forge:${run}`];
const inImage = (script: string): string[] => ["node", `/app/demo/${script}`];

/** The images as users build them; DISINTO_TEST_BASE names a base where none can be pulled. */
async function buildImages(): Promise<Finished> {
  const base = process.env.DISINTO_TEST_BASE;
  const env = toolEnvironment({ DOCKER_BUILDKIT: process.env.DOCKER_BUILDKIT ?? "1" });
  const dist = path.dirname(await buildCli());
  // As in a clone that its owner alone may read.
  const argv = [
    ...(["sh", "-c", 'umask 077; exec "$@"', "sh", process.execPath] as const),
    "scripts/images.mjs",
    "--tag",
    run,
    "--dist",
    dist,
    ...(base ? ["--base", base] : []),
  ] as const;
  return runProgram(argv, { cwd: checkout, env, timeoutMs: 300_000 });
}

describeWithDocker("on a real Docker Engine", () => {
  let factory: TestFactory;
  let forge: Forge;
  let built: Finished;

  beforeAll(async () => {
    built = await buildImages();
    expect(built.exitCode, built.stderr).toBe(0);
    factory = await TestFactory.create({
      env: { DISINTO_NAME: run, DISINTO_IMAGE_TAG: run },
      coder: [...inImage("coder.mjs"), "--think-ms", "1500"],
      reviewer: inImage("reviewer.mjs"),
      devBots: ["dev-qwen", "dev-qwen2"],
    });
    await factory.disintoOrThrow("init", factory.repository);
    forge = await factory.forge();
  }, 400_000);

  afterAll(async () => {
    await factory?.end();
    await removeProject(run);
    for (const image of images) await removeImage(image);
  });

  async function readContainers(format = "{{.Names}}"): Promise<readonly string[]> {
    const filter = `label=com.docker.compose.project=${run}`;
    return (await docker("ps", "--filter", filter, "--format", format)).split("\n").sort();
  }

  test("npm run images tells what it is at, and standard output names the images alone", () => {
    const told = built.stderr.split("\n").filter((line) => line.startsWith("images: "));

    expect(built.stdout).toBe(`${images.join("\n")}\n`);
    expect(told).toEqual([
      "images: installing the packages that both images hold",
      expect.stringMatching(/^images: on \S+, sha256:/),
      ...images.flatMap((image) => [
        expect.stringContaining(`images: building ${image}`),
        expect.stringMatching(new RegExp(`^images: ${image} is built, in \\d+ s$`)),
      ]),
    ]);
    // What Docker itself is at comes through while it is at it.
    expect(built.stderr).toMatch(/Step 1\/|#1 |load build definition/);
  });

  test("init and up bring up the forge and both bots, and two issues are merged, each once", async () => {
    await factory.disintoOrThrow("up");
    expect(await readContainers()).toEqual(
      ["agents-dev-qwen", "agents-dev-qwen2", "agents-reviewer", "ci", "egress", "forgejo"].map(
        (name) => `${run}-${name}`,
      ),
    );

    const issues = await factory.fileIssues(forge, ["farewell", "thanks"]);
    for (const { number } of issues) {
      await until(
        `issue #${number} is closed`,
        async () => (await forge.issues(repo).get(number)).state === "closed",
      );
    }
    expect(await factory.disintoOrThrow("ci", "logs", "1")).toMatch(/pull_request\): success$/m);
    const history = await until("the leases are gone", async () => {
      const found = await factory.history();
      return [...found.refs.keys()].some((ref) => ref.startsWith("refs/disinto/"))
        ? undefined
        : found;
    });

    expect(history.commits.map(({ subject }) => subject).sort()).toEqual([
      "A greeter",
      "Add farewell",
      "Add thanks",
    ]);
    const authors = history.commits
      .filter(({ subject }) => subject !== "A greeter")
      .map(({ author }) => author);
    for (const author of authors) expect(["dev-qwen", "dev-qwen2"]).toContain(author);
    expect(await forge.pulls(repo).listOpen()).toEqual([]);
  });

  test("a bot's container killed while it codes is brought back by up and finishes its issue, once", async () => {
    const [issue] = await factory.fileIssues(forge, ["sorry"]);
    if (!issue) throw new Error("no issue");
    const { number } = issue;
    const holder = await until("a bot codes", async () => findCoder(number));

    await docker("kill", `${run}-agents-${holder}`);
    const said = await factory.disinto("up");
    await until(
      "the issue is closed",
      async () => (await forge.issues(repo).get(number)).state === "closed",
    );

    expect(said.stderr).toContain(`starting agents-llama-${holder}\n`);
    const { commits } = await factory.history();
    expect(commits.filter(({ subject }) => subject === "Add sorry")).toMatchObject([
      { author: holder },
    ]);
    const answers = await Promise.allSettled([5, 6, 7, 8, 9].map((n) => forge.pulls(repo).get(n)));
    const pulls = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? [answer.value] : [],
    );
    expect(pulls.filter(({ title }) => title === "Add sorry")).toMatchObject([{ merged: true }]);
  });

  async function findCoder(issue: number): Promise<string | undefined> {
    for (const bot of ["dev-qwen", "dev-qwen2"]) {
      const log = await docker("logs", `${run}-agents-${bot}`);
      if (log.includes(`"at":"coding","project":"greeter","issue":${issue}`)) return bot;
    }
    return undefined;
  }

  test("a bot says that it makes progress, to its own health check", async () => {
    const container = `${run}-agents-dev-qwen`;
    const [inspected] = JSON.parse(await docker("inspect", container)) as {
      Config: { Healthcheck: { Test: string[] } };
    }[];
    const [, ...probe] = inspected?.Config.Healthcheck.Test ?? [];

    expect(probe[0]).toBe("node");
    await docker("exec", container, ...probe);
  });

  test("doctor asks the images for their version, and runs the project's tests in the bots'", async () => {
    const file = path.join(factory.folder, "projects/greeter.toml");
    const text = await readFile(file, "utf8");
    const withTests = (argv: readonly string[]): Promise<void> =>
      writeFile(file, `test_command = ${JSON.stringify(argv)}\n${text}`);

    await withTests(["node", "--test"]);
    const { stdout: good } = await factory.disinto("doctor");
    await withTests(["node", "no-such-test.mjs"]);
    const { stdout: bad, exitCode } = await factory.disinto("doctor");
    await writeFile(file, text);

    expect(good).toMatch(/^good {2}image {3}agents-llama-dev-qwen2? is version \d/m);
    expect(good).toMatch(/^good {2}image {3}forgejo is version \d/m);
    const where = `in ${images[0]}`;
    expect(good).toContain(`good  tests   greeter: node --test ${where} passes`);
    expect(bad).toContain(`bad   tests   greeter: node no-such-test.mjs ${where} ended with 1\n`);
    expect(exitCode).toBe(1);
    expect(await docker("ps", "--all", "--quiet", "--filter", `name=${run}-tests`)).toBe("");
  });

  test("a second up finds nothing to do", async () => {
    const { exitCode, stderr } = await factory.disinto("up");

    expect({ exitCode, stderr: stderr.trim() }).toEqual({ exitCode: 0, stderr: "nothing to do" });
  });

  test("a used-up budget of the factory's stops the next session, and stands in the status, until it is taken back", async () => {
    const isClosed = async (issue: number) =>
      (await forge.issues(repo).get(issue)).state === "closed";
    const [{ number: paid = 0 } = {}] = await factory.fileIssues(forge, ["greeting"]);
    await until("the first is closed", () => isClosed(paid));
    const env = path.join(factory.folder, ".env");
    const text = await readFile(env, "utf8");
    await writeFile(env, `${text}DISINTO_BUDGET="day.hours=0.0001"\n`);
    await factory.disintoOrThrow("up");
    const [{ number: unpaid = 0 } = {}] = await factory.fileIssues(forge, ["goodbye"]);

    const status = await until("the status says so", async () => {
      const told = await factory.disintoOrThrow("status");
      return told.includes("the budget of the factory") ? told : undefined;
    });
    const { labels } = await forge.issues(repo).get(unpaid);
    await writeFile(env, text);
    await factory.disintoOrThrow("up");
    await until("the second is closed", () => isClosed(unpaid));

    expect(status).toMatch(/^! since .* is used up, .* minutes \(disinto cost\)$/m);
    expect(labels).toEqual(["backlog"]);
    expect(await factory.disintoOrThrow("cost", "--by", "bot")).toMatch(/^dev-qwen/m);
  });

  test("a word more in LLAMA_BOTS, init and up: one user, one token, one container more, and no other is touched", async () => {
    const identities = async () => ({
      containers: (await readContainers("{{.Names}} {{.ID}}")).map((one) => one.split(" ")),
      environment: await factory.environment(),
      members: await readMembers(),
    });
    const before = await identities();
    const env = path.join(factory.folder, ".env");
    const text = await readFile(env, "utf8");
    await writeFile(env, text.replace('"dev-qwen dev-qwen2"', '"dev-qwen dev-qwen2 dev-qwen3"'));
    const project = path.join(factory.folder, "projects/greeter.toml");
    const section = '[agents.dev-qwen3]\nharness = "command"\ncommand = ["/bin/true"]\n';
    await writeFile(project, `${await readFile(project, "utf8")}${section}`);

    await factory.disintoOrThrow("init");
    await factory.disintoOrThrow("up");

    const after = await identities();
    const added = after.containers.filter(([name]) => name === `${run}-agents-dev-qwen3`);
    expect(added).toHaveLength(1);
    expect(after.containers.toSorted()).toEqual([...before.containers, ...added].toSorted());
    expect(after.members.toSorted()).toEqual([...before.members, "dev-qwen3"].toSorted());
    const { environment } = after;
    const { LLAMA_BOTS: _, ...kept } = Object.fromEntries(before.environment);
    expect(Object.fromEntries(environment)).toMatchObject(kept);
    const keys = [...environment.keys()].filter((key) => !before.environment.has(key));
    expect(keys.toSorted()).toEqual(["FORGE_PASS_DEV_QWEN3", "FORGE_TOKEN_DEV_QWEN3"]);
  });

  test("on an image that starts as root and whose command line refuses root, init makes the administrator as git, and says what the forge refuses", async () => {
    await onStandIn({ variant: "usual", run, from: images[1] ?? "" }, async (other, inForge) => {
      expect(await inForge("forgejo", "admin")).toContain(
        "Forgejo is not supposed to be run as root",
      );
      expect(await inForge("stat", "-c", "%U", "/data/gitea")).toBe("git\n");

      const env = path.join(other.folder, ".env");
      const text = await readFile(env, "utf8");
      await writeFile(env, text.replace(/^FORGE_ADMIN_PASS=.*$/m, ""));
      const { exitCode, stderr } = await other.disinto("init");

      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/user already exists/);
    });
  });

  test("on the image that is git from the start, its volume is where that image keeps its data", async () => {
    await onStandIn({ variant: "rootless", run, from: images[1] ?? "" }, async (_, inForge) => {
      expect(await inForge("stat", "-c", "%U", "/var/lib/gitea/data")).toBe("git\n");
      expect(await inForge("grep", "-c", " /var/lib/gitea ", "/proc/mounts")).toBe("1\n");
    });
  });

  async function readMembers(): Promise<readonly string[]> {
    const { FORGE_ADMIN_USER: login, FORGE_ADMIN_PASS: password } = Object.fromEntries(
      await factory.environment(),
    );
    const basic = Buffer.from(`${login}:${password}`).toString("base64");
    const answer = await fetch(`${factory.forgeUrl}/api/v1/admin/users?limit=50`, {
      headers: { authorization: `Basic ${basic}` },
    });
    const users = (await answer.json()) as readonly { readonly login: string }[];
    return users.map((user) => user.login);
  }
});
