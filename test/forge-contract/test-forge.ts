/** What the forge's tests share: a running forge in a folder of its own, callers, and real git. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningForge, startForge } from "../../src/forge/serve.ts";
import { createAccount, generateAccessToken } from "../../src/forge/users/admin.ts";
import { differences, type Exchange } from "./description.ts";

export const adminPassword = "correct horse battery";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The tests look into answers of many shapes; each says with `toMatchObject` what it expects.
  readonly body: Body;
}

export interface Body {
  readonly [key: string]: Body;
  readonly [index: number]: Body;
}

export type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Calls the API with one identity: `token x`, `Basic …` or nobody. Another version's answers may be left uncompared. */
export function caller(url: string, authorization?: string, { compare = true } = {}): Call {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json");
    const parsed = (json ? JSON.parse(text) : text) as Body;
    if (compare) compareWithDescription({ method, path, status: response.status, body: parsed });
    return { status: response.status, headers: response.headers, body: parsed };
  };
}

/** Every answer of every test is compared; see description.ts. */
function compareWithDescription(exchange: Exchange): void {
  const [first, ...rest] = differences(exchange);
  if (first === undefined) return;
  throw new Error(`the answer differs from Forgejo's description:\n${[first, ...rest].join("\n")}`);
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

export interface TestForge {
  readonly url: string;
  readonly folder: string;
  /** The site administrator, by token. */
  readonly admin: Call;
  readonly nobody: Call;
  as(authorization: string): Call;
  /** A new user with a token of these scopes. */
  user(login: string, scopes?: readonly string[]): Promise<{ token: string; call: Call }>;
  /** A clone-able address that carries the identity. */
  remote(path: string, token: string): string;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Without another start the forge runs in the test's own process. */
export async function startTestForge(
  start: (options: { folder: string; port: number }) => Promise<RunningForge> = startForge,
): Promise<TestForge> {
  const folder = await mkdtemp(join(tmpdir(), "disinto-forge-"));
  await createAccount(folder, {
    username: "root",
    email: "root@example.com",
    admin: true,
    password: adminPassword,
  });
  const wanted = { username: "root", name: "tests", scopes: ["all"], raw: true };
  const [token = ""] = await generateAccessToken(folder, wanted);
  let forge = await start({ folder, port: 0 });
  const { url, port } = forge;
  const admin = caller(url, `token ${token}`);
  return {
    url,
    folder,
    admin,
    nobody: caller(url),
    as: (authorization) => caller(url, authorization),
    user: async (login, scopes = ["write:repository", "write:issue", "read:user"]) => {
      const password = `${login}-password`;
      const email = `${login}@example.com`;
      const account = { username: login, email, password, must_change_password: false };
      await admin("POST", "/admin/users", account);
      const own = caller(url, basic(login, password));
      const made = await own("POST", `/users/${login}/tokens`, { name: "bot", scopes });
      const userToken = String(made.body.sha1);
      return { token: userToken, call: caller(url, `token ${userToken}`) };
    },
    remote: (path, userToken) => `${url.replace("://", `://x:${userToken}@`)}/${path}.git`,
    restart: async () => {
      await forge.close();
      forge = await start({ folder, port });
    },
    close: async () => {
      await forge.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
