import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildOneShots } from "../../src/engines/compose/one-shots.ts";
import {
  buildStandIn,
  describeWithDocker,
  docker,
  removeImage,
  removeProject,
} from "../support/docker.ts";

describeWithDocker("one-shot containers, on a real engine", () => {
  const project = `t${randomBytes(4).toString("hex")}`;
  const image = `disinto-stand-in:${project}`;
  const volume = `${project}_files`;
  let shims: string;

  beforeAll(async () => {
    await buildStandIn(image);
    await docker("volume", "create", "--label", `com.docker.compose.project=${project}`, volume);
    shims = await mkdtemp(join(tmpdir(), "shims-"));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await removeProject(project);
    await removeImage(image);
    await rm(shims, { recursive: true });
  });

  test("one whose caller does not come to remove it is gone by itself, and holds no volume", async () => {
    // As if the caller were killed while the container runs: the call that removes it is never made.
    const shim = `#!/bin/sh\nPATH=\${PATH#*:}\n[ "$1" = rm ] && exit 1\nexec docker "$@"\n`;
    await writeFile(join(shims, "docker"), shim, { mode: 0o755 });
    vi.stubEnv("PATH", [shims, process.env.PATH].join(delimiter));
    const filter = ["--filter", `label=com.docker.compose.project=${project}`];

    const { exitCode, lastLines } = await buildOneShots().run({
      project,
      name: "look",
      image,
      argv: ["sh", "-c", "cat /etc/hostname > /volume/name && echo done"],
      volumes: { "/volume": volume },
      user: "0:0",
      limits: { memory: "64m", cpus: 1, pids: 16 },
      timeoutMs: 60_000,
    });
    vi.unstubAllEnvs();

    expect({ exitCode, lastLines }).toEqual({ exitCode: 0, lastLines: "done" });
    expect(await docker("ps", "--all", "--quiet", ...filter)).toBe("");
    expect(await docker("ps", "--all", "--quiet", "--filter", `volume=${volume}`)).toBe("");
    await docker("volume", "rm", volume);
  });
});
