import { expect, test } from "vitest";
import { listProblems, makeFactory, shop } from "../../test/support/factories.ts";
import {
  deriveAddresses,
  findUnreachable,
  listInbound,
  listOutsideNames,
  routeTo,
} from "./addresses.ts";

const woodpecker = 'repo = "acme/shop"\nci.provider = "woodpecker"\n';
const bot = "LLAMA_BOTS=a\nLLAMA_BASE_URL=http://host.docker.internal:8081\n";
const named =
  "DISINTO_FORGE=forgejo\nFORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\n";

test("people reach the forge on its published port, everything inside by its name", () => {
  const { forge, woodpecker: none } = deriveAddresses(makeFactory(bot, { shop }));

  expect(forge).toEqual({
    operator: "http://127.0.0.1:3000",
    announced: "http://127.0.0.1:3000",
    internal: "http://forgejo:3000",
    step: "http://forgejo:3000",
  });
  expect(none).toBeUndefined();
});

test("with Woodpecker a step reads the forge where the forge says that it is", () => {
  const addresses = deriveAddresses(makeFactory(bot + named, { shop: woodpecker }));

  expect(addresses.forge).toMatchObject({
    announced: "http://box.lan:3000",
    step: "http://box.lan:3000",
  });
  expect(addresses.woodpecker).toMatchObject({
    announced: "http://box.lan:8000",
    internal: "http://woodpecker:8000",
  });
});

test("an external forge has one address for all, and no way in through this host", () => {
  const env = "DISINTO_FORGE=external\nFORGE_URL=https://git.example.org/git\n";
  const factory = makeFactory(bot + env, { shop });

  const { operator, internal, step } = deriveAddresses(factory).forge;
  expect(new Set([operator, internal, step])).toEqual(new Set(["https://git.example.org/git"]));
  expect(listInbound(factory)).toEqual([]);
});

test("what is published leads to a part inside, and the names that people use mean the same there", () => {
  const factory = makeFactory(bot + named, { shop: woodpecker });

  expect(listInbound(factory)).toEqual([
    { service: "forge", bind: "127.0.0.1", published: 3000, host: "forgejo", port: 3000 },
    { service: "woodpecker", bind: "127.0.0.1", published: 8000, host: "woodpecker", port: 8000 },
  ]);
  expect(listOutsideNames(factory)).toEqual(["box.lan"]);
});

test("a model on the host is forwarded, any other is asked through the proxy", () => {
  expect(routeTo("http://host.docker.internal:8081/v1")).toEqual({ by: "forward", port: 8081 });
  expect(routeTo("https://api.anthropic.com")).toEqual({
    by: "proxy",
    host: "api.anthropic.com",
    port: 443,
  });
});

test("addresses that mean another machine to who reads them are refused, with their place", () => {
  const env = "LLAMA_BOTS=a\nLLAMA_BASE_URL=http://localhost:8081\nDISINTO_FORGE=external\n";

  expect(listProblems(`${env}FORGE_URL=http://127.0.0.1:3000\n`, { shop })).toMatchInlineSnapshot(`
    ".env:2:1  LLAMA_BASE_URL: http://localhost:8081 is the bot's own container
      hint: for a model on this machine write http://host.docker.internal:8081
    .env:4:1  FORGE_URL: http://127.0.0.1:3000 is each container's own, so no bot reaches the forge there
      hint: use a name or an address of the forge's machine that is reached from everywhere"
  `);
});

test.each(["http://127.0.0.1:3000", "http://forge.localhost:3000", "http://192.168.1.2:3000"])(
  "Woodpecker's browser, server and steps cannot all reach a forge at %s",
  (url) => {
    const env = bot + named.replace("http://box.lan:3000", url);

    expect(listProblems(env, { shop: woodpecker })).toContain(
      `FORGE_URL: ${url} resolves differently`,
    );
  },
);

test("a port can lead to one thing only", () => {
  expect(
    listProblems("LLAMA_BOTS=a\nLLAMA_BASE_URL=http://host.docker.internal:3000\n", { shop }),
  ).toContain(
    "LLAMA_BASE_URL: http://host.docker.internal:3000 has the port of the factory's forge",
  );
  expect(listProblems("DISINTO_FORGE_PORT=3128\n", { shop })).toContain(
    "DISINTO_FORGE_PORT: port 3128 is also that of the factory's proxy",
  );
});

test("nothing is refused of the local engine, whose processes all have this host's loopback", () => {
  const env = "DISINTO_ENGINE=local\nLLAMA_BOTS=a\nLLAMA_BASE_URL=http://127.0.0.1:8081\n";

  expect([...findUnreachable(makeFactory(env, { shop }))]).toEqual([]);
});
