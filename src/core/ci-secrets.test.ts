import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { type KeptSecret, listCiSecrets, planSecrets } from "./ci-secrets.ts";

const repo = { owner: "acme", name: "shop" };

function declare(secrets: string) {
  const text = `repo = "acme/shop"\n[ci.secrets]\n${secrets}`;
  const [project] = makeFactory("DISINTO_ENGINE=local\n", { "my-shop": text }).projects;
  return project ? listCiSecrets(project) : [];
}

const digests: Record<string, string> = { CI_SECRET_MY_SHOP__NPM_TOKEN: "d1" };
const plan = (secrets: string, kept: readonly KeptSecret[]) =>
  planSecrets({ repo, declared: declare(secrets) }, kept, (key) => digests[key]).map(
    ({ action }) => action,
  );

const line = 'npm_token = ["push", "tag"]\n';
const secret = {
  name: "npm_token",
  events: ["push", "tag"],
  key: "CI_SECRET_MY_SHOP__NPM_TOKEN",
};
const put = { kind: "put-secret", repo, secret, note: "disinto:d1" };
const there = { name: "npm_token", events: ["tag", "push"], note: "disinto:d1" };

test("a declared secret is made, and changed when its value or its events are others", () => {
  expect(plan(line, [])).toEqual([put]);
  expect(plan(line, [there])).toEqual([]);
  expect(plan(line, [{ ...there, note: "disinto:d0" }])).toEqual([put]);
  expect(plan(line, [{ ...there, events: ["push", "tag", "pull_request"] }])).toEqual([put]);
});

test("one without a value is left alone, and so is one of people; ours that no file names is removed", () => {
  const theirs = { name: "theirs", events: ["push"], note: "for the release" };

  expect(plan('other = ["push"]\n', [theirs])).toEqual([]);
  expect(plan("", [theirs, there])).toEqual([{ kind: "remove-secret", repo, name: "npm_token" }]);
});

test("no event is meant by itself: a secret without one is refused, and so is a name that no variable can have", () => {
  expect(() => declare("npm_token = []\n")).toThrow(/must name an event/);
  expect(() => declare('npm_token = ["pull"]\n')).toThrow(/pull/);
  expect(() => declare('"a__b" = ["push"]\n')).toThrow(/ci\.secrets\.a__b/);
});
