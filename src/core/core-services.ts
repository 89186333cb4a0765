/** The services beside the bots and the CI: forge and edge. What runs outside is not rendered. */
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import { deriveAddresses } from "./addresses.ts";
import { renderCaddyfile } from "./caddyfile.ts";
import type { Factory } from "./factory.ts";
import type { Layout } from "./layout.ts";
import { coreLimits, type DesiredService } from "./service.ts";

export function deriveForge(factory: Factory, layout: Layout): readonly DesiredService[] {
  const { name, forge, images } = factory;
  const { service } = forgeKinds[forge.kind];
  if (!service) return [];
  const image = images.forgejo;
  const data = layout.locate(FORGE_SERVICE, service.folder(image));
  const addresses = deriveAddresses(factory);
  return [
    {
      name: FORGE_SERVICE,
      kind: "core",
      container: `${name}-${FORGE_SERVICE}`,
      image,
      secrets: {},
      volumes: [{ name: "forgejo-data", path: data }],
      mounts: [],
      ports: [],
      limits: coreLimits,
      enabled: true,
      origin: "the factory's forge",
      ...service.render({
        layout,
        image,
        announced: addresses.forge.announced,
        data,
        sshPort: forge.sshPort,
        hooks: listHosts(addresses.woodpecker),
      }),
    },
  ];
}

/** The hosts that webhooks may go to: our CI's and nobody else's. */
function listHosts(ci: { readonly internal: string; readonly announced: string } | undefined) {
  if (!ci) return [];
  return [...new Set([ci.internal, ci.announced].map((url) => new URL(url).hostname))];
}

/** Caddy before the forge and the CI, where a port for it is set. */
export function deriveEdge(factory: Factory, folder: string): readonly DesiredService[] {
  const caddyfile = renderCaddyfile(factory);
  const { name, edge, forge, images } = factory;
  if (!edge || caddyfile === undefined) return [];
  return [
    {
      name: "edge",
      kind: "core",
      container: `${name}-edge`,
      image: images.edge,
      entrypoint: [],
      args: [],
      environment: { CADDYFILE_DIGEST: digest(caddyfile) },
      secrets: {},
      volumes: [{ name: "caddy_data", path: "/data" }],
      mounts: [{ type: "bind", source: `${folder}/Caddyfile`, target: "/etc/caddy/Caddyfile" }],
      ports: [edge.httpPort, edge.httpsPort].flatMap((port) =>
        port === undefined ? [] : [{ bind: forge.bind, published: port, target: port }],
      ),
      networks: {
        outside: true,
        aliases: edge.domain
          ? ["forge", "ci", "dashboard"].map((name) => `${name}.${edge.domain}`)
          : [],
      },
      healthCheck: ["wget", "-q", "--spider", "http://127.0.0.1:2019/config/"],
      limits: coreLimits,
      enabled: true,
      origin: "DISINTO_HTTP_PORT or DISINTO_HTTPS_PORT",
    },
  ];
}

/** FNV-1a: a mounted file's change replaces its container only if something in the rendering changes too. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
