/** The edge's configuration: one site for each service that people open in a browser. */
import { deriveAddresses } from "./addresses.ts";
import type { Factory } from "./factory.ts";

/** Undefined where there is no edge. With a domain each service has a host name, without one the forge has port 80. */
export function renderCaddyfile(factory: Factory): string | undefined {
  const { edge } = factory;
  if (!edge) return undefined;
  const { forge, woodpecker } = deriveAddresses(factory);
  const upstream = nameUpstream(forge.part);
  const sites = edge.domain
    ? [
        site(`forge.${edge.domain}`, upstream),
        ...(woodpecker ? [site(`ci.${edge.domain}`, nameUpstream(woodpecker.part))] : []),
      ]
    : [site("http://", upstream)];
  return `${sites.join("\n\n")}\n`;
}

/** Caddy takes plain HTTP for granted. */
function nameUpstream(url: string): string {
  return url.replace(/^http:\/\//, "");
}

function site(address: string, upstream: string): string {
  return `${address} {\n\treverse_proxy ${upstream}\n}`;
}
