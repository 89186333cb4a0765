/** Signing in, by a link that works once or by a token of the forge; and signing out. */
import { Hono } from "hono";
import { requireToken } from "../adapters/http-server.ts";
import { type Access, type Env, isFromElsewhere } from "./access.ts";
import type { Acts } from "./acts.ts";
import type { Render } from "./pages.tsx";
import { RedeemLink, SignIn } from "./views/forms.tsx";

export interface SignInOptions {
  readonly access: Access;
  readonly acts: Acts | undefined;
  /** With which `disinto dashboard` hands over a person's token. */
  readonly key: string | undefined;
}

export function signInRoutes({ access, acts, key }: SignInOptions, render: Render): Hono<Env> {
  const routes = new Hono<Env>();
  const takesTokens = acts !== undefined;
  const show = (context: Parameters<Render>[0], failure?: string) => {
    const facts = { person: context.get("person"), takesTokens, failure };
    const status = failure ? 403 : 200;
    return render(context, { title: "Sign in", body: <SignIn {...facts} />, status });
  };
  routes.get("/login", (context) => show(context));
  routes.post("/login", async (context) => {
    if (isFromElsewhere(context)) return show(context, "This form was not sent from here.");
    const { token } = await context.req.parseBody();
    const login = typeof token === "string" && token ? await acts?.whoIs(token.trim()) : undefined;
    if (login === undefined) return show(context, "The forge does not know this token.");
    access.signIn(context, { login, token: String(token).trim() });
    return context.redirect("/", 303);
  });
  routes.get("/login/link", (context) => {
    const body = <RedeemLink code={context.req.query("code") ?? ""} />;
    return render(context, { title: "Sign in", body });
  });
  routes.post("/login/link", async (context) => {
    if (isFromElsewhere(context)) return show(context, "This form was not sent from here.");
    const { code } = await context.req.parseBody();
    const who = access.redeem(String(code));
    if (!who) return show(context, "This link was used before, or is too old.");
    access.signIn(context, who);
    return context.redirect("/", 303);
  });
  routes.post("/logout", async (context) => {
    const { key: formKey } = await context.req.parseBody();
    if (access.isOwnForm(context, formKey)) access.signOut(context);
    return context.redirect("/", 303);
  });
  if (key !== undefined)
    routes.post("/links", requireToken(key), async (context) => {
      const { login, token } = (await context.req.json()) as { login: string; token: string };
      return context.json({ code: access.handOver({ login, token }) });
    });
  return routes;
}
