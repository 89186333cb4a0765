/** The dashboard's routes, and what holds for all of them: under whose name it is asked, what a page may load, who may read. */
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { requireToken } from "../adapters/http-server.ts";
import { toTerminalText } from "../core/terminal-text.ts";
import { DisintoError } from "../errors.ts";
import type { Env } from "./access.ts";
import { actRoutes } from "./act-routes.tsx";
import type { Acts } from "./acts.ts";
import type { Assets } from "./assets.ts";
import { stream } from "./live.ts";
import { buildRender, type PageOptions, pageRoutes, showMissing } from "./pages.tsx";
import { signInRoutes } from "./sign-in.tsx";

export interface DashboardOptions extends PageOptions {
  readonly assets: Assets;
  readonly acts?: Acts | undefined;
  readonly projects: readonly string[];
  /** Where bots hand in their events. */
  readonly intake?: Hono | undefined;
  /** The key of the operator's commands. */
  readonly key?: string | undefined;
  /** The whole factory's figures, and the token of who may read them without signing in. */
  readonly metrics?: { readonly token: string | undefined; readonly read: () => Promise<string> };
}

export function buildDashboard(options: DashboardOptions): Hono<Env> {
  const { access, assets, intake, view, acts, key, projects } = options;
  const render = buildRender({ ...options, canAct: acts !== undefined });
  const app = new Hono<Env>();
  app.get("/healthz", (context) => context.json({ version: view.version }));
  if (intake) app.route("/intake", intake);
  app.use(access.checkHost, headers(), access.identify);
  app.get("/assets/:name", (context) => assets.serve(context));
  app.route("/", signInRoutes({ access, acts, key }, render));
  app.get("/metrics", (context, next) => answerMetrics(options, context, next));
  app.use(async (context, next) =>
    access.mayRead(context) ? next() : context.redirect("/login", 302),
  );
  app.get("/live", (context) => stream(context, view));
  app.get("/snapshot.json", (context) => context.json(view.snapshot()));
  app.route("/", pageRoutes({ ...options, canAct: acts !== undefined }, render));
  if (acts) app.route("/", actRoutes({ access, acts, projects }, render));
  app.notFound((context) => showMissing(context, render));
  app.onError((error, context) => {
    const message =
      error instanceof DisintoError ? error.message : "this is a fault of the dashboard";
    if (!(error instanceof DisintoError))
      process.stderr.write(`${toTerminalText(`${context.req.path}: ${error.stack}`)}\n`);
    return context.text(`${message}\n`, 500);
  });
  return app;
}

/** A page loads what is ours and nothing else, stands in no frame, and sends nobody on. */
function headers() {
  const own = ["'self'"];
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: own,
      styleSrc: own,
      connectSrc: own,
      imgSrc: own,
      formAction: own,
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    // With none at all a browser would not say where a form of ours comes from.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    strictTransportSecurity: false,
  });
}

async function answerMetrics(
  { access, metrics }: DashboardOptions,
  context: Context<Env>,
  next: () => Promise<void>,
) {
  if (!metrics) return next();
  const answer = async () =>
    context.body(await metrics.read(), 200, { "content-type": "text/plain; version=0.0.4" });
  if (access.mayRead(context)) return answer();
  if (metrics.token === undefined) return context.body(null, 401);
  const refused = await requireToken(metrics.token)(context, async () => undefined);
  return refused ?? answer();
}
