import { expect, test } from "vitest";
import { listProblems, makeFactory } from "../../test/support/factories.ts";
import { renderCaddyfile } from "./caddyfile.ts";

const base = "LLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=a\nDISINTO_FORGE=forgejo\n";
const names = "WOODPECKER_HOST=http://box.lan:8000\nFORGE_URL=http://box.lan:3000\n";
const woodpecker = 'repo = "acme/shop"\nci.provider = "woodpecker"\n';

function render(more: string): string | undefined {
  return renderCaddyfile(makeFactory(base + names + more, { shop: woodpecker }));
}

test("without a port there is no edge", () => {
  expect(render("DISINTO_DOMAIN=example.org\n")).toBeUndefined();
});

test("HTTP alone leads to the forge under any name, and asks for no certificate", () => {
  expect(render("DISINTO_HTTP_PORT=8080\n")).toMatchInlineSnapshot(`
    "{
    	http_port 8080
    	auto_https off
    }

    http://:8080 {
    	reverse_proxy forgejo:3000
    }
    "
  `);
});

test("HTTPS without a domain is signed by Caddy itself, and serves a browser that names no host", () => {
  expect(render("DISINTO_HTTPS_PORT=8443\n")).toMatchInlineSnapshot(`
    "{
    	https_port 8443
    	auto_https disable_redirects
    	skip_install_trust
    	default_sni box.lan
    }

    https://box.lan:8443 {
    	tls internal
    	reverse_proxy forgejo:3000
    }
    "
  `);
});

test("with a domain each service has a host name, and plain HTTP leads to HTTPS on its port", () => {
  expect(
    render("DISINTO_HTTP_PORT=8080\nDISINTO_HTTPS_PORT=8443\nDISINTO_DOMAIN=example.org\n"),
  ).toMatchInlineSnapshot(`
    "{
    	http_port 8080
    	https_port 8443
    	auto_https disable_redirects
    }

    https://forge.example.org:8443 {
    	reverse_proxy forgejo:3000
    }

    https://ci.example.org:8443 {
    	reverse_proxy woodpecker:8000
    }

    http://forge.example.org:8080 {
    	redir https://{host}:8443{uri} 308
    }

    http://ci.example.org:8080 {
    	redir https://{host}:8443{uri} 308
    }
    "
  `);
});

test("the usual ports stand in no redirect", () => {
  const text = render("DISINTO_HTTP_PORT=80\nDISINTO_HTTPS_PORT=443\nDISINTO_DOMAIN=example.org\n");

  expect(text).toContain("redir https://{host}{uri} 308");
});

test("certificates come from who is named", () => {
  const https = "DISINTO_HTTPS_PORT=443\nDISINTO_DOMAIN=lan.example.org\n";

  expect(render(`${https}DISINTO_EDGE_CA=internal\n`)).toContain("\ttls internal");
  const own = render(`${https}DISINTO_EDGE_CA=https://ca.lan/acme/directory\n`);
  expect(own).toContain("\tacme_ca https://ca.lan/acme/directory");
  expect(own).not.toContain("tls internal");
});

test("a forge that runs elsewhere keeps its own address, path and all", () => {
  const external = "DISINTO_FORGE=external\nFORGE_URL=https://git.example.org/git\n";
  const env = `LLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=a\n${external}DISINTO_HTTP_PORT=80\n`;

  expect(renderCaddyfile(makeFactory(env, { shop: 'repo = "acme/shop"\n' }))).toContain(
    "\tredir https://git.example.org/git{uri} 302",
  );
});

test.each([
  ["DISINTO_DOMAIN=https://example.org\n", '"https://example.org" is no domain name'],
  ["DISINTO_DOMAIN=example.org/git\n", '"example.org/git" is no domain name'],
  ["DISINTO_EDGE_CA=mine\n", "is neither internal nor a URL"],
  ["DISINTO_HTTP_PORT=3000\n", "port 3000 is also that of the factory's forge"],
  ["DISINTO_HTTP_PORT=90\nDISINTO_HTTPS_PORT=90\n", "port 90 is also that of the edge's HTTP"],
])("%s is refused before anything is started", (more, message) => {
  const ports = more.includes("PORT") ? "" : "DISINTO_HTTP_PORT=80\n";

  expect(listProblems(base + names + ports + more, { shop: woodpecker })).toContain(message);
});
