/** Woodpecker's words as 3.14.1 gave them. */
import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import type { CiAccount } from "../ports/ci-admin.ts";
import type { Clock } from "../ports/clock.ts";
import type { Hook } from "../ports/forge-admin.ts";
import { type CiLook, findCiProblems } from "./ci-problems.ts";

const named =
  "FORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\nDISINTO_FORGE=forgejo\n";
const factory = makeFactory(named, {
  shop: 'repo = "acme/shop"\n[ci]\nprovider = "woodpecker"\nlogin = "disinto-ci"\n',
});
const hook: Hook = {
  id: 1,
  url: "http://box.lan:8000/api/hook?access_token=x",
  isActive: true,
} as Hook;

interface World {
  readonly away?: string;
  readonly hooks?: readonly Hook[];
  readonly agents?: readonly Awaited<ReturnType<CiAccount["agents"]>>[];
}

async function look({ away, hooks = [hook], agents = [{ isAnyThere: true, waiting: 0 }] }: World) {
  const left = [...agents];
  const account: Partial<CiAccount> = {
    agents: async () => left.shift() ?? { isAnyThere: false, waiting: 3 },
  };
  const problems = await findCiProblems({
    factory,
    environment: new Map([["WOODPECKER_ACCOUNT_TOKEN", "t"]]),
    ciServer: async () => ({ examine: async () => away, as: () => account }),
    forge: { hooks: { list: async () => hooks } },
    clock: { sleep: async () => undefined } as unknown as Clock,
  } as unknown as CiLook);
  return problems.map(({ text }) => text);
}

test("a Woodpecker that works is no problem, nor an agent between two requests", async () => {
  expect(await look({})).toEqual([]);
  const away = { isAnyThere: false, waiting: 1 };
  expect(await look({ agents: [away, { isAnyThere: true, waiting: 1 }] })).toEqual([]);
});

test("a Woodpecker that does not answer is told with what came instead", async () => {
  expect(await look({ away: "no answer from http://box.lan:8000 (ECONNREFUSED)" })).toEqual([
    "Woodpecker is away: no answer from http://box.lan:8000 (ECONNREFUSED) (disinto logs woodpecker)",
  ]);
});

test("without an agent the workflows that wait are counted", async () => {
  expect(await look({ agents: [] })).toEqual([
    "no agent of Woodpecker runs workflows, 3 wait (disinto logs woodpecker-agent)",
  ]);
});

test("a webhook that is gone or switched off is told for its repository", async () => {
  expect(await look({ hooks: [] })).toEqual([
    "the forge has no webhook of acme/shop to Woodpecker: no change is checked (disinto init)",
  ]);
  expect(await look({ hooks: [{ ...hook, isActive: false }] })).toEqual([
    "the webhook of acme/shop to Woodpecker is switched off: no change is checked (disinto init)",
  ]);
});
