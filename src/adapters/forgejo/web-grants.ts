/**
 * What a user allowed to applications of others. Forgejo's API does not know them; its page for the user does
 * (templates/user/settings/grants_oauth2.tmpl), so the user signs in there as with a browser.
 */
import { request } from "undici";
import { DisintoError } from "../../errors.ts";
import type { Credentials } from "../../ports/forge-admin.ts";
import { classifyNoAnswer } from "./failures.ts";

interface Site {
  readonly url: string;
  readonly signal: AbortSignal | undefined;
}

const LIMIT_MS = 30_000;
const PAGE = "/user/settings/applications";

/** Answers how many there were; none on a forge that has no such page. */
export async function revokeGrants(site: Site, credentials: Credentials): Promise<number> {
  const web = new WebSession(site);
  if ((await web.send("GET", "/user/login")).status === 404) return 0;
  await web.signIn(credentials);
  const grants = listGrants(await web.read(PAGE));
  for (const path of grants) await web.post(`${PAGE}${path}`, {});
  if (listGrants(await web.read(PAGE)).length > 0)
    throw unexpected(`applications may still act as ${credentials.login}`);
  return grants.length;
}

function listGrants(page: string): readonly string[] {
  return [...page.matchAll(/\/user\/settings\/applications(\/oauth2\/\d+\/revoke\/\d+)"/g)].map(
    ([, path = ""]) => path,
  );
}

function unexpected(message: string): DisintoError {
  return new DisintoError("forge.invalid", message, {
    hint: "take back what is allowed to applications on the forge, in the user's settings",
  });
}

class WebSession {
  readonly #site: Site;
  readonly #cookies = new Map<string, string>();

  constructor(site: Site) {
    this.#site = site;
  }

  async signIn({ login, password }: Credentials): Promise<void> {
    const { status, location } = await this.post("/user/login", { user_name: login, password });
    if (status === 303 && !location.includes("two_factor") && !location.includes("webauthn"))
      return;
    throw unexpected(`${login} cannot sign in on the forge's pages (${status} ${location})`);
  }

  async read(path: string): Promise<string> {
    const { status, text } = await this.send("GET", path);
    if (status === 200) return text;
    throw unexpected(`the forge answers ${path} with ${status}`);
  }

  /** Forgejo 11 asks for the token of its cookie, 15 no more. */
  post(path: string, fields: Readonly<Record<string, string>>) {
    const csrf = this.#cookies.get("_csrf");
    return this.send("POST", path, {
      ...(csrf !== undefined && { _csrf: decodeURIComponent(csrf) }),
      ...fields,
    });
  }

  async send(method: "GET" | "POST", path: string, form?: Readonly<Record<string, string>>) {
    const { url, signal } = this.#site;
    const overdue = AbortSignal.timeout(LIMIT_MS);
    try {
      const answer = await request(`${url}${path}`, {
        method,
        headers: {
          cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        },
        ...(form && { body: new URLSearchParams(form).toString() }),
        signal: signal ? AbortSignal.any([signal, overdue]) : overdue,
      });
      this.#keepCookies(answer.headers["set-cookie"]);
      const text = await answer.body.text();
      return { status: answer.statusCode, location: String(answer.headers.location ?? ""), text };
    } catch (error) {
      if (signal?.aborted) throw new DisintoError("interrupted", `${path} was interrupted`);
      throw classifyNoAnswer({ url, error, overdueMs: overdue.aborted ? LIMIT_MS : undefined });
    }
  }

  #keepCookies(header: string | string[] | undefined): void {
    for (const line of [header ?? []].flat()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
    }
  }
}
