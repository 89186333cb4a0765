import { expect, test } from "vitest";
import { makeFactory, shop } from "../../test/support/factories.ts";
import type { Protection } from "../ports/forge-admin.ts";
import { deriveIdentities, planIdentities } from "./identities.ts";
import { formatIdentityStep } from "./identity-text.ts";

const paths = 'protected_paths = [".woodpecker/**", "docker-compose.yml"]\n';

function plan(change: (wanted: Protection) => Protection): readonly string[] {
  const desired = deriveIdentities(makeFactory("X=1\n", { shop: paths + shop }));
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
