import { expect, test } from "vitest";
import { releaseWork } from "./release.ts";

const ref = "refs/disinto/claims/7";

/** A lease that renewals, still on their way when the bot was stopped, move on before each of the first swaps. */
function makeMirror(late: readonly string[], holders: Record<string, string> = {}) {
  const left = [...late];
  let sha: string | undefined = "s0";
  const mirror = {
    refresh: async () => new Map(sha === undefined ? [] : [[ref, sha]]),
    readRefs: async () => new Map(sha === undefined ? [] : [[ref, sha]]),
    swap: async ([one]: readonly { from: string; to: undefined }[]) => {
      sha = left.shift() ?? sha;
      if (one?.from === sha) sha = undefined;
    },
    objects: {
      readMessage: async (of: string) =>
        JSON.stringify({ holder: holders[of] ?? "ada", nonce: "n", termMs: 1 }),
    },
  };
  return { mirror, left: () => sha };
}

function release({ mirror }: ReturnType<typeof makeMirror>) {
  const issues = {
    listOpen: async () => [],
    get: async () => ({ state: "closed", assignees: [] }),
  };
  const bot = { name: "ada", forgeUser: "ada" };
  return releaseWork({ mirror, issues, bot } as unknown as Parameters<typeof releaseWork>[0]);
}

test("a renewal that was on its way when its bot was stopped does not keep the lease", async () => {
  const world = makeMirror(["s1", "s2"]);

  expect(await release(world)).toEqual([7]);
  expect(world.left()).toBeUndefined();
});

test("a lease that goes to another bot meanwhile is left to it", async () => {
  const world = makeMirror(["s1"], { s1: "bob" });

  expect(await release(world)).toEqual([]);
  expect(world.left()).toBe("s1");
});

test("a bot that goes on renewing is told", async () => {
  const world = makeMirror(["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"]);

  await expect(release(world)).rejects.toMatchObject({ code: "forge.conflict" });
});
