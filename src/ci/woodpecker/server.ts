/** The operator's port over Woodpecker's REST API. */
import { request } from "undici";
import * as z from "zod";
import { readBounded } from "../../adapters/bounded-body.ts";
import type { KeptSecret } from "../../core/ci-secrets.ts";
import type { RepoId } from "../../core/factory.ts";
import { DisintoError } from "../../errors.ts";
import type { CiAccount, CiRepository, CiSecretStore, CiServer } from "../../ports/ci-admin.ts";
import { signIn } from "./sign-in.ts";

export interface ServerOptions {
  /** As it says of itself. */
  readonly url: string;
  readonly forgeUrl: string;
  readonly signal?: AbortSignal | undefined;
}

const LIMIT_MS = 30_000;
const MAX_BYTES = 16_000_000;

export function buildCiServer({ url, forgeUrl, signal }: ServerOptions): CiServer {
  const ask = async (path: string, { method = "GET", token, body }: ApiRequest = {}) => {
    const overdue = AbortSignal.timeout(LIMIT_MS);
    const answer = await request(`${url}${path}`, {
      method,
      signal: signal ? AbortSignal.any([signal, overdue]) : overdue,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, text: (await readBounded(answer.body, MAX_BYTES)) ?? "" };
  };
  return {
    examine: async () => {
      const answer = await ask("/healthz").catch((error: Error) => error);
      if (answer instanceof Error) return `no answer from ${url} (${answer.message})`;
      return answer.status === 204 ? undefined : `${url} answers ${answer.status}`;
    },
    signIn: (credentials) => signIn({ ci: url, forge: forgeUrl, credentials, signal }),
    as: (token) => buildAccount((path, asked) => ask(`/api${path}`, { ...asked, token })),
  };
}

interface ApiRequest {
  readonly method?: "DELETE" | "GET" | "PATCH" | "POST";
  readonly token?: string;
  readonly body?: object;
}

type Ask = (path: string, asked?: ApiRequest) => Promise<{ status: number; text: string }>;

const Listed = z.array(z.object({ full_name: z.string(), forge_remote_id: z.string() }));
const Runs = z.array(z.object({ number: z.int(), commit: z.string() })).nullable();
const PAGE_SIZE = 50;
/** Without the names and notes of others than ours there is nothing to compare; versions before 3.11 have no notes. */
const Secrets = z
  .array(
    z.object({
      name: z.string(),
      events: z
        .array(z.string())
        .nullish()
        .transform((all) => all ?? []),
      note: z.string().default(""),
    }),
  )
  .nullable();
/** A worker is an agent's request for a workflow; while it runs one it asks for none. */
const Queue = z.object({
  stats: z.object({
    worker_count: z.int(),
    running_count: z.int(),
    pending_count: z.int(),
  }),
});
const Login = z.object({ login: z.string() });
const Repository = z
  .object({
    id: z.int(),
    active: z.boolean(),
    require_approval: z.string(),
    trusted: z.record(z.string(), z.boolean()),
    netrc_trusted: z.array(z.string()).nullish(),
  })
  .transform((found): CiRepository & { isActive: boolean } => ({
    id: found.id,
    isActive: found.active,
    isTrusted: Object.values(found.trusted).some(Boolean),
    credentialPlugins: found.netrc_trusted ?? [],
    approvesForks: found.require_approval !== "none",
  }));

function buildAccount(ask: Ask): CiAccount {
  const must = async (path: string, asked: ApiRequest = {}): Promise<string> => {
    const { status, text } = await ask(path, asked);
    if (status >= 200 && status < 300) return text;
    const words = text.trim().slice(0, 200);
    throw new DisintoError(
      "ci.unavailable",
      `Woodpecker refused ${asked.method ?? "GET"} ${path} with ${status}${words && `: ${words}`}`,
      { hint: "look at disinto logs woodpecker, then run disinto init again" },
    );
  };
  const list = async () => Listed.parse(JSON.parse(await must("/user/repos?all=true")));
  return {
    login: async () => {
      const { status, text } = await ask("/user");
      // Woodpecker asks the forge for the list, in this account's name.
      const isAccepted = status === 200 && (await ask("/user/repos?all=true")).status === 200;
      return isAccepted ? Login.parse(JSON.parse(text)).login : undefined;
    },
    find: async ({ owner, name }) => {
      const path = `/repos/lookup/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
      const { status, text } = await ask(path);
      if (status !== 200) return undefined;
      const { isActive, ...found } = Repository.parse(JSON.parse(text));
      return isActive ? found : undefined;
    },
    newestRun: async (id) =>
      Runs.parse(JSON.parse(await must(`/repos/${id}/pipelines?perPage=1`)))?.[0],
    agents: async () => {
      const { stats } = Queue.parse(JSON.parse(await must("/queue/info")));
      const { worker_count, running_count, pending_count } = stats;
      return { isAnyThere: worker_count + running_count > 0, waiting: pending_count };
    },
    activate: async (repo) => {
      const found = (await list()).find((one) => isNamed(one.full_name, repo));
      if (!found)
        throw new DisintoError(
          "ci.unavailable",
          `Woodpecker does not see ${repo.owner}/${repo.name} on the forge`,
          { hint: "run disinto init again; if it persists, look at disinto logs woodpecker" },
        );
      await must(`/repos?forge_remote_id=${encodeURIComponent(found.forge_remote_id)}`, {
        method: "POST",
      });
    },
    repair: async (id) => {
      await must(`/repos/${id}/repair`, { method: "POST" });
    },
    change: async (id, { timeoutMinutes, isTrusted, credentialPlugins, approvesForks }) => {
      const body = {
        ...(timeoutMinutes !== undefined && { timeout: timeoutMinutes }),
        ...(isTrusted === false && {
          trusted: { network: false, volumes: false, security: false },
        }),
        ...(credentialPlugins && { netrc_trusted: credentialPlugins }),
        ...(approvesForks && { require_approval: "forks" }),
      };
      await must(`/repos/${id}`, { method: "PATCH", body });
    },
    secrets: buildSecrets(must),
  };
}

function buildSecrets(must: (path: string, asked?: ApiRequest) => Promise<string>): CiSecretStore {
  const list = async (id: number): Promise<readonly KeptSecret[]> => {
    const found: KeptSecret[] = [];
    for (let page = 1; ; page++) {
      const text = await must(`/repos/${id}/secrets?page=${page}&perPage=${PAGE_SIZE}`);
      const part = Secrets.parse(JSON.parse(text)) ?? [];
      found.push(...part);
      if (part.length < PAGE_SIZE) return found;
    }
  };
  const at = (id: number, name: string) => `/repos/${id}/secrets/${encodeURIComponent(name)}`;
  return {
    list,
    put: async (id, secret) => {
      const isThere = (await list(id)).some(({ name }) => name === secret.name);
      const { name, events, note, value } = secret;
      const body = { name, events, note, value, images: [] };
      if (isThere) await must(at(id, name), { method: "PATCH", body });
      else await must(`/repos/${id}/secrets`, { method: "POST", body });
    },
    remove: async (id, name) => {
      await must(at(id, name), { method: "DELETE" });
    },
  };
}

function isNamed(fullName: string, { owner, name }: RepoId): boolean {
  return fullName.toLowerCase() === `${owner}/${name}`.toLowerCase();
}
