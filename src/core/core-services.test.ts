import { expect, test } from "vitest";
import { listProblems, makeFactory } from "../../test/support/factories.ts";
import { renderCaddyfile } from "./caddyfile.ts";
import { deriveDesired } from "./desired.ts";

const woodpecker = 'repo = "acme/shop"\nci.provider = "woodpecker"\n';
const env =
  "LLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=a\nWOODPECKER_HOST=http://box.lan:8000\nFORGE_URL=http://box.lan:3000\n";

function derive(more: string, project = woodpecker) {
  const { services } = deriveDesired(makeFactory(env + more, { shop: project }), "/srv/f", "old");
  return new Map(services.map((service) => [service.name, service]));
}

test("Woodpecker is a server and an agent; only the agent has the engine's socket", () => {
  const services = derive("");

  expect([...services.keys()]).toEqual([
    "forgejo",
    "woodpecker",
    "woodpecker-agent",
    "egress",
    "agents-llama-a",
  ]);
  const withSocket = [...services.values()].filter(({ mounts }) =>
    mounts.some(({ source }) => source.endsWith("docker.sock")),
  );
  expect(withSocket.map(({ name }) => name)).toEqual(["woodpecker-agent"]);
  expect(services.get("woodpecker-agent")?.environment).toMatchObject({
    WOODPECKER_BACKEND_DOCKER_NETWORK: "old_bots",
  });
  expect(services.get("agents-llama-a")?.mounts).toEqual([
    { type: "volume", source: "woodpecker-data", target: "/woodpecker-data" },
  ]);
});

test("a forge or a CI that runs outside is not rendered", () => {
  const outside = "DISINTO_FORGE=external\n";
  const services = derive(outside, 'repo = "acme/shop"\nci.provider = "external"\n');

  expect([...services.keys()]).toEqual(["egress", "agents-llama-a"]);
  expect(services.get("agents-llama-a")?.environment.FORGE_URL).toBe("http://box.lan:3000");
});

test("Forgejo's own image takes its settings from the environment", () => {
  const forge = derive("DISINTO_FORGE=forgejo\n").get("forgejo");

  expect(forge?.image).toBe("codeberg.org/forgejo/forgejo:15.0.3");
  expect(forge?.args).toEqual([]);
  expect(forge?.environment).toMatchObject({
    FORGEJO__server__ROOT_URL: "http://box.lan:3000/",
    FORGEJO__server__DISABLE_SSH: "true",
    FORGEJO__service__DISABLE_REGISTRATION: "true",
  });
  expect(forge?.volumes).toEqual([{ name: "forgejo-data", path: "/data" }]);
});

test("Forgejo sends webhooks to our CI and to nobody else", () => {
  const hooks = (project: string) =>
    derive("DISINTO_FORGE=forgejo\n", project).get("forgejo")?.environment
      .FORGEJO__webhook__ALLOWED_HOST_LIST;

  expect(hooks(woodpecker)).toBe("woodpecker,box.lan");
  expect(hooks('repo = "acme/shop"\n')).toBe("none.invalid");
});

test("the rootless variant keeps its data elsewhere, and takes SSH on a port of its own where it is asked for", () => {
  const image = "codeberg.org/forgejo/forgejo:11.0.15-rootless";
  const services = derive(
    `DISINTO_FORGE=forgejo\nDISINTO_IMAGE_FORGEJO=${image}\nDISINTO_FORGE_SSH_PORT=2200\n`,
  );
  const forge = services.get("forgejo");

  expect(forge?.volumes).toEqual([{ name: "forgejo-data", path: "/var/lib/gitea" }]);
  expect(forge?.environment).toMatchObject({
    FORGEJO__server__DISABLE_SSH: "false",
    FORGEJO__server__SSH_DOMAIN: "box.lan",
    FORGEJO__server__SSH_LISTEN_PORT: "2222",
    FORGEJO__server__SSH_PORT: "2200",
  });
  expect(services.get("egress")?.ports).toContainEqual({
    bind: "127.0.0.1",
    published: 2200,
    target: 2200,
  });
});

test("disinto's own forge has no SSH to publish", () => {
  expect(listProblems(`${env}DISINTO_FORGE_SSH_PORT=2200\n`)).toContain(
    ".env:5:1  DISINTO_FORGE_SSH_PORT: the forge is disinto's own small forge for trying it out, to which disinto gives no SSH",
  );
});

test("the edge exists where a port is set, and is replaced when its file changes", () => {
  expect(derive("").has("edge")).toBe(false);
  const plain = derive("DISINTO_HTTP_PORT=8080\n").get("edge");
  const named = derive("DISINTO_HTTP_PORT=8080\nDISINTO_DOMAIN=example.org\n").get("edge");

  expect(plain?.ports).toEqual([{ bind: "127.0.0.1", published: 8080, target: 80 }]);
  expect(plain?.environment).not.toEqual(named?.environment);
});

test("with a domain each service has a host name", () => {
  const more = "DISINTO_HTTPS_PORT=443\nDISINTO_DOMAIN=example.org\n";

  expect(renderCaddyfile(makeFactory(env + more, { shop: woodpecker }))).toMatchInlineSnapshot(`
    "forge.example.org {
    	reverse_proxy forgejo:3000
    }

    ci.example.org {
    	reverse_proxy woodpecker:8000
    }
    "
  `);
});

test("the local engine refuses what only containers can run", () => {
  const problems = listProblems(`${env}DISINTO_ENGINE=local\nDISINTO_FORGE=forgejo\n`, {
    shop: woodpecker,
  });

  expect(problems).toContain(".env:6:1  DISINTO_FORGE: the local engine cannot run this");
  expect(problems).toContain("ci.provider: the local engine cannot run Woodpecker");
});
