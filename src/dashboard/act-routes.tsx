/** Acts of people: each is a form of ours, sent by who is signed in with a token of the forge, and refused otherwise. */
import { type Context, Hono } from "hono";
import { DisintoError } from "../errors.ts";
import type { Access, Env, Person } from "./access.ts";
import type { Actor, Acts, IssuePlace } from "./acts.ts";
import { isName } from "./event-store.ts";
import type { Render } from "./pages.tsx";
import { Approve, Message, NewIssue } from "./views/forms.tsx";

export interface ActOptions {
  readonly access: Access;
  readonly acts: Acts;
  readonly projects: readonly string[];
}

type Form = Readonly<Record<string, unknown>>;
type PerformAct = (acts: Acts, who: Actor, form: Form) => Promise<string>;

const doers: Readonly<Record<string, PerformAct>> = {
  retry: (acts, who, form) => acts.retry(who, placeOf(form)),
  release: (acts, who, form) => acts.release(who, placeOf(form)),
  block: (acts, who, form) => acts.block(who, placeOf(form)),
  pause: (acts, who, { bot }) => acts.pause(who, nameOf(bot)),
  resume: (acts, who, { bot }) => acts.resume(who, nameOf(bot)),
  approve: (acts, who, form) => {
    return acts.approve(who, { ...placeOf(form), pin: String(form.pin) });
  },
  file: (acts, who, form) => {
    const [project, title, text] = [form.project, form.title, form.text].map(String);
    return acts.file(who, {
      project: project ?? "",
      title: (title ?? "").trim(),
      text: text ?? "",
      isForBots: form.backlog === "yes",
    });
  },
};

export function actRoutes(options: ActOptions, render: Render): Hono<Env> {
  const { access, acts, projects } = options;
  const routes = new Hono<Env>();
  routes.post("/acts/:act", async (context) => {
    const form = await context.req.parseBody();
    const run = doers[context.req.param("act")];
    const who = doerOf(context.get("person"));
    if (!run || !who || !access.isOwnForm(context, form.key)) {
      const text = who ? "This form was not sent from here." : "Sign in to do this.";
      return refuse(context, render, { text, back: "/login" });
    }
    return carryOut(context, render, () => run(acts, who, form));
  });
  routes.get("/new", (context) => {
    const person = context.get("person");
    if (!person?.token) return context.redirect("/login");
    const body = <NewIssue projects={projects} person={person} />;
    return render(context, { title: "File an issue", body });
  });
  routes.get("/approve/:project/:issue{[0-9]+}", async (context) => {
    const person = context.get("person");
    const who = doerOf(person);
    if (!person || !who) return context.redirect("/login");
    const at = placeOf(context.req.param());
    const shown = await acts.read(who, at);
    const body = <Approve {...at} {...shown} person={person} />;
    return render(context, { title: `Approve #${at.issue}`, body });
  });
  return routes;
}

function doerOf(person: Person | undefined): Actor | undefined {
  const { login, token } = person ?? {};
  return login !== undefined && token !== undefined ? { login, token } : undefined;
}

function nameOf(bot: unknown): string | undefined {
  return typeof bot === "string" && isName(bot) ? bot : undefined;
}

function placeOf(form: Form): IssuePlace {
  return { project: String(form.project), issue: Number(form.issue) };
}

async function carryOut(context: Context<Env>, render: Render, act: () => Promise<string>) {
  try {
    const body = <Message title="Done" text={await act()} />;
    return render(context, { title: "Done", body });
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    return refuse(context, render, { text: error.message, hint: error.hint, back: "/" });
  }
}

interface Refusal {
  readonly text: string;
  readonly hint?: string | undefined;
  readonly back: string;
}

function refuse(context: Context<Env>, render: Render, refusal: Refusal) {
  const body = <Message title="Not done" {...refusal} />;
  return render(context, { title: "Not done", body, status: 403 });
}
