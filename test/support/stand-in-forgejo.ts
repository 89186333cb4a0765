/**
 * An image that is to a container engine what Forgejo's official one is (15.0.3: Dockerfile, docker/root): it starts as root
 * by /usr/bin/entrypoint, serves as `git` (uid 1000) with its data in /data, takes its settings from FORGEJO__section__KEY,
 * and its command line refuses root. Inside is disinto's own forge.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./docker.ts";

const entrypoint = `#!/usr/bin/env node
const { spawn, execFileSync } = require("node:child_process");
execFileSync("mkdir", ["-p", "/data/gitea"]);
execFileSync("chown", ["-R", "1000:1000", "/data"]);
const { FORGEJO__server__HTTP_PORT: port = "3000", FORGEJO__server__ROOT_URL: url = "" } = process.env;
const argv = ["forge", "serve", "--bind", "0.0.0.0", "--port", port, "--root-url", url, "--folder", "/data/gitea"];
const child = spawn("disinto", argv, { stdio: "inherit", uid: 1000, gid: 1000, env: { ...process.env, HOME: "/data/git" } });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
`;

/** The wrapper's path and words: docker/root/usr/local/bin/forgejo, modules/setting/setting.go. */
const forgejo = `#!/bin/sh
if [ "$(id -u)" = 0 ]; then
  echo "[F] Forgejo is not supposed to be run as root. Sorry. If you need to use privileged TCP ports please instead use setcap and the \\\`cap_net_bind_service\\\` permission." >&2
  exit 1
fi
exec disinto forge "$@" --folder /data/gitea
`;

/** All that the health check asks of it. */
const curl = `#!/usr/bin/env node
fetch(process.argv.at(-1)).then((answer) => process.exit(answer.ok ? 0 : 22), () => process.exit(7));
`;

/** `from`: an image of disinto's own forge. */
export async function buildStandInForgejo(tag: string, from: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "stand-in-forgejo-"));
  const files = { entrypoint, forgejo, curl };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), text, { mode: 0o755 });
  const lines = [
    `FROM ${from}`,
    "USER 0",
    "RUN getent passwd git >/dev/null || usermod --login git $(getent passwd 1000 | cut -d: -f1)",
    "RUN rm -f /usr/local/bin/forgejo",
    "COPY entrypoint /usr/bin/entrypoint",
    "COPY forgejo /usr/local/bin/forgejo",
    "COPY curl /usr/local/bin/curl",
    "ENV HOME=/root DISINTO_FORGE_FOLDER=",
    "WORKDIR /",
    'ENTRYPOINT ["/usr/bin/entrypoint"]',
    "CMD []",
    "",
  ];
  await writeFile(join(folder, "Dockerfile"), lines.join("\n"));
  await docker("build", "--quiet", "--tag", tag, folder);
  await rm(folder, { recursive: true });
}
