/**
 * Images that are to a container engine what Forgejo's official ones are (15.0.3: Dockerfile and docker/root, Dockerfile.rootless
 * and docker/rootless). The one starts as root by /usr/bin/entrypoint and serves as `git` (uid 1000) with its data in /data; the
 * rootless one is `git` from the start, with its data in /var/lib/gitea. Both take their settings from FORGEJO__section__KEY, and
 * their command line refuses root. Inside is disinto's own forge.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { docker, dockerSays, removeImage, removeProject } from "./docker.ts";
import { TestFactory } from "./test-factory.ts";

type Variant = "usual" | "rootless";

const data = { usual: "/data/gitea", rootless: "/var/lib/gitea/data" } as const;

const entrypoint = (variant: Variant) => `#!/usr/bin/env node
const { spawn, execFileSync } = require("node:child_process");
execFileSync("mkdir", ["-p", "${data[variant]}"]);
${variant === "usual" ? 'execFileSync("chown", ["-R", "1000:1000", "/data"]);' : ""}
const { FORGEJO__server__HTTP_PORT: port = "3000", FORGEJO__server__ROOT_URL: url = "" } = process.env;
const argv = ["forge", "serve", "--bind", "0.0.0.0", "--port", port, "--root-url", url, "--folder", "${data[variant]}"];
const child = spawn("disinto", argv, { stdio: "inherit", uid: 1000, gid: 1000, env: { ...process.env, HOME: "${path.dirname(data[variant])}/git" } });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
`;

/** The wrapper's path and words: docker/root/usr/local/bin/forgejo, modules/setting/setting.go. */
const forgejo = (variant: Variant) => `#!/bin/sh
if [ "$(id -u)" = 0 ]; then
  echo "[F] Forgejo is not supposed to be run as root. Sorry. If you need to use privileged TCP ports please instead use setcap and the \\\`cap_net_bind_service\\\` permission." >&2
  exit 1
fi
exec disinto forge "$@" --folder ${data[variant]}
`;

/** All that the health check asks of it. */
const curl = `#!/usr/bin/env node
fetch(process.argv.at(-1)).then((answer) => process.exit(answer.ok ? 0 : 22), () => process.exit(7));
`;

const endings: Readonly<Record<Variant, readonly string[]>> = {
  usual: ["ENV HOME=/root", "WORKDIR /", 'ENTRYPOINT ["/usr/bin/entrypoint"]'],
  rootless: [
    "RUN mkdir -p /var/lib/gitea && chown 1000:1000 /var/lib/gitea",
    "USER 1000:1000",
    "ENV GITEA_WORK_DIR=/var/lib/gitea HOME=/var/lib/gitea/git",
    'VOLUME ["/var/lib/gitea"]',
    "WORKDIR /var/lib/gitea",
    'ENTRYPOINT ["/usr/bin/entrypoint"]',
  ],
};

interface Place {
  readonly variant: Variant;
  /** Tag of disinto's images, and what names begin with. */
  readonly run: string;
  readonly from: string;
}

const inImage = (script: string): string[] => ["node", `/app/demo/${script}`];

/** Looks at a factory of its own on such an image, initialised; `inForge` runs a program in the forge's container. */
export async function onStandIn(
  { variant, run, from }: Place,
  look: (
    other: TestFactory,
    inForge: (...argv: readonly string[]) => Promise<string>,
  ) => Promise<void>,
): Promise<void> {
  const image = `disinto-stand-in-forgejo:${run}${variant === "usual" ? "" : "-rootless"}`;
  const name = `${run}${variant === "usual" ? "f" : "r"}`;
  await buildStandInForgejo(image, from, variant);
  const other = await TestFactory.create({
    env: {
      DISINTO_NAME: name,
      DISINTO_IMAGE_TAG: run,
      DISINTO_FORGE: "forgejo",
      DISINTO_IMAGE_FORGEJO: image,
    },
    coder: inImage("coder.mjs"),
    reviewer: inImage("reviewer.mjs"),
    devBots: ["dev-qwen"],
  });
  try {
    await other.disintoOrThrow("init", other.repository);
    const { FORGE_ADMIN_PASS } = Object.fromEntries(await other.environment());
    if (!FORGE_ADMIN_PASS) throw new Error("init made no administrator");
    await look(other, (...argv) => dockerSays("exec", `${name}-forgejo`, ...argv));
  } finally {
    await other.end();
    await removeProject(name);
    await removeImage(image);
  }
}

/** `from`: an image of disinto's own forge. */
async function buildStandInForgejo(tag: string, from: string, variant: Variant): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "stand-in-forgejo-"));
  const files = { entrypoint: entrypoint(variant), forgejo: forgejo(variant), curl };
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(folder, name), text, { mode: 0o755 });
  const lines = [
    `FROM ${from}`,
    "USER 0",
    "RUN getent passwd git >/dev/null || usermod --login git $(getent passwd 1000 | cut -d: -f1)",
    "RUN rm -f /usr/local/bin/forgejo",
    "COPY entrypoint /usr/bin/entrypoint",
    "COPY forgejo /usr/local/bin/forgejo",
    "COPY curl /usr/local/bin/curl",
    "ENV DISINTO_FORGE_FOLDER=",
    ...endings[variant],
    "CMD []",
    "",
  ];
  await writeFile(path.join(folder, "Dockerfile"), lines.join("\n"));
  await docker("build", "--quiet", "--tag", tag, folder);
  await rm(folder, { recursive: true });
}
