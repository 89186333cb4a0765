import { expect, test } from "vitest";
import type { IdentityAction } from "./identities.ts";
import { formatIdentityStep } from "./identity-text.ts";

const repo = { owner: "acme", name: "shop" };

test("each step is one line that names what changes, on what, and why", () => {
  const actions = [
    { kind: "create-user", user: { login: "ada" } },
    { kind: "restrict-user", user: { login: "ada" } },
    { kind: "set-password", user: { login: "ada" } },
    { kind: "create-token", user: { login: "ada" } },
    { kind: "create-repository", repository: { repo } },
    { kind: "grant-access", login: "ada", repo, access: "write" },
    { kind: "create-label", label: { name: "backlog" }, repo },
    { kind: "fill-repository", repository: { repo } },
    { kind: "register-application", application: { name: "woodpecker" } },
    { kind: "make-agent-secret", key: "SOME_SECRET" },
    { kind: "protect-branch", protection: { branch: "main" }, repo },
  ] as unknown as readonly IdentityAction[];

  const lines = actions.map((action) => formatIdentityStep({ action, because: "why" }));

  expect(lines).toEqual([
    "+ user ada   why",
    "+ restriction of ada   why",
    "+ password of ada   why",
    "+ token of ada   why",
    "+ repository acme/shop   why",
    "+ write access of ada to acme/shop   why",
    "+ label backlog in acme/shop   why",
    "+ content of acme/shop   why",
    "+ OAuth application woodpecker   why",
    "+ SOME_SECRET   why",
    "+ protection of main in acme/shop   why",
  ]);
});
