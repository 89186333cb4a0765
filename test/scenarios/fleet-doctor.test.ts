import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { run } from "../../src/adapters/process.ts";
import { RUNNER_UID } from "../../src/core/uids.ts";
import { runCli } from "../support/cli.ts";
import { buildStandIn, describeWithDocker, docker, removeImage } from "../support/docker.ts";
import { Fleet, makeFleet } from "../support/fleet.ts";

describeWithDocker("doctor, on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;
  let server: Server;
  let port: number;

  beforeAll(() => buildStandIn(image));
  afterAll(() => removeImage(image));
  beforeEach(async () => {
    fleet = await makeFleet(image);
    server = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    server.close();
    await fleet.remove();
  });

  /** What it says about each subject, with the hint that follows. */
  async function consult(
    env: Readonly<Record<string, string>> = {},
    { folder } = fleet,
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    const { stdout } = await runCli(folder, ["doctor", "--json"], { env });
    const { findings } = JSON.parse(stdout) as { findings: Record<string, string>[] };
    const said: Record<string, string[]> = {};
    for (const { subject = "", verdict, message, hint } of findings) {
      said[subject] ??= [];
      said[subject].push([verdict, message, hint].filter((part) => part !== undefined).join(": "));
    }
    return said;
  }

  test("it exits 1 with the bad findings first, each with the way out below it", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a", "CLAUDE_SHARED_DIR=/no/such/folder");

    const { exitCode, stdout } = await fleet.cli("doctor");

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^bad {3}mount {3}\/no\/such\/folder is not a folder\n +mkdir -m 700 /m);
    expect(stdout.indexOf("\ngood ")).toBeGreaterThan(stdout.lastIndexOf("\nbad "));
  });

  test("the engine: it answers, is missing, or its compose is too old", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    const bin = join(fleet.folder, "bin");
    await mkdir(bin);
    const old = '#!/bin/sh\n[ "$1 $2" = "compose version" ] && echo 2.23.3\nexit 0\n';
    await writeFile(join(bin, "docker"), old, { mode: 0o755 });

    const [there, without, tooOld] = [
      await consult(),
      await consult({ PATH: "/no/such/folder" }),
      await consult({ PATH: bin }),
    ];

    expect(there.engine).toEqual(["good: docker compose answers; disinto up would take 8 steps"]);
    expect(without.engine?.[0]).toMatch(
      /^bad: the docker command was not found.*: install Docker with/,
    );
    expect(tooOld.engine).toEqual([
      "bad: Compose 2.24 or newer is needed; this is 2.23.3: install a newer docker-compose-plugin",
    ]);
  });

  test("the shell: what is exported there and would change what a plain docker compose does", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    const exported = {
      COMPOSE_FILE: "other.yml",
      LLAMA_BOTS: "a",
      LLAMA_BASE_URL: "http://other:1",
    };

    expect((await consult(exported)).shell?.toSorted()).toEqual([
      "note: COMPOSE_FILE is exported in this shell; docker compose run by hand would use it: unset COMPOSE_FILE",
      "note: LLAMA_BASE_URL is exported in this shell with a different value; docker compose run by hand would use it: unset LLAMA_BASE_URL",
    ]);
  });

  test("a port that somebody else has, of any service", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a", `DISINTO_HTTP_PORT=${port}`);

    expect((await consult()).port).toEqual([
      expect.stringMatching(
        `^bad: 127.0.0.1:${port} for edge is already in use: set another port in .env`,
      ),
      `good: 127.0.0.1:${fleet.port} for egress`,
    ]);
  });

  test("memory that the bots may take and the machine does not have", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    await fleet.write(
      "projects/shop.toml",
      'repo = "acme/shop"\nci.provider = "external"\n[agents.a]\nmemory = "90000g"\n',
    );

    expect((await consult()).memory).toEqual([
      expect.stringMatching(/^note: the bots' limits add up to 90000.0 GiB of .*: lower memory in/),
    ]);
  });

  test("a disk with little room", async (context) => {
    const small = join(fleet.folder, "small");
    await mkdir(small);
    const mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small] as const;
    if ((await run(mount)).exitCode !== 0) context.skip("only root can make a small disk");
    try {
      const cramped = new Fleet({ ...fleet, folder: small });
      await cramped.configure([], "LLAMA_BOTS=");

      expect((await consult({}, cramped)).disk).toEqual([
        "note: 0.0 GiB are free: clones, logs and images need disk space",
      ]);
    } finally {
      await run(["umount", small]);
    }
  });

  test("mounted folders: nobody in a container of ours can read them", async (context) => {
    if (process.getuid?.() !== 0) context.skip("only root can give a folder to somebody else");
    const keys = ["CLAUDE_SHARED_DIR", "AGENT_SSH_DIR", "SOPS_AGE_DIR"];
    const [open = "", bots = "", roots = ""] = keys.map((key) => join(fleet.folder, key));
    for (const path of [open, bots, roots]) await mkdir(path);
    await chmod(open, 0o755);
    await chmod(bots, 0o750);
    await chown(bots, RUNNER_UID, 0);
    await chmod(roots, 0o700);
    await fleet.configure(
      ["a"],
      "LLAMA_BOTS=a",
      ...keys.map((key) => `${key}=${join(fleet.folder, key)}`),
    );

    expect((await consult()).mount).toEqual([
      `bad: ${open} is open to every user, so that coding agents can read it, and no new bot starts with it: chmod o= ${open}`,
      `bad: ${bots} belongs to user ${RUNNER_UID}, who is one of the bots' containers: chown -R $(id -u) ${bots}`,
      `good: ${roots} is open to user 0 alone`,
    ]);
  });

  test("models and the forge: whether anything answers there", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a", "LLAMA_BASE_URL=http://host.docker.internal:1");
    const { model, forge } = await consult();
    await fleet.configure(
      ["a"],
      "LLAMA_BOTS=a",
      `LLAMA_BASE_URL=http://host.docker.internal:${port}`,
      "DISINTO_FORGE=external",
      "FORGE_URL=http://forge.invalid:1",
    );
    const other = await consult();

    expect(model?.[0]).toMatch(/^bad: nothing answers at http:\/\/host\.docker\.internal:1: start/);
    expect(forge).toEqual([
      `bad: no forge answers at http://127.0.0.1:${fleet.port}: run disinto up`,
    ]);
    expect(other.model).toContain(`good: http://host.docker.internal:${port}`);
    expect(other.model?.[0]).toMatch(/^bad: \S+: the model's server gave an invalid answer: ok/);
    expect(other.forge?.[0]).toMatch(/: correct FORGE_URL in \.env$/);
  });

  test("a model that listens on loopback alone is one that no container reaches", async () => {
    const url = `http://host.docker.internal:${port}`;
    const everywhere = createServer((_, response) => response.end("ok")).listen(0, await bridge());
    await once(everywhere, "listening");
    const other = `http://host.docker.internal:${(everywhere.address() as AddressInfo).port}`;
    await fleet.configure(["a", "b"], 'LLAMA_BOTS="a b"', `LLAMA_BASE_URL=${url}`);
    await fleet.write(
      "projects/shop.toml",
      `repo = "acme/shop"\nci.provider = "external"\n[agents.b]\nbase_url = "${other}"\n`,
    );
    await fleet.up();
    const { model } = await consult();
    everywhere.close();

    expect(model).toContainEqual(
      expect.stringMatching(
        `^bad: ${url} is reachable from this host but not from agents-llama-a: make `,
      ),
    );
    expect(model).toContain(`good: ${other}`);
  });

  /** Where containers find this host. */
  async function bridge(): Promise<string> {
    return docker("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}");
  }

  test("images that run and are not of this version", async () => {
    await fleet.configure(["a"], "LLAMA_BOTS=a");
    await fleet.up();

    expect((await consult()).image?.[0]).toMatch(
      /^note: \S+ does not report its version; this is \S+: npm run images, then disinto up$/,
    );
  });
});
