/** Who may see and do what: which address was asked, who is signed in, and from whose page an act comes. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

export interface Person {
  /** Login on the forge, or `operator` for who came with a link that names nobody. */
  readonly login: string;
  /** With which acts are done on the forge; undefined: this person only reads. */
  readonly token: string | undefined;
  /** Stands in every form, and in no other page than ours. */
  readonly formKey: string;
  /** Seconds since 1970. */
  readonly until: number;
}

export interface AccessOptions {
  /** What cookies and links are sealed with; the dashboard's alone. */
  readonly key: string;
  /** Names by which it is asked, beside addresses and localhost. */
  readonly hosts: readonly string[];
  /** Everybody who reaches it may read what is no transcript. */
  readonly isOpen: boolean;
  readonly now: () => Date;
}

const COOKIE = "disinto";
const DAY_S = 86_400;
const SESSION_S = 30 * DAY_S;

export type Env = { Variables: { person: Person | undefined } };

export class Access {
  readonly #options: AccessOptions;
  readonly #key: Buffer;
  /** Links that were used, until they would have ended by themselves. */
  readonly #used = new Map<string, number>();
  readonly #handed = new Map<string, { token: string; login: string; until: number }>();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#key = createHash("sha256").update(`session ${options.key}`).digest();
  }

  get nowS(): number {
    return Math.floor(this.#options.now().getTime() / 1000);
  }

  /**
   * A page of somebody else's, whose name was made to lead here, asks under that name: a browser's names are ours or none.
   * Addresses are nobody's to rebind.
   */
  readonly checkHost: MiddlewareHandler = async (context, next) => {
    const host = context.req.header("host") ?? "";
    const name = host.replace(/:\d+$/, "").toLowerCase();
    const isAddress = /^(\d+\.\d+\.\d+\.\d+|\[[\da-f:]+\])$/.test(name);
    if (isAddress || name === "localhost" || this.#options.hosts.includes(name)) return next();
    return context.text("this is not the name of a dashboard\n", 421);
  };

  readonly identify: MiddlewareHandler<Env> = async (context, next) => {
    context.set("person", this.#open(getCookie(context, COOKIE)));
    return next();
  };

  mayRead(context: Context<Env>): boolean {
    return this.#options.isOpen || context.get("person") !== undefined;
  }

  signIn(context: Context, who: Pick<Person, "login" | "token">): void {
    const formKey = randomBytes(16).toString("hex");
    const person: Person = { ...who, formKey, until: this.nowS + SESSION_S };
    setCookie(context, COOKIE, this.#seal(person), {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: SESSION_S,
      secure: new URL(context.req.url).protocol === "https:",
    });
  }

  signOut(context: Context): void {
    deleteCookie(context, COOKIE, { path: "/" });
  }

  /** A form of ours, sent from a page of ours, by who is signed in. */
  isOwnForm(context: Context<Env>, formKey: unknown): boolean {
    const person = context.get("person");
    if (!person || typeof formKey !== "string" || isFromElsewhere(context)) return false;
    return isSame(formKey, person.formKey);
  }

  /** Answers once whose a link is that `disinto` made. */
  redeem(code: string): Pick<Person, "login" | "token"> | undefined {
    this.#forget();
    const handed = this.#handed.get(code);
    if (handed) {
      this.#handed.delete(code);
      return { login: handed.login, token: handed.token };
    }
    const until = checkLink(this.#options.key, code, this.nowS);
    if (until === undefined || this.#used.has(code)) return undefined;
    this.#used.set(code, until);
    return { login: "operator", token: undefined };
  }

  /** Keeps a person's token for the one who comes with the code that is answered. */
  handOver(who: { readonly login: string; readonly token: string }): string {
    const code = randomBytes(24).toString("hex");
    this.#handed.set(code, { ...who, until: this.nowS + LINK_S });
    return code;
  }

  #forget(): void {
    for (const [code, until] of this.#used) if (until < this.nowS) this.#used.delete(code);
    for (const [code, { until }] of this.#handed) if (until < this.nowS) this.#handed.delete(code);
  }

  #seal(person: Person): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(person), "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
  }

  #open(cookie: string | undefined): Person | undefined {
    try {
      const bytes = Buffer.from(cookie ?? "", "base64url");
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
      const person = JSON.parse(text.toString("utf8")) as Person;
      return person.until > this.nowS ? person : undefined;
    } catch {
      return undefined;
    }
  }
}

const LINK_S = 3_600;

/** Browsers say where a request comes from; what says nothing is no browser, and has no cookie of a person's. */
export function isFromElsewhere(context: Context): boolean {
  const site = context.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = context.req.header("origin");
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== context.req.header("host");
}

/** A code that signs in once within the hour, made by who knows the dashboard's key. */
export function makeLinkCode(key: string, nowS: number): string {
  const body = `${nowS + LINK_S}.${randomBytes(12).toString("hex")}`;
  return `${body}.${signLink(key, body)}`;
}

function checkLink(key: string, code: string, nowS: number): number | undefined {
  const [until = "", nonce = "", mark = ""] = code.split(".");
  if (!isSame(mark, signLink(key, `${until}.${nonce}`))) return undefined;
  return Number(until) > nowS ? Number(until) : undefined;
}

function signLink(key: string, body: string): string {
  return createHmac("sha256", key).update(`link ${body}`).digest("hex");
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
