import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { buildStandIn, describeWithDocker, docker, removeImage } from "../support/docker.ts";
import { type Fleet, identify, makeFleet } from "../support/fleet.ts";

describeWithDocker("bots on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;

  beforeAll(() => buildStandIn(image));
  afterAll(() => removeImage(image));
  beforeEach(async () => {
    fleet = await makeFleet(image);
  });
  afterEach(() => fleet.remove());

  test("two names in LLAMA_BOTS are two isolated services with derived names", async () => {
    const [shared, ssh, age] = ["claude's $hare", "ssh", "age"].map((name) =>
      join(fleet.folder, name),
    ) as [string, string, string];
    for (const path of [shared, ssh, age]) await mkdir(path);
    await fleet.configure(
      ["dev-qwen", "dev-qwen2"],
      'LLAMA_BOTS="dev-qwen dev-qwen2"',
      `CLAUDE_SHARED_DIR="${shared.replaceAll("$", "\\$")}"`,
      `AGENT_SSH_DIR=${ssh}`,
      `SOPS_AGE_DIR=${age}`,
    );

    await fleet.up();

    const text = await fleet.read("docker-compose.yml");
    for (const literal of [
      "&agents_llama_base",
      `\${FORGE_TOKEN_DEV_QWEN2}`,
      `\${FORGE_PASS_DEV_QWEN2}`,
    ])
      expect(text).toContain(literal);
    expect(text).not.toContain("token-of");
    const running = (await fleet.compose("ps", "--services")).split("\n").sort();
    expect(running).toEqual([
      "agents-llama-dev-qwen",
      "agents-llama-dev-qwen2",
      "egress",
      "forgejo",
    ]);
    const containers = await fleet.containers();
    for (const bot of ["dev-qwen", "dev-qwen2"]) {
      expect(containers[`agents-${bot}`]).toMatchObject({
        running: true,
        environment: {
          AGENT_ROLES: "dev",
          FORGE_TOKEN: `token-of-${bot}`,
          FORGE_PASS: `pass $of ${bot}`,
        },
        mounts: {
          "/home/agent/repos": `${fleet.name}_project-repos-${bot}`,
          "/home/agent/data": `${fleet.name}_agent-data-${bot}`,
          [shared]: `${shared}:ro`,
          "/home/agent/.ssh": `${ssh}:ro`,
          "/home/agent/.config/sops/age": `${age}:ro`,
        },
      });
      const hosts = await docker(
        "exec",
        containers[`agents-${bot}`]?.id ?? "",
        "getent",
        "hosts",
        "host.docker.internal",
      );
      expect(hosts).toContain("host.docker.internal");
    }
    expect(containers["agents-dev-qwen"]?.inspected).not.toMatch(/dev-qwen2|DEV_QWEN2/);
    expect(containers["agents-dev-qwen2"]?.inspected).not.toMatch(/dev-qwen(?!2)/);
  });

  test("a bot that is added, and one that is deleted, disturbs no other one", async () => {
    const bots = ["dev-qwen", "dev-qwen2", "dev-qwen3", "dev-qwen4", "dev-qwen5"];
    const declare = (count: number) =>
      fleet.configure(bots, `LLAMA_BOTS="${bots.slice(0, count).join(" ")}"`);
    await declare(1);
    await fleet.up();
    let before = identify(await fleet.containers());

    for (const count of [2, 5, 4, 3, 2, 5, 1, 4, 2, 1]) {
      await declare(count);
      await fleet.up("--remove");

      const after = identify(await fleet.containers());
      const kept = Object.keys(before).filter((name) => name in after);
      expect(Object.keys(after)).toHaveLength(count + 2);
      for (const name of kept) expect(after[name]).toBe(before[name]);
      before = after;
    }
  });

  test("a name that is deleted by mistake costs nothing: nobody agreed to the removal", async () => {
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.up();
    const [before, modified] = [identify(await fleet.containers()), await fleet.modified()];
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a");

    const { exitCode, stderr } = await fleet.cli("up");

    expect(exitCode).toBe(2);
    expect(stderr).toContain("disinto up --remove");
    expect(identify(await fleet.containers())).toEqual(before);
    expect(await fleet.modified()).toBe(modified);
  });

  test("a killed bot is brought back alone", async () => {
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.up();
    const { "agents-a": a, ...others } = await fleet.containers();
    await docker("kill", a?.id ?? "");

    const said = await fleet.up();

    expect(said).toContain("starting agents-llama-a\n");
    const { "agents-a": back, ...same } = await fleet.containers();
    expect(back?.running).toBe(true);
    expect(identify(same)).toEqual(identify(others));
  });

  test("a container under another name is replaced, where compose would leave it for ever", async () => {
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.up();
    const { "agents-a": a, ...others } = await fleet.containers();
    await docker("rename", a?.id ?? "", `abc_${fleet.name}-agents-a`);

    expect(await fleet.plan()).toMatch(/^~ service agents-llama-a +its container is named abc_/);
    await fleet.up();

    const { "agents-a": back, ...same } = await fleet.containers();
    expect(back?.running).toBe(true);
    expect(identify(same)).toEqual(identify(others));
  });

  test("the single-bot default, no bot at all, and enabled = false and back", async () => {
    await fleet.configure(["dev-qwen"], "ENABLE_LLAMA_AGENT=1");
    await fleet.up();
    const one = await fleet.containers();
    expect(Object.keys(one).sort()).toEqual(["agents-dev-qwen", "egress", "forgejo"]);

    await fleet.write(
      "projects/shop.toml",
      'repo = "acme/shop"\nci.provider = "external"\n[agents.dev-qwen]\nenabled = false\n',
    );
    await fleet.up();
    const { egress, forgejo, ...bots } = await fleet.containers();
    expect(bots).toEqual({});
    expect(forgejo?.startedAt).toBe(one.forgejo?.startedAt);
    await fleet.compose("up", "--detach");
    expect(Object.keys(await fleet.containers()).sort()).toEqual(["egress", "forgejo"]);

    await fleet.write("projects/shop.toml", 'repo = "acme/shop"\nci.provider = "external"\n');
    expect(await fleet.up()).toContain("+ service agents-llama-dev-qwen");
    expect((await fleet.containers())["agents-dev-qwen"]?.mounts).toEqual(
      one["agents-dev-qwen"]?.mounts,
    );

    await fleet.configure([], "LLAMA_BOTS=");
    await fleet.up("--remove");
    expect(identify(await fleet.containers())).toEqual(
      identify(forgejo && egress ? { egress, forgejo } : {}),
    );
  });

  test("a bot that moves from a project into LLAMA_BOTS keeps its container's name", async () => {
    await fleet.configure(["ada"], "LLAMA_BOTS=");
    await fleet.write(
      "projects/shop.toml",
      'repo = "acme/shop"\nci.provider = "external"\n[agents.ada]\nbase_url = "http://m:1"\n',
    );
    await fleet.up();
    const before = await fleet.containers();
    await fleet.configure(["ada"], "LLAMA_BOTS=ada");

    const said = await fleet.up();

    expect(said).toMatch(/- service agents-ada +replaced by agents-llama-ada/);
    const after = await fleet.containers();
    expect(Object.keys(after).sort()).toEqual(["agents-ada", "egress", "forgejo"]);
    expect(after["agents-ada"]?.mounts).toEqual(before["agents-ada"]?.mounts);
    expect(await fleet.plan()).toBe("nothing to do");
  });

  test("one bot whose image does not exist does not keep the others from starting", async () => {
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.write(
      "projects/shop.toml",
      'repo = "acme/shop"\nci.provider = "external"\n[agents.b]\nimage = "localhost:1/no-such:1"\n',
    );

    const { exitCode, stderr } = await fleet.cli("up");

    expect(exitCode).toBe(1);
    expect(stderr).toContain("agents-llama-b: ");
    expect(Object.keys(await fleet.containers()).sort()).toEqual(["agents-a", "egress", "forgejo"]);
  });

  test("two factories live on one host side by side", async () => {
    const other = await makeFleet(image);
    try {
      for (const one of [fleet, other]) {
        await one.configure(["dev"], "LLAMA_BOTS=dev");
        await one.up();
      }
      for (const one of [fleet, other]) {
        expect(await one.plan()).toBe("nothing to do");
        expect(Object.keys(await one.containers()).sort()).toEqual([
          "agents-dev",
          "egress",
          "forgejo",
        ]);
        expect(await (await fetch(`http://127.0.0.1:${one.port}`)).text()).toBe("ok");
      }
      await fleet.cli("down");
      expect(Object.values(await other.containers()).every(({ running }) => running)).toBe(true);
    } finally {
      await other.remove();
    }
  });
});
