/** The part of Woodpecker's API that bots ask (server/router/api.go), with the same paths and answers. */
import { Readable } from "node:stream";
import { type Context, Hono } from "hono";
import { type HttpServer, requireToken, serveHttp } from "../../adapters/http-server.ts";
import type { CiProject } from "./ci-project.ts";
import type { PipelineRecord } from "./pipelines.ts";
import type { LocalCi } from "./serve.ts";

export interface ApiOptions {
  readonly bind: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly token: string;
}

const MAX_PAGE = 50;

export function serveCiApi(ci: LocalCi, { token, ...address }: ApiOptions): Promise<HttpServer> {
  const app = new Hono().basePath("/api/repos");
  app.use(requireToken(token));
  app.get("/lookup/:owner/:name", (context) => {
    const { owner, name } = context.req.param();
    const found = lookUp(ci, context);
    if (!found) return context.notFound();
    return context.json({ id: found.id, owner, name, full_name: `${owner}/${name}` });
  });
  // Not Woodpecker's: what sessions of the project begin with.
  app.get("/lookup/:owner/:name/cache", async (context) => {
    const kept = await lookUp(ci, context)?.cache.read();
    return kept ? context.body(Readable.toWeb(kept) as ReadableStream) : context.body(null, 204);
  });
  app.get("/:id/pipelines", (context) => {
    const target = findProject(ci, context);
    return target ? context.json(list(target, context)) : context.notFound();
  });
  app.on(["GET", "POST"], "/:id/pipelines/:number", async (context) => {
    const { target, pipeline } = findPipeline(ci, context);
    if (!target || !pipeline) return context.notFound();
    if (context.req.method === "POST") await ci.restart(target, pipeline);
    return context.json(pipeline);
  });
  app.get("/:id/logs/:number/:step", async (context) => {
    const { target, pipeline } = findPipeline(ci, context);
    if (!target || !pipeline) return context.notFound();
    return context.json(await readLog(target, pipeline, Number(context.req.param("step"))));
  });
  return serveHttp(app, address);
}

function lookUp({ projects }: LocalCi, { req }: Context): CiProject | undefined {
  return projects.find(
    ({ project: { repo } }) => repo.owner === req.param("owner") && repo.name === req.param("name"),
  );
}

function findProject({ projects }: LocalCi, { req }: Context): CiProject | undefined {
  return projects.find(({ id }) => String(id) === req.param("id"));
}

function findPipeline(ci: LocalCi, context: Context) {
  const target = findProject(ci, context);
  const pipeline = target?.pipelines.get(Number(context.req.param("number")));
  return { target, pipeline };
}

/** As Woodpecker's list, without the workflows. */
function list({ pipelines }: CiProject, { req }: Context) {
  const page = Math.max(1, Number(req.query("page")) || 1);
  const size = Math.min(MAX_PAGE, Number(req.query("perPage")) || MAX_PAGE);
  const all = pipelines.newestFirst().slice((page - 1) * size, page * size);
  return all.map((one) => ({ ...one, workflows: undefined }));
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
