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
import {
  type Attacks,
  onContainer,
  onMirrorOfBot,
  onMirrorOfCi,
  onOtherRuns,
  onRunner,
} from "../support/container-attacks.ts";
import { describeWithDocker, docker, removeImage, removeProject } from "../support/docker.ts";
import { TestFactory, until } from "../support/test-factory.ts";

const checkout = path.join(import.meta.dirname, "../..");
const name = `t${randomBytes(4).toString("hex")}`;
const [bot, ci] = [`${name}-agents-dev-qwen`, `${name}-ci`];
const [egress, forge] = [`${name}-egress`, `${name}-forgejo`];
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

  test("600 processes that a session leaves without a parent are buried, in every container of ours", async () => {
    // Short-lived: all of them at once would be more than a container may have.
    const orphans = "for i in $(seq 600); do (sleep 0 &) ; done";
    const zombies = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";
    for (const container of [bot, ci, egress, forge]) {
      const user = container === bot || container === ci ? ["--user", String(step)] : [];
      await docker("exec", ...user, container, "sh", "-c", orphans);
      await until(`no zombie is left in ${container}`, async () => {
        return (await docker("exec", container, "sh", "-c", zombies)) === "0";
      });
    }

    // Without a first process that buries them they would stay.
    const bare = [
      "--entrypoint",
      "node",
      `disinto-agents:${name}`,
      "-e",
      "setInterval(() => 0, 999)",
    ];
    const id = await docker("run", "--detach", "--rm", "--pids-limit", "900", ...bare);
    await docker("exec", id, "sh", "-c", orphans);
    await docker("exec", id, "sleep", "1");
    const left = await docker("exec", id, "sh", "-c", zombies);
    await docker("rm", "--force", id);
    expect(Number(left)).toBeGreaterThan(400);
  });

  test("every container of ours is read-only, without new rights and without swap beyond its memory", async () => {
    const capabilities = {
      [bot]: ["SETGID", "SETUID"],
      [ci]: ["SETGID", "SETUID"],
      [egress]: [],
      [forge]: [],
    };
    for (const [container, allowed] of Object.entries(capabilities)) {
      const [{ HostConfig: has, Image } = { HostConfig: {}, Image: "" }] = JSON.parse(
        await docker("inspect", container),
      );
      const added = (has.CapAdd ?? []).map((one: string) => one.replace(/^CAP_/, "")).sort();
      expect({ container, added, dropped: has.CapDrop }).toEqual({
        container,
        added: allowed,
        dropped: ["ALL"],
      });
      expect(has).toMatchObject({ Init: true, ReadonlyRootfs: true, Privileged: false });
      expect(has.SecurityOpt).toEqual(["no-new-privileges:true"]);
      expect(has.MemorySwap).toBe(has.Memory);
      expect(has.Binds ?? []).not.toContainEqual(expect.stringContaining("docker.sock"));
      const labels = await docker("image", "inspect", "--format", "{{json .Config.Labels}}", Image);
      expect(JSON.parse(labels)).toMatchObject({
        "org.opencontainers.image.base.digest": expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      });
    }
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

  test("volumes of an older version, whose user was 1000, are taken over with all that is in them", async () => {
    const image = `disinto-agents:${name}`;
    const [data, repos] = [`${name}_agent-data-dev-qwen`, `${name}_project-repos-dev-qwen`];
    const inVolumes = (script: string) => {
      const volumes = ["--volume", `${data}:/data`, "--volume", `${repos}:/repos`];
      const shell = ["--entrypoint", "sh", image, "-c", script];
      return docker("run", "--rm", "--user", "0:0", ...volumes, ...shell);
    };
    const describe =
      "cd /repos/kept && find . -printf '%p %m %l %T@\\n' | sort && sha256sum secret 'a b'";
    await docker("rm", "--force", bot);
    await inVolumes(
      "mkdir /repos/kept && cd /repos/kept && echo s > secret && chmod 600 secret && echo x > 'a b' && ln -s /etc/passwd link && ln secret hard && mkdir shut && chmod 500 shut && chown -R --no-dereference 1000:1000 /data /repos && chmod 755 /data /repos",
    );
    const before = await inVolumes(describe);
    const events = await inVolumes("cat /data/events.jsonl");

    await factory.disintoOrThrow("up");
    await until("the bot is at work", async () =>
      (await docker("logs", bot)).includes("bot.started"),
    );

    expect(await inVolumes(describe)).toBe(before);
    const others = "find /data /repos ! -user 64000 ! -user 64001 ! -user 64002 | wc -l";
    expect(await inVolumes(others)).toBe("0");
    expect((await inVolumes("cat /data/events.jsonl")).startsWith(events)).toBe(true);
    expect(await inVolumes("stat -c %u:%a /etc/passwd")).toBe("0:644");
  });
});
