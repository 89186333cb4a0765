/**
 * The pages by which a browser signs in to Woodpecker through Forgejo, with what the real ones answered on 2026-11-27
 * (Forgejo 11.0.15 and 15.0.3, Woodpecker 3.14.1): redirects, cookies, forms. Held to docs/real-stack.md.
 */
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type HttpServer, serveHttp } from "../../src/adapters/http-server.ts";

interface Account {
  readonly login: string;
  readonly password: string;
}

export interface SignInPages {
  readonly forge: string;
  readonly ci: string;
  /** Each request, as `POST /user/login`. */
  readonly seen: readonly string[];
  close(): void;
}

interface Behaviour {
  readonly version: 11 | 15;
  readonly account: Account;
  /** Woodpecker knows nobody but these. */
  readonly admitted?: readonly string[];
  /** More of Woodpecker than its pages. */
  readonly api?: Hono;
}

/** 11 has a token against forged forms, 15 has none any more; the cookie of a session has another name. */
const forms = {
  11: { cookie: "i_like_gitea", csrf: '<input type="hidden" name="_csrf" value="c-1">' },
  15: { cookie: "session", csrf: "" },
} as const;

export async function serveSignInPages(behaviour: Behaviour): Promise<SignInPages> {
  const seen: string[] = [];
  const note = (app: Hono): Hono =>
    app.use(async ({ req }, next) => {
      seen.push(`${req.method} ${req.path}`);
      return next();
    });
  const places = { forge: "", ci: "" };
  const forge = await serveHttp(buildForgePages(note(new Hono()), behaviour, places), anyPort);
  const ci = await serveHttp(buildCiPages(note(new Hono()), behaviour, places), anyPort);
  places.forge = locate(forge);
  places.ci = locate(ci);
  const close = (): void => {
    forge.close();
    ci.close();
  };
  return { ...places, seen, close };
}

const anyPort = { bind: "127.0.0.1", port: 0 };
const locate = ({ port }: HttpServer): string => `http://127.0.0.1:${port}`;

interface Places {
  readonly forge: string;
  readonly ci: string;
}

function buildForgePages(app: Hono, { version, account }: Behaviour, places: Places): Hono {
  const { cookie, csrf } = forms[version];
  const granted = new Set<string>();
  app.get("/login/oauth/authorize", (context) => {
    const { state = "" } = context.req.query();
    const login = getCookie(context, cookie);
    const back = `${places.forge}${context.req.path}?${new URLSearchParams(context.req.query())}`;
    if (login !== account.login) {
      setCookie(context, "redirect_to", encodeURIComponent(back));
      return context.redirect("/user/login", 303);
    }
    if (granted.has(login)) return context.redirect(toCallback(places, state, login), 303);
    return context.html(
      `<form action="/login/oauth/grant">${csrf}<input type="hidden" name="client_id" value="id-1"><input type="hidden" name="state" value="${state.replaceAll("+", "&#43;")}"><input type="hidden" name="scope" value=""><input type="hidden" name="nonce" value=""><input type="hidden" name="redirect_uri" value="${places.ci}/authorize"></form>`,
    );
  });
  const page = `<form>${csrf}<input name="user_name"><input name="password" type="password"></form>`;
  app.get("/user/login", (context) => context.html(page));
  app.post("/user/login", async (context) => {
    const form = await context.req.parseBody();
    const isRight = form.user_name === account.login && form.password === account.password;
    if (!isRight) return context.html(`${page}<p>Username or password is incorrect.</p>`);
    setCookie(context, cookie, account.login);
    return context.redirect(decodeURIComponent(getCookie(context, "redirect_to") ?? "/"), 303);
  });
  app.post("/login/oauth/grant", async (context) => {
    const form = await context.req.parseBody();
    const login = getCookie(context, cookie) ?? "";
    if (form.granted !== "true" || form.client_id !== "id-1") return context.text("", 400);
    granted.add(login);
    return context.redirect(toCallback(places, String(form.state), login), 303);
  });
  return app;
}

function toCallback({ ci }: Places, state: string, login: string): string {
  return `${ci}/authorize?${new URLSearchParams({ code: login, state })}`;
}

function buildCiPages(app: Hono, { admitted, api }: Behaviour, places: Places): Hono {
  app.get("/healthz", (context) => context.body(null, 204));
  app.get("/authorize", (context) => {
    const { code, state } = context.req.query();
    if (state === undefined) {
      const query = new URLSearchParams({ client_id: "id-1", state: "s+1" });
      return context.redirect(`${places.forge}/login/oauth/authorize?${query}`, 303);
    }
    if (state !== "s+1") return context.redirect("/login?error=invalid_state", 303);
    if (admitted && !admitted.includes(code ?? ""))
      return context.redirect("/login?error=registration_closed", 303);
    setCookie(context, "user_sess", code ?? "");
    return context.redirect("/", 303);
  });
  app.get("/web-config.js", (context) => context.text('window.WOODPECKER_CSRF = "csrf-2";'));
  app.post("/api/user/token", (context) => {
    const isOurs = context.req.header("x-csrf-token") === "csrf-2" && isSignedIn(context);
    return isOurs
      ? context.text(`token-of-${getCookie(context, "user_sess")}`)
      : context.text("User not authorized", 401);
  });
  if (api) app.route("/api", api);
  return app;
}

function isSignedIn(context: Context): boolean {
  return Boolean(getCookie(context, "user_sess"));
}
