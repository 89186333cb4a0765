/**
 * Signing in to Woodpecker as a person does: by its page, the forge's sign-in and its question whether Woodpecker may act
 * in one's name. Over plain HTTP too, at two servers and nowhere else. What each answers is in docs/real-stack.md.
 */
import { request } from "undici";
import { readBounded } from "../../adapters/bounded-body.ts";
import { DisintoError } from "../../errors.ts";
import type { Credentials } from "../../ports/forge-admin.ts";

export interface SignIn {
  readonly ci: string;
  readonly forge: string;
  readonly credentials: Credentials;
  readonly signal?: AbortSignal | undefined;
}

interface Page {
  readonly status: number;
  readonly text: string;
  /** Where it sends a browser. */
  readonly location: string | undefined;
}

const MAX_PAGES = 12;
const MAX_BYTES = 4_000_000;
const LIMIT_MS = 15_000;

/** Answers the account's token, which is the same each time and does not end. */
export async function signIn({ ci, forge, credentials, signal }: SignIn): Promise<string> {
  const browser = new Browser([ci, forge], signal);
  let page = await browser.get(`${ci}/authorize`);
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    if (page.location?.startsWith(`${ci}/`) && !page.location.startsWith(`${ci}/authorize`))
      return readToken(browser, ci, page.location);
    if (page.location) page = await browser.get(page.location);
    else page = await answerForm(browser, { forge, credentials, page });
  }
  throw lost("it was sent from page to page without an end");
}

interface Question {
  readonly forge: string;
  readonly credentials: Credentials;
  readonly page: Page;
}

async function answerForm(browser: Browser, { forge, credentials, page }: Question): Promise<Page> {
  const { text, status } = page;
  if (/name="user_name"/.test(text) && /name="password"/.test(text)) {
    const { login, password } = credentials;
    const form = { ...fieldsOf(text, ["_csrf"]), user_name: login, password };
    const next = await browser.post(`${forge}/user/login`, form);
    if (next.location) return next;
    throw new DisintoError("credentials.wrong", `the forge does not let ${login} sign in`, {
      hint: "run disinto init: it renews the password of this account",
    });
  }
  if (!text.includes("/login/oauth/grant")) throw lost(`the forge showed a page of ${status}`);
  const asked = ["_csrf", "client_id", "state", "scope", "nonce", "redirect_uri"];
  const form = { ...fieldsOf(text, asked), granted: "true" };
  return browser.post(`${forge}/login/oauth/grant`, form);
}

async function readToken(browser: Browser, ci: string, end: string): Promise<string> {
  const refused = new URL(end).searchParams.get("error");
  if (refused !== null) throw lost(`Woodpecker answered ${refused}`);
  const { text } = await browser.get(`${ci}/web-config.js`);
  const csrf = /WOODPECKER_CSRF = "([^"]*)"/.exec(text)?.[1] ?? "";
  const token = await browser.post(`${ci}/api/user/token`, undefined, { "x-csrf-token": csrf });
  if (token.status === 200 && /^[\w.-]+$/.test(token.text)) return token.text;
  throw lost(`Woodpecker gave no token (${token.status})`);
}

function lost(what: string): DisintoError {
  return new DisintoError("ci.unavailable", `nobody could be signed in to Woodpecker: ${what}`, {
    hint: "FORGE_URL and WOODPECKER_HOST must be the addresses that both servers say of themselves (docs/networks.md); look at disinto logs woodpecker",
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", "#43": "+", "#34": '"', "#39": "'" };

/** Hidden fields of a form, as far as it has them. */
function fieldsOf(html: string, names: readonly string[]): Record<string, string> {
  const found = names.flatMap((name) => {
    const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
    if (value === undefined) return [];
    return [[name, value.replaceAll(/&([\w#]+);/g, (all, key) => entities[key] ?? all)] as const];
  });
  return Object.fromEntries(found);
}

interface Sent {
  readonly method: "GET" | "POST";
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Keeps the cookies of each server apart, and goes nowhere else. */
class Browser {
  readonly #cookies: ReadonlyMap<string, Map<string, string>>;
  readonly #signal: AbortSignal | undefined;

  constructor(servers: readonly string[], signal: AbortSignal | undefined) {
    this.#cookies = new Map(servers.map((url) => [new URL(url).origin, new Map()]));
    this.#signal = signal;
  }

  get(url: string): Promise<Page> {
    return this.#go(url, { method: "GET", headers: {} });
  }

  post(
    url: string,
    form: Readonly<Record<string, string>> | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    return this.#go(url, { method: "POST", form, headers });
  }

  async #go(url: string, { method, form, headers }: Sent): Promise<Page> {
    const jar = this.#cookies.get(new URL(url).origin);
    if (!jar) throw lost(`it was sent to ${new URL(url).origin}`);
    const overdue = AbortSignal.timeout(LIMIT_MS);
    const answer = await request(url, {
      method,
      signal: this.#signal ? AbortSignal.any([this.#signal, overdue]) : overdue,
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        ...headers,
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
    }).catch((error: unknown) => {
      throw new DisintoError("ci.unavailable", `no answer from ${new URL(url).origin}`, {
        hint: "check that this machine reaches the address, and that disinto status shows it running",
        cause: error,
      });
    });
    keepCookies(jar, answer.headers["set-cookie"]);
    const text = (await readBounded(answer.body, MAX_BYTES)) ?? "";
    const { location } = answer.headers;
    const next = typeof location === "string" ? new URL(location, url).href : undefined;
    return { status: answer.statusCode, text, location: next };
  }
}

function keepCookies(jar: Map<string, string>, lines: string | readonly string[] = []): void {
  for (const line of [lines].flat()) {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (/max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
    else jar.set(name, value);
  }
}
