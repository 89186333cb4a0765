/** The edge's configuration: one site for each service that people open in a browser. */
import type { Factory } from "./factory.ts";

/** Undefined where there is no edge. With a domain each service has a host name, without one the forge has port 80. */
export function renderCaddyfile(factory: Factory): string | undefined {
  const { edge, forge, projects } = factory;
  if (!edge) return undefined;
  const upstream = forge.kind === "external" ? forge.url : "forgejo:3000";
  const hasCi = projects.some(({ ci }) => ci.provider === "woodpecker");
  const sites = edge.domain
    ? [
        site(`forge.${edge.domain}`, upstream),
        ...(hasCi ? [site(`ci.${edge.domain}`, "woodpecker:8000")] : []),
      ]
    : [site("http://", upstream)];
  return `${sites.join("\n\n")}\n`;
}

function site(address: string, upstream: string): string {
  return `${address} {\n\treverse_proxy ${upstream}\n}`;
}
