/** What a git process of ours is told: nothing of the machine's or the user's configuration, and a secret for one host only. */

import type { RemoteAccess } from "../../ports/remote-access.ts";
import { proxyFor } from "../outgoing-proxy.ts";
import { toolEnvironment } from "../process.ts";

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

/** The helper reads the token from its environment: it stands in no argument list, URL or file. */
const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$DISINTO_GIT_LOGIN" "$DISINTO_GIT_TOKEN"; }; f`;

export function remoteGitEnvironment({
  forgeUrl,
  login,
  token,
}: RemoteAccess): Record<string, string> {
  const proof = Buffer.from(`${login}:${token}`).toString("base64");
  const settings = [
    ["credential.helper", ""],
    // With its path: on the same host there may be what is not the forge.
    [`credential.${forgeUrl}.helper`, helper],
    // Asked for nothing, git would be nobody; a forge counts what somebody asks for apart from what strangers do.
    [`http.${forgeUrl}/.extraHeader`, `Authorization: Basic ${proof}`],
    ["http.followRedirects", "false"],
    ["http.proxy", proxyFor(forgeUrl)],
    ["http.lowSpeedLimit", "1000"],
    ["http.lowSpeedTime", "30"],
    ...hardening,
  ] as const;
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return localGitEnvironment({
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(numbered),
    // Each arena reserves addresses, and addresses are what is limited.
    MALLOC_ARENA_MAX: "2",
    DISINTO_GIT_LOGIN: login,
    DISINTO_GIT_TOKEN: token,
  });
}
