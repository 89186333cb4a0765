import { stat } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { DisintoError } from "../errors.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import { checkPush, type PushExamination } from "./doctor-push.ts";

const env = "FORGE_URL=http://box.lan:3000\nDISINTO_FORGE=external\n";

async function examine(more: string, push: (url: string, bytes: number) => void = () => {}) {
  const made: string[] = [];
  const forge = {
    repositories: {
      create: async ({ owner, name }: { owner: string; name: string }) => {
        made.push(`+ ${owner}/${name.replace(/-\w{8}$/, "")}`);
      },
      remove: async ({ owner, name }: { owner: string; name: string }) => {
        made.push(`- ${owner}/${name.replace(/-\w{8}$/, "")}`);
      },
    },
  } as unknown as ForgeAdmin;
  const fleet = {
    factory: makeFactory(`${env}${more}`),
    environment: new Map([["FORGE_ADMIN_PASS", "a"]]),
    forgeAdmin: async () => forge,
    forgeVersion: async () => "15.0.3",
    repositories: {
      init: async () => undefined,
      push: async ({ folder, url }: { folder: string; url: string }) =>
        push(url, (await stat(path.join(folder, "random"))).size),
    },
  } as unknown as PushExamination;
  return { findings: await checkPush(fleet), made };
}

test("100 MB are pushed into a repository that is gone afterwards", async () => {
  const pushed: number[] = [];
  const { findings, made } = await examine("", (_, bytes) => pushed.push(bytes));

  expect(pushed).toEqual([100_000_000]);
  expect(findings).toMatchObject([{ verdict: "good" }]);
  expect(made).toEqual(["+ disinto-admin/disinto-doctor", "- disinto-admin/disinto-doctor"]);
});

test("a push that does not come through is bad, and leaves no repository", async () => {
  const { findings, made } = await examine("", () => {
    throw new DisintoError("git.failed", "HTTP 413");
  });

  expect(findings[0]?.message).toBe("http://box.lan:3000 does not take a push of 100 MB: HTTP 413");
  expect(made.at(-1)).toBe("- disinto-admin/disinto-doctor");
});

test("disinto's own forge is not tried", async () => {
  expect((await examine("DISINTO_FORGE=embedded\n")).findings).toEqual([]);
});
