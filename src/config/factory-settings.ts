/** The factory's own switches in `.env`: what each key means, its default, and how it may be wrong. */

import { ciProviders } from "../ci/definitions.ts";
import { publish } from "../core/addresses.ts";
import type { Factory } from "../core/factory.ts";
import { namesOf } from "../core/kinds.ts";
import { DEFAULT_ENGINE, engines } from "../engines/definitions.ts";
import { DEFAULT_FORGE, forgeKinds } from "../forge-kinds/definitions.ts";
import type { Environment } from "./environment.ts";
import { hasTag, lacksTag } from "./image-reference.ts";
import type { Problem } from "./problem.ts";
import { nameRefused } from "./refused-value.ts";
import { suggest } from "./suggest.ts";

export type FactorySettings = Omit<Factory, "bots" | "projects">;

/** Reads keys one by one and collects what is wrong with them; a wrong value reads as its default. */
export class Reader {
  readonly problems: Problem[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Empty is the same as unset, as `${KEY:-default}` has it. */
  text(key: string, fallback: string): string {
    return this.#environment.values.get(key) || fallback;
  }

  optional(key: string): string | undefined {
    return this.#environment.values.get(key) || undefined;
  }

  port(key: string, fallback: number): number {
    const text = this.text(key, String(fallback));
    if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
    this.fail(key, `${JSON.stringify(text)} is not a valid port`, "use an integer from 1 to 65535");
    return fallback;
  }

  choice<T extends string>(key: string, known: readonly T[], fallback: T): T {
    const text = this.text(key, fallback);
    const found = known.find((name) => name === text);
    if (found) return found;
    const near = suggest(text, known);
    const hint = near ? `did you mean ${near}?` : `remove the line for ${fallback}`;
    this.fail(key, `must be one of ${known.join(", ")}`, hint);
    return fallback;
  }

  image(key: string, fallback: string): string {
    const reference = this.text(key, fallback);
    if (!hasTag(reference)) this.fail(key, lacksTag.message, lacksTag.hint);
    return reference;
  }

  fail(key: string, message: string, hint: string): void {
    const value = this.#environment.values.get(key);
    const problem = { path: key, message: nameRefused(message, key, value), hint };
    this.problems.push({ ...this.#environment.locate(key), ...problem });
  }
}

/** `statedForgeUrl`: what a project says about the forge, where `.env` does not. */
export function readFactorySettings(
  reader: Reader,
  version: string,
  statedForgeUrl: string | undefined,
): FactorySettings {
  const bind = reader.text("DISINTO_BIND", "127.0.0.1");
  const port = reader.port("DISINTO_FORGE_PORT", 3000);
  const ciPort = reader.port("DISINTO_CI_PORT", 8000);
  const tag = reader.text("DISINTO_IMAGE_TAG", version);
  const kind = reader.choice("DISINTO_FORGE", namesOf(forgeKinds), DEFAULT_FORGE);
  const { service } = forgeKinds[kind];
  if (!service && !reader.optional("FORGE_URL") && !statedForgeUrl)
    reader.fail("DISINTO_FORGE", "an external forge needs its address", "set FORGE_URL");
  return {
    name: readName(reader),
    engine: reader.choice("DISINTO_ENGINE", namesOf(engines), DEFAULT_ENGINE),
    forge: {
      kind,
      url: readForgeUrl(reader, statedForgeUrl ?? publish(bind, port)),
      bind,
      port,
      adminUser: reader.text("FORGE_ADMIN_USER", "disinto-admin"),
    },
    images: {
      agents: reader.image("DISINTO_IMAGE_AGENTS", `disinto-agents:${tag}`),
      forgejo: service ? reader.image("DISINTO_IMAGE_FORGEJO", service.image(tag)) : "",
      woodpecker: reader.image("DISINTO_IMAGE_WOODPECKER", "woodpeckerci/woodpecker-server:v3"),
      woodpeckerAgent: reader.image(
        "DISINTO_IMAGE_WOODPECKER_AGENT",
        "woodpeckerci/woodpecker-agent:v3",
      ),
      edge: reader.image("DISINTO_IMAGE_EDGE", "caddy:2"),
    },
    ci: {
      port: ciPort,
      url: reader.text("WOODPECKER_HOST", publish(bind, ciPort)),
      hasToken: namesOf(ciProviders).filter((name) => {
        const { access } = ciProviders[name];
        return access && reader.optional(access.tokenKey) !== undefined;
      }),
    },
    leaseTermS: readLeaseTerm(reader),
    hasStatusToken: reader.optional("DISINTO_STATUS_TOKEN") !== undefined,
    edge: readEdge(reader),
    shared: readShared(reader),
  };
}

function readEdge(reader: Reader): Factory["edge"] {
  const [httpPort, httpsPort] = ["DISINTO_HTTP_PORT", "DISINTO_HTTPS_PORT"].map((key) =>
    reader.optional(key) === undefined ? undefined : reader.port(key, 80),
  );
  if (httpPort === undefined && httpsPort === undefined) return undefined;
  return { httpPort, httpsPort, domain: reader.optional("DISINTO_DOMAIN") };
}

/** A renewal takes a third of it at most, and takes as long as a push does. */
const MIN_LEASE_TERM_S = 3;

function readLeaseTerm(reader: Reader): number | undefined {
  const text = reader.optional("DISINTO_LEASE_TERM");
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text) && Number(text) >= MIN_LEASE_TERM_S) return Number(text);
  const message = `${JSON.stringify(text)} must be an integer of at least ${MIN_LEASE_TERM_S} seconds`;
  reader.fail(
    "DISINTO_LEASE_TERM",
    message,
    "remove the line: the default of 900 suits normal use",
  );
  return undefined;
}

function readName(reader: Reader): string {
  const name = reader.text("DISINTO_NAME", "disinto");
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 15) return name;
  reader.fail(
    "DISINTO_NAME",
    `${JSON.stringify(name)} is not a valid factory name`,
    "use at most 15 lower-case letters and digits, with single dashes between them",
  );
  return "disinto";
}

function readForgeUrl(reader: Reader, fallback: string): string {
  const url = reader.text("FORGE_URL", fallback).replace(/\/+$/, "");
  if (/^https?:\/\/[^\s/]/.test(url) && URL.canParse(url)) return url;
  const hint = "write the whole URL, for example http://127.0.0.1:3000";
  reader.fail("FORGE_URL", "must be an http or https URL", hint);
  return fallback;
}

function readShared(reader: Reader): Factory["shared"] {
  const claude = readFolder(reader, "CLAUDE_SHARED_DIR");
  const ssh = readFolder(reader, "AGENT_SSH_DIR");
  const sops = readFolder(reader, "SOPS_AGE_DIR");
  return { ...(claude && { claude }), ...(ssh && { ssh }), ...(sops && { sops }) };
}

function readFolder(reader: Reader, key: string): string | undefined {
  const path = reader.optional(key);
  if (path === undefined || path.startsWith("/")) return path;
  reader.fail(key, "must be an absolute path", "write it beginning with /");
  return undefined;
}
