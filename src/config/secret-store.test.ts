import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSecrets } from "./secret-store.ts";

test("the redactor learns passwords, and not the names they belong to", async () => {
  const folder = await mkdtemp(join(tmpdir(), "secrets-"));
  const learned: string[] = [];
  const secrets = openSecrets(folder, new Map(), (entries) => {
    for (const [name] of entries) learned.push(name);
  });

  await secrets.set({ FORGE_ADMIN_USER: "ada", FORGE_ADMIN_PASS: "hunter2" });

  expect(learned).toEqual(["FORGE_ADMIN_PASS"]);
  expect(secrets.get("FORGE_ADMIN_USER")).toBe("ada");
  await rm(folder, { recursive: true });
});
