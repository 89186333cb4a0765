/** Every page as the browser gets it: what it shows is read from the factory's view, never asked of anybody. */

import type { Context } from "hono";
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { readConversation } from "../core/conversation.ts";
import { deriveFigures } from "../core/snapshot/figures.ts";
import { keyOf } from "../core/snapshot/history.ts";
import type { Access, Env } from "./access.ts";
import type { FactoryView } from "./factory-view.ts";
import { listCharts } from "./list-charts.ts";
import type { Transcripts } from "./transcripts.ts";
import { Board } from "./views/board.tsx";
import { Bot, Bots } from "./views/bots.tsx";
import { Charts } from "./views/charts.tsx";
import { Message } from "./views/forms.tsx";
import { IssuePage } from "./views/issue.tsx";
import { Layout } from "./views/layout.tsx";
import { Overview } from "./views/overview.tsx";
import type { Page } from "./views/parts.tsx";
import { SessionPage } from "./views/session.tsx";

export interface PageOptions {
  readonly factory: string;
  readonly view: FactoryView;
  readonly transcripts: Transcripts;
  readonly access: Access;
  /** Acts can be done here. */
  readonly canAct: boolean;
  /** The page of an issue on the forge, for browsers. */
  readonly linkToIssue?: (project: string, issue: number) => string | undefined;
  /** Said above every page. */
  readonly notice?: (() => string | undefined) | undefined;
}

export type Render = (
  context: Context<Env>,
  page: { title: string; body: Child; topic?: "transcripts"; status?: 200 | 403 | 404 },
) => Response | Promise<Response>;

function describePage({ view, canAct }: PageOptions, context: Context<Env>): Page {
  return { now: view.now, person: context.get("person"), canAct };
}

export function buildRender(options: PageOptions): Render {
  return (context, { title, body, topic, status = 200 }) => {
    const { factory, view, notice } = options;
    const { path } = context.req;
    const frame = { factory, path, seen: view.version, topic, notice: notice?.() };
    const page = describePage(options, context);
    const document = (
      <Layout title={title} frame={frame} page={page}>
        {body}
      </Layout>
    );
    return context.html(`<!doctype html>${document}`, status);
  };
}

export function pageRoutes(options: PageOptions, render: Render): Hono<Env> {
  const { view } = options;
  const routes = new Hono<Env>();
  const pageOf = (context: Context<Env>) => describePage(options, context);
  routes.get("/", (context) => {
    const { history, engine } = view;
    const facts = { snapshot: view.snapshot(), tally: history.tally, engine };
    return render(context, {
      title: "Overview",
      body: <Overview {...facts} page={pageOf(context)} />,
    });
  });
  routes.get("/board", (context) => {
    const { board } = view.snapshot();
    return render(context, {
      title: "Board",
      body: <Board board={board} page={pageOf(context)} />,
    });
  });
  routes.get("/bots", (context) => {
    const { bots, board } = view.snapshot();
    const body = <Bots bots={bots} board={board} page={pageOf(context)} />;
    return render(context, { title: "Bots", body });
  });
  routes.get("/charts", (context) => {
    const figures = deriveFigures(view.history, view.now.toISOString());
    return render(context, { title: "Charts", body: <Charts charts={listCharts(figures)} /> });
  });
  routes.get("/bots/:bot", (context) => showBot(options, context, render));
  routes.get("/issues/:project/:issue{[0-9]+}", (context) => showIssue(options, context, render));
  routes.get("/sessions/:bot/:name", (context) => showSession(options, context, render));
  return routes;
}

export function showMissing(context: Context<Env>, render: Render) {
  const text = "There is no such page here, or nothing was told of it yet.";
  return render(context, {
    title: "Not found",
    body: <Message title="Not found" text={text} />,
    status: 404,
  });
}

function showBot(options: PageOptions, context: Context<Env>, render: Render) {
  const { view, transcripts } = options;
  const { bots, board } = view.snapshot();
  const bot = bots.find(({ name }) => name === context.req.param("bot"));
  if (!bot) return showMissing(context, render);
  const page = describePage(options, context);
  const facts = { bot, board, sessions: transcripts.list(bot.name), page };
  return render(context, { title: bot.name, body: <Bot {...facts} /> });
}

function showIssue(options: PageOptions, context: Context<Env>, render: Render) {
  const { view, transcripts, linkToIssue } = options;
  const { project = "", issue: number = "" } = context.req.param() as Record<string, string>;
  const name = { project, issue: Number(number) };
  const { board, bots } = view.snapshot();
  const card = board.find((one) => keyOf(one) === keyOf(name));
  const summary = view.history.summaries.get(keyOf(name));
  if (!card && !summary) return showMissing(context, render);
  const { events } = view.history.historyOf(name);
  const tellers = new Set(events.map(({ by }) => by));
  const sessions = bots
    .filter((bot) => tellers.has(bot.name))
    .flatMap((bot) => transcripts.list(bot.name).map((one) => `${bot.name}/${one}`));
  const page = describePage(options, context);
  const forgeUrl = linkToIssue?.(project, name.issue);
  const facts = { ...name, card, summary, events, sessions, forgeUrl, page };
  return render(context, {
    title: `#${name.issue} ${card?.title ?? summary?.title ?? ""}`,
    body: <IssuePage {...facts} />,
  });
}

/** As many as are read at a sight; the rest is asked for. */
const MOST_UTTERANCES = 300;

/** Whoever may read all else must be somebody to read this. */
function showSession(options: PageOptions, context: Context<Env>, render: Render) {
  const { bot = "", name = "" } = context.req.param() as Record<string, string>;
  if (!context.get("person")) {
    const text = "A session's transcript is shown to people who have signed in.";
    const body = <Message title="Sign in to read it" text={text} back="/login" />;
    return render(context, { title: "Transcript", body, status: 403 });
  }
  const lines = options.transcripts.read(bot, name);
  if (!lines) return showMissing(context, render);
  const all = readConversation(lines);
  const left =
    context.req.query("all") === undefined ? Math.max(0, all.length - MOST_UTTERANCES) : 0;
  const body = <SessionPage bot={bot} name={name} utterances={all.slice(left)} left={left} />;
  return render(context, { title: `Session of ${bot}`, body, topic: "transcripts" });
}
