import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Call,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
const repo = "/repos/root/files";
const base64 = (text: string) => Buffer.from(text).toString("base64");

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  await forge.admin("POST", "/user/repos", { name: "files", private: true });
  await forge.admin("PUT", `${repo}/collaborators/dev`, { permission: "write" });
});

afterAll(async () => {
  await forge.close();
});

test("a file is created in an empty repository, changed against its sha, and deleted", async () => {
  const path = `${repo}/contents/docs/a%20b.txt`;
  const created = await dev.call("POST", path, { content: base64("one\n"), message: "first" });
  const twice = await dev.call("POST", path, { content: base64("two\n") });
  const sha = String(created.body.content?.sha);
  const stale = await dev.call("PUT", path, { content: base64("two\n"), sha: "0".repeat(40) });
  const changed = await dev.call("PUT", path, { content: base64("two\n"), sha });
  const read = await dev.call("GET", path);
  const listed = await dev.call("GET", `${repo}/contents/docs`);
  const gone = await dev.call("DELETE", path, { sha: String(read.body.sha) });

  expect(created.status).toBe(201);
  expect([twice.status, stale.status, changed.status, gone.status]).toEqual([422, 422, 200, 200]);
  expect(read.body).toMatchObject({ type: "file", content: base64("two\n"), encoding: "base64" });
  expect(listed.body).toMatchObject([{ path: "docs/a b.txt", content: null }]);
  expect((await dev.call("GET", path)).status).toBe(404);
  expect((await dev.call("GET", repo)).body).toMatchObject({ empty: false });
});

test("a path leads nowhere but into the repository's own files", async () => {
  const paths = ["..%2f..%2fetc%2fpasswd", ".git%2fconfig", "a%00b", "%ff"];
  for (const path of paths) {
    const written = await dev.call("POST", `${repo}/contents/${path}`, { content: base64("x") });
    expect([path, written.status]).toEqual([path, 404]);
  }
});

test("a protected branch takes no files through the API either, another branch does", async () => {
  await forge.admin("POST", `${repo}/branch_protections`, { rule_name: "main" });

  const refused = await dev.call("POST", `${repo}/contents/x.txt`, { content: base64("x") });
  const aside = await dev.call("POST", `${repo}/contents/x.txt`, {
    content: base64("x"),
    new_branch: "aside",
  });

  expect(refused.status).toBe(403);
  expect(aside.status).toBe(201);
  expect((await dev.call("GET", `${repo}/branches/aside`)).status).toBe(200);
});

test("an OAuth application belongs to its maker and shows its secret once", async () => {
  const own = await forge.user("owner", ["write:user"]);
  const made = await own.call("POST", "/user/applications/oauth2", {
    name: "ci",
    redirect_uris: ["http://ci/authorize"],
    confidential_client: true,
  });
  const path = `/user/applications/oauth2/${made.body.id}`;

  expect(made.body.client_secret).toMatch(/^gto_/);
  expect((await own.call("GET", path)).body).toMatchObject({ name: "ci", client_secret: "" });
  expect((await forge.admin("GET", path)).status).toBe(404);
  expect((await own.call("DELETE", path)).status).toBe(204);
  expect((await own.call("GET", "/user/applications/oauth2")).body).toEqual([]);
});
