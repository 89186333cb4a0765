/**
 * The contract, against the embedded forge or, with DISINTO_CONTRACT_URL, DISINTO_CONTRACT_ADMIN and
 * DISINTO_CONTRACT_PASSWORD_FILE, against any server. It removes what it makes.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForgeContext } from "../../src/forge/forge.ts";
import { createApp } from "../../src/forge/http/app.ts";
import { recordAnswers } from "../answers/recorder.mjs";
import { chapters } from "./contract.ts";
import { adminPassword, startTestForge, type TestForge } from "./test-forge.ts";
import { World } from "./world.ts";

const embedded = process.env.DISINTO_CONTRACT_URL === undefined;

let forge: TestForge | undefined;
let world: World;
const answered: { readonly method: string; readonly path: string }[] = [];

recordAnswers(({ method, path }) => answered.push({ method, path: path.replace(/\?.*/, "") }));

beforeAll(async () => {
  const url = process.env.DISINTO_CONTRACT_URL?.replace(/\/+$/, "");
  if (url === undefined) {
    forge = await startTestForge();
    const account = { login: "root", password: adminPassword };
    world = new World({ url: forge.url, ...account, compare: true, patienceMs: 0 });
  } else {
    const login = process.env.DISINTO_CONTRACT_ADMIN ?? "";
    const password = readFileSync(process.env.DISINTO_CONTRACT_PASSWORD_FILE ?? "", "utf8").trim();
    world = new World({ url, login, password, compare: false, patienceMs: 60_000 });
  }
});

afterAll(async () => {
  await world.remove();
  await forge?.close();
});

for (const { title, rows } of chapters) {
  describe(title, () => {
    for (const { says, check, since = 0 } of rows) {
      test(says, async (context) => {
        const major = await world.major();
        if (major < since && !embedded) context.skip(`since Forgejo ${since}, this is ${major}`);
        await check(world);
      });
    }
  });
}

test.runIf(embedded)("every route of the embedded forge's API is called by a row", () => {
  const routes = createApp({} as ForgeContext).routes.filter(({ path }) =>
    /^\/api\/v1\/./.test(path),
  );
  const silent = routes.filter(
    (route) =>
      route.method !== "ALL" &&
      !answered.some(
        ({ method, path }) => method === route.method && patternOf(route.path).test(path),
      ),
  );

  expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

/** Matches Hono's paths: `:name` is one segment, `*` the rest. */
function patternOf(path: string): RegExp {
  const source = path
    .slice("/api/v1".length)
    .replace(/:[^/]+/g, "[^/]+")
    .replace(/\*/g, ".*");
  return new RegExp(`^${source}$`);
}
