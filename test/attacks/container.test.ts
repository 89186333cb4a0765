/**
 * A coding agent and a step of the CI that want out, in the containers that `up` makes. Each class of attack is tried as
 * who must fail and, to show that it would be seen to succeed, as who must not.
 */
import { randomBytes } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { harnessUids, RUNNER_UID, stepUids } from "../../src/core/uids.ts";
import { buildCli } from "../support/cli.ts";
import { describeWithDocker, docker, removeImage, removeProject } from "../support/docker.ts";
import { TestFactory, until } from "../support/test-factory.ts";

const checkout = path.join(import.meta.dirname, "../..");
const name = `t${randomBytes(4).toString("hex")}`;
const [bot, ci, egress] = [`${name}-agents-dev-qwen`, `${name}-ci`, `${name}-egress`];
const [step = 0, otherStep = 0] = stepUids;
const counted = { tried: 0, refused: 0 };

async function buildImages(): Promise<void> {
  const base = process.env.DISINTO_TEST_BASE;
  const env = toolEnvironment({ DOCKER_BUILDKIT: process.env.DOCKER_BUILDKIT ?? "1" });
  const dist = path.dirname(await buildCli());
  const argv = ["scripts/images.mjs", "--tag", name, "--dist", dist];
  await runOrThrow([process.execPath, ...argv, ...(base ? ["--base", base] : [])], {
    cwd: checkout,
    env,
    timeoutMs: 300_000,
  });
}

/** As a harness, a step or, for comparison, the runner: without the runner's capabilities in any case. */
async function act(container: string, uid: number, script: string): Promise<string> {
  const drop = ["--clear-groups", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"];
  // The egress service is that user already, and can become nobody.
  const become = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, ...drop];
  const who = container === egress ? [] : become;
  const argv = ["docker", "exec", container, ...who, "node", "-e", script] as const;
  const { stdout, stderr } = await run(argv, { timeoutMs: 120_000 });
  return stdout.trim() || stderr.trim();
}

/** Of every project that the container's service works on, and what is kept there for others. */
const reading = (file: string): string => `fs.statSync(${JSON.stringify(file)} + "/HEAD")`;
const onMirrorOfCi: Attacks = {
  "a project's mirror": reading("/home/agent/data/disinto-admin/greeter/mirror.git"),
};
const onOtherRuns: Attacks = {
  "the names of projects": 'fs.readdirSync("/home/agent/data/disinto-admin")',
  "what is kept of a project's runs": 'fs.readdirSync("/home/agent/data/disinto-admin/greeter")',
  "a cache in place of the CI's":
    'fs.writeFileSync("/home/agent/data/disinto-admin/greeter/cache.tar", "")',
  "the names of runs": 'fs.readdirSync("/home/agent/data/runs")',
  "a folder among the runs'": 'fs.mkdirSync("/home/agent/data/runs/1/x")',
  "the objects that another run is lent": 'fs.readdirSync("/home/agent/data/runs/1.lent/x")',
  "the CI's answers":
    'const { status } = await fetch("http://127.0.0.1:8000/api/repos/lookup/disinto-admin/greeter/cache"); return status !== 401',
};
const onMirrorOfBot: Attacks = {
  "a project's mirror": reading("/home/agent/repos/dev/disinto-admin/greeter/mirror.git"),
};

/** Each is an expression; it has succeeded when it does not throw and does not answer false. */
type Attacks = Readonly<Record<string, string>>;

async function attack(
  container: string,
  uid: number,
  attacks: Attacks,
): Promise<readonly string[]> {
  const entries = Object.entries(attacks).map(
    ([title, code]) => `[${JSON.stringify(title)}, async () => { ${code} }]`,
  );
  const script = `
    const fs = require("fs"), net = require("net"), cp = require("child_process");
    const others = () => fs.readdirSync("/proc").filter((pid) => /^\\d+$/.test(pid) && pid != process.pid);
    const reach = (host, port) => new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, timeout: 4000 });
      socket.on("connect", () => (socket.destroy(), resolve(true))).on("error", reject);
      socket.on("timeout", () => (socket.destroy(), reject(new Error("timeout"))));
    });
    const ask = (target) => new Promise((resolve, reject) => {
      const socket = net.connect({ host: "egress", port: 3128 });
      socket.write("CONNECT " + target + " HTTP/1.1\\r\\n\\r\\n");
      socket.on("data", (data) => (socket.destroy(), resolve(/^HTTP.1.1 200/.test(data)))).on("error", reject);
    });
    (async () => {
      for (const [title, go] of [${entries.join(",")}]) {
        const won = await go().then((answer) => answer !== false, () => false);
        if (won) console.log(title);
      }
    })();`;
  const said = await act(container, uid, script);
  const won = said.split("\n").filter((line) => line !== "");
  counted.tried += entries.length;
  counted.refused += entries.length - won.length;
  return won;
}

const onRunner: Attacks = {
  "an environment of another process":
    'return others().some((pid) => { try { return fs.readFileSync("/proc/" + pid + "/environ", "utf8").includes("FORGE_TOKEN="); } catch { return false; } })',
  "an open file of another process":
    'return others().some((pid) => { try { return fs.readdirSync("/proc/" + pid + "/fd").length > 0; } catch { return false; } })',
  "the memory of another process":
    'return others().some((pid) => { try { fs.closeSync(fs.openSync("/proc/" + pid + "/mem", "r")); return true; } catch { return false; } })',
  "a signal to another process":
    "return others().some((pid) => { try { return process.kill(Number(pid), 0); } catch { return false; } })",
  "the runner's folder of data": 'fs.readdirSync("/home/agent/data")',
  "the runner's events": 'fs.readFileSync("/home/agent/data/events.jsonl")',
  "a file among the runner's": 'fs.writeFileSync("/home/agent/repos/x", "")',
};

const onContainer: Attacks = {
  "a program of the image": 'fs.writeFileSync("/usr/local/bin/git", "")',
  "disinto's own code": 'fs.appendFileSync("/app/dist/main.js", "")',
  "another user": "process.setuid(64000)",
  root: "process.setuid(0)",
  "a program that makes root":
    'return cp.execSync("find / -xdev -perm /6000 -type f 2>/dev/null || true").length > 0',
  "a capability": 'return !/CapEff:\\t0+\\n/.test(fs.readFileSync("/proc/self/status", "utf8"))',
  "the engine's socket": 'fs.statSync("/var/run/docker.sock")',
};

describeWithDocker("from inside the containers, on a real Docker Engine", () => {
  let factory: TestFactory;
  let host: Server;
  let hostPort = 0;

  beforeAll(async () => {
    await buildImages();
    host = createServer((_, response) => response.end("the host")).listen(0, "0.0.0.0");
    await new Promise((resolve) => host.once("listening", resolve));
    hostPort = (host.address() as AddressInfo).port;
    factory = await TestFactory.create({
      env: { DISINTO_NAME: name, DISINTO_IMAGE_TAG: name },
      coder: ["true"],
      reviewer: ["true"],
      devBots: ["dev-qwen"],
    });
    await factory.disintoOrThrow("init", factory.repository);
    await factory.disintoOrThrow("up");
    await until("the bot is at work", async () =>
      (await docker("logs", bot)).includes("bot.started"),
    );
  }, 600_000);

  afterAll(async () => {
    process.stdout.write(`attacks: ${counted.tried} tried, ${counted.refused} refused\n`);
    host?.close();
    await factory?.end();
    await removeProject(name);
    for (const image of ["agents", "forge"]) await removeImage(`disinto-${image}:${name}`);
  });

  test("the harness gets nothing of the runner's; the runner's own user would", async () => {
    expect(await attack(bot, harnessUids.dev, onRunner)).toEqual([]);

    const seen = await attack(bot, RUNNER_UID, onRunner);
    expect(seen).toEqual(
      expect.arrayContaining([
        "a signal to another process",
        "the runner's folder of data",
        "the runner's events",
        "a file among the runner's",
      ]),
    );
  });

  test("nobody of a container changes its image or gets rights", async () => {
    for (const uid of [harnessUids.dev, harnessUids.review, RUNNER_UID]) {
      const { "another user": _, ...attacks } = onContainer;
      expect(await attack(bot, uid, uid === RUNNER_UID ? attacks : onContainer)).toEqual([]);
    }
    expect(await attack(ci, step, onContainer)).toEqual([]);
  });

  test("a step of the CI gets nothing of the CI's, nor of another run's", async () => {
    const { "a file among the runner's": _, ...ofCi } = onRunner;
    const other = `setpriv --reuid=${otherStep} --regid=${otherStep} --clear-groups --inh-caps=-all --ambient-caps=-all`;
    await docker("exec", "--detach", ci, ...other.split(" "), "sleep", "60");

    expect(await attack(ci, step, ofCi)).toEqual([]);
    expect(
      await attack(ci, otherStep, {
        "a signal to its own": onRunner["a signal to another process"] ?? "",
      }),
    ).toEqual(["a signal to its own"]);
  });

  test("no mirror, cache or folder of runs is open to a step or a harness that was not given it", async () => {
    const seats =
      'for (const at of ["1", "1.lent"]) fs.mkdirSync("/home/agent/data/runs/" + at, { recursive: true, mode: 0o700 })';
    await attack(ci, RUNNER_UID, { "seats of a run": seats });

    expect(await attack(ci, step, { ...onMirrorOfCi, ...onOtherRuns })).toEqual([]);
    expect(await attack(bot, harnessUids.dev, onMirrorOfBot)).toEqual([]);
    for (const [container, mirror] of [
      [ci, onMirrorOfCi],
      [bot, onMirrorOfBot],
    ] as const)
      expect(await attack(container, RUNNER_UID, mirror)).toEqual(["a project's mirror"]);
  });

  test("what a session leaves without a parent is buried", async () => {
    const orphans = "for (let n = 0; n < 200; n++) cp.execSync(\"sh -c 'sleep 0.1 &'\");";
    await act(bot, harnessUids.review, `const cp = require("child_process"); ${orphans}`);

    await until("no zombie is left", async () => {
      const script =
        'const fs = require("fs"); console.log(fs.readdirSync("/proc").filter((pid) => { try { return /^State:.Z/m.test(fs.readFileSync("/proc/" + pid + "/status", "utf8")); } catch { return false; } }).length)';
      return (await act(bot, harnessUids.review, script)) === "0";
    });
  });

  test("no container but egress reaches the host or the outside, and egress asks who calls", async () => {
    const gateway = (
      await docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    ).trim();
    const ways: Attacks = {
      "the host by its bridge": `return reach(${JSON.stringify(gateway)}, ${hostPort})`,
      "the host by its name": `return reach("host.docker.internal", ${hostPort})`,
      "the outside": 'return reach("192.0.2.1", 80)',
      "a name that nobody allowed": 'return ask("evil.example.com:443")',
      "the host by the proxy": `return ask(${JSON.stringify(`${gateway}:`)} + ${hostPort})`,
      "loopback of the proxy": 'return ask("127.0.0.1:3128")',
    };

    for (const [container, uid] of [
      [bot, harnessUids.dev],
      [ci, step],
    ] as const)
      expect(await attack(container, uid, ways)).toEqual([]);
    expect(
      await attack(egress, RUNNER_UID, {
        "the host by its name": ways["the host by its name"] ?? "",
      }),
    ).toEqual(["the host by its name"]);
    expect(await docker("logs", egress)).toContain('"caller":"dev-qwen","host":"evil.example.com"');
  });

  test("a bot more with another model, and another list, change no other container", async () => {
    const ids = () =>
      docker("ps", "--no-trunc", "--filter", `name=${name}-`, "--format", "{{.ID}}");
    const before = (await ids()).split("\n");
    const section = '[agents.ada]\nroles = ["dev"]\nharness = "command"\ncommand = ["true"]\n';
    const model = `base_url = "http://host.docker.internal:${hostPort}"\n`;
    await appendFile(
      path.join(factory.folder, "projects/greeter.toml"),
      `${section}${model}[network]\nallow = ["npm"]\n`,
    );
    await factory.disintoOrThrow("init");
    await factory.disintoOrThrow("up");

    const after = (await ids()).split("\n");
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
    await until("the model is forwarded", async () => {
      const ask = `fetch("http://host.docker.internal:${hostPort}").then(async (a) => console.log(await a.text()), () => 0)`;
      return (await act(bot, harnessUids.review, ask)) === "the host";
    });
  });
});
