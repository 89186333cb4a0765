/** How the operator's commands reach the CIs. */
import { readCiSettings } from "./ci/local/settings.ts";
import { buildRunReader } from "./ci/run-reader.ts";
import { type CiRequests, parseAnswer, WoodpeckerHttp } from "./ci/woodpecker/http.ts";
import type { Tools } from "./cli/tools.ts";
import { DisintoError } from "./errors.ts";
import type { CiRunReader } from "./ports/ci-run-reader.ts";

type RunsRequest = Parameters<Tools["ciRuns"]>[0];

export function openRuns(
  asked: RunsRequest,
  { clock, signal }: Pick<Tools, "clock" | "signal">,
): CiRunReader {
  const requests = connect(asked, signal);
  return buildRunReader({ requests, repo: asked.repo, clock, signal });
}

function connect(
  { connection, containers, environment }: RunsRequest,
  signal: AbortSignal,
): CiRequests {
  if (connection.kind === "address") {
    const token = connection.tokenKeys.map((key) => environment.get(key)).find(Boolean);
    if (token) return new WoodpeckerHttp({ url: connection.url, token }, signal);
    throw new DisintoError(
      "credentials.missing",
      `${connection.tokenKeys.at(-1)} is not set in .env`,
      {
        hint: "run `disinto init`",
      },
    );
  }
  const send: CiRequests["send"] = async (method, path) => {
    const argv = ["disinto", "ci", "ask", method, path];
    return { status: 200, text: await containers.exec(connection.service, argv) };
  };
  return {
    send,
    get: async (path, shape) => parseAnswer(path, (await send("GET", path)).text, shape),
  };
}

/** Asked where the local CI runs: its port is reached from there alone. */
export async function askLocalCi(
  { environment, signal }: Pick<Tools, "environment" | "signal">,
  method: "GET" | "POST",
  path: string,
): Promise<string> {
  const { api } = readCiSettings(environment);
  if (!api)
    throw new DisintoError("credentials.missing", "the CI has no token for its requests", {
      hint: "run `disinto init`, then `disinto up`",
    });
  const http = new WoodpeckerHttp(
    { url: `http://127.0.0.1:${api.port}`, token: api.token },
    signal,
  );
  return (await http.send(method, path)).text;
}
