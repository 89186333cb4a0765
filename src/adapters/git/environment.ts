/** What a git process of ours is told: nothing of the machine's or the user's configuration, and a secret for one host only. */

import type { RemoteAccess } from "../../ports/remote-access.ts";
import { proxyFor } from "../outgoing-proxy.ts";
import { type RunOptions, toolEnvironment } from "../process.ts";

const isolation = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_GRAFT_FILE: "/dev/null",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

export function localGitEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return toolEnvironment({ ...isolation, ...extra });
}

/**
 * Nothing that a forge sends is run or followed, and each object is looked at before it is kept. What many old
 * repositories have and nothing is made of is no reason to refuse them.
 */
const hardening: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["advice.graftFileDeprecated", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["transfer.bundleURI", "false"],
  ["protocol.allow", "never"],
  ["protocol.http.allow", "always"],
  ["protocol.https.allow", "always"],
  ["protocol.file.allow", "always"],
  ["fetch.fsckObjects", "true"],
  ["core.packedGitWindowSize", "32m"],
  ["core.packedGitLimit", "512m"],
  ["pack.threads", "2"],
  ...[
    "zeroPaddedFilemode",
    "missingSpaceBeforeDate",
    "missingNameBeforeEmail",
    "missingEmail",
    "missingSpaceBeforeEmail",
    "badTimezone",
    "badDate",
    "badDateOverflow",
    "zeroPaddedDate",
    "badEmail",
    "badName",
    "multipleAuthors",
    "missingTaggerEntry",
    "badTagName",
    "badFilemode",
  ].map((id) => [`fetch.fsck.${id}`, "ignore"] as const),
];

/**
 * A transfer may take as long as it moves: git itself ends one that is silent. This limit only sees to it that nothing
 * runs for ever.
 */
const TRANSFER_MS = 24 * 60 * 60_000;

/** What every git process that talks to another server is run with, whatever the size of what it brings. */
export type RemoteOptions = Required<Pick<RunOptions, "env" | "timeoutMs">>;

export function remoteGitOptions(access: RemoteAccess, silenceS?: number): RemoteOptions {
  return { env: remoteGitEnvironment(access, silenceS), timeoutMs: TRANSFER_MS };
}

/** A server that packs or checks a whole repository is silent meanwhile; all that it sends is a sign of life now and then. */
export const WHOLE_REPOSITORY_S = 600;

const limitSilence = (seconds: number) =>
  [
    ["http.lowSpeedLimit", "1000"],
    ["http.lowSpeedTime", String(seconds)],
  ] as const;

/** The helper reads the token from its environment: it stands in no argument list, URL or file. */
const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$DISINTO_GIT_LOGIN" "$DISINTO_GIT_TOKEN"; }; f`;

export function remoteGitEnvironment(
  { forgeUrl, login, token }: RemoteAccess,
  silenceS = 30,
): Record<string, string> {
  const proof = Buffer.from(`${login}:${token}`).toString("base64");
  const settings = [
    ["credential.helper", ""],
    // With its path: on the same host there may be what is not the forge.
    [`credential.${forgeUrl}.helper`, helper],
    // Asked for nothing, git would be nobody; a forge counts what somebody asks for apart from what strangers do.
    [`http.${forgeUrl}/.extraHeader`, `Authorization: Basic ${proof}`],
    ["http.followRedirects", "false"],
    ["http.proxy", proxyFor(forgeUrl)],
    ...limitSilence(silenceS),
    ...hardening,
  ] as const;
  return localGitEnvironment({
    ...numbered(settings),
    // Each arena reserves addresses, and addresses are what is limited.
    MALLOC_ARENA_MAX: "2",
    DISINTO_GIT_LOGIN: login,
    DISINTO_GIT_TOKEN: token,
  });
}

/** As nobody, by the way out that there is: what is not allowed there is refused there. */
export function strangerGitOptions(url: string): RemoteOptions {
  const settings = [
    ["http.proxy", proxyFor(url)],
    ["http.followRedirects", "false"],
    ...limitSilence(WHOLE_REPOSITORY_S),
  ] as const;
  return { env: localGitEnvironment(numbered(settings)), timeoutMs: TRANSFER_MS };
}

/** The same with the configuration of who runs it, for a repository of theirs that disinto has no account at. */
export function operatorGitOptions(): RemoteOptions {
  const { SSH_AUTH_SOCK } = process.env;
  const agent: Record<string, string> = SSH_AUTH_SOCK === undefined ? {} : { SSH_AUTH_SOCK };
  const env = toolEnvironment({
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSH_COMMAND: "ssh -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=4",
    GIT_HTTP_LOW_SPEED_LIMIT: "1000",
    GIT_HTTP_LOW_SPEED_TIME: String(WHOLE_REPOSITORY_S),
    LC_ALL: "C",
    ...agent,
  });
  return { env, timeoutMs: TRANSFER_MS };
}

/** Settings as git reads them from its environment. */
function numbered(settings: readonly (readonly [string, string])[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}
