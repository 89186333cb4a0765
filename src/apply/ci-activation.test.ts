/** The factory at Woodpecker: its pages and answers as the real ones gave them, in test/support/sign-in-pages.ts. */
import { Hono } from "hono";
import { afterEach, expect, test } from "vitest";
import { type SignInPages, serveSignInPages } from "../../test/support/sign-in-pages.ts";
import { buildCiServer } from "../ci/woodpecker/server.ts";
import type { SecretStore } from "../config/secret-store.ts";
import { formatActivationStep } from "../core/ci-activation.ts";
import { applyActivation } from "./ci-activation.ts";

let pages: SignInPages | undefined;
afterEach(() => {
  pages?.close();
  pages = undefined;
});

const repo = { owner: "acme", name: "shop" };
const declared = [{ name: "npm_token", events: ["push"], key: "CI_SECRET_SHOP__NPM_TOKEN" }];
const desired = { login: "disinto-ci", repositories: [repo], secrets: [{ repo, declared }] };

interface Known {
  active: boolean;
  /** At the forge; Woodpecker makes it with the first and with each repair. */
  hooked?: boolean;
  timeout: number;
  trusted: Record<string, boolean>;
  require_approval: string;
  netrc_trusted: string[];
  secrets?: KnownSecret[];
}

interface KnownSecret {
  name: string;
  value: string;
  events: string[];
  note: string;
}

/** One repository on the forge, which Woodpecker does not run yet (facts of 3.14.1: paths, codes and shapes). */
function buildApi(known: Known): Hono {
  const api = new Hono();
  const shape = () => ({ id: 7, full_name: "acme/shop", ...known });
  api.use(async (context, next) => {
    const isOurs = context.req.header("authorization") === "Bearer token-of-disinto-ci";
    if (isOurs || context.req.path === "/api/user/token") return next();
    return context.text("User not authorized", 401);
  });
  api.get("/user", (context) => context.json({ id: 1, login: "disinto-ci", admin: true }));
  api.get("/user/repos", (context) =>
    context.json([{ full_name: "acme/shop", forge_remote_id: "12", active: known.active }]),
  );
  api.get("/repos/lookup/acme/shop", (context) =>
    known.active ? context.json(shape()) : context.body(null, 404),
  );
  api.post("/repos", (context) => {
    if (known.active) return context.text("Repository is already active.", 409);
    known.active = context.req.query("forge_remote_id") === "12";
    known.hooked = true;
    return context.json(shape());
  });
  api.post("/repos/7/repair", (context) => {
    known.hooked = true;
    return context.body(null, 204);
  });
  api.get("/repos/7/secrets", (context) =>
    context.json((known.secrets ?? []).map((one) => ({ ...one, value: undefined }))),
  );
  api.post("/repos/7/secrets", async (context) => {
    const made = (await context.req.json()) as KnownSecret;
    known.secrets = [...(known.secrets ?? []), made];
    return context.json({ ...made, value: undefined });
  });
  api.patch("/repos/7/secrets/:name", async (context) => {
    const found = known.secrets?.find(({ name }) => name === context.req.param("name"));
    if (!found) return context.body(null, 404);
    return context.json({ ...Object.assign(found, await context.req.json()), value: undefined });
  });
  api.patch("/repos/7", async (context) => {
    Object.assign(known, await context.req.json());
    return context.json(shape());
  });
  return api;
}

function makeKnown(): Known {
  const trusted = { network: false, volumes: false, security: false };
  return { active: false, timeout: 120, trusted, require_approval: "forks", netrc_trusted: [] };
}

function makeSecrets(values: Record<string, string>): SecretStore {
  return {
    get: (key) => values[key],
    set: async (changes) => {
      Object.assign(values, changes);
    },
  };
}

async function activate(known: Known, values: Record<string, string>, password = "right") {
  const account = { login: "disinto-ci", password };
  pages ??= await serveSignInPages({ version: 15, account, api: buildApi(known) });
  const server = buildCiServer({ url: pages.ci, forgeUrl: pages.forge });
  const newSecret = () => "made";
  const hasWebhook = async () => known.hooked ?? true;
  const secrets = makeSecrets(values);
  const activation = { server, secrets, newSecret, hasWebhook, say: () => {} };
  return (await applyActivation(activation, desired)).map(formatActivationStep);
}

test("the account is signed in, the project runs with safe values, and a second time nothing is to be done", async () => {
  const known = makeKnown();
  const values = { WOODPECKER_ACCOUNT_PASS: "right" };

  expect(await activate(known, values)).toHaveLength(3);

  expect(values).toMatchObject({
    WOODPECKER_ACCOUNT_TOKEN: "token-of-disinto-ci",
    WOODPECKER_TOKEN: "made",
  });
  expect(known).toEqual({ ...makeKnown(), active: true, hooked: true, timeout: 60 });
  expect(await activate(known, values)).toEqual([]);
});

test("a token that Woodpecker no longer takes is renewed, and what it runs is left as it is", async () => {
  const known = { ...makeKnown(), active: true, timeout: 90 };
  const values = {
    WOODPECKER_ACCOUNT_PASS: "right",
    WOODPECKER_ACCOUNT_TOKEN: "of another life",
    WOODPECKER_TOKEN: "mine",
  };

  await activate(known, values);

  expect(values.WOODPECKER_ACCOUNT_TOKEN).toBe("token-of-disinto-ci");
  expect(values.WOODPECKER_TOKEN).toBe("mine");
});

test("trust that was given is taken back", async () => {
  const trusted = { network: false, volumes: true, security: false };
  const known = { ...makeKnown(), active: true, trusted, require_approval: "none", timeout: 90 };
  const values = {
    WOODPECKER_ACCOUNT_PASS: "right",
    WOODPECKER_ACCOUNT_TOKEN: "token-of-disinto-ci",
    WOODPECKER_TOKEN: "mine",
  };

  expect(await activate(known, values)).toEqual([
    "~ acme/shop at Woodpecker   Woodpecker trusts it with more than runs need",
  ]);
  expect(known).toEqual({ ...makeKnown(), active: true, timeout: 90 });
});

test("a password that the forge refuses leaves no token behind", async () => {
  const values: Record<string, string> = { WOODPECKER_ACCOUNT_PASS: "old" };

  await expect(activate(makeKnown(), values, "new")).rejects.toMatchObject({
    code: "credentials.wrong",
  });
  expect(values.WOODPECKER_ACCOUNT_TOKEN).toBeUndefined();
});

test("a webhook that is gone is made anew by Woodpecker", async () => {
  const known = { ...makeKnown(), active: true, hooked: false };
  const values = {
    WOODPECKER_ACCOUNT_PASS: "right",
    WOODPECKER_ACCOUNT_TOKEN: "token-of-disinto-ci",
    WOODPECKER_TOKEN: "mine",
  };

  await activate(known, values);

  expect(known.hooked).toBe(true);
});

test("a secret of the project is put with its events, not read back, and changed with its value", async () => {
  const known = { ...makeKnown(), active: true };
  const values = {
    WOODPECKER_ACCOUNT_PASS: "right",
    WOODPECKER_ACCOUNT_TOKEN: "token-of-disinto-ci",
    WOODPECKER_TOKEN: "mine",
    WOODPECKER_AGENT_SECRET: "only here",
  };
  expect(await activate(known, values)).toEqual([]);

  const withValue = { ...values, CI_SECRET_SHOP__NPM_TOKEN: "first" };
  expect(await activate(known, withValue)).toEqual([
    "+ secret npm_token of acme/shop at Woodpecker (push)   Woodpecker has none of this name",
  ]);
  expect(known).toMatchObject({
    secrets: [{ name: "npm_token", value: "first", events: ["push"], images: [] }],
  });
  expect(JSON.stringify(known)).not.toContain("only here");
  expect(await activate(known, withValue)).toEqual([]);

  expect(await activate(known, { ...withValue, CI_SECRET_SHOP__NPM_TOKEN: "second" })).toEqual([
    "+ secret npm_token of acme/shop at Woodpecker (push)   its value or its events are others than here",
  ]);
  expect(known).toMatchObject({ secrets: [{ value: "second" }] });
});
