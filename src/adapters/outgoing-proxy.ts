/** How this process gets out of the factory's network: through the egress service, where there is one. */
import { Agent, EnvHttpProxyAgent, request, setGlobalDispatcher } from "undici";
import * as z from "zod/mini";
import { internalHosts } from "../core/service-ports.ts";
import { PROXY_KEY } from "../settings/proxy.ts";

/** Names that are reached without the proxy. */
const noProxy = ["127.0.0.1", "localhost", "::1", ...internalHosts].join(",");

/** Undefined where everything is reached as it is. */
const proxy = process.env[PROXY_KEY] || undefined;

export function buildDispatcher(options: Agent.Options): Agent | EnvHttpProxyAgent {
  if (proxy === undefined) return new Agent(options);
  return new EnvHttpProxyAgent({ ...options, httpProxy: proxy, httpsProxy: proxy, noProxy });
}

/** For every client that has no dispatcher of its own. */
export function useProxy(): void {
  if (proxy !== undefined) setGlobalDispatcher(buildDispatcher({}));
}

/** For git; empty: none. */
export function proxyFor(url: string): string {
  return internalHosts.includes(new URL(url).hostname) ? "" : (proxy ?? "");
}

/** Hosts that this container was refused since then, each once; none where nobody answers. */
export async function readRefusedHosts(since: Date): Promise<readonly string[]> {
  if (proxy === undefined) return [];
  try {
    const { body } = await request(`${proxy}/refusals`, {
      bodyTimeout: 5_000,
      headersTimeout: 5_000,
    });
    const refusals = z
      .array(z.object({ time: z.string(), host: z.string() }))
      .parse(await body.json());
    const fresh = refusals.filter(({ time }) => time >= since.toISOString());
    return [...new Set(fresh.map(({ host }) => host))].slice(0, 20);
  } catch {
    return [];
  }
}

/** What a program that strangers wrote is told of it. */
export function describeProxy(address: string | undefined): Readonly<Record<string, string>> {
  if (address === undefined) return {};
  const known = { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: noProxy };
  const lower = Object.entries(known).map(([key, value]) => [key.toLowerCase(), value]);
  return { ...known, ...Object.fromEntries(lower) };
}
