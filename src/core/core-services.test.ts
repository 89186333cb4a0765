import { expect, test } from "vitest";
import { listProblems, makeFactory } from "../../test/support/factories.ts";
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

test("the agent asks no resolver for more than an address: nobody answers on a network without a way out", () => {
  const agent = derive("").get("woodpecker-agent");

  expect(agent?.environment.WOODPECKER_SERVER).toBe("passthrough:///woodpecker:9000");
});

test("browsers and Woodpecker reach the forge at one address, and Woodpecker's volume by one capability alone", () => {
  const server = derive("DISINTO_FORGE=forgejo\n").get("woodpecker");

  expect(server?.environment).toMatchObject({
    WOODPECKER_FORGEJO_URL: "http://box.lan:3000",
    WOODPECKER_HOST: "http://box.lan:8000",
    WOODPECKER_OPEN: "false",
    WOODPECKER_ADMIN: "disinto-admin,disinto-ci",
    WOODPECKER_PLUGINS_PRIVILEGED: "",
  });
  expect(server?.environment.WOODPECKER_EXPERT_FORGE_OAUTH_HOST).toBeUndefined();
  expect([server?.user, server?.confinement?.capabilities]).toEqual(["0:0", ["DAC_OVERRIDE"]]);
});

test("bots ask Woodpecker by the gate where there is the account's token, which no bot has", () => {
  const tokens = "WOODPECKER_TOKEN=a\n";
  const before = derive(tokens);
  const after = derive(`${tokens}WOODPECKER_ACCOUNT_TOKEN=b\n`);

  expect(before.has("woodpecker-gate")).toBe(false);
  expect(before.get("agents-llama-a")?.environment.WOODPECKER_URL).toBe("http://woodpecker:8000");
  expect(after.get("agents-llama-a")?.environment.WOODPECKER_URL).toBe(
    "http://woodpecker-gate:8001",
  );
  expect(after.get("agents-llama-a")?.secrets).toMatchObject({
    WOODPECKER_TOKEN: "WOODPECKER_TOKEN",
  });
  expect(JSON.stringify(after.get("agents-llama-a"))).not.toContain("WOODPECKER_ACCOUNT");
  expect(after.get("woodpecker-gate")).toMatchObject({
    secrets: {
      WOODPECKER_TOKEN: "WOODPECKER_TOKEN",
      WOODPECKER_ACCOUNT_TOKEN: "WOODPECKER_ACCOUNT_TOKEN",
    },
    ports: [],
  });
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

  expect(plain?.ports).toEqual([{ bind: "127.0.0.1", published: 8080, target: 8080 }]);
  expect(plain?.environment).not.toEqual(named?.environment);
});

test("the local engine refuses what only containers can run", () => {
  const problems = listProblems(`${env}DISINTO_ENGINE=local\nDISINTO_FORGE=forgejo\n`, {
    shop: woodpecker,
  });

  expect(problems).toContain(".env:6:1  DISINTO_FORGE: the local engine cannot run this");
  expect(problems).toContain("ci.provider: the local engine cannot run Woodpecker");
});
