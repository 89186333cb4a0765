import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import {
  deriveActivation,
  formatActivationStep,
  planActivation,
  safeTrust,
} from "./ci-activation.ts";
import { deriveIdentities } from "./identities.ts";

const named =
  "FORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\nDISINTO_FORGE=forgejo\n";
const ci = (login: string) => `[ci]\nprovider = "woodpecker"\n${login}`;
const managed = `repo = "acme/shop"\n${ci('login = "disinto-ci"\n')}`;

const nothing = {
  isSignedIn: false,
  hasBotsToken: false,
  repositories: new Map(),
  digest: () => undefined,
};

test("a new factory's account is signed in, and its projects are run, once", () => {
  const desired = deriveActivation(makeFactory(named, { shop: managed }));
  if (!desired) throw new Error("there is nothing to activate");

  expect(planActivation(desired, nothing).map(formatActivationStep)).toEqual([
    "+ sign-in of disinto-ci at Woodpecker   Woodpecker does not accept its token, or the forge does not accept Woodpecker",
    "+ token of the bots at Woodpecker's gate   it is not in .env",
    "+ acme/shop at Woodpecker   Woodpecker does not run it",
  ]);
  const repositories = new Map([
    ["acme/shop", { id: 7, hasWebhook: true, secrets: [], ...safeTrust }],
  ]);
  const done = { isSignedIn: true, hasBotsToken: true, repositories, digest: () => undefined };
  expect(planActivation(desired, done)).toEqual([]);
});

test("trust that somebody gave the runs is taken back", () => {
  const desired = deriveActivation(makeFactory(named, { shop: managed }));
  const plan = (trust: object) => {
    const repositories = new Map([
      ["acme/shop", { id: 7, hasWebhook: true, secrets: [], ...safeTrust, ...trust }],
    ]);
    const seen = { isSignedIn: true, hasBotsToken: true, repositories, digest: () => undefined };
    return desired && planActivation(desired, seen).map(({ action }) => action);
  };
  const restricted = [
    { kind: "restrict-repository", id: 7, repo: { owner: "acme", name: "shop" } },
  ];

  expect(plan({ isTrusted: true })).toEqual(restricted);
  expect(plan({ credentialPlugins: ["x"] })).toEqual(restricted);
  expect(plan({ approvesForks: false })).toEqual(restricted);
});

test("a factory of an earlier version, whose project names no account, is left as it is", () => {
  for (const login of ["", 'login = "somebody"\n']) {
    const factory = makeFactory(named, { shop: `repo = "acme/shop"\n${ci(login)}` });

    expect(deriveActivation(factory)).toBeUndefined();
    expect(deriveIdentities(factory).users).toEqual([]);
  }
});

test("the account administers its projects, and stands in none of their lists", () => {
  const { users, repositories } = deriveIdentities(
    makeFactory(named, { shop: managed, other: 'repo = "acme/other"\n' }),
  );

  expect(users.map(({ login }) => login)).toContain("disinto-ci");
  const administered = repositories.filter(({ administrators = [] }) => administrators.length > 0);
  expect(administered).toMatchObject([
    { repo: { name: "shop" }, administrators: ["disinto-ci"], writers: [] },
  ]);
  expect(JSON.stringify(administered[0]?.protection)).not.toContain("disinto-ci");
});

test("a webhook that somebody removed is made anew", () => {
  const desired = deriveActivation(makeFactory(named, { shop: managed }));
  const repositories = new Map([
    ["acme/shop", { id: 7, hasWebhook: false, secrets: [], ...safeTrust }],
  ]);
  const seen = { isSignedIn: true, hasBotsToken: true, repositories, digest: () => undefined };

  expect(desired && planActivation(desired, seen).map(formatActivationStep)).toEqual([
    "+ webhook of acme/shop to Woodpecker   the forge has none that tells Woodpecker",
  ]);
});
