/** The edge's configuration: one site for each service that people open in a browser. */
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { deriveAddresses } from "./addresses.ts";
import type { Edge, Factory } from "./factory.ts";

/** A host name behind the edge, and what is done there, as lines of a Caddyfile. */
interface Site {
  readonly name: string;
  readonly body: readonly string[];
}

/**
 * Undefined where there is no edge. With a domain each service has a host name, without one the forge has the whole
 * ports. Caddy listens on the ports that are published, so that one address holds inside and outside.
 */
export function renderCaddyfile(factory: Factory): string | undefined {
  const { edge } = factory;
  if (!edge) return undefined;
  const sites = edge.domain === undefined ? [listAlone(factory)] : listNamed(factory, edge.domain);
  const blocks = [
    block("", renderOptions(edge, sites)),
    ...(edge.httpsPort === undefined ? [] : sites.map((site) => secureSite(site, edge))),
    ...(edge.httpPort === undefined ? [] : sites.map((site) => plainSite(site, edge))),
  ];
  return `${blocks.join("\n\n")}\n`;
}

/** Without a domain: the forge, under any name over HTTP, and under its own one with a certificate. */
function listAlone(factory: Factory): Site {
  const { forge } = deriveAddresses(factory);
  return { name: new URL(forge.announced).hostname, body: forgeBody(factory) };
}

function listNamed(factory: Factory, domain: string): readonly Site[] {
  const { woodpecker, dashboard } = deriveAddresses(factory);
  const proxied = [
    ["ci", woodpecker?.internal],
    ["dashboard", dashboard?.internal],
  ] as const;
  return [
    { name: `forge.${domain}`, body: forgeBody(factory) },
    ...proxied.flatMap(([name, part]) =>
      part === undefined ? [] : [{ name: `${name}.${domain}`, body: [proxyTo(part)] }],
    ),
  ];
}

/** One that runs elsewhere has an address of its own, in which all its links are: people are sent there. */
function forgeBody(factory: Factory): readonly string[] {
  const { forge } = deriveAddresses(factory);
  const isOurs = forgeKinds[factory.forge.kind].service !== undefined;
  return [isOurs ? proxyTo(forge.internal) : `redir ${forge.announced}{uri} 302`];
}

/** Caddy hands events and upgraded connections on at once, and bodies without a limit. */
function proxyTo(url: string): string {
  return `reverse_proxy ${url.replace(/^http:\/\//, "")}`;
}

function renderOptions(edge: Edge, [first]: readonly Site[]) {
  const { httpPort, httpsPort, ca, domain } = edge;
  return [
    ...(httpPort === undefined ? [] : [`http_port ${httpPort}`]),
    ...(httpsPort === undefined ? [] : [`https_port ${httpsPort}`]),
    // Caddy's own ones would leave the port out.
    `auto_https ${httpsPort === undefined ? "off" : "disable_redirects"}`,
    ...(httpsPort !== undefined && ca !== undefined && ca !== INTERNAL_CA ? [`acme_ca ${ca}`] : []),
    // It would become an authority of its own container, which nobody asks.
    ...(isSignedHere(edge) ? ["skip_install_trust"] : []),
    // A browser names no host to an address.
    ...(httpsPort !== undefined && domain === undefined ? [`default_sni ${first?.name}`] : []),
  ];
}

/** Instead of a directory's address: Caddy signs by itself. */
const INTERNAL_CA = "internal";

/** Where nobody outside can vouch for the name, Caddy does itself. */
function isSignedHere({ httpsPort, ca, domain }: Edge): boolean {
  return (
    httpsPort !== undefined && (ca === INTERNAL_CA || (ca === undefined && domain === undefined))
  );
}

function secureSite({ name, body }: Site, edge: Edge): string {
  const signing = isSignedHere(edge) ? ["tls internal"] : [];
  return block(`https://${name}:${edge.httpsPort}`, [...signing, ...body]);
}

/** With HTTPS beside it, all it does is to send people there. */
function plainSite({ name, body }: Site, { httpPort, httpsPort, domain }: Edge): string {
  const host = domain === undefined ? "" : name;
  if (httpsPort === undefined) return block(`http://${host}:${httpPort}`, body);
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  return block(`http://${host}:${httpPort}`, [`redir https://{host}${port}{uri} 308`]);
}

function block(head: string, body: readonly string[]): string {
  const lines = body.map((line) => `\t${line}`).join("\n");
  return `${head === "" ? "" : `${head} `}{\n${lines}\n}`;
}
