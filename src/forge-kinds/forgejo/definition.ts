import { ports } from "../../core/service-ports.ts";
import type { ForgeDefinition } from "../definitions.ts";

/** The long-term line, by its full version: docs/forge.md has the table of what differs between versions. */
export const FORGEJO_IMAGE = "codeberg.org/forgejo/forgejo:15.0.3";

/** The variant that runs as `git` from the start and keeps its data elsewhere (Forgejo Dockerfile.rootless). */
function isRootless(image: string): boolean {
  return /:[^/@]*-rootless(?:@|$)/.test(image);
}

/** sshd of the one image, Forgejo's own server in the other. */
function sshPort(image: string): number {
  return isRootless(image) ? 2222 : 22;
}

/** Forgejo's own image takes its settings from the environment and starts itself. */
export const forgejoForge: ForgeDefinition = {
  meaning: "Forgejo",
  label: "Forgejo, in a container",
  service: {
    image: () => FORGEJO_IMAGE,
    versionOf: (image) => /:(\d+\.\d+\.\d+)(?:-rootless)?(?:@|$)/.exec(image)?.[1],
    isOwn: false,
    servesCi: true,
    // Forgejo refuses to run as root, as which the usual image starts; both images have this user.
    commandUser: "git",
    folder: (image) => (isRootless(image) ? "/var/lib/gitea" : "/data"),
    sshPort,
    render: ({ announced, hooks, image, sshPort: published }) => ({
      entrypoint: [],
      args: [],
      environment: {
        FORGEJO__database__DB_TYPE: "sqlite3",
        FORGEJO__security__INSTALL_LOCK: "true",
        FORGEJO__server__HTTP_PORT: String(ports.forge),
        FORGEJO__server__ROOT_URL: `${announced}/`,
        ...renderSsh(announced, image, published),
        FORGEJO__service__DISABLE_REGISTRATION: "true",
        // An empty list would mean every address outside.
        FORGEJO__webhook__ALLOWED_HOST_LIST: hooks.join(",") || "none.invalid",
      },
      healthCheck: [
        "curl",
        "-fsS",
        "-o",
        "/dev/null",
        `http://127.0.0.1:${ports.forge}/api/healthz`,
      ],
    }),
  },
};

/** Written into app.ini at every start, so that what was asked for once is taken back by saying the contrary. */
function renderSsh(announced: string, image: string, published: number | undefined) {
  if (published === undefined) return { FORGEJO__server__DISABLE_SSH: "true" };
  return {
    FORGEJO__server__DISABLE_SSH: "false",
    FORGEJO__server__SSH_DOMAIN: new URL(announced).hostname,
    FORGEJO__server__SSH_LISTEN_PORT: String(sshPort(image)),
    FORGEJO__server__SSH_PORT: String(published),
  };
}
