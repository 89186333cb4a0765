/**
 * A coding agent in a session that wants out, in the containers that `up` makes. Each class of attack is tried as who must
 * fail and, to show that it would be seen to succeed, as who must not.
 */
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { harnessUids, RUNNER_UID, stepUids } from "../../../src/core/uids.ts";
import { AttackedFactory, findGateway } from "../../support/attacked-factory.ts";
import { onContainer, onMirrorOfBot, onRunner, waysOut } from "../../support/container-attacks.ts";
import { describeWithDocker, docker } from "../../support/docker.ts";
import { until } from "../../support/test-factory.ts";

const [step = 0] = stepUids;

describeWithDocker("from inside a session, on a real Docker Engine", () => {
  let at: AttackedFactory;
  let bot: string;

  beforeAll(async () => {
    at = await AttackedFactory.open({ devBots: ["dev-qwen"] });
    bot = at.bot("dev-qwen");
  }, 600_000);

  afterAll(() => at?.close());

  test("the harness gets nothing of the runner's; the runner's own user would", async () => {
    // What `docker exec` and health checks start has the container's environment.
    await docker("exec", "--detach", bot, "sleep", "60");
    for (const uid of [harnessUids.dev, harnessUids.review])
      expect(await at.attack(bot, uid, onRunner)).toEqual([]);

    const seen = await at.control(bot, RUNNER_UID, onRunner);
    expect(seen).toEqual(
      expect.arrayContaining([
        "a signal to another process",
        "the runner's folder of data",
        "the runner's events",
        "a file among the runner's",
      ]),
    );
  });

  test("nobody of a bot's container changes its image or gets rights", async () => {
    for (const uid of [harnessUids.dev, harnessUids.review])
      expect(await at.attack(bot, uid, onContainer)).toEqual([]);
    const { "another user": _, ...attacks } = onContainer;
    expect(await at.attack(bot, RUNNER_UID, attacks)).toEqual([]);
  });

  test("no mirror is open to a harness that was not lent it, and no home of another session", async () => {
    const home = "/home/agent/data/harness-dev/homes/other";
    const made = `fs.mkdirSync("${home}", { recursive: true, mode: 0o700 })`;
    await at.control(bot, RUNNER_UID, { made });
    const attacks = { ...onMirrorOfBot, "a home of another session": `fs.readdirSync("${home}")` };

    expect(await at.attack(bot, harnessUids.dev, attacks)).toEqual([]);
    expect(await at.control(bot, RUNNER_UID, attacks)).toEqual(Object.keys(attacks));
  });

  test("600 processes that a session leaves without a parent are buried, in every container of ours", async () => {
    // Short-lived: all of them at once would be more than a container may have.
    const orphans = "for i in $(seq 600); do (sleep 0 &) ; done";
    const zombies = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";
    for (const container of [bot, at.ci, at.egress, at.forge]) {
      const user = container === bot || container === at.ci ? ["--user", String(step)] : [];
      await docker("exec", ...user, container, "sh", "-c", orphans);
      await until(`no zombie is left in ${container}`, async () => {
        return (await docker("exec", container, "sh", "-c", zombies)) === "0";
      });
    }

    // Without a first process that buries them they would stay.
    const bare = [
      "--entrypoint",
      "node",
      `disinto-agents:${at.name}`,
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
      [at.ci]: ["SETGID", "SETUID"],
      [at.egress]: [],
      [at.forge]: [],
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

  test("a session reaches neither the host nor the outside but by egress, which asks who calls", async () => {
    const ways = waysOut(await findGateway(), at.hostPort);

    for (const uid of [harnessUids.dev, harnessUids.review])
      expect(await at.attack(bot, uid, ways)).toEqual([]);
    const { "the host by its name": direct = "" } = ways;
    const found = await at.control(at.egress, RUNNER_UID, { "the host by its name": direct });
    expect(found).toEqual(["the host by its name"]);
    expect(await docker("logs", at.egress)).toContain(
      '"caller":"dev-qwen","host":"evil.example.com"',
    );
  });

  test("a bot more with another model, and another list, change no other container", async () => {
    const ids = () =>
      docker("ps", "--no-trunc", "--filter", `name=${at.name}-`, "--format", "{{.ID}}");
    const before = (await ids()).split("\n");
    const section = '[agents.ada]\nroles = ["dev"]\nharness = "command"\ncommand = ["true"]\n';
    const model = `base_url = "http://host.docker.internal:${at.hostPort}"\n`;
    await appendFile(
      path.join(at.factory.folder, "projects/greeter.toml"),
      `${section}${model}[network]\nallow = ["npm"]\n`,
    );
    await at.factory.disintoOrThrow("init");
    await at.factory.disintoOrThrow("up");

    const after = (await ids()).split("\n");
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
    await until("the model is forwarded", async () => {
      const ask = `fetch("http://host.docker.internal:${at.hostPort}").then(async (a) => console.log(await a.text()), () => 0)`;
      return (await at.act(bot, harnessUids.review, ask)) === "the host";
    });
  });

  test("volumes of an older version, whose user was 1000, are taken over with all that is in them", async () => {
    const image = `disinto-agents:${at.name}`;
    const [data, repos] = [`${at.name}_agent-data-dev-qwen`, `${at.name}_project-repos-dev-qwen`];
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

    await at.factory.disintoOrThrow("up");
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
