/**
 * A forge for a test of the operator's commands: an embedded one of its own, or the real Forgejo that
 * DISINTO_TEST_FORGEJO names with its administrator root (`http://root:password@127.0.0.1:3000`).
 */
import path from "node:path";
import { createAccount } from "../../src/forge/users/admin.ts";
import { startForgeProcess } from "./forge-process.ts";

export interface AnyForge {
  readonly url: string;
  /** The administrator root's. */
  readonly password: string;
  readonly isReal: boolean;
  /** The status and the body of a call, as the administrator or as somebody else. */
  call(method: string, route: string, options?: CallOptions): Promise<Answer>;
  end(): Promise<void>;
}

interface CallOptions {
  readonly body?: object;
  readonly as?: { readonly login: string; readonly password: string };
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the forge answers
  readonly body: any;
}

export async function openAnyForge(root: string): Promise<AnyForge> {
  const named = process.env.DISINTO_TEST_FORGEJO;
  if (named !== undefined) {
    const { origin, password } = new URL(named);
    const known = { url: origin, password: decodeURIComponent(password), isReal: true };
    return describeForge({ ...known, end: async () => undefined });
  }
  const password = "correct horse battery";
  const folder = path.join(root, "forge");
  await createAccount(folder, { username: "root", email: "root@x.invalid", admin: true, password });
  const forge = await startForgeProcess({ folder, port: 0 });
  return describeForge({ url: forge.url, password, isReal: false, end: () => forge.close() });
}

function describeForge(known: Omit<AnyForge, "call">): AnyForge {
  const { url, password } = known;
  return {
    ...known,
    call: async (method, route, { body, as = { login: "root", password }, token } = {}) => {
      const basic = Buffer.from(`${as.login}:${as.password}`).toString("base64");
      const authorization = token === undefined ? `Basic ${basic}` : `token ${token}`;
      const answer = await fetch(`${url}/api/v1${route}`, {
        method,
        headers: { authorization, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    },
  };
}
