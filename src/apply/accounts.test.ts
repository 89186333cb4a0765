import { expect, test } from "vitest";
import { type ObservedUser, planToken } from "../core/accounts.ts";
import type { RepoId } from "../core/factory.ts";
import type { ForgeTokens, NewToken, Token } from "../ports/forge-admin.ts";
import { makeToken } from "./accounts.ts";

const [factoryRepo, shop, other]: RepoId[] = ["factory", "shop", "other"].map((name) => ({
  owner: "root",
  name,
})) as [RepoId, RepoId, RepoId];
const limited = {
  scopes: ["write:issue", "write:repository"],
  repositories: [factoryRepo, shop] as [RepoId, ...RepoId[]],
};
const scopes = ["read:user", ...limited.scopes];
const bot = {
  login: "ada",
  keys: { token: "FORGE_TOKEN_ADA", password: "FORGE_PASS_ADA" },
  scopes,
  limited,
  origin: "a test",
  renamedBy: "LLAMA_BOTS",
};

/** `limits`: whether the forge takes notice of repositories, as Forgejo does since 15. */
function openTokens(limits: boolean) {
  let kept: (Token & NewToken)[] = [];
  let made = 0;
  const tokens: ForgeTokens = {
    list: async () => kept,
    create: async (_, { name, scopes: wanted, repositories }) => {
      if (kept.some((one) => one.name === name)) throw new Error("the name is used already");
      made += 1;
      const reach = limits ? repositories : undefined;
      kept.push({ id: made, name, scopes: wanted, repositories: reach, lastEight: `${made}` });
      return `token-${made}`;
    },
    revoke: async (_, id) => {
      kept = kept.filter((one) => one.id !== id);
    },
  };
  return { tokens, left: () => kept };
}

test("a token is limited to the bot's repositories where the forge limits tokens", async () => {
  const { tokens, left } = openTokens(true);

  expect(await makeToken({ tokens }, { ...bot, password: "p" }, "disinto-1")).toBe("token-1");
  expect(left()).toMatchObject([{ ...limited, name: "disinto-1" }]);
});

test("where the forge takes no notice, that token is revoked and one made that shows whose it is", async () => {
  const { tokens, left } = openTokens(false);

  expect(await makeToken({ tokens }, { ...bot, password: "p" }, "disinto-1")).toBe("token-2");
  expect(left()).toMatchObject([{ id: 2, name: "disinto-1", scopes, repositories: undefined }]);
});

const works: ObservedUser = {
  exists: true,
  isAdmin: false,
  mark: "disinto:id",
  passwordWorks: true,
  tokenWorks: true,
  isProven: true,
  foreign: [],
};

test.each<[string, readonly RepoId[] | undefined, string | undefined]>([
  ["has no limits, as earlier versions made it", undefined, undefined],
  [
    "reaches the same, in other capitals",
    [{ owner: "Root", name: "Shop" }, factoryRepo],
    undefined,
  ],
  ["lacks a project", [factoryRepo], "FORGE_TOKEN_ADA does not reach root/shop"],
  ["reaches one more", [factoryRepo, shop, other], "FORGE_TOKEN_ADA still reaches root/other"],
])("of a token that %s", (_, reaches, because) => {
  const steps = [...planToken(bot, { ...works, reaches }, "id")];

  expect(steps.map((step) => step.because)).toEqual(because === undefined ? [] : [because]);
});
