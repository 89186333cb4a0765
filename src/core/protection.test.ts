import { expect, test } from "vitest";
import { makeFactory, shop } from "../../test/support/factories.ts";
import type { Protection } from "../ports/forge-admin.ts";
import { deriveIdentities, formatRepo, planIdentities } from "./identities.ts";
import { formatIdentityStep } from "./identity-text.ts";

const paths = 'protected_paths = [".woodpecker/**", "docker-compose.yml"]\n';

const required = 'required = ["ci/local/test"]\n';

function plan(change: (wanted: Protection) => Protection): readonly string[] {
  const desired = deriveIdentities(makeFactory("X=1\n", { shop: `${paths}${shop}${required}` }));
  const repositories = desired.repositories.map((repository) => {
    const { repo, protection, labels, writers } = repository;
    return [
      `${repo.owner}/${repo.name}`,
      {
        empty: false,
        access: new Map(writers.map((login) => [login, "write" as const])),
        labels: labels.map(({ name }) => name),
        protection: protection && change(protection),
      },
    ] as const;
  });
  const observed = { users: new Map(), repositories: new Map(repositories) };
  return planIdentities(desired, observed, { canFill: undefined }).map(formatIdentityStep);
}

test("protected paths are part of the branch's rules, in any order", () => {
  const reverse = (wanted: Protection): Protection => {
    return { ...wanted, protectedPaths: wanted.protectedPaths.toReversed() };
  };

  expect(plan((wanted) => wanted)).toEqual([]);
  expect(plan(reverse)).toEqual([]);
  expect(plan((wanted) => ({ ...wanted, protectedPaths: [] }))).toEqual([
    "+ protection of main in acme/shop   the rules differ",
  ]);
});

const wider: Readonly<Record<string, (wanted: Protection) => Protection>> = {
  "one approval less": (wanted) => ({ ...wanted, requiredApprovals: wanted.requiredApprovals - 1 }),
  "one approval more": (wanted) => ({ ...wanted, requiredApprovals: wanted.requiredApprovals + 1 }),
  "an approver more": (wanted) => ({ ...wanted, approvers: [...wanted.approvers, "mallory"] }),
  "nobody approves": (wanted) => ({ ...wanted, approvers: [] }),
  "a merger more": (wanted) => ({ ...wanted, mergers: [...wanted.mergers, "mallory"] }),
  "a merger less": (wanted) => ({ ...wanted, mergers: wanted.mergers.slice(1) }),
  "nobody may push": (wanted) => ({ ...wanted, pushers: [] }),
  "a bot may push": (wanted) => ({ ...wanted, pushers: [...wanted.pushers, "mallory"] }),
  "a required context less": (wanted) => ({ ...wanted, requiredContexts: [] }),
  "a required context more": (wanted) => ({
    ...wanted,
    requiredContexts: [...wanted.requiredContexts, "ci/other"],
  }),
  "a protected path less": (wanted) => ({
    ...wanted,
    protectedPaths: wanted.protectedPaths.slice(1),
  }),
  "a protected path more": (wanted) => ({
    ...wanted,
    protectedPaths: [...wanted.protectedPaths, "extra"],
  }),
};

test.each(Object.entries(wider))("a rule that was changed alone is repaired: %s", (_, change) => {
  const steps = plan(change);

  expect(steps).toContain("+ protection of main in acme/shop   the rules differ");
});

test("an empty repository whose rules stand is filled with its protected paths lifted for that push", () => {
  const desired = deriveIdentities(makeFactory("X=1\n", { shop: `${paths}${shop}${required}` }));
  const [repository] = desired.repositories;
  if (!repository?.protection) throw new Error("no protection");
  const { repo, labels, writers, protection } = repository;
  const access = new Map(writers.map((login) => [login, "write" as const]));
  const observed = { empty: true, access, labels: labels.map(({ name }) => name), protection };
  const repositories = new Map([[formatRepo(repo), observed]]);

  const steps = planIdentities(
    { ...desired, repositories: [repository] },
    { users: new Map(), repositories },
    { canFill: repo },
  ).filter(({ action }) => action.kind.endsWith("repository") || action.kind === "protect-branch");

  expect(steps.map(formatIdentityStep)).toEqual([
    "+ protection of main in acme/shop   its protected paths would refuse the first push",
    "+ content of acme/shop   it is empty",
    "+ protection of main in acme/shop   the rules differ",
  ]);
  expect(steps[0]?.action).toMatchObject({ protection: { protectedPaths: [] } });
  expect(steps[2]?.action).toMatchObject({ protection });
});
