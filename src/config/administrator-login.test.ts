import { expect, test } from "vitest";
import { listProblems } from "../../test/support/factories.ts";

test.each(["boss", "Boss", "BOSS"])(
  "a bot whose forge user is the administrator is refused, however it is written: %s",
  (login) => {
    const shop = `repo = "acme/shop"\n[agents.ada]\nroles = ["dev"]\nforge_user = "${login}"\nbase_url = "http://m:1"\n`;

    expect(listProblems("FORGE_ADMIN_USER=boss\n", { shop })).toContain(
      "ada would be the forge's administrator, boss",
    );
  },
);

test.each(["ada", "ADA", "ci"])("an owner who is a bot or the CI is refused: %s", (login) => {
  const shop = 'repo = "acme/shop"\n[agents.ada]\nroles = ["dev"]\nbase_url = "http://m:1"\n';

  expect(listProblems(`DISINTO_OWNER=${login}\n`, { shop })).toContain(
    `${login} is an account of the factory, which no person can have`,
  );
});
