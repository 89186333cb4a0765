import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import {
  buildStandIn,
  describeWithDocker,
  docker,
  dockerSays,
  removeImage,
} from "../support/docker.ts";
import { type Fleet, findFreePort, identify, makeFleet } from "../support/fleet.ts";

describeWithDocker("up, again and after changes, on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;

  beforeAll(() => buildStandIn(image));
  afterAll(() => removeImage(image));
  beforeEach(async () => {
    fleet = await makeFleet(image);
  });
  afterEach(() => fleet.remove());

  /** Services that `docker compose up -d` would create or recreate, by its own dry run. */
  async function listDryRun(): Promise<readonly string[]> {
    const text = await dockerSays(
      "compose",
      "--project-directory",
      fleet.folder,
      "--dry-run",
      "up",
      "--detach",
    );
    return [
      ...text.matchAll(new RegExp(`Container ${fleet.name}-(\\S+) +(?:Creating|Recreate)\\b`, "g")),
    ]
      .map(([, name = ""]) => name)
      .sort();
  }

  test("up twice, a plain compose up, and edits without meaning touch no file and no container", async () => {
    await fleet.configure(["a", "b"], 'LLAMA_BOTS="a b"', "LLAMA_MODEL='m $1'");
    await fleet.up();
    const [before, modified] = [identify(await fleet.containers()), await fleet.modified()];
    const times = await fleet.listTimes();

    expect(await fleet.up()).toBe("nothing to do\n");
    await fleet.compose("up", "--detach");
    expect(await fleet.listTimes()).toEqual(times);
    await fleet.configure(
      ["b", "a"],
      "# moved",
      "LLAMA_MODEL='m $1' # the model",
      "LLAMA_BOTS=b,a",
    );
    expect(await fleet.up()).toBe("nothing to do\n");

    expect(identify(await fleet.containers())).toEqual(before);
    expect(await fleet.modified()).toBe(modified);
    expect((await fleet.cli("plan", "--check")).exitCode).toBe(0);
  });

  test("a hired bot is nobody's orphan, and no profile hides it: compose keeps every bot", async () => {
    await fleet.configure(["a", "ada"], "LLAMA_BOTS=a");
    await fleet.write(
      "projects/shop.toml",
      'repo = "acme/shop"\nci.provider = "external"\n[agents.ada]\nbase_url = "http://m:1"\n',
    );
    await fleet.up();
    const before = identify(await fleet.containers());

    await fleet.compose("up", "--detach", "--remove-orphans");

    expect(Object.keys(before).sort()).toEqual(["agents-a", "agents-ada", "egress", "forgejo"]);
    expect(identify(await fleet.containers())).toEqual(before);
  });

  test("what plan would create is what compose's own dry run would", async () => {
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.cli("generate");

    const { stdout } = await fleet.cli("plan", "--json");

    const { steps } = JSON.parse(stdout) as {
      steps: { action: { kind: string; starts?: { service: string }[] } }[];
    };
    const starts = steps.flatMap(({ action }) => action.starts ?? []);
    expect(starts.map(({ service }) => service)).toEqual([
      "forgejo",
      "egress",
      "agents-llama-a",
      "agents-llama-b",
    ]);
    expect(await listDryRun()).toEqual(["agents-a", "agents-b", "egress", "forgejo"]);
  });

  test("another model for one bot replaces that container, as plan and compose both said", async () => {
    const section = (model: string) =>
      `repo = "acme/shop"\nci.provider = "external"\n[agents.b]\nmodel = "${model}"\n`;
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.write("projects/shop.toml", section("one"));
    await fleet.up();
    const { "agents-b": old, ...others } = await fleet.containers();
    await fleet.write("projects/shop.toml", section("two"));

    const planned = await fleet.cli("plan", "--check");

    expect(planned.exitCode).toBe(3);
    expect(planned.stdout).toMatch(
      /~ service agents-llama-b +environment CLAUDE_MODEL changed; the container is replaced\n3 services unchanged/,
    );
    expect((await fleet.containers())["agents-b"]?.id).toBe(old?.id);
    await fleet.cli("generate");
    expect(await listDryRun()).toEqual(["agents-b"]);
    await fleet.up();
    const { "agents-b": replaced, ...same } = await fleet.containers();
    expect(replaced?.environment.CLAUDE_MODEL).toBe("two");
    expect(replaced?.mounts).toEqual(old?.mounts);
    expect(identify(same)).toEqual(identify(others));
  });

  test("an image rebuilt under its tag replaces what runs it, and plan says so", async () => {
    const own = `${image}-own`;
    // Marks of its own: the same content would be the same image as the other scenarios run.
    await buildStandIn(own, `${own}-1`);
    const untagged = await docker("image", "inspect", "--format", "{{.Id}}", own);
    try {
      await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
      await fleet.write(
        "projects/shop.toml",
        `repo = "acme/shop"\nci.provider = "external"\n[agents.b]\nimage = "${own}"\n`,
      );
      await fleet.up();
      const { "agents-b": old, ...others } = await fleet.containers();
      await buildStandIn(own, `${own}-2`);

      expect(await fleet.plan()).toMatch(
        /^~ service agents-llama-b +its image was rebuilt \(\S+-own is sha256:[0-9a-f]{12}, was sha256:[0-9a-f]{12}\)/,
      );
      expect(await listDryRun()).toEqual(["agents-b"]);
      await fleet.up();

      const { "agents-b": replaced, ...same } = await fleet.containers();
      expect(replaced?.id).not.toBe(old?.id);
      expect(identify(same)).toEqual(identify(others));
      expect(await fleet.plan()).toBe("nothing to do");
      expect(JSON.parse(await fleet.read(".disinto/images.json"))[own]).toBe(
        await docker("image", "inspect", "--format", "{{.Id}}", own),
      );

      expect((await fleet.cli("down")).exitCode).toBe(0);
      await buildStandIn(own, `${own}-3`);
      expect(await fleet.plan()).toMatch(
        /^\+ service agents-llama-b +.*; \S+-own is sha256:[0-9a-f]{12}, was sha256:[0-9a-f]{12}$/m,
      );
    } finally {
      await fleet.remove();
      await removeImage(own);
      await removeImage(untagged);
    }
  });

  test("an operator's override file is respected, survives, and its own service is left alone", async () => {
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    await fleet.up();
    const { "agents-b": old, ...others } = await fleet.containers();
    const override = `services:
  agents-llama-b:
    environment: {EXTRA: "yes"}
  mine:
    image: ${image}
`;
    await fleet.write("docker-compose.override.yml", override);

    expect(await fleet.plan()).toMatch(/^~ service agents-llama-b +environment EXTRA changed/);
    await fleet.up();
    await fleet.compose("up", "--detach", "mine");

    const { "agents-b": replaced, "mine-1": mine, ...same } = await fleet.containers();
    expect(replaced?.environment.EXTRA).toBe("yes");
    expect(replaced?.id).not.toBe(old?.id);
    expect(identify(same)).toEqual(identify(others));
    expect(await fleet.up("--remove")).toBe("nothing to do\n");
    expect((await fleet.containers())["mine-1"]?.id).toBe(mine?.id);
    expect(await fleet.read("docker-compose.override.yml")).toBe(override);
  });

  test("down and up again: the same names on the same volumes", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    await fleet.up();
    const before = await fleet.containers();
    await docker("exec", before["agents-a"]?.id ?? "", "touch", "/home/agent/data/kept");

    expect((await fleet.cli("down")).exitCode).toBe(0);
    expect(await fleet.containers()).toEqual({});
    await fleet.up();

    const { "agents-a": after } = await fleet.containers();
    expect(after?.mounts).toEqual(before["agents-a"]?.mounts);
    await docker("exec", after?.id ?? "", "test", "-e", "/home/agent/data/kept");
  });

  test("every generated file, for 0 to 100 bots, is one that compose and any YAML reader take", async () => {
    for (const count of [0, 1, 2, 10, 100]) {
      const bots = Array.from({ length: count }, (_, index) => `dev-${index}`);
      await fleet.configure([], `LLAMA_BOTS="${bots.join(" ")}"`);

      const { exitCode } = await fleet.cli("generate");

      expect(exitCode).toBe(0);
      await fleet.compose("config", "--quiet");
      const text = await fleet.read("docker-compose.yml");
      const file = parse(text, { version: "1.2", merge: true, maxAliasCount: -1 }) as {
        services: Record<string, { volumes: unknown[] }>;
        volumes: object;
      };
      expect(Object.keys(file.services)).toHaveLength(count + 2);
      const used = Object.values(file.services)
        .flatMap(({ volumes }) => volumes)
        .filter((volume) => typeof volume === "string")
        .map((volume) => volume.split(":")[0]);
      expect([...new Set(used)].sort()).toEqual(Object.keys(file.volumes).sort());
    }
  });

  test("forge, Woodpecker and edge run beside the bots; another domain replaces the edge alone", async () => {
    const [ciPort, httpPort] = [await findFreePort(), await findFreePort()];
    const names = ["WOODPECKER", "WOODPECKER_AGENT", "EDGE"];
    const configure = (...more: readonly string[]) =>
      fleet.configure(
        ["a"],
        "LLAMA_BOTS=a",
        ...names.map((name) => `DISINTO_IMAGE_${name}=${image}`),
        `DISINTO_CI_PORT=${ciPort}`,
        `DISINTO_HTTP_PORT=${httpPort}`,
        `FORGE_URL=http://box.test:${fleet.port}`,
        `WOODPECKER_HOST=http://box.test:${ciPort}`,
        "WOODPECKER_AGENT_SECRET=a",
        "WP_FORGEJO_CLIENT=b",
        "WP_FORGEJO_SECRET=c",
        ...more,
      );
    await fleet.write("projects/shop.toml", 'repo = "acme/shop"\nci.provider = "woodpecker"\n');
    await configure();
    await fleet.up();
    const { edge, ...others } = await fleet.containers();
    expect(Object.keys(others).sort()).toEqual([
      "agents-a",
      "egress",
      "forgejo",
      "woodpecker",
      "woodpecker-agent",
    ]);
    expect(others["agents-a"]?.mounts).toMatchObject({
      "/woodpecker-data": `${fleet.name}_woodpecker-data:ro`,
    });
    expect(edge?.mounts["/etc/caddy/Caddyfile"]).toBe(`${fleet.folder}/Caddyfile:ro`);
    await configure("DISINTO_DOMAIN=example.org");

    expect(await fleet.plan()).toMatch(
      /^~ file +Caddyfile .*\n~ file +docker-compose\.yml .*\n~ service edge +environment CADDYFILE_DIGEST changed/,
    );
    await fleet.up();

    const { edge: replaced, ...same } = await fleet.containers();
    expect(replaced?.id).not.toBe(edge?.id);
    expect(identify(same)).toEqual(identify(others));
    expect(await docker("exec", replaced?.id ?? "", "cat", "/etc/caddy/Caddyfile")).toContain(
      `http://ci.example.org:${httpPort} {`,
    );
    expect(await fleet.up()).toBe("nothing to do\n");
  });
});
