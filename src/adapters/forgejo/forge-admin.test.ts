import { afterAll, beforeAll, expect, test } from "vitest";
import {
  adminPassword,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";
import { buildForge } from "./forge.ts";
import { buildForgeAdmin } from "./forge-admin.ts";

const repo = { owner: "root", name: "shop" };
let server: TestForge;

beforeAll(async () => {
  server = await startTestForge();
  await server.admin("POST", "/user/repos", { name: repo.name, auto_init: true });
});

afterAll(() => server.close());

test("a protection is read back as it was written, protected paths included", async () => {
  const admin = { login: "root", password: adminPassword };
  const { repositories } = buildForgeAdmin({ url: server.url, admin });
  const wanted = {
    branch: "main",
    requiredApprovals: 1,
    approvers: ["root"],
    mergers: ["root"],
    pushers: ["root"],
    requiredContexts: ["ci"],
    protectedPaths: [".woodpecker/**", "docker-compose.yml"],
  };

  await repositories.protect(repo, wanted);
  expect(await repositories.protection(repo, "main")).toEqual(wanted);
  await repositories.protect(repo, { ...wanted, protectedPaths: [] });
  expect(await repositories.protection(repo, "main")).toMatchObject({ protectedPaths: [] });
  await repositories.protect(repo, { ...wanted, pushers: [] });
  expect(await repositories.protection(repo, "main")).toMatchObject({ pushers: [] });
  await server.admin("PATCH", "/repos/root/shop/branch_protections/main", {
    enable_push: true,
    enable_push_whitelist: false,
  });
  expect(await repositories.protection(repo, "main")).toMatchObject({ requiredApprovals: 0 });
});

test("a bot learns with its own token who may write code", async () => {
  const { token } = await server.user("bot");
  await server.user("reader");
  const grant = (login: string, permission: string) =>
    server.admin("PUT", `/repos/root/shop/collaborators/${login}`, { permission });
  await grant("bot", "write");
  await grant("reader", "read");

  const writers = await buildForge({ url: server.url, token }).writers(repo);

  expect([...writers].sort()).toEqual(["bot", "root"]);
});
