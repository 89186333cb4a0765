/** The part of Woodpecker's API that bots ask (server/router/api.go), with the same paths and answers. */
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { CiProject } from "./ci-project.ts";
import type { PipelineRecord } from "./pipelines.ts";
import type { LocalCi } from "./serve.ts";

export interface ApiOptions {
  readonly bind: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const MAX_PAGE = 50;
const notFound: Answer = { status: 404 };

export async function serveCiApi(
  ci: LocalCi,
  { bind, port, token }: ApiOptions,
): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    void answer(ci, request, token)
      .catch((): Answer => ({ status: 500 }))
      .then(({ status, body }) => {
        response
          .writeHead(status, { "content-type": "application/json" })
          .end(body === undefined ? "" : JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, bind, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(ci: LocalCi, request: IncomingMessage, token: string): Promise<Answer> {
  if (!isKnown(request.headers.authorization, token)) return { status: 401 };
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://ci");
  const [, api, repos, ...rest] = pathname.split("/").map(decodeURIComponent);
  if (api !== "api" || repos !== "repos") return notFound;
  if (rest[0] === "lookup") return lookUp(ci, rest.slice(1));
  const target = ci.projects.find(({ id }) => String(id) === rest[0]);
  if (!target) return notFound;
  const [what, number, step] = [rest[1], Number(rest[2]), Number(rest[3])];
  if (what === "pipelines" && rest[2] === undefined) return list(target, searchParams);
  const pipeline = target.pipelines.get(number);
  if (!pipeline) return notFound;
  if (what === "logs") return { status: 200, body: await readLog(target, pipeline, step) };
  if (what !== "pipelines") return notFound;
  if (request.method === "POST") await ci.restart(target, pipeline);
  return { status: 200, body: pipeline };
}

function isKnown(header: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(header ?? ""), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function lookUp({ projects }: LocalCi, [owner, name]: readonly string[]): Answer {
  const found = projects.find(
    ({ project }) => project.repo.owner === owner && project.repo.name === name,
  );
  if (!found) return notFound;
  return { status: 200, body: { id: found.id, owner, name, full_name: `${owner}/${name}` } };
}

function list({ pipelines }: CiProject, query: URLSearchParams): Answer {
  const page = Math.max(1, Number(query.get("page")) || 1);
  const size = Math.min(MAX_PAGE, Number(query.get("perPage")) || MAX_PAGE);
  const all = pipelines.newestFirst().slice((page - 1) * size, page * size);
  // As Woodpecker's list, without the workflows.
  const body = all.map((one) => ({ ...one, workflows: undefined }));
  return { status: 200, body };
}

async function readLog({ pipelines }: CiProject, { number }: PipelineRecord, step: number) {
  const lines = (await pipelines.readLog(number, step)).split("\n");
  return lines.map((text, line) => ({
    id: line + 1,
    step_id: step,
    time: 0,
    line,
    data: Buffer.from(text).toString("base64"),
    type: 0,
  }));
}
