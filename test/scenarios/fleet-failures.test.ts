import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { run } from "../../src/adapters/process.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { withLock } from "../../src/config/file-lock.ts";
import { formatTomlValue } from "../../src/config/toml-text.ts";
import { buildStandIn, describeWithDocker, removeImage } from "../support/docker.ts";
import { Fleet, identify, makeFleet } from "../support/fleet.ts";

describeWithDocker("what goes wrong on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;

  beforeAll(() => buildStandIn(image));
  afterAll(() => removeImage(image));
  beforeEach(async () => {
    fleet = await makeFleet(image);
  });
  afterEach(() => fleet.remove());

  /** Containers, and every file's text: what a failure must leave alone. */
  async function takeStock() {
    const names = (await readdir(fleet.folder, { withFileTypes: true })).filter((one) =>
      one.isFile(),
    );
    const files = await Promise.all(names.map(async ({ name }) => [name, await fleet.read(name)]));
    return { containers: identify(await fleet.containers()), files: Object.fromEntries(files) };
  }

  test("every value arrives byte for byte, and so does a name of 40 characters", async () => {
    const name = `a1-${"b2-".repeat(12)}c`;
    const hard = `"it's" $HOME \${X} $$ #no | a\\n b\\ ü 漢 \u{1F600}\nsecond\tline `;
    await fleet.configure([name, "b"], `LLAMA_BOTS=${name},b`);
    const suffix = name.toUpperCase().replaceAll("-", "_");
    await setEnvironment(fleet.folder, {
      [`FORGE_TOKEN_${suffix}`]: hard,
      [`FORGE_PASS_${suffix}`]: `${hard}'`,
    });

    const sections = `[agents.${name}]\nmodel = ${formatTomlValue(hard)}\n[agents.b]\nharness = "command"\n`;
    await fleet.write(
      "projects/shop.toml",
      `repo = "acme/shop"\nci.provider = "external"\n${sections}command = ${formatTomlValue(["x", hard])}\n`,
    );

    await fleet.up();

    expect(name).toHaveLength(40);
    const { [`agents-${name}`]: bot, "agents-b": b } = await fleet.containers();
    expect(JSON.parse(b?.environment.AGENT_COMMAND ?? "")).toEqual(["x", hard]);
    expect(bot?.environment).toMatchObject({
      FORGE_TOKEN: hard,
      FORGE_PASS: `${hard}'`,
      CLAUDE_MODEL: hard,
    });
    expect(await fleet.plan()).toBe("nothing to do");
  });

  test("a mistake in the configuration, or a missing credential, touches nothing and exits 2", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    await fleet.up();
    const configure = async (env: string, project: string) => {
      await fleet.configure(["a"], env);
      await fleet.write("projects/shop.toml", project);
    };
    const mistakes: readonly (readonly [string, string, RegExp])[] = [
      ["LLAMA_BOTS=a", 'repo = "acme/shop\n', /projects\/shop\.toml:1:\d+ {2}TOML syntax/],
      [
        "LLAMA_BOTS=a,b",
        'repo = "acme/shop"\nci.provider = "external"\n',
        /FORGE_TOKEN_B .*\n.*disinto init/,
      ],
      [
        "COMPOSE_FILE=x",
        'repo = "acme/shop"\nci.provider = "external"\n',
        /\.env:\d+:1 {2}COMPOSE_FILE/,
      ],
    ];
    for (const [env, project, words] of mistakes) {
      await configure(env, project);
      const before = await takeStock();

      const { exitCode, stderr } = await fleet.cli("up", "--remove");

      expect(stderr).toMatch(words);
      expect(exitCode).toBe(2);
      expect(await takeStock()).toEqual(before);
    }
  });

  test("a rendering that compose refuses leaves the old file and every container", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    await fleet.up();
    await fleet.write("docker-compose.override.yml", "services: {agents-llama-a: {nonsense: 1}}\n");
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
    const before = await takeStock();

    expect((await fleet.cli("up")).exitCode).toBe(1);

    expect(await takeStock()).toEqual(before);
  });

  test("what a container prints on standard output before it ends is part of the error", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    const ending = `{entrypoint: [/bin/sh, -c, "echo I cannot begin; exit 3"], restart: "no"}`;
    const override = `services: {agents-llama-a: ${ending}}\n`;
    await fleet.write("docker-compose.override.yml", override);

    const { exitCode, stderr } = await fleet.cli("up");

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^agents-llama-a: it ended:\n.*I cannot begin$/m);
  });

  test("a file that was edited by hand is kept under a number, and said so", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    await fleet.up();
    const edited = (await fleet.read("docker-compose.yml")).replace("unless-stopped", "always");
    await writeFile(join(fleet.folder, "docker-compose.yml"), edited);

    const said = await fleet.up();

    expect(said).toContain("docker-compose.yml.1");
    expect(await fleet.read("docker-compose.yml.1")).toBe(edited);
    expect(await fleet.read("docker-compose.yml")).not.toContain("always");
    expect(await fleet.plan()).toBe("nothing to do");
  });

  test("a second up exits 1 and names the holder", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");

    const { exitCode, stderr } = await withLock(
      { folder: fleet.folder, name: "operator", waitMs: 0 },
      () => fleet.cli("up"),
    );

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`process ${process.pid}`);
    expect(await fleet.containers()).toEqual({});
  });

  test("with --wait every up takes its turn", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");

    const [first, second, third] = await Promise.all([
      fleet.cli("up", "--wait"),
      fleet.cli("up", "--wait"),
      fleet.cli("up", "--wait"),
    ]);

    expect([first, second, third].map((ended) => ended?.exitCode)).toEqual([0, 0, 0]);
    const all = [first, second, third].map((ended) => ended?.stderr ?? "");
    expect(all.filter((text) => text === "nothing to do\n")).toHaveLength(2);
  });

  test("a full disk is said, and leaves the old file and every container", async (context) => {
    const small = join(fleet.folder, "small");
    await mkdir(small);
    const mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small] as const;
    if ((await run(mount)).exitCode !== 0) context.skip("only root can make a small disk");
    try {
      const full = new Fleet({ ...fleet, folder: small });
      await full.write("projects/shop.toml", 'repo = "acme/shop"\nci.provider = "external"\n');
      await full.configure(["a"], "LLAMA_BOTS=a");
      await full.up();
      await full.configure(["a", "b"], "LLAMA_BOTS=a,b");
      const before = [identify(await full.containers()), await full.read("docker-compose.yml")];
      await run(["dd", "if=/dev/zero", `of=${join(small, "filler")}`]);

      const { exitCode, stderr } = await full.cli("up");

      expect(exitCode).toBe(1);
      expect(stderr).toContain("ENOSPC");
      expect([identify(await full.containers()), await full.read("docker-compose.yml")]).toEqual(
        before,
      );
      await rm(join(small, "filler"));
      await full.up();
      expect(await full.plan()).toBe("nothing to do");
    } finally {
      await run(["umount", small]);
    }
  });
});
