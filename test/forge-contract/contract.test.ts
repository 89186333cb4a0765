/**
 * The contract, against the embedded forge or, with DISINTO_CONTRACT_URL, DISINTO_CONTRACT_ADMIN and
 * DISINTO_CONTRACT_PASSWORD_FILE, against any server. It removes what it makes.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, test } from "vitest";
import { chapters } from "./contract.ts";
import { adminPassword, startTestForge, type TestForge } from "./test-forge.ts";
import { World } from "./world.ts";

let forge: TestForge | undefined;
let world: World;

beforeAll(async () => {
  const url = process.env.DISINTO_CONTRACT_URL?.replace(/\/+$/, "");
  if (url === undefined) {
    forge = await startTestForge();
    const account = { login: "root", password: adminPassword };
    world = new World({ url: forge.url, ...account, compare: true, patienceMs: 0 });
  } else {
    const login = process.env.DISINTO_CONTRACT_ADMIN ?? "";
    const password = readFileSync(process.env.DISINTO_CONTRACT_PASSWORD_FILE ?? "", "utf8").trim();
    world = new World({ url, login, password, compare: false, patienceMs: 10_000 });
  }
});

afterAll(async () => {
  await world.remove();
  await forge?.close();
});

for (const { title, rows } of chapters) {
  describe(title, () => {
    for (const { says, check } of rows) test(says, async () => await check(world));
  });
}
