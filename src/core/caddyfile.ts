/** The edge's configuration: one site for each service that people open in a browser. */
import { listUsedCis } from "../ci/definitions.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_HOST } from "../forge-kinds/service.ts";
import type { Factory } from "./factory.ts";

/** Undefined where there is no edge. With a domain each service has a host name, without one the forge has port 80. */
export function renderCaddyfile(factory: Factory): string | undefined {
  const { edge, forge } = factory;
  if (!edge) return undefined;
  const upstream = forgeKinds[forge.kind].service ? FORGE_HOST : forge.url;
  if (!edge.domain) return `${site("http://", upstream)}\n`;
  const cis = listUsedCis(factory).flatMap((ci) => ci.site ?? []);
  const sites = [
    site(`forge.${edge.domain}`, upstream),
    ...cis.map((ci) => site(`${ci.host}.${edge.domain}`, ci.upstream)),
  ];
  return `${sites.join("\n\n")}\n`;
}

function site(address: string, upstream: string): string {
  return `${address} {\n\treverse_proxy ${upstream}\n}`;
}
